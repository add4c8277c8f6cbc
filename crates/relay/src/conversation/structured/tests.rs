use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn schema(schema: Value) -> Format {
    Format::JsonSchema(Schema { name: None, description: None, schema, is_strict: true })
}

fn person() -> Format {
    schema(json!({
        "type": "object",
        "properties": { "name": { "type": "string" }, "age": { "type": "integer" } },
        "required": ["name", "age"],
        "additionalProperties": false,
    }))
}

fn array() -> Format {
    schema(json!({ "type": "array" }))
}

/// A repair that knows trailing commas and missing closing braces alone.
fn repair(text: &str) -> Option<String> {
    let text = text.replace(",}", "}");
    [text.clone(), text + "}"].into_iter().find(|text| serde_json::from_str::<Value>(text).is_ok())
}

fn extract(format: &Format, pieces: &[&str]) -> String {
    let mut extractor = Extractor::new(format);
    let mut out: String = pieces.iter().map(|piece| extractor.push(piece)).collect();
    out += &extractor.finish();
    out
}

/// The same with a cut at every place, and in single characters.
fn extract_in_every_way(format: &Format, text: &str) -> String {
    let whole = extract(format, &[text]);
    for (at, _) in text.char_indices() {
        assert_eq!(extract(format, &[&text[..at], &text[at..]]), whole, "{text:?} cut at {at}");
    }
    let single: Vec<String> = text.chars().map(String::from).collect();
    let single: Vec<&str> = single.iter().map(String::as_str).collect();
    assert_eq!(extract(format, &single), whole, "{text:?} in single characters");
    whole
}

#[test]
fn the_value_of_an_answer_passes_and_nothing_else() {
    let object = Format::JsonObject;
    let cases: &[(&Format, &str, &str)] = &[
        (&person(), "Sure! ```json\n{\"name\":\"x\",\"age\":3}\n``` ", r#"{"name":"x","age":3}"#),
        (&person(), "{\"name\":\"x\",\"age\":3}", r#"{"name":"x","age":3}"#),
        (&object, r#"{"a":"}"} trailing"#, r#"{"a":"}"}"#),
        (&object, r#" {"a":"\"}","b":{"c":"```{"}} {"d":1}"#, r#"{"a":"\"}","b":{"c":"```{"}}"#),
        (&object, r#"{"a":"\\"}x"#, r#"{"a":"\\"}"#),
        (&object, r#"[{"a":1}]"#, r#"{"a":1}"#),
        (&object, "use {x} like: ```json {\"x\":1}```", r#"{"x":1}"#),
        (&object, "so { \n \"x\":1} is it", "{ \n \"x\":1}"),
        (&object, "nothing: {}!", "{}"),
        (&object, "```\n{x: 1}\n```", "{x: 1}"),
        (&object, "\u{feff}{x: 1}\n", "{x: 1}"),
        (&object, "{\"a\":[1}, and more", "{\"a\":[1}"),
        (&object, "{\"a\":[1, 2", "{\"a\":[1, 2"),
        (&array(), "As in [see below] and [not there]: [true, [1]] ok", "[true, [1]]"),
        (&array(), "Here: [ -1, \"]\" ] {\"a\":1}", "[ -1, \"]\" ]"),
        (&array(), "Here: [nul, [null]", "[null]"),
        (&array(), "Here: [tr", "Here: [tr"),
        (&object, "I can't do that.", "I can't do that."),
        (&object, "I can't do {that}.", "I can't do {that}."),
        (&object, "I can't do {", "I can't do {"),
        (&object, "", ""),
        (&Format::Text, "a {\"b\":1} c", "a {\"b\":1} c"),
        (&schema(json!({ "type": "integer" })), "```json\n42\n```", "42"),
        (&schema(json!({ "enum": ["a", "b"] })), "Sure:\n```\n\"a\"\n```\nDone.", "\"a\""),
        (&schema(json!({ "type": "string" })), " \"a ```x``` b\"\n", "\"a ```x``` b\""),
        (&schema(json!({ "type": "string" })), " Paris is it. ", " Paris is it. "),
        (&schema(json!({ "type": ["object", "null"] })), "Well: {\"a\":1} so", r#"{"a":1}"#),
        (&schema(json!({ "type": ["object", "null"] })), "```\nnull\n```", "null"),
        (&schema(json!({})), "Well: [{\"a\":1}] so", r#"[{"a":1}]"#),
    ];
    for (format, answer, value) in cases {
        assert_eq!(extract_in_every_way(format, answer), *value, "{answer:?}");
    }
}

#[test]
fn a_value_passes_as_it_comes_and_nothing_after_its_end() {
    let mut extractor = Extractor::new(&Format::JsonObject);
    assert_eq!(extractor.push("Sure: {"), "");
    assert_eq!(extractor.push(" "), "");
    assert_eq!(extractor.push("\"a"), "{ \"a");
    assert_eq!(extractor.push("\":1"), "\":1");
    assert_eq!(extractor.push("}\n`"), "}");
    assert_eq!(extractor.push("``"), "");
    assert_eq!(extractor.finish(), "");
    assert_eq!(Extractor::new(&Format::JsonObject).push("{"), "{");
}

#[test]
fn what_the_root_may_be_is_read_from_the_schema() {
    let kinds = |value: Value| {
        let root::Kinds { object, array, scalar } = root::Kinds::of(&schema(value));
        (object, array, scalar)
    };
    assert_eq!(kinds(json!({ "type": "object" })), (true, false, false));
    assert_eq!(kinds(json!({ "properties": {} })), (true, false, false));
    assert_eq!(kinds(json!({ "items": {} })), (false, true, false));
    assert_eq!(kinds(json!({ "const": 1 })), (false, false, true));
    assert_eq!(kinds(json!({ "enum": ["a", null, {}] })), (true, false, true));
    assert_eq!(kinds(json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "array" } } })), (false, true, false));
    assert_eq!(kinds(json!({ "anyOf": [{ "type": "null" }, { "type": "object" }] })), (true, false, true));
    assert_eq!(kinds(json!({ "allOf": [{ "description": "x" }, { "type": "object" }] })), (true, false, false));
    assert_eq!(kinds(json!({ "$ref": "#" })), (true, true, false));
    assert_eq!(kinds(json!({ "anyOf": [{ "$ref": "#" }, { "$ref": "#" }] })), (true, true, false));
    assert_eq!(kinds(json!(true)), (true, true, false));
}

#[test]
fn half_a_megabyte_in_single_bytes_is_looked_at_once() {
    for (start, filler) in [("Well { ", " "), ("", "a"), ("{", "{ "), ("", "`"), ("{\"", "\\\"")] {
        let text = start.to_owned() + &filler.repeat(500_000 / filler.len());
        let mut extractor = Extractor::new(&Format::JsonObject);
        let passed: usize = (0..text.len()).map(|at| extractor.push(&text[at..=at]).len()).sum();
        assert_eq!(passed + extractor.finish().len(), text.len(), "{start}");
    }
}

fn fits(format: &Format, text: &str, value: &str) {
    assert_eq!(check(format, text, repair), Verdict::Fits(value.to_owned()), "{text}");
}

fn wrong(format: &Format, answer: &str) -> (String, String) {
    match check(format, answer, repair) {
        Verdict::Wrong { text, complaint } => (text, complaint),
        other => panic!("{answer}: {other:?}"),
    }
}

#[test]
fn json_that_fits_is_kept_to_the_byte_and_other_is_repaired() {
    fits(&person(), "Sure! ```json\n{\"name\":\"x\",\"age\":3}\n``` ", r#"{"name":"x","age":3}"#);
    fits(&person(), "{ \"name\" : \"\\u00e9\",\n\"age\":3 }", "{ \"name\" : \"\\u00e9\",\n\"age\":3 }");
    fits(&person(), "```json\n{\"name\":\"x\",\"age\":3,}\n```", r#"{"name":"x","age":3}"#);
    fits(&person(), "```json\n{\"name\":\"x\",\"age\":3\n```", "{\"name\":\"x\",\"age\":3}");
    fits(&person(), "Not {\"name\":1} but {\"name\":\"x\",\"age\":3}.", r#"{"name":"x","age":3}"#);
    fits(&Format::JsonObject, r#"{"a":"}"} trailing"#, r#"{"a":"}"}"#);
    fits(&Format::JsonObject, r#"{"a":1e400,"b":9007199254740993}"#, r#"{"a":1e400,"b":9007199254740993}"#);
    fits(&array(), "As [see] here: [1, 2]", "[1, 2]");
    fits(&schema(json!({ "type": "integer" })), "```json\n42\n```", "42");
    fits(&schema(json!({ "type": ["array", "null"] })), "It is ```null```.", "null");
    fits(&Format::Text, " a ", " a ");
}

#[test]
fn what_does_not_fit_is_given_with_a_complaint_for_the_model() {
    let (text, complaint) = wrong(&person(), "Sure: {\"name\":\"x\",\"age\":\"three\",\"z\":1}.");
    assert_eq!(text, r#"{"name":"x","age":"three","z":1}"#);
    assert_eq!(
        complaint,
        "Your answer does not fit the JSON Schema:\n\
         - at /age: \"three\" is not of type \"integer\"\n\
         - at the root: Additional properties are not allowed ('z' was unexpected)\n\
         Reply again, with JSON that fits the JSON Schema and nothing else."
    );
    let (text, complaint) = wrong(&person(), "I can't do that {now}.");
    assert_eq!(text, "I can't do that {now}.");
    assert!(complaint.contains("no valid JSON") && complaint.contains("Schema"), "{complaint}");
    assert!(wrong(&Format::JsonObject, "[1]").1.contains("one JSON object"));
    assert_eq!(wrong(&schema(json!({ "type": "integer" })), "{\"a\":1}").0, "{\"a\":1}");
}

#[test]
fn complaints_are_short() {
    let many = schema(json!({ "items": { "anyOf": [{ "type": "string" }, { "type": "null" }] } }));
    let (_, complaint) = wrong(&many, &format!("[{}1]", format!("[\"{}\"],", "long".repeat(1_000)).repeat(20)));
    assert_eq!(complaint.lines().count(), 7);
    assert!(complaint.contains("at /0: the value is not valid") && complaint.len() < 2_000, "{complaint}");
}

#[test]
fn a_schema_that_can_not_be_held_against_a_value_is_no_fault_of_the_value() {
    let unchecked = |value: Value, text: &str| match check(&schema(value), text, repair) {
        Verdict::Unchecked { text: given, why } => {
            assert_eq!(given, text);
            why
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(unchecked(json!({ "type": "strnig" }), "{}"), Unchecked::InvalidSchema);
    assert_eq!(unchecked(json!({ "$ref": "https://example.com/schema.json" }), "{}"), Unchecked::InvalidSchema);
    assert_eq!(unchecked(json!({ "$ref": "file:///etc/hostname" }), "{}"), Unchecked::InvalidSchema);
    assert_eq!(unchecked(json!({ "pattern": "((a{1,1000}){1,1000}){1,1000}" }), "{}"), Unchecked::InvalidSchema);
    assert_eq!(unchecked(json!({ "type": "object" }), "{\"a\":1e400}"), Unchecked::Unreadable);
    assert_eq!(unchecked(json!({ "type": "array" }), &("[".repeat(500) + &"]".repeat(500))), Unchecked::Unreadable);
}

/// Alternatives of alternatives, so many levels of them.
fn doubling(levels: usize) -> Value {
    let level = |number: usize| json!({ "$ref": format!("#/$defs/a{number}") });
    let mut defs = json!({ format!("a{levels}"): { "type": "string" } });
    for number in 0..levels {
        defs[format!("a{number}")] = json!({ "anyOf": [level(number + 1), level(number + 1)] });
    }
    json!({ "$ref": "#/$defs/a0", "$defs": defs })
}

#[test]
fn schemas_that_would_never_end_are_given_up_and_recursive_ones_are_not() {
    let costly = |value: Value, text: &str| {
        matches!(check(&schema(value), text, repair), Verdict::Unchecked { why: Unchecked::TooCostly, .. })
    };
    assert!(costly(doubling(60), "{}"));
    assert!(!costly(doubling(6), "{}"));
    let nested = "{\"x\":".repeat(60) + "1" + &"}".repeat(60);
    let again = json!({ "properties": { "x": { "$ref": "#" } } });
    assert!(costly(json!({ "anyOf": [again.clone(), again.clone()] }), &nested));
    assert!(!costly(again, &nested));
    let by_pattern = json!({ "patternProperties": { "^x": { "$ref": "#" }, "x$": { "$ref": "#" } } });
    assert!(costly(by_pattern, &nested));
    let lists = json!({ "anyOf": [{ "items": { "$ref": "#" } }, { "prefixItems": [{ "$ref": "#" }] }] });
    assert!(costly(lists, &("[".repeat(60) + "1" + &"]".repeat(60))));
    let deep = (0..60).fold(json!({ "type": "integer" }), |inner, _| json!({ "items": inner }));
    assert!(!costly(deep, &("[".repeat(60) + "1" + &"]".repeat(60))));
    for circle in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        json!({ "anyOf": [{ "$ref": "#/$defs/a" }], "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
    ] {
        fits(&schema(circle), "{}", "{}");
    }
    let tree = json!({
        "$ref": "#/$defs/node",
        "$defs": { "node": {
            "type": "object",
            "properties": { "name": { "type": "string" }, "nodes": { "type": "array", "items": { "$ref": "#/$defs/node" } } },
            "required": ["name", "nodes"],
        } },
    });
    fits(
        &schema(tree.clone()),
        r#"{"name":"a","nodes":[{"name":"b","nodes":[]}]}"#,
        r#"{"name":"a","nodes":[{"name":"b","nodes":[]}]}"#,
    );
    assert!(
        wrong(&schema(tree), r#"{"name":"a","nodes":[{"name":1,"nodes":[]}]}"#)
            .1
            .contains("at /nodes/0/name: 1 is not")
    );
}

#[test]
fn a_large_answer_is_no_costly_one() {
    let row =
        json!({ "type": "object", "properties": { "a": { "anyOf": [{ "type": "integer" }, { "type": "null" }] } } });
    let rows = format!("[{}]", vec!["{\"a\":1}"; 20_000].join(","));
    fits(&schema(json!({ "type": "array", "items": row })), &rows, &rows);
}

#[test]
fn a_pattern_that_takes_too_long_is_no_error() {
    let text = format!("\"{}!\"", "a".repeat(40));
    fits(&schema(json!({ "type": "string", "pattern": "^(a|a)*\\1b" })), &text, &text);
}

#[test]
fn the_schema_reaches_the_model_to_the_byte() {
    let text = r##"{"type":"object","properties":{"z":{"$ref":"#/$defs/Z"},"a":{"anyOf":[{"type":"null"},{"enum":["é",1]}]}},"$defs":{"Z":{"const":1}}}"##;
    let format = Format::JsonSchema(Schema {
        name: Some("thing".into()),
        description: Some("A thing.".into()),
        schema: serde_json::from_str(text).unwrap(),
        is_strict: false,
    });
    let words = instructions(&format).unwrap();
    assert!(words.ends_with(&format!("\nName: thing\nDescription: A thing.\nJSON Schema: {text}")), "{words}");
    assert!(instructions(&Format::JsonObject).unwrap().contains("one JSON object"));
    assert_eq!((instructions(&Format::Text), reminder(&Format::Text)), (None, None));
    for format in [Format::JsonObject, format] {
        assert_eq!(reminder(&format).unwrap().lines().count(), 1);
    }
}

/// Any JSON value with an object or array as its root, as text.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}\\[\\]\"\\\\`\n☃ :,]{0,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z{}\"`]{0,3}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    let container = value.prop_filter("a root", |value| value.is_object() || value.is_array());
    (container, any::<bool>())
        .prop_map(|(value, is_pretty)| if is_pretty { format!("{value:#}") } else { value.to_string() })
}

/// Something to write before and after a value.
fn wrapping() -> impl Strategy<Value = (String, String)> {
    let fence =
        prop_oneof![Just(("", "")), Just(("```json\n", "\n```")), Just(("```\n", "```")), Just(("``` JSON5 ", ""))];
    ("[A-Za-z.,:!\n☃]{0,12}", fence, "[ \n]{0,2}", "[a-z{}\\[\\]\"`\n ]{0,12}").prop_map(
        |(prose, (open, close), space, end)| {
            let prose = if open.is_empty() { prose } else { prose + "\n" };
            ([&prose, open, &space].concat(), close.to_owned() + &end)
        },
    )
}

proptest! {
    #[test]
    fn a_value_in_fences_and_prose_comes_out_to_the_byte(
        value in json_text(), (before, after) in wrapping(), cut in 0usize..200,
    ) {
        let text = [before.as_str(), &value, &after].concat();
        let format = if value.starts_with('{') { Format::JsonObject } else { array() };
        let cut = text.floor_char_boundary(cut);
        prop_assert_eq!(&extract(&format, &[&text[..cut], &text[cut..]]), &value);
        prop_assert_eq!(check(&format, &text, |_| None), Verdict::Fits(value));
    }

    #[test]
    fn what_holds_no_json_is_never_lost(text in "[a-z{}\\[\\]\"`\\\\1:,\n ☃]{0,40}", cut in 0usize..40) {
        for format in [Format::JsonObject, array(), schema(json!({ "type": ["object", "string"] }))] {
            let cut = text.floor_char_boundary(cut);
            let out = extract(&format, &[&text[..cut], &text[cut..]]);
            prop_assert_eq!(&out, &extract(&format, &[&text]));
            let is_value = out.starts_with(['{', '[']) || serde_json::from_str::<Value>(&out).is_ok();
            prop_assert!(out == text || (is_value && text.contains(&out)), "{:?} of {:?}", out, text);
            match check(&format, &text, |_| None) {
                Verdict::Wrong { text: best, .. } => {
                    prop_assert!(best == text || serde_json::from_str::<Value>(&best).is_ok());
                }
                Verdict::Fits(best) | Verdict::Unchecked { text: best, .. } => {
                    prop_assert!(serde_json::from_str::<Value>(&best).is_ok());
                }
            }
        }
    }
}
