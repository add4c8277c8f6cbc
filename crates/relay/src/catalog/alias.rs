//! Other names of models. Apps have ids built in that 1min.ai spells differently, or no longer has.
//!
//! Names are taken literally first, then by the user's own aliases, then by this table, then by rules of spelling. Every
//! step gives a model that is listed, or the next one is tried.

use super::Catalog;

/// OpenAI's own picture models, the newest first.
const GPT_IMAGES: &[&str] = &["gpt-image-2", "gpt-image-1", "gpt-image-1-mini"];

/// A name, and what it stands for: the first that is listed counts. Sources: the ids OpenAI, Anthropic, Google and others
/// publish, and what apps ask for when nothing else is set (LibreChat's titles, aider's and Claude Code's small models).
pub(super) const ALIASES: &[(&str, &[&str])] = &[
    // OpenAI
    ("gpt-3.5-turbo", &["gpt-3.5-turbo", "gpt-4o-mini", "gpt-4.1-mini"]),
    ("gpt-3.5-turbo-instruct", &["gpt-3.5-turbo", "gpt-4o-mini", "gpt-4.1-mini"]),
    ("gpt-3.5-turbo-16k", &["gpt-3.5-turbo", "gpt-4o-mini", "gpt-4.1-mini"]),
    ("gpt-4", &["gpt-4-turbo", "gpt-4.1", "gpt-4o"]),
    ("gpt-4-turbo-preview", &["gpt-4-turbo", "gpt-4.1"]),
    ("chatgpt-4o-latest", &["gpt-4o"]),
    ("gpt-5-codex", &["gpt-5.1-codex"]),
    ("o1", &["o3"]),
    ("o1-preview", &["o3"]),
    ("o1-mini", &["o3-mini", "o4-mini"]),
    ("codex-mini-latest", &["gpt-5.1-codex-mini"]),
    ("gpt-image-1.5", GPT_IMAGES),
    ("gpt-image-latest", GPT_IMAGES),
    ("chatgpt-image-latest", GPT_IMAGES),
    ("gpt-4o-mini-transcribe", &["gpt-4o-transcribe", "whisper-1"]),
    ("gpt-4o-mini-tts", &["tts-1"]),
    ("tts-1-1106", &["tts-1"]),
    ("tts-1-hd-1106", &["tts-1-hd"]),
    ("whisper", &["whisper-1"]),
    // Anthropic
    ("claude-3-haiku", &["claude-haiku-4-5-20251001"]),
    ("claude-3-5-haiku", &["claude-haiku-4-5-20251001"]),
    ("claude-3-sonnet", &["claude-sonnet-4-5-20250929", "claude-sonnet-4-6"]),
    ("claude-3-5-sonnet", &["claude-sonnet-4-5-20250929", "claude-sonnet-4-6"]),
    ("claude-3-7-sonnet", &["claude-sonnet-4-5-20250929", "claude-sonnet-4-6"]),
    ("claude-sonnet-4-0", &["claude-sonnet-4-20250514"]),
    ("claude-3-opus", &["claude-opus-4-5-20251101", "claude-opus-4-6"]),
    ("claude-opus-4-0", &["claude-opus-4-20250514"]),
    // Google
    ("gemini-pro-latest", &["gemini-3.1-pro-preview", "gemini-2.5-pro"]),
    ("gemini-flash-latest", &["gemini-3-flash-preview", "gemini-2.5-flash"]),
    ("gemini-2.0-flash", &["gemini-2.5-flash"]),
    ("gemini-1.5-flash", &["gemini-2.5-flash"]),
    ("gemini-1.5-pro", &["gemini-2.5-pro"]),
    // Mistral, xAI, DeepSeek, Cohere
    ("mistral-nemo", &["open-mistral-nemo"]),
    ("grok-4", &["grok-4-0709"]),
    ("grok-4-fast", &["grok-4-fast-non-reasoning"]),
    ("grok-2-image", &["grok-2-image-1212"]),
    ("deepseek-v3", &["deepseek-chat"]),
    ("deepseek-r1", &["deepseek-reasoner"]),
    ("command-r", &["command-r-08-2024"]),
    // Leonardo: its ids are UUIDs, and sending the name fails (live).
    ("leonardo-phoenix", &["6b645e3a-d64f-4341-a6d8-7a3690fbf042"]),
    ("leonardo-lightning-xl", &["b24e16ff-06e3-43eb-8d33-4416c2d75876"]),
    ("leonardo-anime-xl", &["e71a1c2f-4f80-4800-934f-2c68979d8cc8"]),
    ("leonardo-diffusion-xl", &["1e60896f-3c26-4296-8ecc-53e2afecc132"]),
    ("leonardo-kino-xl", &["aa77f04e-3eec-4034-9c07-d0f619684628"]),
    ("leonardo-vision-xl", &["5c232a9e-9061-4777-980a-ddc8e65647c6"]),
    ("leonardo-albedobase-xl", &["2067ae52-33fd-4a82-bb92-c2c55e7d2786"]),
];

/// Models that took over from others, by 1min.ai's own words in their names (live).
pub(super) const SUCCESSORS: &[(&str, &str)] =
    &[("midjourney", "magic-art"), ("midjourney_6_1", "magic-art_6_1"), ("midjourney_7_0", "magic-art_7_0")];

/// The listed model that `name` most likely means, by the table and the rules of spelling.
pub(super) fn find<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a str> {
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_suffix(":latest").unwrap_or(&name);
    let maker_free = name.rsplit('/').next().unwrap_or(name);
    let maker_free = maker_free.rsplit_once("anthropic.").map_or(maker_free, |(_, id)| id);
    let undated = without_date(maker_free);
    let unqualified = undated.strip_suffix("-latest").unwrap_or(undated);
    for spelling in [name, maker_free] {
        if let Some(id) = exact(catalog, spelling).or_else(|| listed_behind_a_maker(catalog, spelling)) {
            return Some(id);
        }
    }
    for spelling in [maker_free, undated, unqualified] {
        if let Some(id) = in_table(catalog, spelling).or_else(|| exact(catalog, spelling)) {
            return Some(id);
        }
    }
    dated(catalog, unqualified).or_else(|| exact(catalog, &format!("{unqualified}-latest")))
}

/// Whether nothing the table names for this alias is listed.
pub(super) fn leads_nowhere(catalog: &Catalog, targets: &[&str]) -> bool {
    targets.iter().all(|target| catalog.find(target).is_none())
}

/// The id, whatever its case.
fn exact<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a str> {
    let found =
        catalog.find(name).or_else(|| catalog.models().iter().find(|model| model.id.eq_ignore_ascii_case(name)));
    found.map(|model| model.id.as_str())
}

fn in_table<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a str> {
    let (_, targets) = ALIASES.iter().find(|(alias, _)| *alias == name)?;
    targets.iter().find_map(|target| exact(catalog, target))
}

/// `flux-dev` for `black-forest-labs/flux-dev`.
fn listed_behind_a_maker<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a str> {
    only(catalog, |id| id.rsplit_once('/').is_some_and(|(_, short)| short.eq_ignore_ascii_case(name)))
}

/// `claude-sonnet-4-5` for `claude-sonnet-4-5-20250929`.
fn dated<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a str> {
    only(catalog, |id| id != name && without_date(id) == name)
}

/// The id for which this holds; none if there are several, because a guess could be the dearer one.
fn only(catalog: &Catalog, holds: impl Fn(&str) -> bool) -> Option<&str> {
    let mut found = catalog.models().iter().map(|model| model.id.as_str()).filter(|id| holds(id));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Without a date at the end, as OpenAI (`-2024-08-06`) and Anthropic (`-20250929`) write it.
fn without_date(name: &str) -> &str {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((rest, last)) = name.rsplit_once('-') else { return name };
    if digits(last, 8) {
        return rest;
    }
    let parts = rest.rsplit_once('-').and_then(|(rest, month)| Some((rest.rsplit_once('-')?, month)));
    match parts {
        Some(((rest, year), month)) if digits(year, 4) && digits(month, 2) && digits(last, 2) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_apps_have_built_in_lead_to_models() {
        let catalog = Catalog::built_in();
        for (name, id) in [
            ("gpt-4o", "gpt-4o"),
            ("GPT-4o", "gpt-4o"),
            ("openai/gpt-4o", "gpt-4o"),
            ("gpt-4o:latest", "gpt-4o"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("openai/gpt-oss-20b", "openai/gpt-oss-20b"),
            ("gpt-oss-20b", "openai/gpt-oss-20b"),
            ("gpt-4", "gpt-4-turbo"),
            ("chatgpt-4o-latest", "gpt-4o"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
            ("anthropic/claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
            ("us.anthropic.claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
            ("claude-sonnet-4", "claude-sonnet-4-20250514"),
            ("claude-opus-4-6-20260101", "claude-opus-4-6"),
            ("claude-3-5-haiku-20241022", "claude-haiku-4-5-20251001"),
            ("claude-3-5-haiku-latest", "claude-haiku-4-5-20251001"),
            ("claude-3-7-sonnet-latest", "claude-sonnet-4-5-20250929"),
            // What Claude Code and Anthropic's SDKs ask for, in the background too.
            ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
            ("claude-haiku-4-5-latest", "claude-haiku-4-5-20251001"),
            ("claude-3-haiku-20240307", "claude-haiku-4-5-20251001"),
            ("claude-3-5-sonnet-20241022", "claude-sonnet-4-5-20250929"),
            ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
            ("claude-sonnet-4-latest", "claude-sonnet-4-20250514"),
            ("claude-sonnet-4-5-latest", "claude-sonnet-4-5-20250929"),
            ("claude-sonnet-4-6-latest", "claude-sonnet-4-6"),
            ("claude-opus-4-0", "claude-opus-4-20250514"),
            ("claude-opus-4", "claude-opus-4-20250514"),
            ("claude-opus-4-1", "claude-opus-4-1-20250805"),
            ("claude-opus-4-5-latest", "claude-opus-4-5-20251101"),
            ("claude-opus-4-6-latest", "claude-opus-4-6"),
            ("mistral-nemo", "open-mistral-nemo"),
            ("mistral-large", "mistral-large-latest"),
            ("flux-1.1-pro", "black-forest-labs/flux-1.1-pro"),
            ("Flux-Dev", "black-forest-labs/flux-dev"),
            ("leonardo-phoenix", "6b645e3a-d64f-4341-a6d8-7a3690fbf042"),
            ("llama-4-scout-instruct", "meta/llama-4-scout-instruct"),
            ("whisper-1", "whisper-1"),
            // Pictures and sound, as SDKs and apps name them.
            ("gpt-image-1.5", "gpt-image-1"),
            ("openai/gpt-image-1.5-2025-12-16", "gpt-image-1"),
            ("gpt-image-latest", "gpt-image-1"),
            ("chatgpt-image-latest", "gpt-image-1"),
            ("dall-e-3", "dall-e-3"),
            ("tts-1-1106", "tts-1"),
            ("tts-1-hd-1106", "tts-1-hd"),
            ("gpt-4o-mini-tts-2025-03-20", "tts-1"),
            ("gpt-4o-mini-transcribe", "gpt-4o-transcribe"),
            ("gpt-4o-transcribe-latest", "gpt-4o-transcribe"),
        ] {
            assert_eq!(find(&catalog, name), Some(id), "{name}");
        }
    }

    #[test]
    fn what_nobody_has_is_not_guessed() {
        let catalog = Catalog::built_in();
        for name in ["", "/", "gpt", "gpt-4o-mni", "o9-pro", "claude", "text-embedding-3-small", "latest", "-20250101"]
        {
            assert_eq!(find(&catalog, name), None, "{name}");
        }
    }

    #[test]
    fn every_alias_and_successor_leads_to_a_model_of_the_built_in_list() {
        let catalog = Catalog::built_in();
        for (alias, targets) in ALIASES {
            assert!(!leads_nowhere(&catalog, targets), "{alias}");
        }
        for (old, new) in SUCCESSORS {
            assert!(catalog.find(old).is_some() && catalog.find(new).is_some(), "{old}");
        }
    }

    fn of(ids: &[&str]) -> Catalog {
        let model = |id: &&str| onemin::Model { id: (*id).to_owned(), ..onemin::Model::default() };
        let models = ids.iter().map(model).collect();
        Catalog::new(onemin::ModelList { date: String::new(), models }, crate::catalog::Source::Live)
    }

    #[test]
    fn of_several_successors_the_newest_that_is_listed_answers() {
        let listed = of(&["gpt-image-1-mini", "gpt-image-2", "gpt-image-1"]);
        assert_eq!(find(&listed, "gpt-image-1.5"), Some("gpt-image-2"));
        assert_eq!(find(&of(&["gpt-image-1-mini"]), "gpt-image-latest"), Some("gpt-image-1-mini"));
        let itself = of(&["gpt-image-2", "chatgpt-image-latest"]);
        assert_eq!(find(&itself, "chatgpt-image-latest"), Some("chatgpt-image-latest"));
    }

    #[test]
    fn a_name_that_could_be_two_models_is_none() {
        assert_eq!(find(&of(&["a/x", "b/x"]), "x"), None);
        assert_eq!(find(&of(&["m-20250101", "m-20250202"]), "m"), None);
        assert_eq!(find(&of(&["m-20250101"]), "m"), Some("m-20250101"));
    }
}
