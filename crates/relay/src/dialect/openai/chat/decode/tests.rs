use serde_json::json;

use super::*;
use crate::{
    conversation::{
        CallInput, Format, Media, MediaSource, Part, Role, ToolCall, ToolChoice, ToolResult, Turn, WebSearch,
    },
    dialect::json,
};

fn decoded(body: &Value) -> Result<Decoded, Error> {
    decode(json::read(body.to_string().as_bytes())?)
}

/// A body with one user message and these fields as well.
fn with(fields: &Value) -> Value {
    let mut body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn request(fields: &Value) -> Request {
    decoded(&with(fields)).unwrap().request
}

/// Code, param of a refusal.
fn refusal(body: &Value) -> (String, String) {
    let envelope = serde_json::to_value(decoded(body).unwrap_err().to_envelope()).unwrap();
    let text = |name: &str| envelope["error"][name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("param"))
}

fn turns(messages: &Value) -> Vec<Turn> {
    decoded(&with(&json!({ "messages": messages }))).unwrap().request.turns
}

#[test]
fn every_role_and_form_of_content_is_read_in_order() {
    let turns = turns(&json!([
        {"role": "system", "content": "s"},
        {"role": "developer", "content": [{"type": "text", "text": "d", "cache_control": {}}]},
        {"role": "user", "name": "ann", "content": [{"type": "input_text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": null, "refusal": "no"},
        {"role": "assistant", "content": []},
        {"role": "user"},
    ]));
    let user = Turn {
        role: Role::User,
        name: Some("ann".into()),
        parts: vec![Part::Text("one".into()), Part::Text("two".into())],
    };
    let nothing = |role| Turn { role, name: None, parts: vec![] };
    assert_eq!(
        turns,
        [
            Turn::text(Role::System, "s"),
            Turn::text(Role::System, "d"),
            user,
            Turn::text(Role::Assistant, "no"),
            nothing(Role::Assistant),
            nothing(Role::User),
        ]
    );
}

#[test]
fn calls_and_results_of_the_history_are_read() {
    let turns = turns(&json!([
        {"role": "assistant", "content": "Let me look.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Paris\"}"}},
            {"id": "c2", "type": "function", "function": {"name": "ping", "arguments": {"a": 1}}},
            {"id": "c3", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "20C"}]},
        {"role": "tool", "tool_call_id": 7, "content": [null, {"type": "text", "text": "?"}], "tool_calls": [null]},
        {"role": "assistant", "function_call": {"name": "old", "arguments": "{}"}},
        {"role": "function", "name": "old", "content": "done"},
    ]));
    let of = |id: &str, name: &str, input| Part::ToolCall(ToolCall { id: id.into(), name: name.into(), input });
    let call = |id: &str, name: &str, arguments: &str| of(id, name, CallInput::Json(arguments.into()));
    let result = |call_id: Option<&str>, name: Option<&str>, output: &str| {
        let result = ToolResult {
            call_id: call_id.map(Into::into),
            name: name.map(Into::into),
            output: output.into(),
            is_error: false,
        };
        Turn { role: Role::Tool, name: None, parts: vec![Part::ToolResult(result)] }
    };
    assert_eq!(
        turns[0].parts[1..],
        [
            call("c1", "weather", "{\"city\":\"Paris\"}"),
            call("c2", "ping", "{\"a\":1}"),
            of("c3", "patch", CallInput::Text("*** Begin".into()))
        ]
    );
    assert_eq!(turns[1], result(Some("c1"), Some("weather"), "20C"));
    assert_eq!(turns[2], result(Some("7"), None, "\n?"));
    assert_eq!(turns[3].parts, [call("", "old", "{}")]);
    assert_eq!(turns[4], result(None, Some("old"), "done"));
}

#[test]
fn pictures_and_documents_stay_where_they_are() {
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let turns = turns(&json!([
        {"role": "system", "content": [{"type": "text", "text": "s"}, image("https://example.com/s.png")]},
        {"role": "user", "content": [{"type": "text", "text": "a"}, image("data:image/png;base64,aGk="), {"type": "text", "text": "b"}]},
        {"role": "tool", "tool_call_id": "c", "content": [image("https://example.com/t.png"), {"type": "text", "text": "seen"}]},
    ]));
    let media = |param: &str, source| Part::Image(Media { param: param.into(), source, name: None });
    let url = |url: &str| MediaSource::Url(url.into());
    assert_eq!(turns[0].parts[1], media("messages[0].content[1].image_url", url("https://example.com/s.png")));
    assert_eq!(
        turns[1].parts,
        [
            Part::Text("a".into()),
            media("messages[1].content[1].image_url", MediaSource::Bytes("hi".into())),
            Part::Text("b".into()),
        ]
    );
    assert!(matches!(&turns[2].parts[0], Part::ToolResult(result) if result.output == "seen"));
    assert_eq!(turns[2].parts[1], media("messages[2].content[0].image_url", url("https://example.com/t.png")));
}

#[test]
fn limits_take_every_spelling_and_odd_values_as_unset() {
    let limit = |fields: &Value| request(fields).limits.max_tokens;
    assert_eq!(limit(&json!({"max_tokens": 5})), Some(5));
    assert_eq!(limit(&json!({"max_tokens": 5, "max_completion_tokens": 7})), Some(7));
    assert_eq!(limit(&json!({"max_tokens": 5, "max_completion_tokens": 0})), Some(5));
    for unset in [json!({"max_tokens": 0}), json!({"max_tokens": -1}), json!({"max_completion_tokens": null})] {
        assert_eq!(limit(&unset), None, "{unset}");
    }
    assert_eq!(limit(&json!({"max_tokens": 100.0})), Some(100));
    let stop = |value: Value| request(&json!({ "stop": value })).limits.stop;
    assert_eq!(stop(json!("END")), ["END"]);
    assert_eq!(stop(json!(["a", "", null, "b"])), ["a", "b"]);
    for unset in [json!(null), json!(""), json!([])] {
        assert_eq!(stop(unset), Vec::<String>::new());
    }
}

#[test]
fn streaming_usage_and_choices_are_read() {
    assert!(!request(&json!({"stream": null})).is_streaming);
    assert!(request(&json!({"stream": true})).is_streaming);
    let usage = |fields: Value| decoded(&with(&fields)).unwrap().shape.includes_usage;
    assert!(usage(json!({"stream": true, "stream_options": {"include_usage": true, "include_obfuscation": false}})));
    assert!(!usage(json!({"stream": false, "stream_options": {"include_usage": true}})));
    assert!(!usage(json!({"stream": true, "stream_options": null})));
    assert_eq!(decoded(&with(&json!({"n": 4}))).unwrap().shape.choices, 4);
    assert_eq!(decoded(&with(&json!({"n": null}))).unwrap().shape.choices, 1);
}

#[test]
fn web_search_is_switched_on_in_every_spelling() {
    assert_eq!(request(&json!({"web_search_options": {}})).web_search, Some(WebSearch::default()));
    let seed = json!({"web_search": true, "num_of_site": 5.0, "max_word": 200});
    assert_eq!(request(&seed).web_search, Some(WebSearch { sites: Some(5), words: Some(200) }));
    assert_eq!(request(&json!({"tools": [{"type": "web_search"}]})).web_search, Some(WebSearch::default()));
    for off in [json!({"web_search_options": null}), json!({"web_search": false}), json!({"num_of_site": 3})] {
        assert_eq!(request(&off).web_search, None, "{off}");
    }
}

#[test]
fn fields_that_make_no_difference_are_let_pass() {
    let plain = request(&json!({}));
    let fields = json!({
        "temperature": 0, "top_p": 1, "frequency_penalty": -2.0, "presence_penalty": 1.5, "seed": 7, "logit_bias": {},
        "logprobs": true, "top_logprobs": 5, "service_tier": "auto", "store": true, "metadata": {"a": "b"},
        "user": "u", "safety_identifier": "x", "prompt_cache_key": "k", "prediction": {}, "verbosity": "low",
        "moderation": null, "reasoning_effort": "extreme", "response_format": {"type": "text"}, "tools": [],
        "tool_choice": "auto", "parallel_tool_calls": false, "functions": null, "function_call": "auto",
        "modalities": ["text"], "audio": {"voice": "alloy"}, "top_k": 40, "min_p": 0.1, "thinking": {"type": "enabled"},
        "provider": {}, "transforms": [], "chat_template_kwargs": {}, "options": {}, "keep_alive": "5m", "unknown": [1],
    });
    assert_eq!(request(&fields), plain);
}

#[test]
fn tools_and_formats_are_read() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let tools_of = |fields: &Value| request(fields).tools;
    assert!(!tools_of(&json!({"tools": tools, "tool_choice": "none"})).may_call());
    assert!(tools_of(&json!({"tools": tools, "parallel_tool_calls": false})).at_most_one);
    assert_eq!(tools_of(&json!({"tools": tools, "tool_choice": "required"})).choice, ToolChoice::Required);
    assert!(decoded(&with(&json!({"functions": [{"name": "f"}]}))).unwrap().shape.is_legacy);
    assert_eq!(request(&json!({"response_format": {"type": "json_object"}})).format, Format::JsonObject);
}

#[test]
fn what_can_not_be_honoured_is_refused_by_name() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let of_user = |part: Value| json!([{"role": "user", "content": [{"type": "text"}, part]}]);
    let audio = of_user(json!({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}));
    let no_image = of_user(json!({"type": "image_url"}));
    let bad_image = of_user(json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}}));
    let no_file = of_user(json!({"type": "file", "file": {}}));
    let odd_part = json!([{"role": "user", "content": [{"type": "hologram"}]}]);
    let many: Vec<String> = (0..17).map(|n| n.to_string()).collect();
    let table = [
        (json!({"messages": []}), "missing_required_parameter", "messages"),
        (json!({"messages": null}), "missing_required_parameter", "messages"),
        (json!({"model": null}), "missing_required_parameter", "model"),
        (json!({"model": " "}), "missing_required_parameter", "model"),
        (json!({"model": 5}), "invalid_value", "model"),
        (json!({"stream": "true"}), "invalid_value", "stream"),
        (json!({"temperature": "hot"}), "invalid_value", "temperature"),
        (json!({"stop": 5}), "invalid_value", "stop"),
        (json!({"stop": many}), "invalid_value", "stop"),
        (json!({"stop": "x".repeat(1_025)}), "invalid_value", "stop"),
        (json!({"model": "m".repeat(257)}), "invalid_value", "model"),
        (json!({"max_tokens": "5"}), "invalid_value", "max_tokens"),
        (json!({"max_tokens": 1.5}), "invalid_value", "max_tokens"),
        (json!({"n": 0}), "invalid_value", "n"),
        (json!({"n": 5}), "unsupported_value", "n"),
        (
            json!({"tools": tools, "tool_choice": {"type": "function", "function": {"name": "g"}}}),
            "invalid_value",
            "tool_choice",
        ),
        (json!({"functions": [{}]}), "missing_required_parameter", "functions[0].name"),
        (json!({"response_format": {"type": "yaml"}}), "invalid_value", "response_format.type"),
        (json!({"modalities": ["text", "audio"]}), "unsupported_value", "modalities"),
        (json!({"messages": audio}), "unsupported_value", "messages[0].content[1].type"),
        (json!({"messages": no_image}), "missing_required_parameter", "messages[0].content[1].image_url"),
        (json!({"messages": bad_image}), "invalid_value", "messages[0].content[1].image_url"),
        (json!({"messages": no_file}), "missing_required_parameter", "messages[0].content[1].file.file_data"),
        (json!({"messages": odd_part}), "invalid_value", "messages[0].content[0].type"),
        (json!({"messages": [{"role": "user", "content": 5}]}), "invalid_value", "messages[0].content"),
        (json!({"messages": [{"role": "robot"}]}), "invalid_value", "messages[0].role"),
        (json!({"messages": [{"content": "x"}]}), "missing_required_parameter", "messages[0].role"),
        (json!({"messages": ["hi"]}), "invalid_value", "messages[0]"),
    ];
    for (fields, code, param) in table {
        assert_eq!(refusal(&with(&fields)), (code.to_owned(), param.to_owned()), "{fields}");
    }
}
