use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn mended(text: &str) -> String {
    repair(text).unwrap_or_else(|| "nothing".into())
}

#[test]
fn json_is_read_as_it_is() {
    for text in [
        r#"{"b":1,"a":[true,false,null,"x"],"c":{}}"#,
        r#"{"n":[1e400,9007199254740993,-0.10,0,12345678901234567890123]}"#,
        r#""é\n\"\\""#,
        "[]",
        "-1",
    ] {
        assert_eq!(mended(text), text);
    }
    assert_eq!(mended(" { \"a\" : [ 1 , 2 ] } \n"), r#"{"a":[1,2]}"#);
    assert_eq!(mended(r#""\u00e9\ud83d\ude00\ud83d!""#), "\"é😀\u{fffd}!\"");
    assert_eq!(mended(r#"{"a":1,"b":2,"a":3}"#), r#"{"b":2,"a":3}"#);
}

#[test]
fn what_models_get_wrong_is_mended() {
    for (text, expected) in [
        ("{\"a\":\"line\nline\ttab\"}", r#"{"a":"line\nline\ttab"}"#),
        (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
        (r#"{'a':'it\'s "x"'}"#, r#"{"a":"it's \"x\""}"#),
        (r"{a:True,b_c:False,d:None}", r#"{"a":true,"b_c":false,"d":null}"#),
        ("{\"a\":1, // one\n/* two */ \"b\":2}", r#"{"a":1,"b":2}"#),
        (r#"{"p":"C:\Users\me","r":"\d+\."}"#, r#"{"p":"C:\\Users\\me","r":"\\d+\\."}"#),
        (r#"{"a":"say "hi" now"}"#, r#"{"a":"say \"hi\" now"}"#),
        (r#"{"a":"\u12"}"#, r#"{"a":"\\u12"}"#),
    ] {
        assert_eq!(mended(text), expected, "{text}");
    }
}

#[test]
fn what_can_not_be_read_is_nothing() {
    for text in
        ["", "{", "{\"a\"", "{\"a\":}", "[1 2]", "{} {}", "nul", "nullx", "01", "1.", "+1", ".5", "{\"a\" 1}", "x"]
    {
        assert_eq!(repair(text), None, "{text}");
    }
    assert_eq!(repair(&"[".repeat(100_000)), None);
}

#[test]
fn what_was_cut_is_closed_where_asked() {
    let closed = |text: &str| Json::read_open(text).map(|value| value.to_string());
    for (text, expected) in [
        (r#"{"a":{"b":[1,2"#, r#"{"a":{"b":[1,2]}}"#),
        (r#"{"a":"tex"#, r#"{"a":"tex"}"#),
        (r#"{"a":1,"b":"#, r#"{"a":1}"#),
        (r#"{"a":1,"b"#, r#"{"a":1}"#),
        (r#"{"a":1,"#, r#"{"a":1}"#),
        ("[", "[]"),
        (r#"["\"#, r#"[""]"#),
    ] {
        assert_eq!(closed(text).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(closed("{\"a\":tru"), None);
}

#[test]
fn the_value_at_the_start_is_found_with_its_length() {
    let (value, length) = Json::read_start("{'a': 1}) and so on").unwrap();
    assert_eq!((value.to_string().as_str(), length), (r#"{"a":1}"#, 8));
}

#[test]
fn the_end_is_found_in_pieces_and_outside_of_strings() {
    let text = br#"{"a":"}\"]{","b":[{}]} tail"#;
    for piece in 1..text.len() {
        let mut scan = Scan::default();
        let ends: Vec<usize> = text
            .chunks(piece)
            .enumerate()
            .filter_map(|(index, chunk)| scan.push(chunk).map(|end| index * piece + end))
            .collect();
        assert_eq!(ends.first(), Some(&22), "in pieces of {piece}");
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_json_reads_back_to_itself(value in values()) {
        let text = value.to_string();
        prop_assert_eq!(repair(&text), Some(text.clone()));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(repair(&pretty), Some(text.clone()));
        // Mending changes nothing about what needs none.
        prop_assert_eq!(read::mended(&text, true).map(|value| value.to_string()), Some(text));
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        if let Some(mended) = Json::read_open(&text) {
            prop_assert!(serde_json::from_str::<Value>(&mended.to_string()).is_ok(), "{mended}");
        }
    }
}
