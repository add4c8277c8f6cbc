//! Which model at 1min.ai answers for the name a client used.

use super::picture;
use crate::{
    catalog::{self, Feature, Named, Source},
    conversation::Request,
    error::{Error, Fault},
    guard::Call,
    settings::UnknownModels,
    shared::Shared,
};

/// The model that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Its id at 1min.ai.
    pub(crate) id: String,
    /// The name that answers bear: the one that was asked for, unless a successor answers.
    pub(crate) shown: String,
    /// Whether the name asks to search the web.
    searches_web: bool,
    /// Whether it draws, and does not chat.
    pub(crate) draws: bool,
    /// Whether it speaks, and does neither.
    pub(super) speaks: bool,
}

impl Chosen {
    /// `request` to this model.
    pub(crate) fn ask(&self, mut request: Request) -> Request {
        request.model.clone_from(&self.id);
        if self.searches_web {
            request.web_search.get_or_insert_default();
        }
        request
    }
}

/// The most other models that are named where one is not for what was asked.
const MOST_NAMED: usize = 4;

/// Ends of names that ask to search the web: `:online` as other routers have it, and OpenAI's models for that, which 1min.ai does
/// not have.
const SEARCHES: [&str; 2] = [":online", "-search-preview"];

/// Chooses the model for `asked`. What the list does not have is refused, or succeeded, only if the list could be had just
/// now: ids change every few weeks.
///
/// # Errors
/// `ModelNotFound`, with the nearest names; `InvalidField` for a model that is listed, but for nothing that a chat can show.
pub(crate) async fn choose(shared: &Shared, call: &Call, asked: String) -> Result<Chosen, Error> {
    let (name, searches_web) = without_search(call, &asked);
    let name = name.to_owned();
    let chosen = named(shared, call, &name, asked).await?;
    let (draws, speaks) = makes(shared, &chosen)?;
    Ok(Chosen { searches_web, draws, speaks, ..chosen })
}

/// Chooses the model for `asked` among those that can do any of `features`; `purpose` is what that is called.
///
/// # Errors
/// `ModelNotFound`, with the nearest names; `InvalidField` for a model that is listed, but for something else.
pub(crate) async fn choose_for(
    shared: &Shared,
    call: &Call,
    asked: String,
    features: &[Feature],
    purpose: &str,
) -> Result<Chosen, Error> {
    let name = asked.clone();
    let chosen = named(shared, call, &name, asked).await?;
    let snapshot = shared.snapshot.load();
    let listed = snapshot.catalog.find(&chosen.id);
    if listed.is_none_or(|model| features.iter().any(|feature| model.can(*feature))) {
        return Ok(chosen);
    }
    let models = call.models_of(&snapshot);
    let others = features.iter().flat_map(|feature| models.with(*feature).map(|listed| listed.name));
    let others: Vec<&str> = others.take(MOST_NAMED).collect();
    let advice =
        if others.is_empty() { String::new() } else { format!(" Choose another, such as {}.", others.join(", ")) };
    let message = format!("The model `{}` is not for {purpose}.{advice}", chosen.shown);
    Err(Error::field("model", Fault::UnsupportedValue, message))
}

/// Checks a model that a flag in the prompt has chosen, as strictly as if the request had named it.
///
/// # Errors
/// `InvalidField` for one that may not be asked, or is not listed for `feature`.
pub(super) async fn check_flagged(shared: &Shared, call: &Call, model: &str, feature: Feature) -> Result<(), Error> {
    let is_it = named(shared, call, model, model.to_owned()).await.is_ok_and(|chosen| chosen.id == model);
    let can = shared.snapshot.load().catalog.find(model).is_none_or(|listed| listed.can(feature));
    if is_it && can {
        call.ticket.answered_by(model);
        return Ok(());
    }
    let message = format!(
        "The flag `--v` in the prompt asks for the model `{model}`, which is not to be had here for this. Take it out."
    );
    Err(Error::field("prompt", Fault::UnsupportedValue, message))
}

/// The model that `name` means; answers bear `asked`, unless a successor answers.
async fn named(shared: &Shared, call: &Call, name: &str, asked: String) -> Result<Chosen, Error> {
    let (searches_web, draws, speaks) = (false, false, false);
    let mut named = call.models().read(name);
    let policy = call.snapshot.settings.models.unknown;
    let may_be_gone = match &named {
        Named::Successor(_) => true,
        Named::Unlisted(_) => policy == UnknownModels::Refuse,
        Named::Model(_) | Named::NotAllowed => false,
    };
    let is_certain = may_be_gone && catalog::is_certain(shared).await;
    if may_be_gone {
        // The list may have just learned of it.
        named = call.models_of(&shared.snapshot.load()).read(name);
    }
    match named {
        Named::Model(id) => {
            if id != asked {
                call.ticket.answered_by(&id);
            }
            Ok(Chosen { id, shown: asked, searches_web, draws, speaks })
        }
        Named::Successor(id) if is_certain => {
            tracing::info!(id = call.ticket.id(), asked, successor = id, "1min.ai no longer lists the model");
            call.ticket.answered_by(&id);
            Ok(Chosen { shown: id.clone(), id, searches_web, draws, speaks })
        }
        Named::Successor(_) => Ok(Chosen { id: name.to_owned(), shown: asked, searches_web, draws, speaks }),
        Named::Unlisted(id) if !is_certain => Ok(Chosen { id, shown: asked, searches_web, draws, speaks }),
        Named::Unlisted(_) | Named::NotAllowed => {
            let nearest = call.models_of(&shared.snapshot.load()).nearest(name);
            Err(Error::ModelNotFound { model: asked, nearest, words: None })
        }
    }
}

/// The name without an end that asks to search the web, and whether it has one. A model or alias of the whole name goes first.
fn without_search<'a>(call: &Call, asked: &'a str) -> (&'a str, bool) {
    let models = call.models();
    let is_model = |name: &str| matches!(models.read(name), Named::Model(_));
    let bare = SEARCHES.iter().find_map(|end| asked.strip_suffix(end));
    match bare.filter(|bare| !is_model(asked) && (asked.ends_with(":online") || is_model(bare))) {
        Some(bare) => (bare, true),
        None => (asked, false),
    }
}

/// Whether a model draws, and whether it speaks, what a chat asks for. One that 1min.ai lists for none of these would cost a
/// refusal's time.
fn makes(shared: &Shared, Chosen { id, shown, .. }: &Chosen) -> Result<(bool, bool), Error> {
    let snapshot = shared.snapshot.load();
    let is_fresh = snapshot.catalog.source() == Source::Live;
    match snapshot.catalog.find(id) {
        Some(model) if model.can(Feature::Chat) => Ok((false, false)),
        Some(model) if picture::FEATURES.iter().any(|feature| model.can(*feature)) => Ok((true, false)),
        Some(model) if model.can(Feature::TextToSpeech) => Ok((false, true)),
        Some(_) if is_fresh => {
            let message = format!("The model `{shown}` is not for chat. GET /v1/models lists those that are.");
            Err(Error::field("model", Fault::UnsupportedValue, message))
        }
        _ => Ok((false, false)),
    }
}
