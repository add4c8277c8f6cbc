//! Tools of a request. A namespace groups tools under a name; 1min.ai's models are shown its children as
//! `<namespace>__<child>`, and the answer gives both names back apart.

use std::collections::HashMap;

use serde_json::Value;

use super::item::text;
use crate::{
    conversation::Tools,
    dialect::openai::tool::{self, Declared},
    error::Error,
};

/// Between a namespace and its child in the name a model is shown.
const JOINT: &str = "__";

/// The children of namespaces, by the name a model is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Namespaces(HashMap<String, (String, String)>);

/// What a request declares.
#[derive(Debug, Default)]
pub(super) struct Offer {
    pub(super) tools: Tools,
    pub(super) namespaces: Namespaces,
    pub(super) web_search: bool,
}

/// The name a model is shown.
pub(super) fn flat_name(namespace: Option<&str>, name: &str) -> String {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{namespace}{JOINT}{name}"),
        None => name.to_owned(),
    }
}

impl Namespaces {
    /// Namespace and name of the tool that a model calls by `name`.
    pub(super) fn split(&self, name: String) -> (Option<String>, String) {
        match self.0.get(&name) {
            Some((namespace, child)) => (Some(namespace.clone()), child.clone()),
            None => (None, name),
        }
    }

    /// The name a model is shown for a child that a choice names without its namespace.
    fn find(&self, child: &str) -> Option<&str> {
        self.0.iter().find(|(_, (_, name))| name == child).map(|(flat, _)| flat.as_str())
    }
}

/// Reads `tools` and `tool_choice`. Hosted tools are passed over, but for the search of the web.
pub(super) fn offered(tools: &[Value], choice: Option<&Value>, at_most_one: bool) -> Result<Offer, Error> {
    let mut declared = Declared { is_flat: true, ..Declared::default() };
    let mut namespaces = Namespaces::default();
    for (index, tool) in tools.iter().enumerate().filter(|(_, tool)| tool.is_object()) {
        let param = format!("tools[{index}]");
        match kind(tool) {
            Some("namespace") => add_children(tool, &param, &mut declared, &mut namespaces)?,
            // Codex declares its search always, and says so where it must not reach the web.
            Some(kind) if kind.starts_with("web_search") && tool["external_web_access"] == Value::Bool(false) => {}
            _ => declared.add(tool, &param)?,
        }
    }
    let choice = choice.and_then(|choice| read_choice(choice, &declared, &namespaces));
    let is_none = choice.as_ref().is_some_and(|choice| *choice == "none" || choice["type"] == "none");
    let web_search = declared.web_search && !is_none;
    let tools = tool::chosen(declared.tools, choice.as_ref(), "tool_choice", at_most_one)?;
    Ok(Offer { tools, namespaces, web_search })
}

fn add_children(
    namespace: &Value,
    param: &str,
    declared: &mut Declared,
    namespaces: &mut Namespaces,
) -> Result<(), Error> {
    let group = text(namespace, "name").unwrap_or_default();
    let children = namespace["tools"].as_array().into_iter().flatten();
    for (index, child) in children.enumerate().filter(|(_, child)| child.is_object()) {
        let mut child = child.clone();
        if let Some(name) = text(&child, "name").filter(|name| !name.is_empty()).map(str::to_owned) {
            let flat = flat_name(Some(group), &name);
            child["name"] = Value::from(flat.as_str());
            namespaces.0.insert(flat, (group.to_owned(), name));
        }
        declared.add(&child, &format!("{param}.tools[{index}]"))?;
    }
    Ok(())
}

/// A choice in the names a model is shown; `None`: it forces a hosted tool, which nobody can call here.
fn read_choice(choice: &Value, declared: &Declared, namespaces: &Namespaces) -> Option<Value> {
    let is_declared = |name: &str| declared.tools.iter().any(|tool| tool.name == name);
    let flat = |named: &mut Value| {
        let Some(name) = text(named, "name") else { return };
        let flat = match text(named, "namespace") {
            Some(namespace) => flat_name(Some(namespace), name),
            None if is_declared(name) => return,
            None => namespaces.find(name).unwrap_or(name).to_owned(),
        };
        named["name"] = Value::from(flat);
    };
    let mut choice = choice.clone();
    match kind(&choice) {
        Some("allowed_tools") => choice["tools"].as_array_mut().into_iter().flatten().for_each(flat),
        Some("function" | "custom" | "tool" | "auto" | "none" | "required" | "any") => flat(&mut choice),
        Some(_) => return None,
        None => {}
    }
    Some(choice)
}

fn kind(value: &Value) -> Option<&str> {
    text(value, "type")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{ToolChoice, ToolInput};
    use serde_json::json;

    fn tools() -> Vec<Value> {
        vec![
            json!({"type": "function", "name": "ping", "strict": true, "parameters": {"type": "object"}}),
            json!({"type": "namespace", "name": "multi_agent_v1", "description": "d", "tools": [
                {"type": "function", "name": "spawn_agent", "parameters": {"type": "object"}},
                {"type": "custom", "name": "note"}, null]}),
            json!({"type": "custom", "name": "apply_patch",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}}),
            json!({"type": "web_search", "external_web_access": false}),
            json!({"type": "file_search", "vector_store_ids": []}),
            json!({"type": "local_shell"}),
            Value::Null,
        ]
    }

    fn chosen(choice: &Value) -> Tools {
        offered(&tools(), Some(choice), false).unwrap().tools
    }

    #[test]
    fn every_kind_of_tool_is_read_or_passed_over() {
        let offer = offered(&tools(), None, true).unwrap();
        let names: Vec<&str> = offer.tools.list.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["ping", "multi_agent_v1__spawn_agent", "multi_agent_v1__note", "apply_patch"]);
        assert_eq!(offer.tools.list[3].input, ToolInput::Text { grammar: Some("start: x".into()) });
        assert!(!offer.web_search && offer.tools.at_most_one);
        assert_eq!(
            offer.namespaces.split("multi_agent_v1__spawn_agent".into()),
            (Some("multi_agent_v1".into()), "spawn_agent".into())
        );
        assert_eq!(offer.namespaces.split("ping".into()), (None, "ping".into()));
    }

    #[test]
    fn a_search_of_the_web_is_switched_on_unless_it_may_not_reach_it() {
        let searches =
            |tool: Value, choice: Option<Value>| offered(&[tool], choice.as_ref(), false).unwrap().web_search;
        for kind in ["web_search", "web_search_preview", "web_search_2025_08_26"] {
            assert!(searches(json!({ "type": kind }), None), "{kind}");
        }
        assert!(searches(
            json!({"type": "web_search", "external_web_access": true}),
            Some(json!({"type": "web_search"}))
        ));
        assert!(!searches(json!({"type": "web_search"}), Some(json!("none"))));
    }

    #[test]
    fn every_form_of_a_choice_is_read() {
        let named = |name: &str| ToolChoice::Named(name.into());
        for (choice, expected) in [
            (json!("required"), ToolChoice::Required),
            (json!("none"), ToolChoice::None),
            (json!({"type": "function", "name": "ping"}), named("ping")),
            (json!({"type": "custom", "name": "apply_patch"}), named("apply_patch")),
            (json!({"type": "function", "name": "spawn_agent"}), named("multi_agent_v1__spawn_agent")),
            (json!({"type": "custom", "name": "note", "namespace": "multi_agent_v1"}), named("multi_agent_v1__note")),
            (json!({"type": "file_search"}), ToolChoice::Auto),
            (json!({"type": "mcp", "server_label": "x", "name": "y"}), ToolChoice::Auto),
        ] {
            assert_eq!(chosen(&choice).choice, expected, "{choice}");
        }
        let allowed = json!({"type": "allowed_tools", "mode": "required", "tools": [
            {"type": "function", "name": "ping"}, {"type": "function", "name": "spawn_agent"}, {"type": "web_search"}]});
        let tools = chosen(&allowed);
        let names: Vec<&str> = tools.list.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!((names, tools.choice), (vec!["ping", "multi_agent_v1__spawn_agent"], ToolChoice::Required));
    }

    #[test]
    fn what_is_no_tool_is_refused_by_name() {
        let nameless = |tool: Value, choice: Value| offered(&[tool], Some(&choice), false).unwrap_err();
        let function = json!({"type": "function"});
        let child = json!({"type": "namespace", "name": "n", "tools": [function]});
        let ping = json!({"type": "function", "name": "ping"});
        for (tool, choice, name) in [
            (function, json!("auto"), "tools[0].name"),
            (child, json!("auto"), "tools[0].tools[0].name"),
            (ping, json!({"type": "function", "name": "rm"}), "tool_choice"),
        ] {
            assert!(matches!(nameless(tool, choice), Error::InvalidField { param, .. } if param == name), "{name}");
        }
    }
}
