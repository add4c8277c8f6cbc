//! What a call should cost by 1min.ai's list of prices. Pure.
//!
//! The list says `INPUT` and `OUTPUT` for a million credits of tokens, or else prices of one picture, character or second,
//! under `ALL` or under names of sizes, qualities and modes (live). What is charged differs (live: about three times as much
//! for chat), and is learned; see `learned`.

use onemin::{Feature, FeatureRequest, FieldValue, Fields, Model};
use serde_json::{Map, Value};

/// What stands among prices and is none of a whole call.
const NO_PRICES: [&str; 6] = ["INPUT", "OUTPUT", "LOW_IMAGE", "LOW_TOKEN", "COST_HINT", "CONTEXT"];

/// Prices of a token where the list has none: those of an ordinary large model.
const TOKEN: (f64, f64) = (2.5, 10.0);

/// The price of a picture where the list has none; the middle of those it has.
const PICTURE: f64 = 40_000.0;

/// The prices of a character that is spoken and of a second that is heard, where the list has none.
const CHARACTER: f64 = 30.0;
const SECOND: f64 = 100.0;

/// How long a sound is taken to be whose file does not tell.
const UNKNOWN_SECONDS: f64 = 60.0;

/// Tokens of a second that a chat model hears, and of what is said in it (Gemini's documentation: 32; speech: about three).
const TOKENS_OF_SECOND: (f64, f64) = (32.0, 4.0);

/// A list of prices that gives one for four pictures, which are always made at once.
const OF_FOUR: &str = "magic-art";

/// A chat of so many tokens and pictures.
pub(crate) fn chat(listed: Option<&Model>, prompt_tokens: u64, answer_tokens: u64, pictures: usize) -> f64 {
    let price = |name: &str| listed.and_then(|model| model.credits.get(name)?.as_f64());
    let (input, output) = (price("INPUT").unwrap_or(TOKEN.0), price("OUTPUT").unwrap_or(TOKEN.1));
    let pictures = count(pictures as u64) * price("LOW_IMAGE").unwrap_or_default();
    count(prompt_tokens) * input + count(answer_tokens) * output + pictures
}

/// One call of a feature. `seconds` is how long the sound is that it hears.
pub(crate) fn feature(listed: Option<&Model>, request: &FeatureRequest, seconds: Option<f64>) -> f64 {
    let none = Map::new();
    let prices = listed.map_or(&none, |model| &model.credits);
    let words = words(request);
    match request.feature {
        Feature::Chat => chat(listed, 0, 0, 0),
        Feature::TextToSpeech => {
            let text = text(&request.fields, "text").unwrap_or_default();
            picked(prices, &words).unwrap_or(CHARACTER) * count(text.chars().count() as u64)
        }
        Feature::SpeechToText | Feature::AudioTranslator => second(prices, &words) * seconds.unwrap_or(UNKNOWN_SECONDS),
        Feature::ImageGenerator | Feature::ImageEditor | Feature::ImageVariator | Feature::ImageInpainter => {
            let number = number(&request.fields);
            // Some lists have a price for each number of pictures.
            let is_in_price = prices.values().filter_map(Value::as_object).any(|sizes| sizes.contains_key("1"));
            let is_in_price = is_in_price || request.model.starts_with(OF_FOUR);
            picked(prices, &words).unwrap_or(PICTURE) * if is_in_price { 1.0 } else { number }
        }
    }
}

/// The price of a second that is heard.
fn second(prices: &Map<String, Value>, words: &[String]) -> f64 {
    let token = |name: &str| prices.get(name).and_then(|price| price.as_f64().or_else(|| dearest(price, words)));
    match (prices.get("ALL").and_then(Value::as_f64), token("INPUT"), token("OUTPUT")) {
        // Models that are billed for the words too have a price of a minute (live: gpt-4o-transcribe, 6000).
        (Some(minute), _, Some(_)) => minute / 60.0,
        (Some(second), ..) => second,
        (None, Some(input), output) => input * TOKENS_OF_SECOND.0 + output.unwrap_or_default() * TOKENS_OF_SECOND.1,
        (None, None, _) => SECOND,
    }
}

/// The price under the names that a request speaks of, `ALL`, or else the dearest.
fn picked(prices: &Map<String, Value>, words: &[String]) -> Option<f64> {
    let is_named = |name: &str| {
        let name = name.to_ascii_lowercase();
        words.iter().any(|word| *word == name || word.split('-').any(|part| part == name))
    };
    let named = prices.iter().find(|(name, _)| is_named(name)).or_else(|| prices.get_key_value("ALL"));
    if let Some((_, price)) = named {
        return dearest(price, words);
    }
    let prices = prices.iter().filter(|(name, _)| !NO_PRICES.contains(&name.as_str()));
    prices.filter_map(|(_, price)| dearest(price, words)).reduce(f64::max)
}

fn dearest(price: &Value, words: &[String]) -> Option<f64> {
    match price {
        Value::Object(prices) => picked(prices, words),
        other => other.as_f64(),
    }
}

/// What a request speaks of: the texts of its fields, its size, how many pictures it wants and what it is for.
fn words(request: &FeatureRequest) -> Vec<String> {
    let fields = &request.fields;
    let texts = fields.iter().filter(|(name, _)| *name != "text" && *name != "prompt");
    let texts = texts.filter_map(|(_, value)| match value {
        FieldValue::Text(text) => Some(text.to_ascii_lowercase()),
        _ => None,
    });
    let whole = |name: &str| match fields.get(name) {
        Some(FieldValue::Integer(number)) => Some(*number),
        _ => None,
    };
    let size = whole("width").zip(whole("height")).map(|(width, height)| format!("{width}x{height}"));
    let known = [size, Some(number(fields).to_string()), Some(request.feature.as_str().to_ascii_lowercase())];
    texts.chain(known.into_iter().flatten()).collect()
}

/// How many pictures a request wants.
fn number(fields: &Fields) -> f64 {
    let whole = ["n", "num_outputs"].iter().find_map(|name| match fields.get(name) {
        Some(FieldValue::Integer(number)) => u64::try_from(*number).ok(),
        _ => None,
    });
    count(whole.unwrap_or(1).max(1))
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    match fields.get(name)? {
        FieldValue::Text(text) => Some(text),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of tokens, characters or pictures")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use onemin::ModelList;

    use super::*;

    fn listed(id: &str) -> Model {
        ModelList::recorded().models.into_iter().find(|model| model.id == id).unwrap()
    }

    fn price(id: &str, feature: Feature, fields: Fields, seconds: Option<f64>) -> f64 {
        super::feature(Some(&listed(id)), &FeatureRequest::new(feature, id, fields), seconds)
    }

    #[test]
    fn a_chat_costs_its_tokens_and_pictures() {
        let mini = listed("gpt-4o-mini");
        assert!((chat(Some(&mini), 1_000, 500, 2) - (150.0 + 300.0 + 850.0)).abs() < 1e-9);
        assert!(chat(None, 1_000, 500, 0) > chat(Some(&mini), 1_000, 500, 0), "what nobody knows is not cheap");
    }

    #[test]
    fn a_picture_costs_what_its_size_and_quality_do() {
        let draw = |id: &str, fields| price(id, Feature::ImageGenerator, fields, None);
        let fields = Fields::default;
        for (id, fields, credits) in [
            ("black-forest-labs/flux-dev", fields().with("num_outputs", 3_u32), 75_000.0),
            ("dall-e-3", fields().with("quality", "hd").with("size", "1024x1792"), 120_000.0),
            ("dall-e-3", fields().with("size", "1024x1024"), 80_000.0),
            ("dall-e-2", fields().with("size", "512x512").with("n", 2_u32), 36_000.0),
            ("gpt-image-1", fields().with("quality", "auto"), 250_000.0),
            ("magic-art", fields().with("mode", "fast").with("n", 4_u32), 10_000.0),
            ("stable-image", fields(), 20_000.0),
            ("recraft", fields(), 80_000.0),
            ("dzine", fields(), 25_000.0),
            ("gemini-3-pro-image-preview", fields(), 240_000.0),
        ] {
            assert_eq!(draw(id, fields), credits, "{id}");
        }
        let leonardo = fields().with("width", 1_024_u32).with("height", 768_u32).with("n", 3_u32);
        assert_eq!(draw("6b645e3a-d64f-4341-a6d8-7a3690fbf042", leonardo), 36_400.0);
    }

    #[test]
    fn a_sound_costs_its_length() {
        let speech = |id, voice: &str| {
            let fields = Fields::default().with("text", "0123456789").with("voice", voice);
            price(id, Feature::TextToSpeech, fields, None)
        };
        assert_eq!((speech("tts-1", "nova"), speech("google-tts", "en-US-Neural2-F")), (150.0, 160.0));
        let hear = |id| price(id, Feature::SpeechToText, Fields::default(), Some(120.0));
        assert_eq!((hear("whisper-1"), hear("gpt-4o-transcribe")), (12_000.0, 12_000.0));
        let translated = |id| price(id, Feature::AudioTranslator, Fields::default(), None);
        assert!(translated("gemini-2.5-flash") > 0.0 && translated("qwen3-livetranslate-flash") > 0.0);
    }

    #[test]
    fn every_listed_model_has_a_price() {
        for model in ModelList::recorded().models {
            for feature in model.features.iter().copied() {
                let fields = Fields::default().with("text", "abc");
                let price = match feature {
                    Feature::Chat => chat(Some(&model), 100, 100, 0),
                    other => super::feature(Some(&model), &FeatureRequest::new(other, model.id.as_str(), fields), None),
                };
                assert!(price > 0.0 && price < 1e7, "{} {feature}: {price}", model.id);
            }
        }
    }
}
