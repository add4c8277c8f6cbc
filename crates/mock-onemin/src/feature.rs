//! Features, acted: the checks of 1min.ai, then a record whose files can be fetched, or a transcript.

mod demand;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use onemin::Feature;
use serde_json::{Value, json};

use crate::{file, reply::Reply, wire};

/// The most calls whose results are remembered; a stand-in that runs for weeks forgets the rest.
const MOST: usize = 1_000;

/// What the stand-in says where a recording would be written down.
const TRANSCRIPT: &str = "This is the demo of 1min Relay: nobody listened to the recording.";

/// The results that can be asked for: of calls that go on, and of those that are done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Results(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    by_uuid: HashMap<String, Pending>,
    made: usize,
    /// How often a call that was not waited for is still being processed when it is asked for.
    processing: usize,
}

#[derive(Debug, Clone)]
struct Pending {
    begun: Value,
    done: Value,
    processing: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { by_uuid: HashMap::new(), made: 0, processing: 1 }
    }
}

impl Results {
    /// What `GET /api/results/{uuid}` answers; an unknown one is null (docs).
    pub(crate) fn ask(&self, uuid: &str) -> Reply {
        let mut kept = self.lock();
        let record = kept.by_uuid.get_mut(uuid).map(|pending| {
            let goes_on = pending.processing > 0;
            pending.processing = pending.processing.saturating_sub(1);
            if goes_on { pending.begun.clone() } else { pending.done.clone() }
        });
        Reply::json(200, record.unwrap_or_else(|| json!({"aiRecord": null})).to_string())
    }

    /// How often calls are still being processed when they are asked for; those that go on are as well.
    #[cfg(feature = "script")]
    pub(crate) fn processing(&self, times: usize) {
        let mut kept = self.lock();
        kept.processing = times;
        kept.by_uuid.values_mut().filter(|call| call.processing > 0).for_each(|call| call.processing = times);
    }

    #[cfg(feature = "script")]
    pub(crate) fn reset(&self) {
        *self.lock() = Kept::default();
    }

    fn new_uuid(&self) -> String {
        let mut kept = self.lock();
        kept.made += 1;
        format!("11111111-1111-4111-8111-{:012}", kept.made)
    }

    fn keep(&self, uuid: &str, begun: Value, done: Value, is_async: bool) {
        let mut kept = self.lock();
        if kept.by_uuid.len() >= MOST {
            kept.by_uuid.clear();
        }
        let processing = if is_async { kept.processing } else { 0 };
        kept.by_uuid.insert(uuid.to_owned(), Pending { begun, done, processing });
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Acts a call. `base` is where its files can be fetched.
pub(crate) fn reply(request: &Value, base: &str, results: &Results, metadata: &Value) -> Reply {
    let made = match check(request) {
        Ok(feature) => make(feature, request),
        Err(refusal) => return refusal,
    };
    let uuid = results.new_uuid();
    let mut done = wire::feature_record(request, &uuid, "SUCCESS", &made, metadata);
    if let Some(key) = made.first().filter(|key| key.starts_with("images/") || key.starts_with("audios/")) {
        let signature = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=604800&X-Amz-SignedHeaders=host";
        done["aiRecord"]["temporaryUrl"] = json!(format!("{base}/asset.1min.ai/{key}?{signature}&X-Amz-Signature=0"));
    }
    let is_async = request["async"] == true;
    let begun = wire::feature_record(request, &uuid, "PROCESSING", &[], &json!({}));
    results.keep(&uuid, begun.clone(), done.clone(), is_async);
    Reply::json(200, if is_async { begun } else { done }.to_string())
}

/// 1min.ai's own checks, in the order they were seen: the type, the model, the fields.
fn check(request: &Value) -> Result<Feature, Reply> {
    let kind = request["type"].as_str().unwrap_or("undefined");
    let known = Feature::ALL.into_iter().find(|feature| feature.as_str() == kind && *feature != Feature::Chat);
    let Some(feature) = known else {
        // What chat types are retired is recorded (live, 2026-08).
        let message = format!("Unsupported feature type: {kind}");
        return Err(Reply::json(400, wire::error_b("UNKNOWN_ERROR", &message)));
    };
    let model = request["model"].as_str().unwrap_or_default();
    if !is_listed(feature, model) {
        let message = format!("Model {model} is not supported for feature {kind}");
        return Err(Reply::json(400, wire::error_b("UNSUPPORTED_MODEL", &message)));
    }
    demand::check(feature, model, &request["promptObject"])?;
    Ok(feature)
}

/// Whether a model is on the recorded list, or one of those that came later (live).
fn is_listed(feature: Feature, model: &str) -> bool {
    let is_recorded =
        || onemin::ModelList::recorded().models.iter().any(|known| known.id == model && known.can(feature));
    let is_later = ["gpt-image-2", "ideogram-3", "flux-2", "grok-imagine-image", "gemini-3.1-flash-image-preview"]
        .iter()
        .any(|later| model.starts_with(later) || model.ends_with(later));
    is_recorded() || (is_later && matches!(feature, Feature::ImageGenerator | Feature::ImageEditor))
}

/// What a call makes: keys of files, or a text.
fn make(feature: Feature, request: &Value) -> Vec<String> {
    let (model, fields) = (request["model"].as_str().unwrap_or_default(), &request["promptObject"]);
    let text = |names: &[&str]| names.iter().find_map(|name| fields[*name].as_str());
    match feature {
        Feature::SpeechToText | Feature::AudioTranslator => {
            vec![transcript(text(&["response_format"]).unwrap_or("text"))]
        }
        Feature::TextToSpeech => {
            let extension = match model {
                "qwen3-tts-flash" => "wav",
                model if model.starts_with("tts-1") => text(&["response_format"]).unwrap_or("mp3"),
                _ => "mp3",
            };
            let letters = text(&["text"]).unwrap_or_default().chars().count();
            vec![file::new_key(extension, u32::try_from(letters * 60).unwrap_or(60_000).clamp(300, 60_000), 0)]
        }
        _ => {
            let extension = text(&["output_format", "format", "image_format"]).unwrap_or("png");
            let (width, height) = size(fields);
            (0..count(model, fields)).map(|_| file::new_key(extension, width, height)).collect()
        }
    }
}

fn count(model: &str, fields: &Value) -> u64 {
    if model.starts_with("midjourney") || model.starts_with("magic-art") {
        return 4;
    }
    let asked = ["n", "samples", "num_images", "num_outputs"].iter().find_map(|name| fields[*name].as_u64());
    asked.unwrap_or(1).clamp(1, 10)
}

/// The size of a picture, however it was asked for; the longer side of a mere ratio is 1024.
fn size(fields: &Value) -> (u32, u32) {
    let text = |name: &str| fields[name].as_str();
    let number = |name: &str| fields[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let pair = |text: &str| {
        let (width, height) = text.split_once(['x', '*', ':'])?;
        Some((width.parse().ok()?, height.parse().ok()?)).filter(|(width, height): &(u32, u32)| *width * *height > 0)
    };
    let exact = text("size").or_else(|| text("resolution")).and_then(pair).or(number("width").zip(number("height")));
    if let Some((width, height)) = exact {
        return (width.clamp(1, 4_096), height.clamp(1, 4_096));
    }
    let ratio =
        fields.as_object().into_iter().flatten().find(|(name, _)| name.to_lowercase().ends_with("aspect_ratio"));
    let ratio = ratio.and_then(|(_, ratio)| pair(ratio.as_str()?)).or_else(|| text("aspectRatio").and_then(pair));
    let (across, down) = ratio.or(number("aspect_width").zip(number("aspect_height"))).unwrap_or((1, 1));
    let longer = across.max(down).max(1);
    ((1_024 * across.min(1_024) / longer).max(1), (1_024 * down.min(1_024) / longer).max(1))
}

fn transcript(format: &str) -> String {
    match format {
        "json" => json!({ "text": TRANSCRIPT }).to_string(),
        "srt" => format!("1\n00:00:00,000 --> 00:00:02,500\n{TRANSCRIPT}\n\n"),
        "vtt" => format!("WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n{TRANSCRIPT}\n\n"),
        "verbose_json" => json!({
            "task": "transcribe",
            "language": "english",
            "duration": 2.5,
            "text": TRANSCRIPT,
            "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 2.5, "text": TRANSCRIPT, "tokens": [],
                "temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}],
        })
        .to_string(),
        _ => TRANSCRIPT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: &Value, results: &Results) -> (u16, Value) {
        let reply = reply(request, "http://127.0.0.1:9", results, &json!({}));
        let crate::Step::Send(body) = &reply.body[0] else { panic!("text") };
        (reply.status, serde_json::from_str(body).unwrap())
    }

    fn made(kind: &str, model: &str, fields: &Value) -> Vec<String> {
        let (status, body) = ask(&json!({"type": kind, "model": model, "promptObject": fields}), &Results::default());
        assert_eq!(status, 200, "{body}");
        serde_json::from_value(body["aiRecord"]["aiRecordDetail"]["resultObject"].clone()).unwrap()
    }

    #[test]
    fn a_picture_is_as_many_and_as_large_as_asked() {
        let fields = json!({"prompt": "a", "samples": 2, "size": "1152x896", "cfg_scale": 7, "steps": 30, "seed": 0});
        let keys = made("IMAGE_GENERATOR", "stable-diffusion-xl-1024-v1-0", &fields);
        assert!(keys.len() == 2 && keys[0].starts_with("images/") && keys[0].ends_with("1152x896.png"), "{keys:?}");
        let fields = json!({"prompt": "a", "aspect_width": 3, "aspect_height": 2});
        let keys = made("IMAGE_GENERATOR", "magic-art_7_0", &fields);
        assert!(keys.len() == 4 && keys[3].ends_with("1024x682.png"), "{keys:?}");
    }

    #[test]
    fn sounds_and_transcripts_have_their_formats() {
        let fields = json!({"text": "Hello", "voice": "alloy", "response_format": "wav"});
        assert!(made("TEXT_TO_SPEECH", "tts-1", &fields)[0].ends_with(".wav"));
        for (format, begins) in
            [("text", "This"), ("json", "{"), ("srt", "1\n"), ("vtt", "WEBVTT"), ("verbose_json", "{")]
        {
            let fields = json!({"audioUrl": "audios/a.mp3", "response_format": format});
            assert!(made("SPEECH_TO_TEXT", "whisper-1", &fields)[0].starts_with(begins), "{format}");
        }
    }

    #[test]
    fn what_is_not_waited_for_is_processed_once_and_then_done() {
        let results = Results::default();
        let request =
            json!({"type": "IMAGE_GENERATOR", "model": "recraft", "async": true, "promptObject": {"prompt": "a"}});
        let (_, begun) = ask(&request, &results);
        assert_eq!(begun["aiRecord"]["status"], "PROCESSING");
        let uuid = begun["aiRecord"]["uuid"].as_str().unwrap();
        let status = || {
            let reply = results.ask(uuid);
            let crate::Step::Send(body) = &reply.body[0] else { panic!("text") };
            serde_json::from_str::<Value>(body).unwrap()["aiRecord"]["status"].clone()
        };
        assert_eq!((status(), status(), status()), (json!("PROCESSING"), json!("SUCCESS"), json!("SUCCESS")));
    }

    #[test]
    fn what_1min_refuses_is_refused_in_its_words() {
        let refusal = |kind: &str, model: &str, fields: Value| {
            let (status, body) =
                ask(&json!({"type": kind, "model": model, "promptObject": fields}), &Results::default());
            assert_eq!(status, 400);
            (body["errorCode"].as_str().unwrap().to_owned(), body["message"].as_str().unwrap().to_owned())
        };
        let (code, message) = refusal("CHAT_WITH_IMAGE", "gpt-4o", json!({}));
        assert_eq!((code.as_str(), message.as_str()), ("UNKNOWN_ERROR", "Unsupported feature type: CHAT_WITH_IMAGE"));
        let (code, message) = refusal("IMAGE_GENERATOR", "gpt-4o", json!({"prompt": "a"}));
        assert_eq!(code, "UNSUPPORTED_MODEL");
        assert_eq!(message, "Model gpt-4o is not supported for feature IMAGE_GENERATOR");
        let (code, message) =
            refusal("IMAGE_GENERATOR", "gpt-image-1-mini", json!({"prompt": "a", "size": "1024x1024"}));
        assert_eq!(code, "MISSING_REQUIRED_FIELDS");
        assert!(message.starts_with("Missing required fields for gpt-image-1-mini model: quality."), "{message}");
        let (code, _) = refusal("IMAGE_GENERATOR", "qwen-image-plus", json!({"prompt": "a", "size": "1024x1024"}));
        assert_eq!(code, "EXTERNAL_API_RESPONSE_WITH_ERROR");
    }
}
