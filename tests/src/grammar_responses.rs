//! The grammar of a streamed response, as a checker: which events there are, in which order, with which keys, and that what
//! is opened is closed and repeated. Written from the published `OpenAPI` document (2.3.0) and from what clients of the API
//! were seen to need; it shares nothing with the relay.

use serde_json::{Value, json};

/// A stream that keeps the grammar.
#[derive(Debug)]
pub struct Checked {
    /// Its events, in order.
    pub events: Vec<Value>,
    /// The response of its last event.
    pub response: Value,
    /// How many comments stood between events.
    pub comments: usize,
}

/// The keys that an event must have beside `type` and `sequence_number`.
const KEYS: &[(&str, &[&str])] = &[
    ("response.created", &["response"]),
    ("response.in_progress", &["response"]),
    ("response.output_item.added", &["output_index", "item"]),
    ("response.content_part.added", &["item_id", "output_index", "content_index", "part"]),
    ("response.output_text.delta", &["item_id", "output_index", "content_index", "delta", "logprobs"]),
    ("response.output_text.done", &["item_id", "output_index", "content_index", "text", "logprobs"]),
    ("response.content_part.done", &["item_id", "output_index", "content_index", "part"]),
    ("response.reasoning_summary_part.added", &["item_id", "output_index", "summary_index", "part"]),
    ("response.reasoning_summary_text.delta", &["item_id", "output_index", "summary_index", "delta"]),
    ("response.reasoning_summary_text.done", &["item_id", "output_index", "summary_index", "text"]),
    ("response.reasoning_summary_part.done", &["item_id", "output_index", "summary_index", "part"]),
    ("response.function_call_arguments.delta", &["item_id", "output_index", "delta"]),
    ("response.function_call_arguments.done", &["item_id", "output_index", "name", "arguments"]),
    ("response.custom_tool_call_input.delta", &["item_id", "output_index", "delta"]),
    ("response.custom_tool_call_input.done", &["item_id", "output_index", "input"]),
    ("response.image_generation_call.in_progress", &["item_id", "output_index"]),
    ("response.image_generation_call.generating", &["item_id", "output_index"]),
    ("response.image_generation_call.completed", &["item_id", "output_index"]),
    ("response.output_item.done", &["output_index", "item"]),
    ("response.completed", &["response"]),
    ("response.incomplete", &["response"]),
    ("response.failed", &["response"]),
];

/// The keys of a response, those that SDKs index without looking.
const RESPONSE_KEYS: &[&str] = &[
    "id",
    "object",
    "created_at",
    "status",
    "error",
    "incomplete_details",
    "instructions",
    "metadata",
    "model",
    "output",
    "parallel_tool_calls",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "background",
    "completed_at",
    "max_output_tokens",
    "previous_response_id",
    "reasoning",
    "store",
    "text",
    "truncation",
    "usage",
];

/// Reads a stream, and fails the test where it leaves the grammar.
#[must_use]
pub fn check(body: &str) -> Checked {
    let (events, comments) = read(body);
    let mut grammar = Grammar::default();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], json!(index), "numbers without gaps: {event}");
        grammar.take(event);
    }
    let response = grammar.last.unwrap_or_else(|| panic!("no last event: {body}"));
    Checked { events, response, comments }
}

/// A response that is told whole keeps the same rules.
pub fn check_response(response: &Value) {
    for key in RESPONSE_KEYS {
        assert!(response.get(key).is_some(), "a response has {key}: {response}");
    }
    assert_eq!(response["object"], "response");
    assert!(response["id"].as_str().is_some_and(|id| id.starts_with("resp_")), "{response}");
    assert!(response["created_at"].is_u64() && response["model"].is_string(), "{response}");
    let status = response["status"].as_str().unwrap_or_default();
    assert_eq!(response["error"].is_object(), status == "failed", "{response}");
    assert_eq!(response["incomplete_details"].is_object(), status == "incomplete", "{response}");
    assert_eq!(response["completed_at"].is_u64(), status == "completed", "{response}");
    if matches!(status, "completed" | "incomplete") {
        let usage = &response["usage"];
        for key in ["/input_tokens", "/input_tokens_details/cached_tokens", "/input_tokens_details/cache_write_tokens"]
        {
            assert!(usage.pointer(key).is_some_and(Value::is_u64), "{key}: {usage}");
        }
        for key in ["/output_tokens", "/output_tokens_details/reasoning_tokens", "/total_tokens"] {
            assert!(usage.pointer(key).is_some_and(Value::is_u64), "{key}: {usage}");
        }
    }
    for item in response["output"].as_array().unwrap_or_else(|| panic!("{response}")) {
        check_item(item, false);
    }
}

/// Events, and how many comments there were.
fn read(body: &str) -> (Vec<Value>, usize) {
    assert!(body.ends_with("\n\n"), "the last event is whole: {body}");
    let (mut events, mut comments) = (Vec::new(), 0);
    for block in body.split_terminator("\n\n") {
        let mut lines: Vec<&str> = block.split('\n').collect();
        while lines.first().is_some_and(|line| line.starts_with(':')) {
            assert!(!events.is_empty(), "response.created is the first thing: {block}");
            lines.remove(0);
            comments += 1;
        }
        let [name, data] = lines[..] else { panic!("an event has two lines: {block}") };
        let name = name.strip_prefix("event: ").unwrap_or_else(|| panic!("no name: {block}"));
        let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {block}"));
        let event: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
        assert_eq!(event["type"], name, "the name is the type");
        let keys = KEYS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("unknown: {event}")).1;
        for key in keys {
            assert!(event.get(key).is_some(), "{name} has {key}: {event}");
        }
        events.push(event);
    }
    (events, comments)
}

/// An item as it is when it is opened, or when it is done.
fn check_item(item: &Value, is_new: bool) {
    let status = item["status"].as_str().unwrap_or_default();
    let statuses: &[&str] = if is_new { &["in_progress"] } else { &["completed", "incomplete"] };
    assert!(statuses.contains(&status), "{item}");
    let (prefix, growing) = match item["type"].as_str().unwrap_or_default() {
        "message" => {
            assert_eq!(item["role"], "assistant", "{item}");
            ("msg_", &item["content"])
        }
        "reasoning" => ("rs_", &item["summary"]),
        "function_call" => ("fc_", &item["arguments"]),
        "custom_tool_call" => ("ctc_", &item["input"]),
        "image_generation_call" => ("ig_", &item["result"]),
        other => panic!("unknown item {other}: {item}"),
    };
    assert!(item["id"].as_str().is_some_and(|id| id.starts_with(prefix)), "{item}");
    if prefix == "fc_" || prefix == "ctc_" {
        assert!(
            item["call_id"].as_str().is_some_and(|id| id.starts_with("call_")) && item["name"].is_string(),
            "{item}"
        );
        assert_ne!(item["call_id"], item["id"]);
        let is_empty = growing.as_str().map(str::is_empty);
        // Free text may be empty, arguments are an object.
        assert!(is_empty == Some(is_new) || (prefix == "ctc_" && is_empty.is_some() && !is_new), "{item}");
    } else if prefix == "ig_" {
        assert!(if is_new { growing.is_null() } else { growing.is_string() }, "{item}");
    } else {
        assert_eq!(growing.as_array().map(Vec::is_empty), Some(is_new), "{item}");
    }
}

/// How far a stream has come.
#[derive(Debug, Default)]
struct Grammar {
    begun: usize,
    open: Option<Open>,
    done: Vec<Value>,
    last: Option<Value>,
}

/// The item that is growing.
#[derive(Debug)]
struct Open {
    id: Value,
    kind: String,
    /// What its deltas say together.
    text: String,
    /// What of it has been opened and repeated: a part, its text, the part again; of a call, its arguments.
    steps: usize,
}

impl Grammar {
    fn take(&mut self, event: &Value) {
        assert!(self.last.is_none(), "nothing follows the last event: {event}");
        let kind = event["type"].as_str().unwrap_or_default();
        match (self.begun, kind) {
            (0, "response.created") | (1, "response.in_progress") => return self.begin(&event["response"]),
            (0 | 1, _) => panic!("response.created and response.in_progress come first: {event}"),
            (_, "response.completed" | "response.incomplete" | "response.failed") => return self.end(event, kind),
            (_, "response.output_item.added") => return self.add(event),
            _ => {}
        }
        assert_eq!(event["output_index"], json!(self.done.len()), "{event}");
        let open = self.open.as_mut().unwrap_or_else(|| panic!("no item is open: {event}"));
        if kind == "response.output_item.done" {
            return self.close(event);
        }
        assert_eq!(event["item_id"], open.id, "{event}");
        for index in ["content_index", "summary_index"] {
            assert!(event.get(index).is_none_or(|index| index == 0), "{event}");
        }
        open.take(event, kind.strip_prefix("response.").unwrap_or_default());
    }

    fn begin(&mut self, response: &Value) {
        check_response(response);
        assert_eq!(
            (&response["status"], &response["output"], &response["usage"]),
            (&json!("in_progress"), &json!([]), &Value::Null)
        );
        self.begun += 1;
    }

    fn add(&mut self, event: &Value) {
        assert!(self.open.is_none(), "one item after the other: {event}");
        assert_eq!(event["output_index"], json!(self.done.len()), "{event}");
        let item = &event["item"];
        check_item(item, true);
        assert!(self.done.iter().all(|other| other["id"] != item["id"]), "an id is used once: {event}");
        let kind = item["type"].as_str().unwrap_or_default().to_owned();
        self.open = Some(Open { id: item["id"].clone(), kind, text: String::new(), steps: 0 });
    }

    fn close(&mut self, event: &Value) {
        let Some(open) = self.open.take() else { return };
        let item = &event["item"];
        check_item(item, false);
        assert_eq!((&item["id"], item["type"].as_str()), (&open.id, Some(open.kind.as_str())), "{event}");
        let nothing = json!("");
        let (steps, text) = match open.kind.as_str() {
            "message" => (3, &item["content"][0]["text"]),
            "reasoning" => (3, &item["summary"][0]["text"]),
            "function_call" => (1, &item["arguments"]),
            // Its bytes come whole.
            "image_generation_call" => (3, &nothing),
            _ => (1, &item["input"]),
        };
        assert_eq!((open.steps, text), (steps, &json!(open.text)), "an item is whole when it is done: {event}");
        self.done.push(item.clone());
    }

    fn end(&mut self, event: &Value, kind: &str) {
        assert!(self.open.is_none(), "what is opened is closed: {event}");
        let response = &event["response"];
        check_response(response);
        assert_eq!(response["status"], kind.trim_start_matches("response."), "{event}");
        assert_eq!(response["output"], json!(self.done), "the last event repeats all");
        self.last = Some(response.clone());
    }
}

impl Open {
    fn take(&mut self, event: &Value, kind: &str) {
        let empty = match self.kind.as_str() {
            "message" => json!({"type": "output_text", "text": self.text, "annotations": [], "logprobs": []}),
            _ => json!({"type": "summary_text", "text": self.text}),
        };
        match (self.kind.as_str(), kind, self.steps) {
            ("message", "content_part.added", 0) | ("reasoning", "reasoning_summary_part.added", 0) => {
                assert_eq!(event["part"], empty);
                self.steps = 1;
            }
            ("message", "output_text.delta", 1)
            | ("reasoning", "reasoning_summary_text.delta", 1)
            | ("function_call", "function_call_arguments.delta", 0)
            | ("custom_tool_call", "custom_tool_call_input.delta", 0) => {
                let delta = event["delta"].as_str().unwrap_or_else(|| panic!("a delta is text: {event}"));
                assert!(!delta.is_empty(), "{event}");
                self.text.push_str(delta);
            }
            ("message", "output_text.done", 1) | ("reasoning", "reasoning_summary_text.done", 1) => {
                assert_eq!(event["text"], self.text, "{event}");
                self.steps = 2;
            }
            ("message", "content_part.done", 2) | ("reasoning", "reasoning_summary_part.done", 2) => {
                assert_eq!(event["part"], empty, "{event}");
                self.steps = 3;
            }
            ("function_call", "function_call_arguments.done", 0) => {
                assert_eq!(event["arguments"], self.text, "{event}");
                self.steps = 1;
            }
            ("image_generation_call", "image_generation_call.in_progress", 0)
            | ("image_generation_call", "image_generation_call.generating", 1)
            | ("image_generation_call", "image_generation_call.completed", 2) => self.steps += 1,
            ("custom_tool_call", "custom_tool_call_input.done", 0) => {
                assert_eq!(event["input"], self.text, "{event}");
                self.steps = 1;
            }
            _ => panic!("out of order in {}: {event}", self.kind),
        }
    }
}
