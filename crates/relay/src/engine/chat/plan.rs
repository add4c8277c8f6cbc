//! What all choices of a request have in common: the prompt is rendered and held once, however many runs there are.

use std::sync::Arc;

use onemin::{ChatRequest, ChatSettings, WebSearchSettings};

use crate::{
    conversation::{
        Limits, Request, Warning,
        answer::Wanted,
        render::{self, Prompt, Style},
    },
    engine::attachment::Attaching,
    guard::Call,
    shared::Snapshot,
};

/// A request as it goes to 1min.ai, and what its answer is read for.
#[derive(Debug)]
pub(in crate::engine) struct Plan {
    pub(super) model: String,
    /// The model that the user named to answer where this one is not available.
    pub(super) stand_in: Option<String>,
    pub(in crate::engine) body: Arc<ChatRequest>,
    pub(super) attaching: Attaching,
    pub(super) wanted: Wanted,
    /// Whether a model is asked once more where its answer lacks what was asked for.
    pub(super) may_ask_again: bool,
    /// What the client is told of the prompt.
    pub(super) warning: Option<Warning>,
    prompt: Prompt,
}

impl Plan {
    /// Renders `request` for 1min.ai.
    pub(in crate::engine) fn new(call: &Call, request: Request) -> Self {
        let Snapshot { settings, calibration, .. } = &*call.snapshot;
        let prompt = render::render(&request, style(&call.snapshot));
        let attaching = Attaching::of(&request);
        let Request { model, limits, web_search, is_streaming, tools, format, .. } = request;
        let mut body = ChatRequest::new(model.as_str(), prompt.text.as_str());
        body.prompt_object.settings = web_search.map(|web| {
            let default = WebSearchSettings::default();
            let num_of_site = web.sites.unwrap_or(default.num_of_site);
            let max_word = web.words.unwrap_or(default.max_word);
            ChatSettings { web_search: Some(WebSearchSettings { num_of_site, max_word, ..default }) }
        });
        // The estimator counts its own tokens, the limit is meant in the model's.
        let max_tokens = limits.max_tokens.map(|limit| calibration.estimated(&model, limit));
        let wanted = Wanted {
            tools: Arc::new(tools),
            format,
            limits: Limits { max_tokens, ..limits },
            thinking: settings.thinking,
            is_transcript: prompt.is_transcript,
            is_streaming,
        };
        Self {
            stand_in: call.models().stand_in(&model),
            model,
            body: Arc::new(body),
            attaching,
            wanted,
            may_ask_again: settings.answer_retry,
            warning: prompt.has_short_tools.then_some(Warning::ToolsShortened),
            prompt,
        }
    }

    /// The body that asks once more: the model's answer, and what is wrong with it.
    pub(super) fn again(&self, body: &ChatRequest, answer: &str, complaint: &str) -> Arc<ChatRequest> {
        let mut body = body.clone();
        body.prompt_object.prompt = self.prompt.again(answer, complaint);
        Arc::new(body)
    }
}

/// How prompts are rendered, by the settings.
pub(in crate::engine) const fn style(snapshot: &Snapshot) -> Style {
    Style { defuses_old_youtube_links: snapshot.settings.youtube_once }
}
