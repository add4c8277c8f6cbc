//! Turns a conversation into the one prompt string 1min.ai takes.
//!
//! A lone user message goes through verbatim; where it is nothing but pictures or documents, `(see attachment)` stands for
//! it, because 1min.ai wants some text (docs) and nothing more should be put into the user's mouth. Anything else becomes a transcript:
//!
//! ```text
//! [System]
//! You are terse.
//!
//! [User: ann]
//! What is 6 times 7?
//!
//! [Assistant]
//! <tool_call>{"name":"multiply","arguments":{"a":6,"b":7}}</tool_call>
//!
//! [Tool]
//! <tool_response name="multiply" id="call_1">
//! 42
//! </tool_response>
//!
//! [Reply]
//! Write the assistant's next turn and nothing else: no marker and no role label.
//! ```
//!
//! No turn is dropped, moved or merged. A line of content that begins like a marker gets a backslash before its bracket
//! (and one more if it already has some), and a tool tag inside content gets an underscore after its `<` or `</`, so that
//! no content can forge a turn or a call. There is no nonce: the same conversation always gives the same bytes, and a
//! longer one begins with the bytes of the shorter (but for the closing `[Reply]`), which lets caches work.

mod escape;

use super::{
    event::{CallInput, ToolCall},
    request::{Part, Request, Role, ToolResult, Turn},
    structured, tool,
};

/// What closes a transcript when it is the assistant's turn.
const REPLY: &str = "[Reply]\nWrite the assistant's next turn and nothing else: no marker and no role label.";

/// What closes a transcript that ends in the middle of the assistant's turn.
const CONTINUE: &str = "[Reply]\nContinue the assistant's last turn exactly where it stops: do not repeat it, no marker and no role label.";

/// What closes it too where tools were called before, and none may be called now.
const NO_CALLS: &str = "Do not call tools.";

/// The text of a message that is nothing but what is attached.
const SEE_ATTACHMENT: &str = "(see attachment)";

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Write YouTube links of all but the last user turn so that 1min.ai does not fetch and bill them again on every
    /// turn (guess: a host with a bracketed dot is no link to it).
    pub defuses_old_youtube_links: bool,
}

/// A rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text for 1min.ai.
    pub text: String,
    /// Whether it is a transcript with markers; if not, it is the user's message as it came.
    pub is_transcript: bool,
    /// Where the closing `[Reply]` begins; of a message that went as it came, its end.
    reply_at: usize,
    /// Whether the descriptions of tools were shortened to fit.
    pub has_short_tools: bool,
}

impl Prompt {
    /// The same conversation with the model's answer and what is wrong with it, to ask once more.
    #[must_use]
    pub fn again(&self, answer: &str, complaint: &str) -> String {
        let (conversation, reply) = self.text.split_at(self.reply_at);
        let reply = reply.strip_prefix(CONTINUE).map_or(reply.to_owned(), |reminders| format!("{REPLY}{reminders}"));
        format!("{conversation}[Assistant]\n{}\n\n[System]\n{complaint}\n\n{reply}", escape::markers(answer))
    }
}

/// Renders the turns of `request`.
#[must_use]
pub fn render(request: &Request, style: Style) -> Prompt {
    let tools = tool::instructions(&request.tools);
    let format = structured::instructions(&request.format);
    if let ([turn], None, None) = (request.turns.as_slice(), &tools, &format)
        && turn.role == Role::User
        && turn.name.is_none()
    {
        let text = verbatim(turn);
        return Prompt { reply_at: text.len(), text, is_transcript: false, has_short_tools: false };
    }
    let has_tools = tools.is_some() || request.turns.iter().any(|turn| turn.parts.iter().any(is_of_tool));
    let mut text = String::new();
    for words in tools.iter().map(|tools| tools.text.as_str()).chain(format.as_deref()) {
        text.push_str("[System]\n");
        text.push_str(words);
        text.push_str("\n\n");
    }
    write_turns(&mut text, &request.turns, style, has_tools);
    let reply_at = text.len();
    let ends_with_assistant = request.turns.last().is_some_and(|turn| turn.role == Role::Assistant);
    text.push_str(if ends_with_assistant { CONTINUE } else { REPLY });
    let forbids = (has_tools && tools.is_none()).then_some(NO_CALLS);
    let reminders =
        [tools.as_ref().map(|tools| tools.reminder.as_str()), forbids, structured::reminder(&request.format)];
    for reminder in reminders.into_iter().flatten() {
        text.push('\n');
        text.push_str(reminder);
    }
    let has_short_tools = tools.is_some_and(|tools| tools.is_shortened);
    Prompt { text, is_transcript: true, reply_at, has_short_tools }
}

fn write_turns(text: &mut String, turns: &[Turn], style: Style, has_tools: bool) {
    let last_user = turns.iter().rposition(|turn| turn.role == Role::User);
    let mut images = 0;
    for (index, turn) in turns.iter().enumerate() {
        let mut body = body(turn, has_tools, &mut images);
        if style.defuses_old_youtube_links && last_user != Some(index) {
            body = escape::youtube_links(&body);
        }
        text.push_str(&marker(turn));
        text.push('\n');
        text.push_str(&body);
        text.push_str("\n\n");
        for call in interrupted(turn, &turns[index + 1..]) {
            let result = ToolResult {
                call_id: Some(call.id.clone()),
                name: Some(call.name.clone()),
                output: "(no result; interrupted)".into(),
                is_error: false,
            };
            text.push_str(&format!("[Tool]\n{}\n\n", tool_result(&result, &str::to_owned)));
        }
    }
}

/// The calls of a turn that the turns after it give no result for. Calls at the end may still get theirs.
fn interrupted<'a>(turn: &'a Turn, later: &'a [Turn]) -> impl Iterator<Item = &'a ToolCall> {
    let is_answered = move |call: &ToolCall| {
        let answers =
            |part: &Part| matches!(part, Part::ToolResult(result) if result.call_id.as_deref() == Some(&call.id));
        later.is_empty() || call.id.is_empty() || later.iter().any(|turn| turn.parts.iter().any(answers))
    };
    let calls = turn.parts.iter().filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None });
    calls.filter(move |call| !is_answered(call))
}

/// A lone message: its text parts as they came, one per line; pictures and files travel beside the text.
fn verbatim(turn: &Turn) -> String {
    let texts: Vec<&str> = turn
        .parts
        .iter()
        .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
        .collect();
    let text = texts.join("\n");
    let has_media = turn.parts.iter().any(|part| matches!(part, Part::Image(_) | Part::File(_)));
    if has_media && text.trim().is_empty() { SEE_ATTACHMENT.into() } else { text }
}

fn marker(turn: &Turn) -> String {
    let role = match turn.role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool",
    };
    let name: String = turn.name.iter().flat_map(|name| name.chars()).filter(|c| escape::is_name_char(*c)).collect();
    if name.is_empty() { format!("[{role}]") } else { format!("[{role}: {name}]") }
}

fn body(turn: &Turn, has_tools: bool, images: &mut usize) -> String {
    let safe = |text: &str| {
        let text = escape::markers(text);
        if has_tools { escape::tool_tags(&text) } else { text }
    };
    let parts: Vec<String> = turn
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => safe(text),
            Part::Image(_) => {
                *images += 1;
                format!("(image {images} is attached)")
            }
            Part::File(file) => match &file.name {
                Some(name) => format!("(the file {} is attached)", safe(name)),
                None => "(a file is attached)".into(),
            },
            Part::ToolCall(call) => tool_call(call),
            Part::ToolResult(result) => tool_result(result, &safe),
        })
        .collect();
    parts.join("\n")
}

/// A call in the form the model is asked to write. Arguments that are no JSON go in as they are.
fn tool_call(call: &ToolCall) -> String {
    let safe = |text: &str| escape::tool_tags(&escape::markers(text));
    match &call.input {
        CallInput::Json(arguments) => {
            let arguments = if arguments.trim().is_empty() { "{}".to_owned() } else { safe(arguments.trim()) };
            let name = escape::tool_tags(&serde_json::Value::from(call.name.as_str()).to_string());
            format!("<tool_call>{{\"name\":{name},\"arguments\":{arguments}}}</tool_call>")
        }
        CallInput::Text(text) => {
            let name: String = call.name.chars().filter(|c| escape::is_name_char(*c)).collect();
            format!("<tool_call name=\"{name}\">\n{}\n</tool_call>", safe(text))
        }
    }
}

fn tool_result(result: &ToolResult, safe: &impl Fn(&str) -> String) -> String {
    let attribute = |name: &str, value: &Option<String>| {
        let value: String = value.iter().flat_map(|value| value.chars()).filter(|c| escape::is_name_char(*c)).collect();
        if value.is_empty() { String::new() } else { format!(" {name}=\"{value}\"") }
    };
    let (name, id) = (attribute("name", &result.name), attribute("id", &result.call_id));
    let error = if result.is_error { " error=\"true\"" } else { "" };
    let output = if result.output.trim().is_empty() { "(no output)".to_owned() } else { safe(&result.output) };
    format!("<tool_response{name}{id}{error}>\n{output}\n</tool_response>")
}

const fn is_of_tool(part: &Part) -> bool {
    matches!(part, Part::ToolCall(_) | Part::ToolResult(_))
}

#[cfg(test)]
mod tests;
