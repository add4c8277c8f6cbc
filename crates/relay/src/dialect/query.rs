//! What stands behind the `?` of a list's address.

use url::form_urlencoded;

use crate::error::{Error, Fault};

/// The fields of a query. An empty one counts as not there, and of several the first.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query, whatever is in it.
    pub(crate) fn read(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The field of this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every field of these names.
    pub(crate) fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    /// How long a page is: `limit`, at most `longest`, else `usual`.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(crate) fn limit(&self, usual: usize, longest: usize) -> Result<usize, Error> {
        match self.text("limit").map(str::parse) {
            None => Ok(usual),
            Some(Ok(limit)) if (1..=longest).contains(&limit) => Ok(limit),
            Some(_) => {
                let message = format!("'limit' must be a number from 1 to {longest}.");
                Err(Error::field("limit", Fault::Invalid, message))
            }
        }
    }
}

/// Lets go of what stands before and at the item that `is_last` of the page before. What is not there has nothing after it: the
/// first page again would never end.
pub(crate) fn go_on_after<T>(items: &mut Vec<T>, is_last: impl Fn(&T) -> bool) {
    let place = items.iter().position(is_last);
    items.drain(..place.map_or(items.len(), |place| place + 1));
}
