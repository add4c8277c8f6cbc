//! When a call may be made again: only if it was certainly not carried out, only once, and only while the client can
//! wait for it.

use std::time::Duration;

use onemin::Error;

/// The longest wait before the second call of a whole answer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The same for a streamed answer, whose status line is due after 12 s; a second call must have begun by then.
const LONGEST_WAIT_STREAMING: Duration = Duration::from_secs(8);

/// How long to wait before the second call; `None`: there must be none.
pub(super) fn wait(error: &Error, is_streaming: bool) -> Option<Duration> {
    let wait = error.retry_after()?;
    let longest = if is_streaming { LONGEST_WAIT_STREAMING } else { LONGEST_WAIT };
    (wait <= longest).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_limited(seconds: Option<u64>) -> Error {
        Error::RateLimited { message: String::new(), retry_after: seconds.map(Duration::from_secs) }
    }

    #[test]
    fn only_what_was_not_carried_out_is_called_again() {
        assert_eq!(wait(&Error::Connect { cause: String::new() }, true), Some(Duration::from_millis(250)));
        let unavailable = Error::Unavailable { status: 522, message: String::new(), retry_after: None };
        assert_eq!(wait(&unavailable, false), Some(Duration::from_secs(1)));
        assert_eq!(wait(&Error::Failed { status: 500, message: String::new() }, false), None);
        assert_eq!(wait(&Error::Cut { cause: String::new() }, false), None);
    }

    #[test]
    fn nobody_waits_longer_than_is_sensible() {
        assert_eq!(wait(&rate_limited(None), true), Some(Duration::from_secs(2)));
        assert_eq!(wait(&rate_limited(Some(30)), false), Some(Duration::from_secs(30)));
        assert_eq!(wait(&rate_limited(Some(31)), false), None);
        assert_eq!(wait(&rate_limited(Some(30)), true), None);
        assert_eq!(wait(&rate_limited(Some(0)), true), Some(Duration::ZERO));
    }
}
