//! Counts a request's prompt without asking anybody.

use super::chat;
use crate::{
    catalog::Named,
    conversation::{Request, Usage, estimate, render},
    guard::Call,
};

/// The tokens of what 1min.ai would be sent for `request`, by estimate, as its model counts; at least 1. The model need not
/// be one that is listed.
pub(crate) fn count(call: &Call, request: &Request) -> u64 {
    let snapshot = &call.snapshot;
    let prompt = render::render(request, chat::style(snapshot));
    let raw = Usage { prompt_tokens: estimate::tokens(&prompt.text), ..Usage::default() };
    let model = match call.models().read(&request.model) {
        Named::Model(id) | Named::Successor(id) | Named::Unlisted(id) => id,
        Named::NotAllowed => request.model.clone(),
    };
    snapshot.calibration.correct(&model, raw).prompt_tokens
}
