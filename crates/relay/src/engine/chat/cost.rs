//! What an answer should cost, and what it did: the budgets are told of both.

use onemin::ChatRequest;

use super::Plan;
use crate::{budget::Reservation, conversation::Usage, conversation::estimate, error::Error, guard::Call};

/// Reserves what one answer should cost, to a prompt with documents of so many tokens.
///
/// # Errors
/// `BudgetSpent`, `BudgetShort`.
pub(in crate::engine) fn reserve(
    call: &Call,
    plan: &Plan,
    body: &ChatRequest,
    document_tokens: u64,
) -> Result<Reservation, Error> {
    let (budgets, snapshot) = (&call.shared.budgets, &call.snapshot);
    let listed = snapshot.catalog.find(&body.model);
    let most =
        [plan.wanted.limits.max_tokens, listed.and_then(|model| model.output_tokens)].into_iter().flatten().min();
    let prompt_tokens = estimate::tokens(&body.prompt_object.prompt);
    let expected = Usage { prompt_tokens, completion_tokens: 0, is_estimate: true, credits: None };
    let completion_tokens = budgets.answer_tokens(&body.model, most);
    let expected = Usage { completion_tokens, ..snapshot.calibration.correct(&body.model, expected) };
    let expected = with_documents(call, &body.model, expected, document_tokens);
    let pictures = body.prompt_object.attachments.images.len().max(plan.attaching.pictures());
    let credits = budgets.chat(listed, &body.model, expected, pictures);
    let reserved = budgets.reserve(&call.caller, snapshot, credits, 1)?;
    reserved.warning().into_iter().for_each(|words| call.ticket.warn_of_budget(words));
    Ok(reserved)
}

/// An estimate of a prompt, and the tokens of its documents as far as the model can read them.
pub(super) fn with_documents(call: &Call, model: &str, usage: Usage, document_tokens: u64) -> Usage {
    let listed = call.snapshot.catalog.find(model);
    let most = listed.and_then(|model| model.context_tokens).unwrap_or(u64::MAX);
    let room = most.saturating_sub(usage.prompt_tokens);
    Usage { prompt_tokens: usage.prompt_tokens + document_tokens.min(room), ..usage }
}

/// Books what an answer cost: what 1min.ai said, or else what it should have been.
pub(super) fn settle(call: &Call, body: &ChatRequest, reserved: Option<Reservation>, usage: Usage) {
    let budgets = &call.shared.budgets;
    let listed = call.snapshot.catalog.find(&body.model);
    let pictures = body.prompt_object.attachments.images.len();
    let credits = usage.credits.unwrap_or_else(|| {
        let reckoned = budgets.chat(listed, &body.model, usage, pictures);
        // Of an answer that nobody has seen any word of, nothing is known but what was expected.
        let is_unseen = usage.completion_tokens <= 1;
        let expected = reserved.as_ref().filter(|_| is_unseen).map_or(0.0, Reservation::credits);
        let reckoned = reckoned.max(expected);
        call.ticket.reckoned(reckoned);
        reckoned
    });
    if !usage.is_estimate {
        budgets.learn_chat(listed, &body.model, usage, pictures);
    }
    if let Some(reserved) = reserved {
        reserved.spend(credits);
    }
}
