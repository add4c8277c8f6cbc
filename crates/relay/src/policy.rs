//! What a caller may do: which models it may ask, how often, and how much it may spend.
//!
//! A value that the guard finds once for each request; whoever limits reads it. This room must never know how callers are
//! told apart.

use crate::{settings::Settings, token::TokenInfo};

/// What one caller may do. 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The name of the access token, where one was sent.
    pub(crate) token: Option<String>,
    /// The models that may be asked, of those the settings allow; `None`: all of them.
    pub(crate) models: Option<Vec<String>>,
    /// Requests a minute.
    pub(crate) requests_per_minute: u64,
    /// Requests at the same time.
    pub(crate) concurrent_requests: u64,
    /// Credits of a day.
    pub(crate) credits_per_day: u64,
    /// Credits of a month.
    pub(crate) credits_per_month: u64,
}

impl Policy {
    /// What every caller may do that has no token with limits of its own.
    pub(crate) fn of_callers(settings: &Settings) -> Self {
        let limits = &settings.limits;
        Self {
            token: None,
            models: None,
            requests_per_minute: limits.caller_requests_per_minute,
            concurrent_requests: limits.caller_concurrent_requests,
            credits_per_day: limits.caller_credits_per_day,
            credits_per_month: limits.caller_credits_per_month,
        }
    }

    /// What may be done with this token: what it leaves open is as for every caller.
    pub(crate) fn of_token(token: &TokenInfo, callers: &Self) -> Self {
        Self {
            token: Some(token.name.clone()),
            models: token.models.clone(),
            requests_per_minute: token.requests_per_minute.unwrap_or(callers.requests_per_minute),
            concurrent_requests: token.concurrent_requests.unwrap_or(callers.concurrent_requests),
            credits_per_day: token.credits_per_day.unwrap_or(callers.credits_per_day),
            credits_per_month: token.credits_per_month.unwrap_or(callers.credits_per_month),
        }
    }

    /// Whose limits these are, in the words of an error.
    pub(crate) const fn whose(&self) -> &'static str {
        if self.token.is_some() { "your access token" } else { "each caller" }
    }
}
