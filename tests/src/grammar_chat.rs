//! The grammar of a streamed chat completion, transcribed from OpenAI's reference: which chunks there are, in which order,
//! with which keys. Every streamed answer that a behaviour reads is held against it.

use std::collections::HashMap;

use serde_json::Value;

/// What one choice has had so far.
#[derive(Default)]
struct Choice {
    has_role: bool,
    calls: u64,
    is_finished: bool,
}

/// Checks the chunks of an answer; `is_done`: whether `[DONE]` closed it, so that it must be complete.
///
/// # Panics
/// At the first chunk that breaks the grammar.
pub fn check(chunks: &[Value], is_done: bool) {
    let mut choices: HashMap<u64, Choice> = HashMap::new();
    let mut has_usage = false;
    for (at, chunk) in chunks.iter().enumerate() {
        if chunk.get("error").is_some() {
            assert!(at + 1 == chunks.len() && !is_done, "an error is the last that comes: {chunk}");
            return;
        }
        assert!(!has_usage, "the chunk of usage is the last one: {chunk}");
        for key in ["id", "created", "object"] {
            assert_eq!(chunk[key], chunks[0][key], "every chunk has the same {key}");
        }
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert!(chunk["created"].is_u64() && chunk["model"].is_string(), "{chunk}");
        let listed = chunk["choices"].as_array().unwrap_or_else(|| panic!("no list of choices: {chunk}"));
        has_usage = listed.is_empty();
        assert_eq!(
            has_usage,
            chunk.get("usage").is_some_and(Value::is_object),
            "usage has a chunk of its own: {chunk}"
        );
        for choice in listed {
            let index = choice["index"].as_u64().unwrap_or_else(|| panic!("a choice without index: {chunk}"));
            check_choice(choices.entry(index).or_default(), choice);
        }
    }
    assert!(!is_done || choices.values().all(|choice| choice.is_finished), "a choice without its end");
}

fn check_choice(so_far: &mut Choice, choice: &Value) {
    assert!(!so_far.is_finished, "nothing of a choice follows its end: {choice}");
    let delta = &choice["delta"];
    assert!(delta.is_object() && choice.get("finish_reason").is_some() && choice["logprobs"].is_null(), "{choice}");
    let has_role = delta.get("role").is_some();
    assert_eq!(has_role, !so_far.has_role, "the first chunk of a choice, and it alone, has the role: {choice}");
    assert!(!has_role || delta["role"] == "assistant", "{choice}");
    so_far.has_role = true;
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        assert_eq!(call["index"], so_far.calls, "calls are counted without a gap: {choice}");
        assert!(call["id"].as_str().is_some_and(|id| id.starts_with("call_")), "{choice}");
        let is_function = call["type"] == "function" && call["function"]["arguments"].is_string();
        let is_custom = call["type"] == "custom" && call["custom"]["input"].is_string();
        assert!(is_function || is_custom, "a call has type and arguments in its first delta: {choice}");
        so_far.calls += 1;
    }
    if let Some(reason) = choice["finish_reason"].as_str() {
        let known = ["stop", "length", "tool_calls", "content_filter", "function_call"];
        assert!(known.contains(&reason), "{choice}");
        assert!((reason == "tool_calls") <= (so_far.calls > 0), "calls that are named as the end came: {choice}");
        so_far.is_finished = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chunk(delta: Value, finish_reason: Value) -> Value {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 7, "model": "m",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]})
    }

    fn whole() -> Vec<Value> {
        let call =
            json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
        vec![
            chunk(json!({"role": "assistant", "content": ""}), Value::Null),
            chunk(json!({"content": "a"}), Value::Null),
            chunk(json!({"tool_calls": [call]}), Value::Null),
            chunk(json!({}), json!("tool_calls")),
        ]
    }

    fn passes(chunks: Vec<Value>) -> bool {
        std::panic::catch_unwind(move || check(&chunks, true)).is_ok()
    }

    #[test]
    fn a_whole_stream_passes_and_a_broken_one_does_not() {
        assert!(passes(whole()));
        for lost in [0, 2, 3] {
            let mut chunks = whole();
            chunks.remove(lost);
            assert!(!passes(chunks), "without chunk {lost}");
        }
        for doubled in [0, 2, 3] {
            let mut chunks = whole();
            chunks.insert(doubled, chunks[doubled].clone());
            assert!(!passes(chunks), "chunk {doubled} twice");
        }
        let mut renamed = whole();
        renamed[1]["id"] = json!("other");
        assert!(!passes(renamed));
    }
}
