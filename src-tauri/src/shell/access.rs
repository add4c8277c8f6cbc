//! Who may come in, and how much: access tokens, budgets, and what was turned away.

use std::time::Duration;

use relay::{
    Blocked, BudgetStatus, ServerState, Whose,
    token::{NewToken, TokenError, TokenInfo},
};

use super::{CommandError, CommandErrorKind, Shell, failure};
use crate::contract::{
    AddedToken, BlockedKind, BlockedView, BudgetOwner, BudgetPeriod, BudgetView, MemcachedView, Problem, TokenLimits,
    TokenView, TokenWish,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Shell {
    /// Every token.
    ///
    /// # Errors
    /// `Failed` when they can't be read.
    pub async fn tokens(&self) -> Result<Vec<TokenView>, CommandError> {
        let now = self.0.clock.unix_ms();
        let tokens = self.relay().tokens().await.map_err(|error| refusal(&error))?;
        Ok(tokens.into_iter().map(|token| view(token, now)).collect())
    }

    /// Makes a token.
    ///
    /// # Errors
    /// `InvalidValue` for a name, models or limits that can't be, and a name that is taken; `Failed` when it can't be kept.
    pub async fn add_token(&self, wish: TokenWish) -> Result<AddedToken, CommandError> {
        let TokenWish { name, models, limits, days } = wish;
        let now = self.0.clock.unix_ms();
        let lifetime_ms = |days: u32| u64::try_from((DAY * days).as_millis()).unwrap_or(u64::MAX);
        let new = NewToken {
            name,
            models,
            requests_per_minute: limits.requests_per_minute,
            concurrent_requests: limits.concurrent_requests,
            credits_per_day: limits.credits_per_day,
            credits_per_month: limits.credits_per_month,
            expires_unix_ms: days.map(|days| now.saturating_add(lifetime_ms(days))),
        };
        let (token, secret) = self.relay().add_token(new).await.map_err(|error| refusal(&error))?;
        if self.lacks_token() {
            // It was all that the start waited for; if there is more, that is a problem of its own.
            let _ = self.set_relay(true).await;
        }
        Ok(AddedToken { token: view(token, now), secret: secret.reveal().to_owned() })
    }

    /// Takes a token back. One that is gone already is no failure.
    ///
    /// # Errors
    /// `Failed` when it can't be removed.
    pub async fn revoke_token(&self, id: &str) -> Result<(), CommandError> {
        self.relay().revoke_token(id).await.map(drop).map_err(|error| refusal(&error))
    }

    /// Whether the stored key can't be used before there is a token.
    pub(super) fn lacks_token(&self) -> bool {
        matches!(self.facts().start_failure, Some(Problem::TokenMissing { .. }))
    }

    /// Every budget that is set.
    #[must_use]
    pub fn budgets(&self) -> Vec<BudgetView> {
        self.relay().budgets().into_iter().map(budget).collect()
    }

    /// What was turned away, the latest first.
    #[must_use]
    pub fn blocked(&self) -> Vec<BlockedView> {
        self.relay().blocked().into_iter().map(turned_away).collect()
    }

    /// Lets in a web page or a name of this machine.
    ///
    /// # Errors
    /// As [`set_setting`](Self::set_setting).
    pub async fn allow_blocked(&self, kind: BlockedKind, name: &str) -> Result<(), CommandError> {
        let _turn = self.0.turn.lock().await;
        let settings = self.relay().settings();
        let (setting, mut allowed) = match kind {
            BlockedKind::Origin => ("allowed_origins", settings.allowed_origins),
            BlockedKind::Host => ("allowed_hosts", settings.allowed_hosts),
        };
        if allowed.iter().any(|each| each == name) {
            return Ok(());
        }
        allowed.push(name.to_owned());
        self.change_settings(&[(setting, Some(allowed.join(",")))]).await
    }
}

fn view(token: TokenInfo, now_unix_ms: u64) -> TokenView {
    TokenView {
        is_expired: token.is_expired(now_unix_ms),
        id: token.id,
        name: token.name,
        created_unix_ms: token.created_unix_ms,
        expires_unix_ms: token.expires_unix_ms,
        is_shared: token.is_shared,
        models: token.models,
        limits: TokenLimits {
            requests_per_minute: token.requests_per_minute,
            concurrent_requests: token.concurrent_requests,
            credits_per_day: token.credits_per_day,
            credits_per_month: token.credits_per_month,
        },
    }
}

fn budget(status: BudgetStatus) -> BudgetView {
    let owner = match status.whose {
        Whose::All => BudgetOwner::All,
        Whose::Local => BudgetOwner::Tokenless,
        Whose::Token { id, name } => BudgetOwner::Token { id, name },
        Whose::Key { id } => BudgetOwner::Key { id },
    };
    BudgetView {
        owner,
        period: if status.period == "day" { BudgetPeriod::Day } else { BudgetPeriod::Month },
        spent: status.spent,
        reserved: status.reserved,
        limit: status.limit,
        is_warning: status.is_warning,
        until_unix_ms: status.until_unix_ms,
    }
}

fn turned_away(blocked: Blocked) -> BlockedView {
    let kind = match blocked.kind {
        relay::BlockedKind::Origin => BlockedKind::Origin,
        relay::BlockedKind::Host => BlockedKind::Host,
    };
    BlockedView { kind, name: blocked.name, count: blocked.count, last_unix_ms: blocked.last_unix_ms }
}

/// The servers that relays share, if any.
pub(super) fn memcached(servers: Option<Vec<ServerState>>) -> Vec<MemcachedView> {
    let view = |ServerState { name, is_away, problem }| MemcachedView { name, is_away, problem };
    servers.into_iter().flatten().map(view).collect()
}

fn refusal(error: &TokenError) -> CommandError {
    let kind = match error {
        TokenError::Shared { .. } | TokenError::Database { .. } | TokenError::File { .. } => CommandErrorKind::Failed,
        _ => CommandErrorKind::InvalidValue,
    };
    failure(kind, &error.to_string())
}

#[cfg(test)]
mod tests;
