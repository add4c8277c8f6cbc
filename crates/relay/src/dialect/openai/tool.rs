//! `tools` and `functions`, and which of them may or must be called: nested as Chat Completions has them, or flat as
//! Responses has them.

use serde_json::Value;

use crate::{
    conversation::{Tool, ToolChoice, ToolInput, Tools},
    dialect::openai::field,
    error::{Error, Fault},
};

/// What a request declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) tools: Vec<Tool>,
    /// Whether a hosted tool asks to search the web.
    pub(super) web_search: bool,
    /// Whether the tools are `functions`, their older form.
    pub(super) is_legacy: bool,
    /// Whether a tool's fields usually stand beside its type; errors name them there.
    pub(super) is_flat: bool,
}

/// Reads `tools`, or else `functions`. Hosted tools and those of other vendors are passed over.
pub(super) fn declared(tools: Option<Vec<Value>>, functions: Option<Vec<Value>>) -> Result<Declared, Error> {
    let tools = tools.unwrap_or_default();
    let functions = functions.unwrap_or_default();
    let mut declared = Declared { is_legacy: tools.is_empty() && !functions.is_empty(), ..Declared::default() };
    for (index, tool) in tools.iter().enumerate() {
        declared.add(tool, &format!("tools[{index}]"))?;
    }
    if declared.is_legacy {
        for (index, tool) in functions.iter().enumerate() {
            declared.push(function(tool, &format!("functions[{index}]"))?);
        }
    }
    Ok(declared)
}

impl Declared {
    /// Adds the tool that stands at `param`.
    pub(super) fn add(&mut self, tool: &Value, param: &str) -> Result<(), Error> {
        let is_flat = self.is_flat;
        let place = |key: &str| {
            if is_flat && !tool[key].is_object() { param.to_owned() } else { format!("{param}.{key}") }
        };
        match tool.get("type").and_then(Value::as_str) {
            // Some clients leave the type out, or use the other API's form.
            None | Some("function") => self.push(function(nested(tool, "function"), &place("function"))?),
            Some("custom") => self.push(custom(nested(tool, "custom"), &place("custom"))?),
            Some(hosted) => self.web_search |= hosted.starts_with("web_search"),
        }
        Ok(())
    }

    /// The first of a name counts.
    fn push(&mut self, tool: Tool) {
        if self.tools.iter().all(|other| other.name != tool.name) {
            self.tools.push(tool);
        }
    }
}

fn nested<'a>(tool: &'a Value, key: &str) -> &'a Value {
    tool.get(key).filter(|fields| fields.is_object()).unwrap_or(tool)
}

fn function(fields: &Value, param: &str) -> Result<Tool, Error> {
    let schema = ["parameters", "input_schema"].into_iter().find_map(|key| fields.get(key));
    let schema = schema.filter(|schema| schema.is_object()).cloned().unwrap_or(Value::Null);
    tool(fields, param, ToolInput::Json(schema))
}

fn custom(fields: &Value, param: &str) -> Result<Tool, Error> {
    let format = fields.get("format").filter(|format| format.get("type").and_then(Value::as_str) == Some("grammar"));
    let format = format.map(|format| format.get("grammar").unwrap_or(format));
    let grammar = format.and_then(|format| format.get("definition")).and_then(Value::as_str).map(str::to_owned);
    tool(fields, param, ToolInput::Text { grammar })
}

fn tool(fields: &Value, param: &str, input: ToolInput) -> Result<Tool, Error> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("name").ok_or_else(|| field::missing(&format!("{param}.name"), "Name the tool."))?.to_owned();
    Ok(Tool { name, description: text("description").map(str::to_owned), input })
}

/// Applies `tool_choice` (or `function_call`, as `param` says) to what is declared. Without tools it means nothing.
pub(super) fn chosen(list: Vec<Tool>, choice: Option<&Value>, param: &str, at_most_one: bool) -> Result<Tools, Error> {
    if list.is_empty() {
        return Ok(Tools::default());
    }
    let mut tools = Tools { list, choice: ToolChoice::Auto, at_most_one };
    let Some(choice) = choice.filter(|choice| !choice.is_null()) else { return Ok(tools) };
    let kind = choice.as_str().or_else(|| choice.get("type").and_then(Value::as_str));
    match kind {
        Some("auto") => {}
        Some("none") => tools.choice = ToolChoice::None,
        Some("required" | "any") => tools.choice = ToolChoice::Required,
        Some("allowed_tools") => {
            let fields = nested(choice, "allowed_tools");
            let allowed = fields.get("tools").and_then(Value::as_array);
            let names: Vec<&str> = allowed.into_iter().flatten().filter_map(name).collect();
            tools.list.retain(|tool| names.contains(&tool.name.as_str()));
            if fields.get("mode").and_then(Value::as_str) == Some("required") {
                tools.choice = ToolChoice::Required;
            }
        }
        _ => match name(choice) {
            Some(name) if tools.find(name).is_some() => tools.choice = ToolChoice::Named(name.to_owned()),
            Some(name) => {
                let message = format!("'{param}' names the tool '{name}', which is not among the declared ones.");
                return Err(Error::field(param, Fault::Invalid, message));
            }
            None => {
                let message =
                    format!("Invalid value for '{param}'. It must be 'none', 'auto', 'required' or name a tool.");
                return Err(Error::field(param, Fault::Invalid, message));
            }
        },
    }
    Ok(tools)
}

/// The tool that a choice names: in `function`, in `custom`, or beside the type.
fn name(choice: &Value) -> Option<&str> {
    let fields = ["function", "custom"].into_iter().find_map(|key| choice.get(key)).unwrap_or(choice);
    fields.get("name").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tools() -> Vec<Value> {
        vec![
            json!({"type": "function", "function": {"name": "ping"}}),
            json!({"type": "function", "name": "flat", "parameters": {"type": "object"}, "description": "d"}),
            json!({"type": "custom", "custom": {"name": "patch", "format": {"type": "grammar", "grammar": {"definition": "g"}}}}),
            json!({"type": "web_search_preview"}),
            json!({"type": "function", "function": {"name": "ping", "description": "again"}}),
        ]
    }

    fn chosen_by(choice: &Value) -> Result<Tools, Error> {
        chosen(declared(Some(tools()), None)?.tools, Some(choice), "tool_choice", false)
    }

    #[test]
    fn every_form_of_a_tool_is_read() {
        let declared = declared(Some(tools()), None).unwrap();
        let tool = |name: &str, description: Option<&str>, input| Tool {
            name: name.into(),
            description: description.map(Into::into),
            input,
        };
        assert_eq!(
            declared.tools,
            [
                tool("ping", None, ToolInput::Json(Value::Null)),
                tool("flat", Some("d"), ToolInput::Json(json!({"type": "object"}))),
                tool("patch", None, ToolInput::Text { grammar: Some("g".into()) }),
            ]
        );
        assert!(declared.web_search && !declared.is_legacy);
    }

    #[test]
    fn functions_are_the_older_form() {
        let functions = Some(vec![json!({"name": "old", "parameters": null})]);
        let declared = declared(None, functions).unwrap();
        assert!(declared.is_legacy && declared.tools[0].name == "old");
        let tools = chosen(declared.tools, Some(&json!({"name": "old"})), "function_call", true).unwrap();
        assert_eq!(tools.choice, ToolChoice::Named("old".into()));
    }

    #[test]
    fn every_form_of_a_choice_is_read() {
        let choice = |choice: &Value| chosen_by(choice).unwrap().choice;
        assert_eq!(choice(&json!(null)), ToolChoice::Auto);
        assert_eq!(choice(&json!("none")), ToolChoice::None);
        assert_eq!(choice(&json!({"type": "any"})), ToolChoice::Required);
        for named in [
            json!({"type": "function", "function": {"name": "ping"}}),
            json!({"type": "function", "name": "ping"}),
            json!({"type": "tool", "name": "ping"}),
        ] {
            assert_eq!(choice(&named), ToolChoice::Named("ping".into()), "{named}");
        }
        let allowed = json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
            {"type": "function", "function": {"name": "flat"}}, {"type": "custom", "custom": {"name": "patch"}}]}});
        let tools = chosen_by(&allowed).unwrap();
        assert_eq!(tools.list.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["flat", "patch"]);
        assert_eq!(tools.choice, ToolChoice::Required);
        assert_eq!(chosen(Vec::new(), Some(&json!("required")), "tool_choice", false).unwrap(), Tools::default());
    }

    #[test]
    fn what_is_no_tool_or_choice_is_refused_by_name() {
        for choice in [json!("sometimes"), json!({"type": "function", "function": {"name": "rm"}}), json!(5)] {
            let refused = chosen_by(&choice).unwrap_err();
            assert!(matches!(refused, Error::InvalidField { param, .. } if param == "tool_choice"), "{choice}");
        }
        let nameless = declared(Some(vec![json!({"type": "function", "function": {}})]), None).unwrap_err();
        assert!(matches!(nameless, Error::InvalidField { param, .. } if param == "tools[0].function.name"));
    }
}
