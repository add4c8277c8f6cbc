//! Which model at 1min.ai answers for the name a client used.

use crate::{
    catalog::{self, Feature, Named, Source},
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
}

/// Chooses the model for `asked`. What the list does not have is refused, or succeeded, only if the list could be had just
/// now: ids change every few weeks.
///
/// # Errors
/// `ModelNotFound`, with the nearest names; `InvalidField` for a model that is listed, but not for chat.
pub(crate) async fn choose(shared: &Shared, call: &Call, asked: String) -> Result<Chosen, Error> {
    let mut named = call.snapshot.models().read(&asked);
    let policy = call.snapshot.settings.models.unknown;
    let may_be_gone = match &named {
        Named::Successor(_) => true,
        Named::Unlisted(_) => policy == UnknownModels::Refuse,
        Named::Model(_) | Named::NotAllowed => false,
    };
    let is_certain = may_be_gone && catalog::is_certain(shared).await;
    if may_be_gone {
        // The list may have just learned of it.
        named = shared.snapshot.load().models().read(&asked);
    }
    match named {
        Named::Model(id) => {
            check_chat(shared, &id, &asked)?;
            if id != asked {
                call.ticket.answered_by(&id);
            }
            Ok(Chosen { id, shown: asked })
        }
        Named::Successor(id) if is_certain => {
            tracing::info!(id = call.ticket.id(), asked, successor = id, "1min.ai no longer lists the model");
            call.ticket.answered_by(&id);
            Ok(Chosen { shown: id.clone(), id })
        }
        Named::Successor(_) => Ok(Chosen { id: asked.clone(), shown: asked }),
        Named::Unlisted(id) if !is_certain => Ok(Chosen { id, shown: asked }),
        Named::Unlisted(_) | Named::NotAllowed => {
            let nearest = shared.snapshot.load().models().nearest(&asked);
            Err(Error::ModelNotFound { model: asked, nearest, words: None })
        }
    }
}

/// A model that 1min.ai lists, but not for chat, would cost a refusal's time, or a picture nobody sees.
fn check_chat(shared: &Shared, id: &str, asked: &str) -> Result<(), Error> {
    let snapshot = shared.snapshot.load();
    let is_fresh = snapshot.catalog.source() == Source::Live;
    match snapshot.catalog.find(id) {
        Some(model) if is_fresh && !model.can(Feature::Chat) => {
            let message = format!("The model `{asked}` is not for chat. GET /v1/models lists those that are.");
            Err(Error::field("model", Fault::UnsupportedValue, message))
        }
        _ => Ok(()),
    }
}
