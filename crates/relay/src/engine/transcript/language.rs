//! Languages, as models want them named: alone (`en`), or with a region (`en-US`).

/// Languages of Google's models, and the region that most of their speakers are from (its list of languages).
const REGIONS: [(&str, &str); 44] = [
    ("af", "af-ZA"),
    ("ar", "ar-EG"),
    ("bg", "bg-BG"),
    ("bn", "bn-BD"),
    ("ca", "ca-ES"),
    ("cs", "cs-CZ"),
    ("da", "da-DK"),
    ("de", "de-DE"),
    ("el", "el-GR"),
    ("en", "en-US"),
    ("es", "es-ES"),
    ("et", "et-EE"),
    ("fa", "fa-IR"),
    ("fi", "fi-FI"),
    ("fr", "fr-FR"),
    ("he", "iw-IL"),
    ("hi", "hi-IN"),
    ("hr", "hr-HR"),
    ("hu", "hu-HU"),
    ("id", "id-ID"),
    ("is", "is-IS"),
    ("it", "it-IT"),
    ("ja", "ja-JP"),
    ("ko", "ko-KR"),
    ("lt", "lt-LT"),
    ("lv", "lv-LV"),
    ("ms", "ms-MY"),
    ("nl", "nl-NL"),
    ("no", "no-NO"),
    ("pl", "pl-PL"),
    ("pt", "pt-BR"),
    ("ro", "ro-RO"),
    ("ru", "ru-RU"),
    ("sk", "sk-SK"),
    ("sl", "sl-SI"),
    ("sr", "sr-RS"),
    ("sv", "sv-SE"),
    ("th", "th-TH"),
    ("tr", "tr-TR"),
    ("uk", "uk-UA"),
    ("ur", "ur-PK"),
    ("vi", "vi-VN"),
    ("zh", "cmn-Hans-CN"),
    ("zu", "zu-ZA"),
];

/// A language without its region: `en` of `en-US`.
pub(super) fn alone(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or(language).to_ascii_lowercase()
}

/// A language with a region: as it is, or the commonest one. `None`: no region is known for it.
pub(super) fn with_region(language: &str) -> Option<String> {
    if language.contains(['-', '_']) {
        return Some(language.replace('_', "-"));
    }
    let language = language.to_ascii_lowercase();
    REGIONS.iter().find(|(known, _)| *known == language).map(|(_, region)| (*region).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_come_and_go() {
        assert_eq!((alone("en-US"), alone("DE"), alone("pt_BR")), ("en".into(), "de".into(), "pt".into()));
        assert_eq!(with_region("en").as_deref(), Some("en-US"));
        assert_eq!(with_region("pt_PT").as_deref(), Some("pt-PT"));
        assert_eq!(with_region("zh").as_deref(), Some("cmn-Hans-CN"));
        assert_eq!(with_region("english"), None);
    }
}
