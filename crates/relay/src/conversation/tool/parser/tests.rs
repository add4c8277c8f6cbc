mod property;

use serde_json::{Value, json};

use super::*;
use crate::conversation::{CallInput, Tool, ToolInput};

fn tools() -> Tools {
    let json =
        |name: &str, schema: Value| Tool { name: name.into(), description: None, input: ToolInput::Json(schema) };
    let list = vec![
        json(
            "get_weather",
            json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city"]}),
        ),
        json(
            "write_file",
            json!({"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
                "required": ["path", "content"]}),
        ),
        json("ping", Value::Null),
        json("run", json!({"type": "object", "properties": {"command": {"type": "string"}}})),
        json(
            "set",
            json!({"type": "object", "properties": {"on": {"type": "boolean"}, "ids": {"type": "array"},
            "size": {"type": "number"}, "by": {"type": "object"}, "any": {}}}),
        ),
        json("multi_agent_v1__spawn_agent", json!({"type": "object"})),
        Tool { name: "apply_patch".into(), description: None, input: ToolInput::Text { grammar: None } },
    ];
    Tools { list, ..Tools::default() }
}

/// An answer in pieces, as a person reads it: text as it is, each call as `name(input)`.
fn read(tools: &Tools, parts: &[&str], is_cut: bool) -> (String, Vec<String>, bool) {
    let mut parser = CallParser::new(Arc::new(tools.clone()));
    let mut pieces: Vec<Piece> = parts.iter().flat_map(|part| parser.push(part)).collect();
    pieces.extend(parser.finish(is_cut));
    let (mut text, mut calls, mut has_cut) = (String::new(), Vec::new(), false);
    for piece in pieces {
        match piece {
            Piece::Text(part) => {
                assert!(calls.is_empty(), "text after a call");
                text.push_str(&part);
            }
            Piece::Unreadable(part) => {
                if calls.is_empty() {
                    text.push_str(&part);
                }
            }
            Piece::Call(Call { name, input }) => {
                let (CallInput::Json(input) | CallInput::Text(input)) = input;
                calls.push(format!("{name}({input})"));
            }
            Piece::Cut => has_cut = true,
        }
    }
    (text, calls, has_cut)
}

/// The same whole, split in two at every place, and character by character; all must be alike.
fn read_split(tools: &Tools, answer: &str, is_cut: bool) -> (String, Vec<String>) {
    let (text, calls, _) = read(tools, &[answer], is_cut);
    for (at, _) in answer.char_indices() {
        let (left, right) = answer.split_at(at);
        let split = read(tools, &[left, right], is_cut);
        assert_eq!((&split.0, &split.1), (&text, &calls), "split at {at} of {answer}");
    }
    let single: Vec<String> = answer.chars().map(String::from).collect();
    let single: Vec<&str> = single.iter().map(String::as_str).collect();
    let split = read(tools, &single, is_cut);
    assert_eq!((&split.0, &split.1), (&text, &calls), "one by one: {answer}");
    (text, calls)
}

fn both(answer: &str) -> (String, Vec<String>) {
    read_split(&tools(), answer, false)
}

fn calls(answer: &str) -> Vec<String> {
    let (text, calls) = both(answer);
    assert_eq!(text, "", "{answer}");
    calls
}

fn text(answer: &str) -> String {
    let (text, calls) = both(answer);
    assert_eq!(calls, [""; 0], "{answer}");
    text
}

const PARIS: &str = r#"get_weather({"city":"Paris"})"#;
const PARIS_BLOCK: &str = r#"<tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>"#;

#[test]
fn text_is_text_to_the_byte() {
    for answer in [
        "Hello",
        "",
        " \n",
        "a < b and <tool>",
        "I would use <tool_cal",
        "I would use <",
        "Use `<tool_call>{\"name\":\"ping\"}</tool_call>` for that.",
        "```xml\n<tool_call>{\"name\":\"ping\"}</tool_call>\n```\nSo.",
        "```json\n{\"name\":\"Bob\",\"age\":3}\n```",
        "``` json\n[1, 2]\n```\n\nend\n",
        "```\nplain\n```",
        "```json\n{\"name\":\"get_",
        "The call {\"name\": \"get_weather\" is how it starts",
        "{\"name\":\"Bob\"}",
        "{\"answer\":42}",
        "{}",
        "{",
        "[1, 2]",
        "[TOOL",
        "[{\"name\":\"Bob\"}]",
        "functions are fine, functions.nothing({}) too",
        "f",
        "<tool_calls are many> and <tool_call_id>",
        "<tool_call>{\"name\":\"rm_rf\",\"arguments\":{}}</tool_call>",
        "<tool_call>{broken}</tool_call> tail",
        "<function_calls><invoke name=\"rm_rf\"></invoke></function_calls>",
        "<tool_call",
        "é<｜tool▁",
        "so\n<tool_call>\n",
        "Claude writes <invoke and then the name, or <invoke name=, and <function_calls> before it.",
        "The tag <tool_call> opens a call and </tool_call> closes it.",
        "{\"type\":\"FeatureCollection\",\"features\":[]}",
        "{\"id\":1,\"a",
    ] {
        assert_eq!(text(answer), answer);
    }
}

#[test]
fn one_call_with_and_without_text_before_it() {
    assert_eq!(calls(PARIS_BLOCK), [PARIS]);
    assert_eq!(both(&format!("Let me look.\n{PARIS_BLOCK}")), ("Let me look.".into(), vec![PARIS.into()]));
    assert_eq!(calls(&format!("\n\n{PARIS_BLOCK}\n")), [PARIS]);
}

#[test]
fn several_calls_keep_their_order_and_identical_neighbours_are_one() {
    let ping = "<tool_call>{\"name\":\"ping\"}</tool_call>";
    assert_eq!(calls(&format!("{PARIS_BLOCK}\n{ping}")), [PARIS, "ping({})"]);
    assert_eq!(calls(&format!("{ping}\n{ping}")), ["ping({})"]);
    assert_eq!(calls(&format!("{ping}{PARIS_BLOCK}{ping}")), ["ping({})", PARIS, "ping({})"]);
    assert_eq!(calls(&format!("{ping} then {ping}")), ["ping({})", "ping({})"]);
    let one = Tools { at_most_one: true, ..tools() };
    assert_eq!(read_split(&one, &format!("{PARIS_BLOCK}{ping}"), false).1, [PARIS]);
    assert!(read(&one, &[PARIS_BLOCK], false).2, "the rest is not wanted");
    let in_one_tag = r#"<tool_call>{"name":"ping"}, {"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>"#;
    assert_eq!(calls(in_one_tag), ["ping({})", PARIS]);
}

#[test]
fn arguments_may_hold_what_looks_like_an_end() {
    let block =
        r#"<tool_call>{"name":"write_file","arguments":{"path":"x","content":"</tool_call> { \" }"}}</tool_call>"#;
    assert_eq!(calls(block), [r#"write_file({"path":"x","content":"</tool_call> { \" }"})"#]);
}

#[test]
fn what_models_get_wrong_inside_is_mended() {
    let call = |inner: &str| calls(&format!("<tool_call>{inner}</tool_call>"));
    assert_eq!(
        call("{\"name\":\"write_file\",\"arguments\":{\"path\":\"a\",\"content\":\"one\ntwo\"}}"),
        [r#"write_file({"path":"a","content":"one\ntwo"})"#]
    );
    assert_eq!(call("{'name':'set','arguments':{'on':True,'ids':[1,],},}"), [r#"set({"on":true,"ids":[1]})"#]);
    assert_eq!(call(r#"{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}"#), [PARIS]);
    assert_eq!(call(r#"{"name":"get_weather","city":"Paris"}"#), [PARIS]);
    assert_eq!(call(r#"{"tool":"get_weather","args":{"city":"Paris"}}"#), [PARIS]);
    assert_eq!(call(r#"{"function":{"name":"get_weather","arguments":{"city":"Paris"}},"type":"function"}"#), [PARIS]);
    assert_eq!(
        call(r#"{"tool_calls":[{"name":"ping"},{"name":"get_weather","parameters":{"city":"Paris"}}]}"#),
        ["ping({})", PARIS]
    );
    for nothing in [r#"{"name":"ping"}"#, r#"{"name":"ping","arguments":null}"#, r#"{"name":"ping","arguments":""}"#] {
        assert_eq!(call(nothing), ["ping({})"]);
    }
    let quotes = r#"{"name":"write_file","arguments":{"path":"a","content":"an odd " quote"}}"#;
    assert_eq!(call(quotes), [r#"write_file({"path":"a","content":"an odd \" quote"})"#]);
}

#[test]
fn values_take_the_types_of_their_schema_where_the_meaning_is_plain() {
    let call = |tool: &str, arguments: &str| {
        calls(&format!("<tool_call>{{\"name\":\"{tool}\",\"arguments\":{arguments}}}</tool_call>"))
    };
    assert_eq!(call("get_weather", r#"{"city":75001,"days":"3"}"#), [r#"get_weather({"city":"75001","days":3})"#]);
    assert_eq!(call("get_weather", r#"{"city":"true","days":3.0}"#), [r#"get_weather({"city":"true","days":3})"#]);
    assert_eq!(
        call("set", r#"{"on":"true","ids":"a","size":"1.5","by":"{\"a\":1}","any":"5","more":"7"}"#),
        [r#"set({"on":true,"ids":["a"],"size":1.5,"by":{"a":1},"any":"5","more":"7"})"#]
    );
    assert_eq!(call("set", r#"{"on":"maybe","ids":7}"#), [r#"set({"on":"maybe","ids":[7]})"#]);
    let digits = r#"{"size":1e400,"any":9007199254740993,"ids":[0.10]}"#;
    assert_eq!(call("set", digits), [format!("set({digits})")]);
    assert_eq!(call("get_weather", r#"{"city":"東京 \u00e9\ud83d\ude00"}"#), [r#"get_weather({"city":"東京 é😀"})"#]);
}

#[test]
fn names_are_found_in_the_spellings_models_use() {
    for name in
        ["functions.get_weather", "Get_Weather", "get-weather", "default_api.get_weather", "functions.get_weather:0"]
    {
        assert_eq!(calls(&PARIS_BLOCK.replace("get_weather", name)), [PARIS], "{name}");
    }
    let child = r#"<tool_call>{"name":"multi_agent_v1.spawn_agent"}</tool_call>"#;
    assert_eq!(calls(child), ["multi_agent_v1__spawn_agent({})"]);
}

#[test]
fn every_dialect_of_calls_is_read() {
    let ns = opener::NAMESPACE;
    let claude = |ns: &str| {
        format!(
            "<{ns}function_calls>\n<{ns}invoke name=\"get_weather\">\n<{ns}parameter name=\"city\">Paris</{ns}parameter>\n\
             <{ns}parameter name=\"days\">3</{ns}parameter>\n</{ns}invoke>\n</{ns}function_calls>"
        )
    };
    let with_days = r#"get_weather({"city":"Paris","days":3})"#;
    assert_eq!(calls(&claude("")), [with_days]);
    assert_eq!(calls(&claude(ns)), [with_days]);
    assert_eq!(calls("<invoke name=\"ping\">\n</invoke>"), ["ping({})"]);
    for answer in [
        "```json\n{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}\n```",
        "```tool_call\n{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}\n```",
        "```\n{\"arguments\":{\"city\":\"Paris\"},\"name\":\"get_weather\"}\n```",
        "```\n<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}</tool_call>\n```",
        "```tool_code\nprint(default_api.get_weather(city='Paris'))\n```",
        "```tool_code\nget_weather(city=\"Paris\",)\n```",
        "[TOOL_CALLS] [{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}]",
        "[TOOL_CALLS]get_weather[ARGS]{\"city\":\"Paris\"}",
        "[{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}]",
        "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}",
        "functions.get_weather({\"city\":\"Paris\"})",
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
        "<function=get_weather><parameter=city>Paris</parameter></function>",
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
        "<tool_call name=\"get_weather\">{\"city\":\"Paris\"}</tool_call>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\":\"Paris\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\":\"Paris\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\":\"Paris\"}<|tool_call_end|><|tool_calls_section_end|>",
    ] {
        assert_eq!(calls(answer), [PARIS], "{answer}");
    }
    assert_eq!(both("I look:\n```json\n{\"name\":\"ping\"}\n```\n").0, "I look:");
    assert_eq!(calls("[{\"name\":\"ping\"},{\"name\":\"get_weather\",\"arguments\":{\"city\":\"X\"}}]").len(), 2);
}

#[test]
fn tools_that_take_text_take_it_as_it_is() {
    let patch = "*** Begin Patch\n+ \"x\" </b> {\n*** End";
    let expected = [format!("apply_patch({patch})")];
    assert_eq!(calls(&format!("<tool_call name=\"apply_patch\">{patch}</tool_call>")), expected);
    assert_eq!(calls(&format!("<tool_call name=\"apply_patch\">\n{patch}\n</tool_call>")), expected);
    let as_json = r#"<tool_call>{"name":"apply_patch","arguments":{"input":"a\nb"}}</tool_call>"#;
    assert_eq!(calls(as_json), ["apply_patch(a\nb)"]);
    assert_eq!(calls("<tool_call name=\"run\">ls -l</tool_call>"), [r#"run({"command":"ls -l"})"#]);
    assert_eq!(calls("<tool_call name=\"apply_patch\">*** Begin"), ["apply_patch(*** Begin)"]);
    assert_eq!(calls("<tool_call name=\"apply_patch\">{ code: 'x' }</tool_call>"), ["apply_patch({ code: 'x' })"]);
}

#[test]
fn what_follows_a_call_is_not_the_answer() {
    for tail in [
        "<tool_response>{\"t\":20}</tool_response>It is 20C",
        "\n\n[Tool]\n<tool_response>",
        "\nObservation: 20C",
        "\nUser: thanks",
        "\n[User]\nthanks",
    ] {
        let (text, calls, has_cut) = read(&tools(), &[PARIS_BLOCK, tail], false);
        assert_eq!((text.as_str(), calls), ("", vec![PARIS.to_owned()]));
        assert!(has_cut, "{tail}");
        assert_eq!(both(&format!("{PARIS_BLOCK}{tail}")).1, [PARIS]);
    }
    let inline = format!("I look. {PARIS_BLOCK}\nObservation: 20C\n<tool_call>{{\"name\":\"ping\"}}</tool_call>");
    assert_eq!(both(&inline), ("I look.".into(), vec![PARIS.into()]));
    let (_, calls, has_cut) = read(&tools(), &[PARIS_BLOCK, "\nIt will be sunny, I hope.\n[TOOL_CALLS]ping{}"], false);
    assert_eq!((calls, has_cut), (vec![PARIS.to_owned(), "ping({})".to_owned()], false));
}

#[test]
fn an_empty_block_is_nothing() {
    assert_eq!(both("<tool_call></tool_call>"), (String::new(), vec![]));
    assert_eq!(both("<tool_call>\n</tool_call>ok"), ("ok".into(), vec![]));
}

#[test]
fn a_block_without_its_end_is_a_call_only_if_nothing_is_missing() {
    let open = r#"<tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}"#;
    assert_eq!(calls(open), [PARIS]);
    assert_eq!(calls(r#"<tool_call>{"name":"get_weather","arguments":{"city":"Paris""#), [PARIS]);
    let missing = r#"<tool_call>{"name":"write_file","arguments":{"path":"a","#;
    assert_eq!(text(missing), missing);
    let geo = "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":";
    assert_eq!(read_split(&tools(), geo, true).0, geo, "JSON that is no call is not lost at a limit");
    for cut in [missing, r#"<tool_call>{"name":"get_weather","arguments":{"city":"Paris""#, "{\"name\":\"ping\",\"a"] {
        assert_eq!(read_split(&tools(), cut, true), (String::new(), vec![]), "cut at a limit: {cut}");
    }
    assert_eq!(read_split(&tools(), "a <tool_ca", true).0, "a <tool_ca");
}

#[test]
fn a_quote_too_many_hides_no_other_call() {
    let odd = r#"<tool_call>{"name":"run","arguments":{"command":"echo "it's""}}</tool_call>"#;
    let both = format!("{odd}\n<tool_call>{{\"name\":\"ping\"}}</tool_call>");
    assert_eq!(calls(&both), [r#"run({"command":"echo \"it's\""})"#, "ping({})"]);
    let broken = r#"<tool_call>{"name":"run","arguments":{"command":"a " b"}</tool_call>"#;
    assert_eq!(super::tests::both(&format!("{broken}{PARIS_BLOCK}")), (broken.into(), vec![PARIS.into()]));
}

#[test]
fn a_value_may_hold_the_tag_that_ends_it() {
    let page = "<parameter>x</parameter> and </invoke> in it";
    let write = |content: &str| {
        format!(
            "<invoke name=\"write_file\"><parameter name=\"path\">a</parameter><parameter name=\"content\">{content}</parameter></invoke>"
        )
    };
    let in_calls = format!("<function_calls>{}</function_calls>", write("<parameter>x</parameter> in it"));
    assert_eq!(calls(&in_calls), [r#"write_file({"path":"a","content":"<parameter>x</parameter> in it"})"#]);
    // Alone it ends at the first end there is; what is cut short like that is no call.
    assert_eq!(both(&write(page)).1, [""; 0]);
}

#[test]
fn a_megabyte_in_single_bytes_is_read_in_linear_time() {
    let content = "x{\\\"<é".repeat(150_000);
    let answer =
        format!(r#"<tool_call>{{"name":"write_file","arguments":{{"path":"a","content":"{content}"}}}}</tool_call>"#);
    let mut parser = CallParser::new(Arc::new(tools()));
    let mut buffer = [0; 4];
    let mut pieces: Vec<Piece> = answer.chars().flat_map(|c| parser.push(c.encode_utf8(&mut buffer))).collect();
    pieces.extend(parser.finish(false));
    let [Piece::Call(Call { input: CallInput::Json(arguments), .. })] = pieces.as_slice() else { panic!("{pieces:?}") };
    assert!(arguments.len() > 1_000_000);
}
