use serde_json::json;

use super::*;
use crate::{
    conversation::{Format, ToolChoice},
    dialect::json,
};

/// A body with these fields beside a model.
fn body(fields: &Value) -> ResponseRequest {
    let mut body = json!({"model": "gpt-4o-mini"});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    json::read(body.to_string().as_bytes()).unwrap()
}

fn hi() -> Input {
    Input { former: Vec::new(), items: vec![json!({"role": "user", "content": "hi"})] }
}

fn decoded(fields: &Value) -> Result<Request, Error> {
    let body = body(fields);
    check(&body)?;
    decode(body, &hi(), true).map(|decoded| decoded.request)
}

#[test]
fn instructions_stand_before_the_conversation_so_far() {
    let input = Input {
        former: vec![json!({"role": "user", "content": "one"}), json!({"role": "assistant", "content": "two"})],
        items: vec![json!({"role": "user", "content": "three"})],
    };
    let turns = decode(body(&json!({"instructions": "Be terse."})), &input, true).unwrap().request.turns;
    assert_eq!(
        turns,
        [
            Turn::text(Role::System, "Be terse."),
            Turn::text(Role::User, "one"),
            Turn::text(Role::Assistant, "two"),
            Turn::text(Role::User, "three"),
        ]
    );
    let listed = json!({"instructions": [{"role": "developer", "content": "d"}]});
    assert_eq!(decoded(&listed).unwrap().turns[0], Turn::text(Role::System, "d"));
}

#[test]
fn fields_are_honoured_or_passed_over() {
    let request = decoded(&json!({
        "stream": true, "max_output_tokens": 16, "parallel_tool_calls": false, "tool_choice": "required",
        "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}, "verbosity": "low"},
        "conversation": null, "include": ["reasoning.encrypted_content"], "client_metadata": {}, "service_tier": "flex",
        "store": null, "background": false, "prompt": null, "temperature": 0, "stream_options": {"x": 1}, "truncation": "auto",
    }))
    .unwrap();
    assert!(request.is_streaming && request.web_search.is_some() && request.tools.at_most_one);
    assert_eq!((request.limits.max_tokens, &request.tools.choice), (Some(16), &ToolChoice::Required));
    assert!(
        matches!(&request.format, Format::JsonSchema(schema) if schema.is_strict && schema.name.as_deref() == Some("n"))
    );
    let plain = decoded(&json!({"max_output_tokens": null, "tools": null, "text": {"format": null}})).unwrap();
    assert_eq!((plain.limits.max_tokens, plain.format, plain.web_search), (None, Format::Text, None));
    let seed = decoded(&json!({"web_search": true, "num_of_site": 3})).unwrap();
    assert_eq!(seed.web_search.unwrap().sites, Some(3));
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    for (fields, name) in [
        (json!({"background": true}), "background"),
        (json!({"conversation": "conv_1"}), "conversation"),
        (json!({"prompt": {"id": "pmpt_1"}}), "prompt"),
        (json!({"model": " "}), "model"),
        (json!({"text": {"format": {"type": "xml"}}}), "text.format.type"),
        (json!({"tools": [{"type": "function"}]}), "tools[0].name"),
    ] {
        let refused = decoded(&fields).unwrap_err();
        assert!(matches!(&refused, Error::InvalidField { param, .. } if param == name), "{fields}: {refused:?}");
    }
    for items in [vec![], vec![json!({"type": "reasoning"})]] {
        let empty = Input { former: Vec::new(), items };
        let refused = decode(body(&json!({"instructions": "x"})), &empty, true).unwrap_err();
        assert!(matches!(refused, Error::InvalidField { param, .. } if param == "input"));
    }
}
