//! Texts become sound, and sounds become text.

mod long_text;

use base64::Engine as _;
use mock_onemin::{Answer, Reply, Turn};
use relay_tests::{Answered, Pair};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// A short WAV: half a second of silence, 8 kHz, 8 bits.
fn wav() -> Vec<u8> {
    let header = b"RIFF\xC4\x0F\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1F\0\0\x40\x1F\0\0\x01\0\x08\0data\xA0\x0F\0\0";
    [header.as_slice(), &[128; 4_000]].concat()
}

fn sound() -> Part {
    Part::bytes(wav()).file_name("question.wav").mime_str("audio/wav").unwrap()
}

fn form(texts: &[(&'static str, &'static str)]) -> Form {
    let texts = texts.iter().fold(Form::new(), |form, (name, text)| form.text(*name, *text));
    texts.part("file", sound())
}

async fn send(pair: &Pair, path: &str, form: Form) -> Answered {
    let request = pair.http.post(pair.url(path)).multipart(form);
    Answered::read(request.send().await.unwrap()).await
}

async fn transcribe(pair: &Pair, texts: &[(&'static str, &'static str)]) -> Answered {
    send(pair, "/v1/audio/transcriptions", form(texts)).await
}

/// What the feature's model answers: this text, as the only entry of the result.
fn gives(text: &str) -> Turn {
    Turn::Answer(Answer { metadata: json!({"credit": 12}), ..Answer::text(text) })
}

/// Speaks, and gives the sound with its media type.
async fn speak(pair: &Pair, body: &Value) -> (String, Vec<u8>) {
    let response = pair.post_to("/v1/audio/speech", body).await;
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (media_type, length) = (header("content-type"), header("content-length"));
    let bytes = response.bytes().await.unwrap().to_vec();
    assert_eq!(length, bytes.len().to_string());
    (media_type, bytes)
}

/// The `promptObject` of every call of a feature.
fn asked(pair: &Pair) -> Vec<Value> {
    let bodies = pair.script().features().into_iter().filter_map(|call| call.body);
    bodies.map(|body| body["promptObject"].clone()).collect()
}

/// What is at the address that a call's answer gave.
async fn made(pair: &Pair, index: usize) -> Vec<u8> {
    // What was fetched here does not count.
    let mut paths: Vec<String> = pair.script().downloads().into_iter().map(|download| download.path).collect();
    paths.sort();
    paths.dedup();
    let path = paths.swap_remove(index);
    let url = format!("{}{path}", pair.mock.url().trim_end_matches('/'));
    pair.http.get(url).send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_text_is_spoken_in_every_format_openai_has() {
    for (format, media_type) in [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
        ("pcm", "audio/pcm"),
    ] {
        let pair = Pair::start().await;
        let body = json!({"model": "tts-1", "input": "Hello there.", "voice": "nova", "response_format": format});
        let (found, bytes) = speak(&pair, &body).await;
        assert_eq!(found, media_type);
        assert!(bytes == made(&pair, 0).await, "not a byte of {format} is changed");
        let fields = json!({"text": "Hello there.", "voice": "nova", "response_format": format});
        assert_eq!(asked(&pair), [fields]);
    }
}

#[tokio::test]
async fn what_a_request_leaves_out_is_chosen_and_what_is_replaced_is_said() {
    let pair = Pair::start_with(|settings| settings.speech_model = "tts-1-hd".into(), Some(relay_tests::CANARY)).await;
    let response = pair.post_to("/v1/audio/speech", &json!({"input": "Hi", "voice": "nobody"})).await;
    assert_eq!(response.headers()["x-relay-warning"], "voice_replaced");
    let [call] = pair.script().features().try_into().unwrap();
    assert_eq!((call.model(), call.header("api-key")), (Some("tts-1-hd"), Some(relay_tests::CANARY)));
    assert_eq!(call.body.unwrap()["promptObject"]["voice"], "alloy");
}

#[tokio::test]
async fn qwen_gives_wav_and_the_samples_in_it() {
    let pair = Pair::start().await;
    let body =
        |format: &str| json!({"model": "qwen3-tts-flash", "input": "Hi", "voice": "Dylan", "response_format": format});
    let (media_type, wav) = speak(&pair, &body("wav")).await;
    assert!(media_type == "audio/wav" && wav == made(&pair, 0).await);
    let (media_type, pcm) = speak(&pair, &body("pcm")).await;
    assert!(media_type == "audio/pcm" && pcm == made(&pair, 1).await[44..]);
    assert_eq!(asked(&pair)[1], json!({"text": "Hi", "voice": "Dylan"}));
}

#[tokio::test]
async fn elevenlabs_is_given_the_settings_of_its_voice() {
    let pair = Pair::start().await;
    let settings = json!({"stability": 0.5, "similarity_boost": 1, "use_speaker_boost": true});
    let body = json!({"model": "elevenlabs-tts", "input": "Hi", "voice": "Adam", "voice_settings": settings});
    speak(&pair, &body).await;
    let [fields] = asked(&pair).try_into().unwrap();
    assert_eq!((&fields["voice_settings"], &fields["voice_id"]), (&settings, &json!("pNInz6obpgDQGcFmaJgB")));
}

#[tokio::test]
async fn a_sound_that_came_otherwise_bears_its_true_name() {
    let pair = Pair::start().await;
    pair.script().push_download(Reply::file("audio/mpeg", wav()));
    let response = pair.post_to("/v1/audio/speech", &json!({"input": "Hi", "response_format": "flac"})).await;
    let headers = response.headers();
    assert_eq!(
        (&headers["content-type"], &headers["x-relay-warning"]),
        (&"audio/wav".parse().unwrap(), &"format_differs".parse().unwrap())
    );
}

#[tokio::test]
async fn speech_is_streamed_as_events() {
    let pair = Pair::start().await;
    let body = json!({"model": "tts-1", "input": "Hello there.", "stream_format": "sse"});
    let answered = Answered::read(pair.post_to("/v1/audio/speech", &body).await).await;
    assert_eq!(answered.header("content-type"), "text/event-stream; charset=utf-8");
    let events = answered.events();
    let [deltas @ .., done] = events.chunks.as_slice() else { panic!("events") };
    assert!(deltas.iter().all(|delta| delta["type"] == "speech.audio.delta"));
    let decode = |delta: &Value| base64::prelude::BASE64_STANDARD.decode(delta["audio"].as_str().unwrap()).unwrap();
    assert!(deltas.iter().flat_map(decode).collect::<Vec<u8>>() == made(&pair, 0).await);
    assert_eq!((&done["type"], &done["usage"]["total_tokens"]), (&json!("speech.audio.done"), &json!(0)));

    let refused =
        Answered::read(pair.post_to("/v1/audio/speech", &json!({"input": "", "stream_format": "sse"})).await).await;
    assert_eq!((refused.status.as_u16(), refused.error("param").as_str()), (400, "input"));
}

#[tokio::test]
async fn what_a_model_can_not_do_costs_nothing() {
    let pair = Pair::start().await;
    for (body, param) in [
        (json!({"model": "elevenlabs-tts", "input": "a", "response_format": "wav"}), "response_format"),
        (json!({"model": "qwen3-tts-flash", "input": "a", "speed": 2}), "speed"),
        (json!({"model": "google-tts", "input": "a"}), "model"),
        (json!({"model": "gpt-4o-mini", "input": "a"}), "model"),
        (json!({"model": "tts-1"}), "input"),
    ] {
        let answered = Answered::read(pair.post_to("/v1/audio/speech", &body).await).await;
        assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, param), "{body}");
    }
    assert_eq!(pair.script().feature_counts().total(), 0);
    let passed = json!({"model": "google-tts", "input": "a", "voice": "en-US-Neural2-J", "pitch": 2});
    speak(&pair, &passed).await;
    assert_eq!(asked(&pair), [json!({"text": "a", "voice": "en-US-Neural2-J", "pitch": 2})]);
}

#[tokio::test]
async fn a_second_try_gets_what_the_first_one_made() {
    let pair = Pair::start().await;
    let body = json!({"model": "tts-1", "input": "Hello there."});
    let (_, first) = speak(&pair, &body).await;
    let again = pair.http.post(pair.url("/v1/audio/speech")).header("x-stainless-retry-count", "1");
    let again = again.body(body.to_string()).send().await.unwrap().bytes().await.unwrap();
    assert!(again == first && pair.script().feature_counts().total() == 1);
}

#[tokio::test]
async fn a_sound_is_transcribed_into_every_form() {
    let pair = Pair::start().await;
    for (format, given, media_type, body) in [
        ("json", "Hi & you.", "application/json", r#"{"text":"Hi & you.","usage":{"type":"duration","seconds":0.5}}"#),
        ("text", "Hi & you.", "text/plain; charset=utf-8", "Hi & you.\n"),
        ("srt", "Hi & you.", "text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:00,500\nHi & you.\n\n"),
        ("vtt", "Hi & you.", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nHi &amp; you.\n\n"),
        // What the model writes itself is passed on, byte by byte.
        (
            "srt",
            "1\n00:00:00,000 --> 00:00:00,400\nHi\n",
            "text/plain; charset=utf-8",
            "1\n00:00:00,000 --> 00:00:00,400\nHi\n",
        ),
        (
            "vtt",
            "WEBVTT\n\n00:00.000 --> 00:00.400\nHi\n",
            "text/vtt; charset=utf-8",
            "WEBVTT\n\n00:00.000 --> 00:00.400\nHi\n",
        ),
        // And what it writes instead is understood.
        ("text", r#"{"text":"Hi."}"#, "text/plain; charset=utf-8", "Hi.\n"),
    ] {
        pair.script().push_feature(gives(given));
        let answered = transcribe(&pair, &[("model", "whisper-1"), ("response_format", format)]).await;
        assert_eq!((answered.status.as_u16(), answered.header("content-type")), (200, media_type), "{}", answered.body);
        assert_eq!((answered.body.as_str(), answered.header("x-relay-credits")), (body, "12"), "{format}");
    }
    let formats: Vec<Value> = asked(&pair).iter().map(|fields| fields["response_format"].clone()).collect();
    assert_eq!(formats, ["text", "text", "srt", "vtt", "srt", "vtt", "text"]);
    let upload = pair.script().uploads()[0].clone();
    assert_eq!((asked(&pair)[0]["audioUrl"].as_str(), upload.size_bytes), (Some(upload.path.as_str()), 4_044));
}

#[tokio::test]
async fn verbose_answers_have_what_clients_need_whatever_the_model_told() {
    let pair = Pair::start().await;
    let asking = [("response_format", "verbose_json"), ("timestamp_granularities[]", "segment"), ("language", "en-GB")];
    pair.script().push_feature(gives("Hi."));
    let plain = transcribe(&pair, &asking).await.json();
    assert_eq!(
        (&plain["task"], &plain["language"], &plain["duration"]),
        (&json!("transcribe"), &json!("en-GB"), &json!(0.5))
    );
    assert_eq!((&plain["segments"][0]["end"], &plain["segments"][0]["tokens"]), (&json!(0.5), &json!([])));
    let told = r#"{"text":"Hi.","language":"english","duration":0.4,"segments":[{"start":0,"end":0.4,"text":"Hi.","tokens":[7]}]}"#;
    pair.script().push_feature(gives(told));
    let told = transcribe(&pair, &asking).await.json();
    assert_eq!(
        (&told["language"], &told["duration"], &told["segments"][0]["tokens"]),
        (&json!("english"), &json!(0.4), &json!([7]))
    );
    assert_eq!(asked(&pair)[0]["language"], "en", "whisper takes no region");
}

#[tokio::test]
async fn the_parts_of_a_form_come_in_any_order() {
    let pair = Pair::start().await;
    let last = Form::new().part("file", sound()).text("response_format", "text").text("model", "whisper-1");
    pair.script().always_feature(gives("Hi."));
    assert_eq!(send(&pair, "/v1/audio/transcriptions", last).await.body, "Hi.\n");
    assert_eq!(transcribe(&pair, &[("model", "whisper-1"), ("response_format", "text")]).await.body, "Hi.\n");
}

#[tokio::test]
async fn a_transcript_is_streamed_where_openai_streams_one() {
    let pair = Pair::start().await;
    pair.script().always_feature(gives("Hi there."));
    let streamed = transcribe(&pair, &[("model", "gpt-4o-transcribe"), ("stream", "true")]).await;
    let [delta, done] = streamed.events().chunks.try_into().unwrap();
    assert_eq!(delta, json!({"type": "transcript.text.delta", "delta": "Hi there."}));
    assert_eq!((&done["type"], &done["text"]), (&json!("transcript.text.done"), &json!("Hi there.")));
    assert_eq!(done["usage"]["credits"], 12.0);
    let whole = transcribe(&pair, &[("model", "whisper-1"), ("stream", "true")]).await;
    assert_eq!(whole.json()["text"], "Hi there.");
}

#[tokio::test]
async fn a_sound_is_translated() {
    let pair = Pair::start().await;
    pair.script().always_feature(gives("Hello."));
    let translate = |texts| send(&pair, "/v1/audio/translations", form(texts));
    let verbose = translate(&[("response_format", "verbose_json"), ("prompt", "a greeting")]).await.json();
    assert_eq!(
        (&verbose["task"], &verbose["language"], &verbose["text"]),
        (&json!("translate"), &json!("english"), &json!("Hello."))
    );
    let refused = translate(&[("model", "gemini-2.5-flash")]).await;
    assert_eq!((refused.status.as_u16(), refused.error("param").as_str()), (400, "language"));
    assert_eq!(translate(&[("model", "gemini-2.5-flash"), ("language", "fr")]).await.json()["text"], "Hello.");
    let [whisper, gemini] = pair.script().features().try_into().unwrap();
    let (whisper, gemini) = (whisper.body.unwrap(), gemini.body.unwrap());
    assert_eq!(
        (&whisper["type"], &whisper["conversationId"]),
        (&json!("AUDIO_TRANSLATOR"), &json!("AUDIO_TRANSLATOR"))
    );
    assert_eq!((&whisper["model"], &whisper["promptObject"]["prompt"]), (&json!("whisper-1"), &json!("a greeting")));
    let languages = (&gemini["promptObject"]["originalLanguage"], &gemini["promptObject"]["targetLanguage"]);
    assert_eq!(languages, (&json!("fr"), &json!("en")));
}

#[tokio::test]
async fn what_is_no_sound_is_refused_before_anything_is_billed() {
    let pair = Pair::start().await;
    let part = |bytes: &'static [u8]| Form::new().part("file", Part::bytes(bytes).file_name("a.mp3"));
    for (form, code) in [
        (part(b""), "invalid_value"),
        (part(b"This is no sound."), "invalid_value"),
        (Form::new().text("model", "whisper-1"), "missing_required_parameter"),
    ] {
        let answered = send(&pair, "/v1/audio/transcriptions", form).await;
        assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, "file"), "{}", answered.body);
        assert_eq!(answered.error("code"), code);
    }
    let speakers = transcribe(&pair, &[("model", "whisper-1"), ("response_format", "diarized_json")]).await;
    assert_eq!((speakers.status.as_u16(), speakers.error("param").as_str()), (400, "response_format"));
    let language = transcribe(&pair, &[("model", "latest_long")]).await;
    assert_eq!((language.status.as_u16(), language.error("param").as_str()), (400, "language"));
    assert_eq!(pair.script().feature_counts().total(), 0);
}

#[tokio::test]
async fn a_transcript_leaves_one_record_with_its_cost() {
    let pair = Pair::start().await;
    pair.script().push_feature(gives("Hi."));
    transcribe(&pair, &[]).await;
    let record = pair.record().await;
    assert_eq!((record.model.as_deref(), record.upstream_calls), (Some("whisper-1"), 1));
    assert_eq!(record.usage.unwrap().credits, Some(12.0));
}

#[tokio::test]
async fn a_sound_that_was_taken_to_its_end_is_done() {
    let pair = Pair::start().await;
    let request = pair.http.post(pair.url("/v1/audio/speech")).body(json!({"input": "Hi"}).to_string());
    request.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(pair.record().await.outcome, relay::journal::Outcome::Done);
}

#[tokio::test]
async fn an_error_of_1min_is_told_as_json() {
    let pair = Pair::start().await;
    let refusal = r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"busy","details":"{\"response\":{\"status\":400,\"data\":{\"message\":\"Invalid voice\"}}}"}"#;
    pair.script().push_feature(Turn::Reply(Reply::json(400, refusal)));
    let request = pair.http.post(pair.url("/v1/audio/speech")).header("accept", "application/octet-stream");
    let request = request.body(json!({"input": "Hi"}).to_string());
    let answered = Answered::read(request.send().await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.header("content-type")), (400, "application/json"));
    assert!(answered.error("message").contains("Invalid voice"), "{}", answered.body);
}

#[tokio::test]
async fn a_model_that_speaks_answers_a_chat_with_its_sound() {
    let pair = Pair::start().await;
    let messages = json!([{"role": "user", "content": "no"}, {"role": "assistant", "content": "nor this"},
        {"role": "user", "content": "Hello there."}]);
    for is_streaming in [false, true] {
        let body = json!({"model": "tts-1", "messages": messages, "stream": is_streaming});
        let answered = pair.chat(&body).await;
        let text = if is_streaming { answered.events().text(0) } else { answered.text() };
        let url = text.strip_prefix("[speech.mp3](").and_then(|rest| rest.strip_suffix(')'));
        let response = pair.http.get(url.unwrap_or_else(|| panic!("a link: {text}"))).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "audio/mpeg");
        assert!(response.bytes().await.unwrap() == made(&pair, usize::from(is_streaming)).await);
    }
    assert!(asked(&pair).iter().all(|fields| fields["text"] == "Hello there."));
    let anthropic = json!({"model": "tts-1", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi."}]});
    let message = Answered::read(pair.post_to("/v1/messages", &anthropic).await).await.json();
    assert!(message["content"][0]["text"].as_str().unwrap().starts_with("[speech.mp3]("), "{message}");
    let responses = json!({"model": "tts-1", "input": "Hi."});
    let response = Answered::read(pair.post_to("/v1/responses", &responses).await).await.json();
    assert!(response["output"][0]["content"][0]["text"].as_str().unwrap().starts_with("[speech.mp3]("), "{response}");
}
