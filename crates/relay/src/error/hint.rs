//! Words that help: with a model's name, with a time to wait.

use std::time::Duration;

use super::Error;

/// What may help who asked for a model that is not there.
pub(super) fn hint(nearest: &[String], words: &Option<String>) -> String {
    let words = words.as_deref().map(|words| format!(" 1min.ai said: {}.", words.trim_end_matches('.')));
    let nearest = match nearest {
        [] => None,
        [one] => Some(format!(" Did you mean `{one}`?")),
        [others @ .., last] => Some(format!(" Did you mean `{}` or `{last}`?", others.join("`, `"))),
    };
    words.into_iter().chain(nearest).collect()
}

/// What may help who asked for more than is left of a budget; its sentence for any other error.
pub(super) fn short_message(error: &Error) -> String {
    let Error::BudgetShort { whose, limit, period, until, left, reckoned, is_held } = error else {
        return error.to_string();
    };
    let asked =
        format!("This request should cost about {reckoned} credits, and {left} of {limit} a {period} are left of");
    if *is_held {
        return format!(
            "{asked} the budget of {whose}, which requests that are running may need. Try again when they are done."
        );
    }
    format!(
        "{asked} the budget of {whose}. Ask for less, such as a shorter answer or a smaller model. The budget begins anew at \
         {until}; whoever runs the relay can raise it."
    )
}

/// Seconds to wait: whole ones, so that whoever waits them has waited long enough.
pub(super) const fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs();
    if wait.subsec_nanos() > 0 { seconds + 1 } else { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_whole_seconds_has_waited_long_enough() {
        let seconds = |milliseconds| whole_seconds(Duration::from_millis(milliseconds));
        assert_eq!([0, 1, 999, 1_000, 1_500].map(seconds), [0, 1, 1, 1, 2]);
    }
}
