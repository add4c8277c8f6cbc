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

/// What a store says, in a few words.
pub(crate) fn cause(failure: &Failure) -> String {
    innermost(failure).map_or_else(|| words(failure).to_owned(), |kind| kind.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of_system(code: i32) -> Failure {
        Failure::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::other(io::Error::from_raw_os_error(code))),
        }
    }

    #[test]
    fn a_full_disk_is_told_apart_and_no_path_is_told() {
        // ENOSPC and EDQUOT of Linux.
        #[cfg(target_os = "linux")]
        for code in [28, 122] {
            assert!(matches!(failure("It", "", &of_system(code)), Error::StorageFull { .. }), "{code}");
        }
        assert!(matches!(failure("It", "", &quota()), Error::StorageFull { .. }));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(io_failure("It", "", &full), Error::StorageFull { .. }));
        let denied = Failure::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::from(io::ErrorKind::PermissionDenied)),
        };
        let told = |failure_: &Failure| match failure("It", "", failure_) {
            Error::StorageFailed { cause, .. } => cause,
            other => panic!("{other}"),
        };
        assert_eq!(told(&denied), "permission denied");
        let secret = || "/home/somebody/secret".to_owned();
        let unknown = Failure::PermissionDenied { path: secret(), source: secret().into() };
        assert_eq!(told(&unknown), "the store denies access");
        assert!(!told(&Failure::NotSupported { source: secret().into() }).contains("secret"));
    }
}
