//! `tools`, and which of them may or must be called.

use serde_json::Value;

use crate::{
    conversation::{Tool, ToolChoice, ToolInput, Tools},
    dialect::field,
    error::{Error, Fault},
};

/// What a request declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) tools: Vec<Tool>,
    /// Names of tools that Anthropic's servers would run. They are passed over, but for the search of the web.
    pub(super) hosted: Vec<String>,
    /// Whether one of them asks to search the web.
    pub(super) web_search: bool,
}

/// Reads `tools`. The first of a name counts.
pub(super) fn declared(tools: Option<Vec<Value>>) -> Result<Declared, Error> {
    let mut declared = Declared::default();
    for (index, tool) in tools.into_iter().flatten().enumerate() {
        match tool.get("type").and_then(Value::as_str) {
            None | Some("custom") => {
                let tool = client_tool(&tool, index)?;
                if declared.tools.iter().all(|other| other.name != tool.name) {
                    declared.tools.push(tool);
                }
            }
            Some(kind) => {
                declared.web_search |= kind.starts_with("web_search");
                declared.hosted.extend(text(&tool, "name").map(str::to_owned));
            }
        }
    }
    Ok(declared)
}

fn text<'a>(fields: &'a Value, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn client_tool(fields: &Value, index: usize) -> Result<Tool, Error> {
    let name = text(fields, "name").ok_or_else(|| field::missing(&format!("tools[{index}].name"), "Name the tool."))?;
    let schema = fields.get("input_schema").filter(|schema| schema.is_object()).cloned().unwrap_or(Value::Null);
    let description = text(fields, "description").map(str::to_owned);
    Ok(Tool { name: name.to_owned(), description, input: ToolInput::Json(schema) })
}

/// Applies `tool_choice` to what is declared. Without tools it means nothing.
pub(super) fn chosen(list: Vec<Tool>, hosted: &[String], choice: Option<&Value>) -> Result<Tools, Error> {
    if list.is_empty() {
        return Ok(Tools::default());
    }
    let mut tools = Tools { list, choice: ToolChoice::Auto, at_most_one: false };
    let Some(choice) = choice.filter(|choice| !choice.is_null()) else { return Ok(tools) };
    tools.at_most_one = choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true));
    match choice.as_str().or_else(|| text(choice, "type")) {
        Some("auto") => {}
        Some("none") => tools.choice = ToolChoice::None,
        Some("any") => tools.choice = ToolChoice::Required,
        Some("tool") => match text(choice, "name") {
            Some(name) if tools.find(name).is_some() => tools.choice = ToolChoice::Named(name.to_owned()),
            // It is not for the client to run, nor for the model to call here.
            Some(name) if hosted.iter().any(|hosted| hosted == name) => {}
            Some(name) => {
                let message = format!("'tool_choice' names the tool '{name}', which is not among 'tools'.");
                return Err(Error::field("tool_choice.name", Fault::Invalid, message));
            }
            None => return Err(field::missing("tool_choice.name", "Name the tool that must be called.")),
        },
        _ => {
            let message = "'tool_choice.type' must be 'auto', 'any', 'tool' or 'none'.";
            return Err(Error::field("tool_choice.type", Fault::Invalid, message));
        }
    }
    Ok(tools)
}
