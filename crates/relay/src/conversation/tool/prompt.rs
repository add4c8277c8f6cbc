//! The words that tell a model which tools there are, and how to call them.

mod schema;

use std::fmt::Write;

use serde_json::{Map, Value};

use self::schema::{Detail, slim};
use crate::conversation::{Tool, ToolChoice, ToolInput, Tools};

/// How many bytes all tools may take before their descriptions are shortened. Claude Code sends 82 kB.
const BUDGET: usize = 192 << 10;

/// What a model is told about its tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    /// What stands before the conversation.
    pub text: String,
    /// What is said once more at its end, because models forget forms after long prompts.
    pub reminder: String,
    /// Whether descriptions were shortened to fit.
    pub is_shortened: bool,
}

/// The instructions for these tools; `None` where none may be called.
#[must_use]
pub fn instructions(tools: &Tools) -> Option<Instructions> {
    if !tools.may_call() {
        return None;
    }
    let listed = listed(tools);
    let (lines, is_shortened) = lines(&listed);
    let mut text = format!("{INTRODUCTION}\n\n<tools>\n{lines}</tools>\n\n");
    let takes = |wanted: fn(&ToolInput) -> bool| listed.iter().any(|tool| wanted(&tool.input));
    if takes(|input| matches!(input, ToolInput::Json(_))) {
        text.push_str(JSON_FORM);
    }
    if takes(|input| matches!(input, ToolInput::Text { .. })) {
        text.push_str(TEXT_FORM);
    }
    let demand = demand(tools);
    let _ = write!(text, "{RULES}\n{demand}");
    Some(Instructions { text, reminder: format!("{REMINDER}\n{demand}"), is_shortened })
}

const INTRODUCTION: &str = "You can call tools. The program around you runs them and gives you their results in the next turn, as <tool_response> blocks. \
     Never run or imagine a tool yourself, and never write a <tool_response>. These are the tools, one JSON object a line:";

const JSON_FORM: &str = "To call a tool, write a block of exactly this form, with its name and its arguments as strict JSON:\n\
     <tool_call>{\"name\":\"example\",\"arguments\":{\"key\":\"value\"}}</tool_call>\n\
     Inside a string, write a line break as \\n and a double quote as \\\".\n";

const TEXT_FORM: &str = "A tool whose input is \"text\" is called with that text as it is, not as JSON:\n\
     <tool_call name=\"example\">\nthe text\n</tool_call>\n";

const RULES: &str = "What you write before a call is shown to the user. Several calls are several blocks, one after the other. \
     Stop after the last block.";

const REMINDER: &str =
    "Tools are called with <tool_call> blocks as described above, and with nothing else. Stop after the last block.";

/// What is asked of this answer.
fn demand(tools: &Tools) -> String {
    let must = match &tools.choice {
        ToolChoice::Named(name) => format!("Your answer must call the tool {name}."),
        ToolChoice::Required => "Your answer must contain at least one call.".to_owned(),
        ToolChoice::Auto | ToolChoice::None => "Call a tool only when it is needed; otherwise just answer.".to_owned(),
    };
    if tools.at_most_one { format!("{must} Make one call at the most.") } else { must }
}

/// The tools that are told of: where one must be called, it alone.
fn listed(tools: &Tools) -> Vec<&Tool> {
    match &tools.choice {
        ToolChoice::Named(name) => tools.find(name).into_iter().collect(),
        _ => tools.list.iter().collect(),
    }
}

/// A line for each tool, in as much detail as fits, and whether that is less than all.
fn lines(tools: &[&Tool]) -> (String, bool) {
    let all = |detail| tools.iter().map(|tool| line(tool, detail)).collect::<String>();
    let full = all(Detail::Full);
    if full.len() <= BUDGET {
        return (full, false);
    }
    let short = all(Detail::Short);
    (if short.len() <= BUDGET { short } else { all(Detail::Bare) }, true)
}

fn line(tool: &Tool, detail: Detail) -> String {
    let mut fields = Map::new();
    fields.insert("name".into(), Value::from(tool.name.as_str()));
    if let Some(description) = &tool.description {
        fields.insert("description".into(), Value::from(detail.description(description)));
    }
    match &tool.input {
        ToolInput::Json(Value::Null) => {}
        ToolInput::Json(schema) => drop(fields.insert("parameters".into(), slim(schema, detail))),
        ToolInput::Text { grammar } => {
            fields.insert("input".into(), Value::from("text"));
            if let Some(grammar) = grammar {
                fields.insert("format".into(), Value::from(grammar.as_str()));
            }
        }
    }
    format!("{}\n", Value::Object(fields))
}

#[cfg(test)]
mod tests;
