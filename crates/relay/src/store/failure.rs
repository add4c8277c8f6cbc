//! What a store says, as what a client is told: without paths, which are nobody's business.

use std::{error::Error as StdError, io};

use super::Failure;
use crate::error::Error;

/// That as much is there as the settings allow.
pub(super) fn quota() -> Failure {
    super::object::failed(io::ErrorKind::QuotaExceeded.into())
}

/// The error for a client: `what` can't be kept or read, and `advice` is what has become of it.
pub(crate) fn failure(what: &'static str, advice: &'static str, failure: &Failure) -> Error {
    match innermost(failure) {
        Some(kind) => of_kind(what, advice, kind),
        None => Error::StorageFailed { what, cause: words(failure).to_owned(), advice },
    }
}

/// The same of what the system said.
pub(crate) fn io_failure(what: &'static str, advice: &'static str, error: &io::Error) -> Error {
    of_kind(what, advice, innermost(error).unwrap_or(error.kind()))
}

fn of_kind(what: &'static str, advice: &'static str, kind: io::ErrorKind) -> Error {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::StorageFull { what, advice },
        kind => Error::StorageFailed { what, cause: kind.to_string(), advice },
    }
}

/// What the system said in the end, if it said anything that has a name.
fn innermost(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    let mut kind = None;
    while let Some(error) = next {
        let of_system = error.downcast_ref::<io::Error>();
        kind = of_system.map(io::Error::kind).filter(|kind| *kind != io::ErrorKind::Other).or(kind);
        // The source of a wrapped error is what is beneath it, not the error itself.
        let wrapped = of_system.and_then(io::Error::get_ref).map(|inner| inner as &(dyn StdError + 'static));
        next = wrapped.or_else(|| error.source());
    }
    kind
}

/// What the store said, where the system said nothing.
const fn words(failure: &Failure) -> &'static str {
    match failure {
        Failure::NotFound { .. } => "it is not there",
        Failure::PermissionDenied { .. } => "the store denies access",
        Failure::Unauthenticated { .. } => "the store does not accept the relay's credentials",
        _ => "the store did not answer as it should",
    }
}
