//! Which model at 1min.ai answers for the name a client used.

use crate::{
    catalog::{self, Named},
    error::Error,
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

/// Chooses the model for `asked`. A name that the list does not have is refused only if the list could be had just now:
/// ids change every few weeks.
///
/// # Errors
/// `ModelNotFound`, with the nearest names.
pub(crate) async fn choose(shared: &Shared, call: &Call, asked: String) -> Result<Chosen, Error> {
    let mut named = call.snapshot.models().read(&asked);
    let policy = call.snapshot.settings.models.unknown;
    let mut is_gone = false;
    if matches!(named, Named::Unlisted(_)) && policy == UnknownModels::Refuse {
        is_gone = catalog::is_certain(shared).await;
        // The list may have just learned of it.
        named = shared.snapshot.load().models().read(&asked);
    }
    match named {
        Named::Model(id) => {
            if id != asked {
                tracing::debug!(id = call.ticket.id(), asked, model = id, "an alias was read");
            }
            Ok(Chosen { id, shown: asked })
        }
        Named::Successor(id) => {
            tracing::info!(id = call.ticket.id(), asked, successor = id, "1min.ai no longer lists the model");
            call.ticket.succeeded_by(&id);
            Ok(Chosen { shown: id.clone(), id })
        }
        Named::Unlisted(id) if !is_gone => Ok(Chosen { id, shown: asked }),
        Named::Unlisted(_) | Named::NotAllowed => {
            let nearest = shared.snapshot.load().models().nearest(&asked);
            Err(Error::ModelNotFound { model: asked, nearest, words: None })
        }
    }
}
