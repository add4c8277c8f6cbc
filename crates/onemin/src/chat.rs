//! The body of `POST /api/chat-with-ai`. One prompt string is the only text input; there are no messages, no system
//! role, no sampling parameters and no tools (docs).

use serde::Serialize;

/// A chat call: `{"type":"UNIFY_CHAT_WITH_AI","model":...,"promptObject":{...}}` (docs, live).
///
/// Only what is set is sent; 1min.ai's defaults apply to the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatRequest {
    /// Always `UNIFY_CHAT_WITH_AI`, the documented value (docs).
    #[serde(rename = "type")]
    kind: &'static str,
    /// A `modelId` of `GET /models?feature=UNIFY_CHAT_WITH_AI` (docs).
    pub model: String,
    /// Prompt, settings and attachments.
    #[serde(rename = "promptObject")]
    pub prompt_object: PromptObject,
}

/// `promptObject` of a chat call (docs).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PromptObject {
    /// The whole text the model gets.
    pub prompt: String,
    /// How to answer; left out when nothing differs from the defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<ChatSettings>,
    /// Uploaded pictures and documents.
    #[serde(skip_serializing_if = "Attachments::is_empty")]
    pub attachments: Attachments,
}

/// `promptObject.settings` (docs).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ChatSettings {
    /// Search the web before answering.
    #[serde(rename = "webSearchSettings", skip_serializing_if = "Option::is_none")]
    pub web_search: Option<WebSearchSettings>,
}

/// `promptObject.settings.webSearchSettings` (docs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WebSearchSettings {
    /// Whether to search at all. Default at 1min.ai: no.
    #[serde(rename = "webSearch")]
    pub web_search: bool,
    /// Pages to read. Default 3; one client clamps to 1..=10 (code).
    #[serde(rename = "numOfSite")]
    pub num_of_site: u32,
    /// Words taken in all. Default 1000; one client clamps to 100..=10000 (code).
    #[serde(rename = "maxWord")]
    pub max_word: u32,
}

impl Default for WebSearchSettings {
    /// On, with 1min.ai's own limits: 3 pages, 1000 words (docs).
    fn default() -> Self {
        Self { web_search: true, num_of_site: 3, max_word: 1000 }
    }
}

/// `promptObject.attachments` (docs; keys and ids live).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attachments {
    /// Asset keys (`fileContent.path` of an upload) or public URLs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Asset ids (`fileContent.uuid`); a path here is ignored without a word (live).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

impl Attachments {
    /// Whether nothing is attached.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.images.is_empty() && self.files.is_empty()
    }
}

impl ChatRequest {
    /// A plain request: this prompt to this model, everything else as 1min.ai has it.
    #[must_use]
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            kind: "UNIFY_CHAT_WITH_AI",
            model: model.into(),
            prompt_object: PromptObject { prompt: prompt.into(), ..PromptObject::default() },
        }
    }

    /// Whether 1min.ai was asked to search the web, and may therefore put crawl lines before the answer.
    #[must_use]
    pub fn is_searching_web(&self) -> bool {
        self.prompt_object.settings.as_ref().and_then(|s| s.web_search).is_some_and(|web| web.web_search)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_set_is_sent() {
        assert_eq!(
            serde_json::to_value(ChatRequest::new("gpt-4o-mini", "Say ok.")).unwrap(),
            json!({"type": "UNIFY_CHAT_WITH_AI", "model": "gpt-4o-mini", "promptObject": {"prompt": "Say ok."}})
        );
    }

    #[test]
    fn settings_and_attachments_have_1min_names() {
        let mut request = ChatRequest::new("gpt-4o", "What is new?");
        request.prompt_object.settings = Some(ChatSettings { web_search: Some(WebSearchSettings::default()) });
        request.prompt_object.attachments =
            Attachments { images: vec!["images/cat.png".into()], files: vec!["44444444".into()] };
        assert!(request.is_searching_web());
        assert_eq!(
            serde_json::to_value(&request).unwrap()["promptObject"],
            json!({
                "prompt": "What is new?",
                "settings": {"webSearchSettings": {"webSearch": true, "numOfSite": 3, "maxWord": 1000}},
                "attachments": {"images": ["images/cat.png"], "files": ["44444444"]},
            })
        );
    }
}
