//! Whose a stored thing is. Another owner's thing is not there.

mod salt;

pub(crate) use salt::{Salt, agree_in_time, keep_agreeing};

/// Who owns what is stored for a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner(String);

/// A 1min.ai account, told apart by its key without holding it. What 1min.ai keeps for one is not there for another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Account(String);

impl Owner {
    /// Everybody who uses the stored key.
    pub(crate) fn local() -> Self {
        Self("local".into())
    }

    /// Whoever sends this token.
    pub(crate) fn of_token(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The name under which this owner's things are stored: letters and digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Account {
    /// A name for the account that tells nothing of its key: letters and digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Account> for Owner {
    /// Who brings a key of its own owns what that key paid for.
    fn from(account: &Account) -> Self {
        Self(account.0.clone())
    }
}
