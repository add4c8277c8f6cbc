//! Which fields 1min.ai wants of a call, by feature and model, and which sizes it takes (docs, live where so marked).

use onemin::Feature;
use serde_json::{Value, json};

use crate::{reply::Reply, wire};

/// What a call must hold: feature, what the model begins with, fields.
const FIELDS: [(Feature, &str, &[&str]); 30] = [
    (Feature::ImageGenerator, "", &["prompt"]),
    // Live, against the docs.
    (Feature::ImageGenerator, "gpt-image", &["size", "quality"]),
    (Feature::ImageGenerator, "stable-diffusion-xl", &["samples", "size", "cfg_scale", "steps", "seed"]),
    (Feature::ImageGenerator, "ideogram", &["num_images"]),
    (Feature::ImageGenerator, "gemini-3", &["imageSize"]),
    (Feature::ImageGenerator, "dzine", &["style_code"]),
    (Feature::ImageVariator, "", &["imageUrl"]),
    (Feature::ImageVariator, "dall-e", &["n", "size"]),
    (Feature::ImageVariator, "recraft", &["size"]),
    (Feature::ImageVariator, "dzine", &["prompt", "style_code", "style_base_model", "quality", "n"]),
    (Feature::ImageEditor, "", &["imageUrl", "prompt"]),
    (Feature::ImageEditor, "gpt-image", &["n", "size"]),
    (Feature::ImageEditor, "gpt-image-2", &["quality"]),
    (Feature::ImageEditor, "stable-diffusion-xl", &["samples"]),
    (Feature::ImageEditor, "qwen", &["n"]),
    (Feature::ImageInpainter, "", &["imageUrl", "maskUrl", "prompt"]),
    (Feature::TextToSpeech, "", &["text"]),
    (Feature::TextToSpeech, "tts-1", &["voice"]),
    (Feature::TextToSpeech, "qwen", &["voice"]),
    (Feature::SpeechToText, "", &["audioUrl"]),
    (Feature::SpeechToText, "whisper", &["response_format"]),
    (Feature::SpeechToText, "latest_", &["language"]),
    (Feature::SpeechToText, "phone_call", &["language"]),
    (Feature::SpeechToText, "telephony", &["language"]),
    (Feature::SpeechToText, "medical_", &["language"]),
    (Feature::AudioTranslator, "", &["audioUrl"]),
    (Feature::AudioTranslator, "gemini", &["originalLanguage", "targetLanguage"]),
    (Feature::ImageVariator, "midjourney", &["mode", "n"]),
    (Feature::ImageVariator, "magic-art", &["mode", "n"]),
    (Feature::TextToSpeech, "google-tts", &["voice"]),
];

/// The sizes of a model that takes no others.
const SIZES: [(&str, &[&str]); 5] = [
    ("gpt-image-1", &["1024x1024", "1024x1536", "1536x1024"]),
    ("dall-e-3", &["1024x1024", "1024x1792", "1792x1024"]),
    ("dall-e-2", &["256x256", "512x512", "1024x1024"]),
    (
        "stable-diffusion-xl",
        &["1024x1024", "1152x896", "1216x832", "1344x768", "1536x640", "640x1536", "768x1344", "832x1216", "896x1152"],
    ),
    // By a live refusal.
    ("qwen-image", &["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"]),
];

/// The sizes of Leonardo's models, whose ids are UUIDs.
const LEONARDO: &[&str] = &["512x512", "768x1024", "1024x768", "1024x1024"];

pub(super) fn check(feature: Feature, model: &str, fields: &Value) -> Result<(), Reply> {
    let own = FIELDS.iter().filter(|(of, begins, _)| *of == feature && model.starts_with(begins));
    let mut wanted: Vec<&str> = own.flat_map(|(.., names)| *names).copied().collect();
    if is_leonardo(model) {
        wanted.extend(["n", "size"]);
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|name| is_missing(&fields[*name])).collect();
    if !missing.is_empty() {
        return Err(missing_fields(feature, model, &missing));
    }
    let sizes = if is_leonardo(model) { LEONARDO } else { sizes_of(model) };
    match fields["size"].as_str() {
        Some(size) if !sizes.is_empty() && !sizes.contains(&size) => Err(wrong_size(sizes)),
        _ => Ok(()),
    }
}

fn is_leonardo(model: &str) -> bool {
    model.len() == 36 && model.matches('-').count() == 4
}

fn is_missing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn sizes_of(model: &str) -> &'static [&'static str] {
    let of = SIZES.iter().find(|(begins, _)| model.starts_with(begins));
    of.map(|(_, sizes)| *sizes).unwrap_or_default()
}

fn missing_fields(feature: Feature, model: &str, missing: &[&str]) -> Reply {
    let list = missing.join(", ");
    let message = format!("Missing required fields for {model} model: {list}. Please provide all required parameters.");
    let detail = |name: &&str| json!({"field": name, "message": format!("Field '{name}' is required for {model} model with type {feature}")});
    let details: Vec<Value> = missing.iter().map(detail).collect();
    Reply::json(400, wire::error_b_with("MISSING_REQUIRED_FIELDS", &message, &json!(details)))
}

/// The vendor's refusal, behind words that say busy (live).
fn wrong_size(sizes: &[&str]) -> Reply {
    let cause = format!("The size does not match the allowed size {}.", sizes.join(","));
    let details = json!({
        "response": {"status": 400, "data": {"request_id": "0645484e", "code": "InvalidParameter", "message": cause}},
        "request": {"method": "post", "url": "/api/v1/services/generation"},
    });
    let message = "The vendor's service is a bit busy right now or facing a temporary issue. Please try again shortly.";
    Reply::json(400, wire::error_b_with("EXTERNAL_API_RESPONSE_WITH_ERROR", message, &details))
}
