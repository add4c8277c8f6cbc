//! Words that help with a model's name.

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
