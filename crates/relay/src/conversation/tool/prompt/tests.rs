use serde_json::json;

use super::*;

fn tool(name: &str, description: &str, schema: Value) -> Tool {
    Tool { name: name.into(), description: Some(description.into()), input: ToolInput::Json(schema) }
}

fn weather() -> Tool {
    tool(
        "get_weather",
        "The weather of a city.",
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "title": "Weather",
            "properties": {
                "city": {"type": "string", "title": "City", "description": "Its name."},
                "title": {"type": "string", "enum": ["a", "b"]},
                "days": {"anyOf": [{"type": "integer", "title": "Days"}, {"type": "null"}]},
                "at": {"type": "array", "items": {"type": "object", "properties": {}, "additionalProperties": false}},
            },
            "required": ["city"], "additionalProperties": false,
        }),
    )
}

fn patch() -> Tool {
    Tool {
        name: "apply_patch".into(),
        description: None,
        input: ToolInput::Text { grammar: Some("start: begin".into()) },
    }
}

#[test]
fn the_instructions() {
    let tools = Tools { list: vec![weather(), patch()], ..Tools::default() };
    let Instructions { text, reminder, is_shortened } = instructions(&tools).unwrap();
    assert!(!is_shortened);
    insta::assert_snapshot!(format!("{text}\n-----\n{reminder}"));
}

#[test]
fn a_demand_is_said_in_both_places_and_a_named_tool_stands_alone() {
    let of = |choice| instructions(&Tools { list: vec![weather(), patch()], choice, at_most_one: true }).unwrap();
    let named = of(ToolChoice::Named("get_weather".into()));
    for text in [&named.text, &named.reminder] {
        assert!(text.ends_with("Your answer must call the tool get_weather. Make one call at the most."), "{text}");
    }
    assert!(!named.text.contains("apply_patch"));
    assert!(of(ToolChoice::Required).reminder.contains("must contain at least one call"));
    assert_eq!(instructions(&Tools::default()), None);
    let none = Tools { list: vec![weather()], choice: ToolChoice::None, at_most_one: false };
    assert_eq!(instructions(&none), None);
}

#[test]
fn too_many_tools_are_shortened_and_none_is_dropped() {
    let long = "é".repeat(700);
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "string", "description": long}, "b": {"type": "string", "description": long}}, "required": ["a"]});
    let of = |count: usize| {
        let list = (0..count).map(|index| tool(&format!("tool_{index}"), &long, schema.clone())).collect();
        instructions(&Tools { list, ..Tools::default() }).unwrap()
    };
    let Instructions { text, is_shortened, .. } = of(200);
    assert!(is_shortened && text.lines().filter(|line| line.starts_with("{\"name\":\"tool_")).count() == 200);
    assert!(text.contains(&"é".repeat(400)) && !text.contains(&"é".repeat(401)));
    assert!(text.contains(r#""b":{"type":"string"}"#), "what is optional goes first");
    assert!(!of(10).is_shortened && of(10).text.contains(&long));
    assert!(of(70).text.contains(r#""b":{"type":"string","description""#));
}
