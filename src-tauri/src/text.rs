//! The tray's words, from the same catalogues as the window's.

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// The catalogues there are. The first one is the one to fall back to.
const CATALOGUES: [(&str, &str); 2] =
    [("en", include_str!("../../ui/locales/en.ftl")), ("ru", include_str!("../../ui/locales/ru.ftl"))];

/// The words of one language.
pub(crate) struct Texts {
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The words of `language`; of the system's where it is empty, and English where there is none.
    pub(crate) fn of(language: &str) -> Self {
        let wanted =
            if language.is_empty() { sys_locale::get_locale().unwrap_or_default() } else { language.to_owned() };
        let wanted = wanted.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let (name, catalogue) = CATALOGUES.into_iter().find(|(name, _)| *name == wanted).unwrap_or(CATALOGUES[0]);
        let mut bundle = FluentBundle::new_concurrent(vec![name.parse::<LanguageIdentifier>().unwrap_or_default()]);
        // Marks around values are for mixed directions of writing; menus show them as boxes.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(catalogue.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let _ = bundle.add_resource(resource);
        Self { bundle }
    }

    /// The text of `key`, with `values` in their places; the key itself where there is none, which a test rules out.
    pub(crate) fn get(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        values.iter().for_each(|(name, value)| args.set(*name, *value));
        let message = self.bundle.get_message(key).and_then(|message| message.value());
        let mut errors = Vec::new();
        message.map_or_else(
            || key.to_owned(),
            |pattern| self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tray::KEYS;

    #[test]
    fn every_word_of_the_tray_is_there_in_every_language() {
        for (language, _) in CATALOGUES {
            let texts = Texts::of(language);
            for key in KEYS {
                assert_ne!(texts.get(key, &[("address", "a"), ("state", "s")]), *key, "{language} lacks {key}");
            }
        }
    }

    #[test]
    fn an_unknown_language_is_english() {
        assert_eq!(Texts::of("xx-YY").get("tray-quit", &[]), Texts::of("en").get("tray-quit", &[]));
        assert_ne!(Texts::of("ru").get("tray-quit", &[]), Texts::of("en").get("tray-quit", &[]));
    }
}
