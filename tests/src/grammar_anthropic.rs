//! The grammar of a streamed answer of the Anthropic API, written down anew from its reference
//! (<https://docs.anthropic.com/en/docs/build-with-claude/streaming>), so that an encoder is not judged by itself.
//!
//! ```text
//! stream  = message_start block* message_delta message_stop
//!         | any beginning of that, error              (from message_start on)
//! block   = content_block_start content_block_delta* content_block_stop, the n-th with index n
//! ping    = anywhere after message_start and before the end
//! ```

use serde_json::{Map, Value};

/// What a stream adds up to.
#[derive(Debug, Default)]
pub struct Streamed {
    /// The message of `message_start`.
    pub start: Value,
    /// The blocks, as a whole answer has them.
    pub content: Vec<Value>,
    /// `stop_reason`; empty where an error broke the answer off.
    pub stop_reason: String,
    /// `usage` of `message_delta`.
    pub usage: Value,
    /// How often `ping` came.
    pub pings: usize,
    /// The envelope of the error that broke the answer off.
    pub error: Option<Value>,
}

impl Streamed {
    /// All text.
    #[must_use]
    pub fn text(&self) -> String {
        self.content.iter().filter_map(|block| block["text"].as_str()).collect()
    }
}

/// Where a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Between,
    Inside,
    Ending,
    Over,
}

/// Reads a whole stream.
///
/// # Panics
/// Where it breaks the grammar.
#[must_use]
pub fn read(body: &str) -> Streamed {
    let mut reader = Reader { place: Place::Before, streamed: Streamed::default(), json: String::new() };
    assert!(body.ends_with("\n\n"), "every event ends with a blank line: {body:?}");
    for event in body.split_terminator("\n\n") {
        let mut lines = event.split('\n');
        let name = lines.next().and_then(|line| line.strip_prefix("event: "));
        let data = lines.next().and_then(|line| line.strip_prefix("data: "));
        let (Some(name), Some(data), None) = (name, data, lines.next()) else { panic!("no event: {event:?}") };
        let data: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
        assert_eq!(data["type"], name, "the name of an event is its type");
        reader.take(name, &data);
    }
    assert_eq!(reader.place, Place::Over, "the stream is complete: {body}");
    reader.streamed
}

struct Reader {
    place: Place,
    streamed: Streamed,
    /// The input of the open call so far.
    json: String,
}

impl Reader {
    fn take(&mut self, name: &str, data: &Value) {
        match (name, self.place) {
            ("message_start", Place::Before) => self.start(data),
            ("ping", Place::Between | Place::Inside | Place::Ending) => {
                keys(data, &["type"]);
                self.streamed.pings += 1;
            }
            ("content_block_start", Place::Between) => self.open(data),
            ("content_block_delta", Place::Inside) => self.delta(data),
            ("content_block_stop", Place::Inside) => self.close(data),
            ("message_delta", Place::Between) => self.end(data),
            ("message_stop", Place::Ending) => {
                keys(data, &["type"]);
                self.place = Place::Over;
            }
            ("error", Place::Between | Place::Inside | Place::Ending) => {
                keys(data, &["type", "error", "request_id"]);
                keys(&data["error"], &["type", "message"]);
                self.streamed.error = Some(data.clone());
                self.place = Place::Over;
            }
            (name, place) => panic!("{name} can't come {place:?}"),
        }
    }

    fn start(&mut self, data: &Value) {
        keys(data, &["type", "message"]);
        let message = &data["message"];
        keys(message, &["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"]);
        assert!(message["id"].as_str().is_some_and(|id| id.starts_with("msg_")), "{message}");
        assert!(message["type"] == "message" && message["role"] == "assistant", "{message}");
        assert!(message["model"].as_str().is_some_and(|model| !model.is_empty()), "{message}");
        assert!(message["content"].as_array().is_some_and(Vec::is_empty), "nothing has been said: {message}");
        assert!(message["stop_reason"].is_null() && message["stop_sequence"].is_null(), "{message}");
        usage(&message["usage"]);
        self.streamed.start = message.clone();
        self.place = Place::Between;
    }

    fn index(&self, data: &Value) {
        let open = self.streamed.content.len() - 1;
        assert_eq!(data["index"], open, "blocks are counted from 0, without a gap");
    }

    fn open(&mut self, data: &Value) {
        keys(data, &["type", "index", "content_block"]);
        let block = &data["content_block"];
        match block["type"].as_str() {
            Some("text") => {
                keys(block, &["type", "text"]);
                assert_eq!(block["text"], "");
            }
            Some("thinking") => {
                keys(block, &["type", "thinking", "signature"]);
                assert!(block["thinking"] == "" && block["signature"] == "", "{block}");
            }
            Some("tool_use") => {
                keys(block, &["type", "id", "name", "input"]);
                assert!(block["id"].as_str().is_some_and(|id| id.len() > 6 && id.starts_with("toolu_")), "{block}");
                assert!(block["name"].as_str().is_some_and(|name| !name.is_empty()), "{block}");
                assert_eq!(block["input"], Value::Object(Map::new()));
            }
            _ => panic!("no block: {block}"),
        }
        self.json.clear();
        self.streamed.content.push(block.clone());
        self.index(data);
        self.place = Place::Inside;
    }

    fn delta(&mut self, data: &Value) {
        keys(data, &["type", "index", "delta"]);
        self.index(data);
        let (delta, Some(block)) = (&data["delta"], self.streamed.content.last_mut()) else { panic!("no block") };
        let kind = delta["type"].as_str().unwrap_or_default();
        let (of, field) = match kind {
            "text_delta" => ("text", "text"),
            "thinking_delta" => ("thinking", "thinking"),
            "signature_delta" => ("thinking", "signature"),
            "input_json_delta" => ("tool_use", "partial_json"),
            _ => panic!("no delta: {delta}"),
        };
        keys(delta, &["type", field]);
        assert_eq!(block["type"], of, "a delta fits its block");
        let Some(more) = delta[field].as_str() else { panic!("no text: {delta}") };
        match kind {
            "input_json_delta" => self.json.push_str(more),
            _ => {
                assert!(!more.is_empty(), "{delta}");
                assert!(of != "thinking" || block["signature"] == "", "nothing follows the signature");
                block[field] = format!("{}{more}", block[field].as_str().unwrap_or_default()).into();
            }
        }
    }

    fn close(&mut self, data: &Value) {
        keys(data, &["type", "index"]);
        self.index(data);
        let Some(block) = self.streamed.content.last_mut() else { panic!("no block") };
        match block["type"].as_str() {
            Some("text") => assert_ne!(block["text"], "", "a text says something"),
            Some("thinking") => assert!(block["thinking"] != "" && block["signature"] != "", "{block}"),
            _ => {
                let input: Map<String, Value> =
                    serde_json::from_str(&self.json).unwrap_or_else(|error| panic!("{error}: {}", self.json));
                block["input"] = Value::Object(input);
            }
        }
        self.place = Place::Between;
    }

    fn end(&mut self, data: &Value) {
        keys(data, &["type", "delta", "usage"]);
        keys(&data["delta"], &["stop_reason", "stop_sequence"]);
        let reason = data["delta"]["stop_reason"].as_str().unwrap_or_default();
        let is_stop_sequence = data["delta"]["stop_sequence"].is_string();
        assert_eq!(reason == "stop_sequence", is_stop_sequence, "{data}");
        assert!(
            ["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"].contains(&reason),
            "a known reason: {data}"
        );
        usage(&data["usage"]);
        reason.clone_into(&mut self.streamed.stop_reason);
        self.streamed.usage = data["usage"].clone();
        self.place = Place::Ending;
    }
}

/// An object has these keys and no others.
fn keys(object: &Value, keys: &[&str]) {
    let Some(object) = object.as_object() else { panic!("no object: {object}") };
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    found.sort_unstable();
    keys.sort_unstable();
    assert_eq!(found, keys);
}

/// The four counts of Anthropic; what is ours may stand beside them.
fn usage(usage: &Value) {
    for count in ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"] {
        assert!(usage[count].is_u64(), "{count}: {usage}");
    }
}
