//! Who may come in, and how much, as the window shows it: access tokens, budgets, what was turned away.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An access token; never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct TokenView {
    /// What it is revoked by.
    pub id: String,
    /// The name a person gave it.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    #[ts(type = "number")]
    pub created_unix_ms: u64,
    /// When it ends, in milliseconds since 1970; none: never.
    #[ts(type = "number | null")]
    pub expires_unix_ms: Option<u64>,
    /// Whether that time is over.
    pub is_expired: bool,
    /// Whether it comes from the file of shared tokens, which the window does not change.
    pub is_shared: bool,
    /// The models it may ask; none: all that are allowed.
    pub models: Option<Vec<String>>,
    /// Its own limits.
    pub limits: TokenLimits,
}

/// Limits of a token. None: what the settings say of each app; 0: no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TokenLimits {
    /// Requests a minute.
    #[ts(type = "number | null")]
    pub requests_per_minute: Option<u64>,
    /// Requests at the same time.
    #[ts(type = "number | null")]
    pub concurrent_requests: Option<u64>,
    /// Credits of a day.
    #[ts(type = "number | null")]
    pub credits_per_day: Option<u64>,
    /// Credits of a month.
    #[ts(type = "number | null")]
    pub credits_per_month: Option<u64>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
pub struct TokenWish {
    /// Its name, which no other token has.
    pub name: String,
    /// The models it may ask; none: all that are allowed.
    pub models: Option<Vec<String>>,
    /// Its own limits.
    pub limits: TokenLimits,
    /// After how many days it ends; none: never.
    pub days: Option<u32>,
}

/// A token that has just been made. It is told once, and printed nowhere: it has no `Debug`.
#[derive(Serialize, TS)]
pub struct AddedToken {
    /// The token.
    pub token: TokenView,
    /// What apps send. Nobody can read it again.
    pub secret: String,
}

/// How much of a budget is spent.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct BudgetView {
    /// Whose it is.
    pub owner: BudgetOwner,
    /// How long it lasts.
    pub period: BudgetPeriod,
    /// Credits that are spent.
    pub spent: f64,
    /// Credits that are set aside for requests under way.
    pub reserved: f64,
    /// Credits that may be spent.
    #[ts(type = "number")]
    pub limit: u64,
    /// Whether the part is spent at which to warn.
    pub is_warning: bool,
    /// When it begins anew, in milliseconds since 1970.
    #[ts(type = "number")]
    pub until_unix_ms: u64,
}

/// Whose a budget is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BudgetOwner {
    /// All apps together.
    All,
    /// Every app that sends no token.
    Tokenless,
    /// Whoever sends a token.
    Token {
        /// What tells it from another of the same name.
        id: String,
        /// Its name.
        name: String,
    },
    /// Whoever sends a 1min.ai key.
    Key {
        /// What tells it from others; not the key.
        id: String,
    },
}

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// Something that was turned away, and may be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BlockedView {
    /// What it is.
    pub kind: BlockedKind,
    /// Its name, such as `https://chat.example.com` or `relay.lan`.
    pub name: String,
    /// How often it came.
    #[ts(type = "number")]
    pub count: u64,
    /// When it came last, in milliseconds since 1970.
    #[ts(type = "number")]
    pub last_unix_ms: u64,
}

/// What was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BlockedKind {
    /// A web page, by its origin.
    Origin,
    /// A host name that the relay does not answer to.
    Host,
}

/// A memcached server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct MemcachedView {
    /// Its name and port.
    pub name: String,
    /// Whether it does not answer; the relay then counts by itself.
    pub is_away: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
}
