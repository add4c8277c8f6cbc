use serde_json::{Value, json};

use super::*;
use crate::conversation::{CallInput, Tool, ToolInput};

fn tools(choice: ToolChoice) -> Arc<Tools> {
    let tool =
        |name: &str, schema: Value| Tool { name: name.into(), description: None, input: ToolInput::Json(schema) };
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    Arc::new(Tools { list: vec![tool("get_weather", city), tool("ping", Value::Null)], choice, at_most_one: false })
}

fn schema(is_strict: bool) -> Format {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    Format::JsonSchema(Schema { name: None, description: None, schema, is_strict })
}

/// What became of an answer: text, thinking, calls.
#[derive(Debug, Default, PartialEq)]
struct Read {
    text: String,
    reasoning: String,
    calls: Vec<String>,
    finish: Option<Finish>,
    warning: Option<Warning>,
    /// Whether anything left before the end.
    is_live: bool,
}

impl Read {
    fn add(&mut self, said: Vec<Said>) {
        for said in said {
            match said {
                Said::Text(text) => self.text.push_str(&text),
                Said::Reasoning(text) => self.reasoning.push_str(&text),
                Said::Call(Call { name, input: CallInput::Json(input) | CallInput::Text(input) }) => {
                    self.calls.push(format!("{name}{input}"));
                }
            }
        }
    }
}

fn read_parts(wanted: &Wanted, parts: &[&str], reason: Finish) -> Read {
    let mut reader = AnswerReader::new(wanted.clone());
    let mut read = Read::default();
    for part in parts {
        let has_ended = reader.push((*part).to_owned());
        read.add(reader.take());
        if has_ended {
            break;
        }
    }
    read.is_live = reader.has_given();
    let Ended { finish, lack } = reader.finish(reason);
    read.add(reader.take());
    Read { finish: Some(finish), warning: lack.map(|lack| lack.warning), ..read }
}

/// The same in one piece and character by character, which must not differ but in when it leaves.
fn read(wanted: &Wanted, answer: &str, reason: Finish) -> Read {
    let whole = read_parts(wanted, &[answer], reason);
    let single: Vec<String> = answer.chars().map(String::from).collect();
    let single: Vec<&str> = single.iter().map(String::as_str).collect();
    let split = read_parts(wanted, &single, reason);
    assert_eq!(Read { is_live: whole.is_live, ..split }, whole, "{answer}");
    whole
}

fn with_tools(choice: ToolChoice) -> Wanted {
    Wanted { tools: tools(choice), is_streaming: true, ..Wanted::default() }
}

const CALL: &str = r#"<tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>"#;
const PARIS: &str = r#"get_weather{"city":"Paris"}"#;

fn of(
    text: &str,
    calls: &[&str],
    finish: Finish,
    warning: Option<Warning>,
) -> (String, Vec<String>, Option<Finish>, Option<Warning>) {
    (text.to_owned(), calls.iter().map(|call| (*call).to_owned()).collect(), Some(finish), warning)
}

fn outcome(read: Read) -> (String, Vec<String>, Option<Finish>, Option<Warning>) {
    (read.text, read.calls, read.finish, read.warning)
}

#[test]
fn an_answer_without_demands_is_text_to_the_byte() {
    let wanted = Wanted { is_streaming: true, ..Wanted::default() };
    let answer = format!(" a\n{CALL}\n");
    let read = read(&wanted, &answer, Finish::Stop);
    assert!(read.is_live);
    assert_eq!(outcome(read), of(&answer, &[], Finish::Stop, None));
    let none = with_tools(ToolChoice::None);
    assert_eq!(outcome(super::tests::read(&none, &answer, Finish::Stop)), of(&answer, &[], Finish::Stop, None));
}

#[test]
fn calls_are_told_from_text_and_name_the_end() {
    let auto = with_tools(ToolChoice::Auto);
    let stop = |answer: &str| outcome(read(&auto, answer, Finish::Stop));
    assert_eq!(stop(&format!("Let me look.\n{CALL}")), of("Let me look.", &[PARIS], Finish::ToolCalls, None));
    assert_eq!(stop("No need."), of("No need.", &[], Finish::Stop, None));
    let unknown = r#"<tool_call>{"name":"rm_rf","arguments":{}}</tool_call>"#;
    assert_eq!(stop(unknown), of(unknown, &[], Finish::Stop, Some(Warning::ToolCallUnreadable)));
    assert_eq!(outcome(read(&auto, CALL, Finish::ContentFilter)).2, Some(Finish::ContentFilter));
    let cut = r#"Hm. <tool_call>{"name":"get_weather","arg"#;
    assert_eq!(outcome(read(&auto, cut, Finish::Length)), of("Hm. ", &[], Finish::Length, None));
    assert!(read(&auto, "Text leaves at once, ", Finish::Stop).is_live);
}

#[test]
fn calls_inside_of_thinking_are_none() {
    let answer = format!("<think>I could {CALL}</think>No need.");
    let read = read(&with_tools(ToolChoice::Auto), &answer, Finish::Stop);
    assert_eq!(read.reasoning, format!("I could {CALL}"));
    assert_eq!(outcome(read), of("No need.", &[], Finish::Stop, None));
    let inline = Wanted { thinking: Thinking::Inline, ..with_tools(ToolChoice::Auto) };
    let read = super::tests::read(&inline, &format!("<think>Hm {CALL}</think>Yes. {CALL}"), Finish::Stop);
    assert_eq!(outcome(read), of(&format!("<think>\nHm {CALL}\n</think>\n\nYes."), &[PARIS], Finish::ToolCalls, None));
}

#[test]
fn a_demanded_call_is_held_back_and_missed() {
    let required = with_tools(ToolChoice::Required);
    let missing = read(&required, "It is sunny.", Finish::Stop);
    assert!(!missing.is_live);
    assert_eq!(outcome(missing), of("It is sunny.", &[], Finish::Stop, Some(Warning::ToolCallMissing)));
    assert_eq!(outcome(read(&required, CALL, Finish::Stop)), of("", &[PARIS], Finish::ToolCalls, None));
    assert_eq!(outcome(read(&required, "It is", Finish::Length)), of("It is", &[], Finish::Length, None));
    let named = with_tools(ToolChoice::Named("get_weather".into()));
    for answer in [r#"{"city":"Paris"}"#, "```json\n{\"city\":\"Paris\"}\n```", CALL] {
        assert_eq!(outcome(read(&named, answer, Finish::Stop)), of("", &[PARIS], Finish::ToolCalls, None));
    }
    let mut reader = AnswerReader::new(named);
    reader.push("Sunny.".into());
    let lack = reader.finish(Finish::Stop).lack.unwrap();
    assert!(lack.complaint.as_deref().unwrap().contains("get_weather") && reader.held_text() == "Sunny.", "{lack:?}");
}

#[test]
fn an_unreadable_call_is_held_back_only_if_nothing_was_said() {
    let auto = with_tools(ToolChoice::Auto);
    let broken = "<tool_call>{broken}</tool_call>";
    let alone = read(&auto, broken, Finish::Stop);
    assert!(!alone.is_live);
    assert_eq!(outcome(alone), of(broken, &[], Finish::Stop, Some(Warning::ToolCallUnreadable)));
    let mut reader = AnswerReader::new(auto.clone());
    reader.push("Well. ".into());
    reader.take();
    reader.push(broken.into());
    assert!(reader.has_given() && !reader.take().is_empty());
    // A good call after a broken one is what counts.
    let both = read(&auto, &format!("{broken}{CALL}"), Finish::Stop);
    assert_eq!(outcome(both), of(broken, &[PARIS], Finish::ToolCalls, Some(Warning::ToolCallUnreadable)));
}

#[test]
fn json_passes_as_it_comes_where_nobody_holds_it() {
    let wanted = |format| Wanted { format, is_streaming: true, ..Wanted::default() };
    let fenced = "Sure! ```json\n{\"name\":\"x\",\"age\":3}\n``` ";
    let expected = of(r#"{"name":"x","age":3}"#, &[], Finish::Stop, None);
    for (format, is_live) in [(Format::JsonObject, true), (schema(false), true), (schema(true), false)] {
        let read = read(&wanted(format), fenced, Finish::Stop);
        assert_eq!(read.is_live, is_live);
        assert_eq!(outcome(read), expected);
    }
    let whole = Wanted { format: schema(false), ..Wanted::default() };
    assert_eq!(outcome(read(&whole, fenced, Finish::Stop)), expected);
    let wrong = r#"{"name":"x","age":"three"}"#;
    for wanted in [wanted(schema(false)), wanted(schema(true)), whole] {
        let outcome = outcome(read(&wanted, wrong, Finish::Stop));
        assert_eq!(outcome, of(wrong, &[], Finish::Stop, Some(Warning::SchemaValidationFailed)));
    }
    let cut = read(&wanted(schema(true)), r#"{"name":"x","#, Finish::Length);
    assert_eq!(outcome(cut), of(r#"{"name":"x","#, &[], Finish::Length, None));
}

#[test]
fn with_tools_and_a_format_the_format_is_for_the_last_text_alone() {
    let wanted = Wanted { format: schema(false), ..with_tools(ToolChoice::Auto) };
    let call = read(&wanted, &format!("I look. {CALL}"), Finish::Stop);
    assert_eq!(outcome(call), of("I look.", &[PARIS], Finish::ToolCalls, None));
    let text = read(&wanted, "```json\n{\"name\":\"x\",\"age\":3}\n```", Finish::Stop);
    assert_eq!(outcome(text), of(r#"{"name":"x","age":3}"#, &[], Finish::Stop, None));
}

#[test]
fn stops_and_limits_end_the_answer() {
    let limits =
        |max_tokens, stop: &[&str]| Limits { max_tokens, stop: stop.iter().map(|stop| (*stop).into()).collect() };
    let stopped = Wanted { limits: limits(None, &["x", "END"]), ..with_tools(ToolChoice::Auto) };
    assert_eq!(outcome(read(&stopped, "one END two", Finish::Stop)), of("one ", &[], Finish::StopSequence(1), None));
    let short = Wanted { limits: limits(Some(3), &[]), is_streaming: true, ..Wanted::default() };
    let read = read(&short, "one two three four five six", Finish::Stop);
    assert!(read.finish == Some(Finish::Length) && read.text.starts_with("one two") && !read.text.contains("six"));
    let held = Wanted { limits: limits(None, &["3"]), format: schema(true), ..Wanted::default() };
    let outcome = outcome(super::tests::read(&held, r#"{"name":"x","age":3}"#, Finish::Stop));
    assert_eq!(outcome.0, r#"{"name":"x","age":"#);
}

#[test]
fn stops_are_heeded_beside_calls_and_formats() {
    let stop = || Limits { max_tokens: None, stop: vec!["END".into()] };
    let tools = Wanted { limits: stop(), ..with_tools(ToolChoice::Auto) };
    let stopped = of("one ", &[], Finish::StopSequence(0), None);
    assert_eq!(outcome(read(&tools, &format!("one END {CALL}"), Finish::Stop)), stopped);
    // Text that only began like a stop comes before the call it precedes.
    assert_eq!(
        outcome(read(&tools, &format!("SEND E{CALL}"), Finish::Stop)),
        of("S", &[], Finish::StopSequence(0), None)
    );
    assert_eq!(
        outcome(read(&tools, &format!("SEN{CALL}"), Finish::Stop)),
        of("SEN", &[PARIS], Finish::ToolCalls, None)
    );
    let json = Wanted { limits: stop(), format: Format::JsonObject, ..with_tools(ToolChoice::Auto) };
    assert_eq!(outcome(read(&json, r#"{"a":1} END"#, Finish::Stop)), of(r#"{"a":1}"#, &[], Finish::Stop, None));
    assert_eq!(outcome(read(&json, r#"{"a":"END"}"#, Finish::Stop)).0, r#"{"a":""#);
}

#[test]
fn the_one_tool_that_must_be_called_is_the_only_one_that_can() {
    let named = with_tools(ToolChoice::Named("get_weather".into()));
    let other = r#"<tool_call>{"name":"ping"}</tool_call>"#;
    assert_eq!(
        outcome(read(&named, other, Finish::Stop)),
        of(other, &[], Finish::Stop, Some(Warning::ToolCallMissing))
    );
}

#[test]
fn a_broken_call_beside_a_good_one_is_said_and_not_asked_for_again() {
    let broken = r#"<tool_call>{"name":"rm_rf"}</tool_call>"#;
    let both = read(&with_tools(ToolChoice::Auto), &format!("{CALL}{broken}"), Finish::Stop);
    assert_eq!(outcome(both), of("", &[PARIS], Finish::ToolCalls, Some(Warning::ToolCallUnreadable)));
    let mut reader = AnswerReader::new(with_tools(ToolChoice::Auto));
    reader.push(format!("{CALL}{broken}"));
    assert_eq!(reader.finish(Finish::Stop).lack.unwrap().complaint, None);
}

#[test]
fn an_answer_that_is_not_streamed_is_held_back_where_it_may_be_asked_for_again() {
    let whole = Wanted { is_streaming: false, ..with_tools(ToolChoice::Auto) };
    let read = read(&whole, "Well. <tool_call>{broken}</tool_call>", Finish::Stop);
    assert!(!read.is_live && read.warning == Some(Warning::ToolCallUnreadable));
}
