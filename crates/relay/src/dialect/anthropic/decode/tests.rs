use serde_json::json;

use super::*;
use crate::{
    conversation::{
        CallInput, Media, MediaSource, Part, Role, Tool, ToolCall, ToolChoice, ToolInput, ToolResult, Turn,
    },
    dialect::json,
};

/// A request with these fields beside the required ones.
fn with(fields: &Value) -> Value {
    let mut body = json!({"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn read(body: &Value) -> Result<Request, Error> {
    answered(json::read(body.to_string().as_bytes())?)
}

fn decoded(fields: &Value) -> Request {
    read(&with(fields)).unwrap_or_else(|error| panic!("{error}: {fields}"))
}

/// The field that is refused.
fn refused(body: &Value) -> String {
    match read(body) {
        Err(Error::InvalidField { param, message, .. }) => {
            assert!(message.contains('\''), "{message}");
            param
        }
        other => panic!("{body}: {other:?}"),
    }
}

fn refused_with(fields: &Value) -> String {
    refused(&with(fields))
}

fn turns(messages: &Value) -> Vec<Turn> {
    decoded(&json!({ "messages": messages })).turns
}

/// The parts of one user message of these blocks.
fn parts(blocks: &Value) -> Vec<Part> {
    let turns = turns(&json!([{"role": "user", "content": blocks}]));
    let [turn] = turns.try_into().unwrap();
    turn.parts
}

fn media(param: &str, source: MediaSource, name: Option<&str>) -> Media {
    Media { param: format!("messages[0].content[0].{param}"), source, name: name.map(Into::into) }
}

fn said(text: &str) -> Part {
    Part::Text(text.into())
}

#[test]
fn a_plain_request_is_read() {
    let request = decoded(&json!({"stream": true, "stop_sequences": ["END", ""], "system": "Be terse."}));
    assert_eq!(request.turns, [Turn::text(Role::System, "Be terse."), Turn::text(Role::User, "hi")]);
    assert_eq!(request.limits, Limits { max_tokens: Some(9), stop: vec!["END".into()] });
    assert!(request.is_streaming && request.model == "claude-x");
    assert_eq!((request.format, request.web_search), (Format::Text, None));
}

#[test]
fn what_makes_no_difference_is_let_pass() {
    let plain = decoded(&json!({}));
    let odd = json!({
        "thinking": {"type": "adaptive", "budget_tokens": 31999}, "metadata": {"user_id": 5}, "service_tier": "auto",
        "context_management": {"edits": []}, "betas": ["x"], "container": null, "mcp_servers": [{"type": "url"}],
        "cache_control": {"type": "ephemeral"}, "temperature": 1, "top_p": 0.9, "top_k": 5, "inference_geo": "eu",
        "output_config": {"effort": "high"}, "system": null, "stream": null, "stop_sequences": null, "tools": [],
        "tool_choice": {"type": "any"}, "output_format": null, "max_tokens": 9.0,
        "messages": [{"role": "user", "content": [null, {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}],
    });
    assert_eq!(decoded(&odd), plain);
    assert_eq!(decoded(&json!({"max_tokens": 0})).limits.max_tokens, None);
}

#[test]
fn what_must_be_there_is_asked_for_by_name() {
    for name in ["model", "messages", "max_tokens"] {
        let mut body = with(&json!({}));
        body.as_object_mut().unwrap().remove(name);
        assert_eq!(refused(&body), name);
    }
    assert_eq!(refused_with(&json!({"messages": []})), "messages");
    let mut uncounted = with(&json!({}));
    uncounted.as_object_mut().unwrap().remove("max_tokens");
    assert!(counted(json::read(uncounted.to_string().as_bytes()).unwrap()).is_ok());
}

#[test]
fn what_can_not_be_read_is_refused_by_name() {
    for (fields, name) in [
        (json!({"stream": "true"}), "stream"),
        (json!({"temperature": "hot"}), "temperature"),
        (json!({"system": 5}), "system"),
        (json!({"messages": [{"content": "hi"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "tool", "content": "hi"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "user", "content": 5}]}), "messages[0].content"),
        (json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}), "messages[0].content[0].type"),
        (json!({"stop_sequences": vec!["x"; 17]}), "stop_sequences"),
        (json!({"tools": [{"description": "d"}]}), "tools[0].name"),
        (json!({"tools": [{"name": "f"}], "tool_choice": {"type": "tool"}}), "tool_choice.name"),
        (json!({"tools": [{"name": "f"}], "tool_choice": {"type": "tool", "name": "g"}}), "tool_choice.name"),
        (json!({"tools": [{"name": "f"}], "tool_choice": {"type": "some"}}), "tool_choice.type"),
        (json!({"output_config": {"format": {"type": "xml"}}}), "output_config.format.type"),
        (json!({"output_format": {"type": "json_schema"}}), "output_format.schema"),
    ] {
        assert_eq!(refused_with(&fields), name, "{fields}");
    }
    for (source, name) in [
        (json!(null), "source"),
        (json!({"type": "ftp"}), "source.type"),
        (json!({"type": "text", "data": "x"}), "source.type"),
        (json!({"type": "base64", "data": "no base64!"}), "source.data"),
        (json!({"type": "base64"}), "source.data"),
        (json!({"type": "url", "url": 5}), "source.url"),
        (json!({"type": "file"}), "source.file_id"),
    ] {
        let fields = json!({"messages": [{"role": "user", "content": [{"type": "image", "source": source.clone()}]}]});
        assert_eq!(refused_with(&fields), format!("messages[0].content[0].{name}"), "{source}");
    }
}

#[test]
fn the_system_may_be_blocks_and_stand_among_the_messages() {
    let system = json!([
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1"},
        {"type": "text", "text": "You code.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Be terse."},
    ]);
    let messages = json!([{"role": "user", "content": "hi"}, {"role": "system", "content": "late"}]);
    let request = decoded(&json!({"system": system, "messages": messages}));
    let first = Turn { role: Role::System, name: None, parts: vec![said("You code."), said("Be terse.")] };
    assert_eq!(request.turns, [first, Turn::text(Role::User, "hi"), Turn::text(Role::System, "late")]);
    let header = json!([{"type": "text", "text": "x-anthropic-billing-header: x"}]);
    assert_eq!(decoded(&json!({"system": header})), decoded(&json!({})));
}

#[test]
fn every_block_becomes_a_part_or_nothing() {
    let bytes = |data: &[u8]| MediaSource::Bytes(data.to_vec().into());
    let source = |source: Value| json!([{"type": "image", "source": source}]);
    let document = |source: Value| json!([{"type": "document", "title": "T", "source": source}]);
    for (blocks, expected) in [
        (json!([{"type": "text", "text": "a"}, {"type": "text", "text": ""}]), vec![said("a")]),
        (
            source(json!({"type": "base64", "media_type": "image/png", "data": "aGk="})),
            vec![Part::Image(media("source", bytes(b"hi"), None))],
        ),
        (
            source(json!({"type": "base64", "data": "data:image/png;base64,aGk="})),
            vec![Part::Image(media("source", bytes(b"hi"), None))],
        ),
        (
            source(json!({"type": "url", "url": "https://h/a.png"})),
            vec![Part::Image(media("source", MediaSource::Url("https://h/a.png".into()), None))],
        ),
        (
            source(json!({"type": "file", "file_id": "file_1"})),
            vec![Part::Image(media("source", MediaSource::File("file_1".into()), None))],
        ),
        (
            json!([{"type": "document", "source": {"type": "base64", "media_type": "text/csv", "data": "aGk"}}]),
            vec![Part::File(media("source", bytes(b"hi"), Some("document.csv")))],
        ),
        (
            document(json!({"type": "base64", "media_type": "application/pdf", "data": "aGk"})),
            vec![Part::File(media("source", bytes(b"hi"), Some("T")))],
        ),
        (document(json!({"type": "text", "media_type": "text/plain", "data": "long"})), vec![said("T\nlong")]),
        (document(json!({"type": "content", "content": "long"})), vec![said("T"), said("long")]),
        (
            document(json!({"type": "content", "content": [{"type": "text", "text": "long"}]})),
            vec![said("T"), said("long")],
        ),
        (
            json!([{"type": "search_result", "title": "T", "source": "https://h", "content": [{"type": "text", "text": "found"}]}]),
            vec![said("T\nhttps://h"), said("found")],
        ),
        (
            json!([
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "x"},
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
                {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result"}]},
                {"type": "container_upload", "file_id": "f", "source": 5},
                {"type": "not_known_yet", "content": {"a": 1}},
            ]),
            vec![],
        ),
    ] {
        assert_eq!(parts(&blocks), expected, "{blocks}");
    }
}

#[test]
fn calls_and_results_keep_their_order_and_names() {
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": [1, "ü"]}});
    let other = json!({"type": "tool_use", "id": "toolu_2", "name": "stop"});
    let turns = turns(&json!([
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, call, other]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [
                {"type": "text", "text": "one"},
                {"type": "image", "source": {"type": "base64", "data": "aGk="}},
                {"type": "text", "text": "two"},
            ]},
            {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": true},
            {"type": "text", "text": "Go on."},
            {"type": "tool_result", "tool_use_id": "toolu_9", "content": "late"},
        ]},
    ]));
    let called = |id: &str, name: &str, input: &str| {
        Part::ToolCall(ToolCall { id: id.into(), name: name.into(), input: CallInput::Json(input.into()) })
    };
    let result = |id: &str, name: Option<&str>, output: &str, is_error| {
        Part::ToolResult(ToolResult {
            call_id: Some(id.into()),
            name: name.map(Into::into),
            output: output.into(),
            is_error,
        })
    };
    let image = Part::Image(Media {
        param: "messages[1].content[0].content[1].source".into(),
        source: MediaSource::Bytes(b"hi".to_vec().into()),
        name: None,
    });
    let turn = |role, parts| Turn { role, name: None, parts };
    assert_eq!(
        turns,
        [
            turn(
                Role::Assistant,
                vec![said("I look."), called("toolu_1", "look", r#"{"at":[1,"ü"]}"#), called("toolu_2", "stop", "")]
            ),
            turn(Role::Tool, vec![result("toolu_1", Some("look"), "one\ntwo", false), image]),
            turn(Role::Tool, vec![result("toolu_2", Some("stop"), "", true)]),
            turn(Role::User, vec![said("Go on.")]),
            turn(Role::Tool, vec![result("toolu_9", None, "late", false)]),
        ]
    );
}

#[test]
fn a_message_without_words_is_a_turn_all_the_same() {
    for content in [json!(null), json!(""), json!([]), json!([{"type": "thinking", "thinking": "hm"}])] {
        let turns = turns(&json!([{"role": "assistant", "content": content}]));
        assert_eq!(turns, [Turn { role: Role::Assistant, name: None, parts: vec![] }]);
    }
}

#[test]
fn tools_are_read_and_hosted_ones_passed_over() {
    let tools = json!([
        {"name": "look", "description": "Looks.", "input_schema": {"type": "object"}, "cache_control": {}},
        {"type": "custom", "name": "stop", "input_schema": null},
        {"name": "look", "description": "again"},
        {"type": "bash_20250124", "name": "bash"},
    ]);
    let tool = |name: &str, description: Option<&str>, schema| Tool {
        name: name.into(),
        description: description.map(Into::into),
        input: ToolInput::Json(schema),
    };
    let request = decoded(&json!({ "tools": tools }));
    let expected = [tool("look", Some("Looks."), json!({"type": "object"})), tool("stop", None, Value::Null)];
    assert_eq!((request.tools.list.as_slice(), request.web_search), (expected.as_slice(), None));

    let hosted = json!([{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]);
    let request = decoded(&json!({"tools": hosted, "tool_choice": {"type": "tool", "name": "web_search"}}));
    assert_eq!((request.tools.list.len(), request.web_search), (0, Some(WebSearch::default())));
}

#[test]
fn every_choice_of_a_tool_is_read() {
    let tools = json!([{"name": "f"}, {"type": "web_search_20250305", "name": "web_search"}]);
    let chosen = |choice: Value| decoded(&json!({"tools": tools, "tool_choice": choice})).tools;
    assert_eq!(chosen(json!(null)).choice, ToolChoice::Auto);
    assert_eq!(chosen(json!({"type": "auto"})).choice, ToolChoice::Auto);
    assert_eq!(chosen(json!({"type": "any"})).choice, ToolChoice::Required);
    assert_eq!(chosen(json!({"type": "none"})).choice, ToolChoice::None);
    assert_eq!(chosen(json!({"type": "tool", "name": "f"})).choice, ToolChoice::Named("f".into()));
    assert_eq!(chosen(json!({"type": "tool", "name": "web_search"})).choice, ToolChoice::Auto);
    assert!(!chosen(json!({"type": "auto"})).at_most_one);
    assert!(chosen(json!({"type": "auto", "disable_parallel_tool_use": true})).at_most_one);
}

#[test]
fn a_format_is_a_promise() {
    let format = json!({"type": "json_schema", "schema": {"type": "object"}});
    let schema = Schema { name: None, description: None, schema: json!({"type": "object"}), is_strict: true };
    for fields in [json!({"output_config": {"format": format, "effort": "low"}}), json!({ "output_format": format })] {
        assert_eq!(decoded(&fields).format, Format::JsonSchema(schema.clone()), "{fields}");
    }
}
