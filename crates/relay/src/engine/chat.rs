//! One attached run of a chat request.

use std::{collections::VecDeque, sync::Arc};

use futures_util::stream;
use onemin::{
    Answer, ChatRequest, ChatSettings, ChatStream, Class, Delta, Metadata, Reason, Refusal, WebSearchSettings,
};

use super::{Events, finish, retry};
use crate::{
    conversation::{
        Event, Finish, Limits, Request, Usage,
        ending::{Ending, Passed},
        estimate,
        label::LabelFilter,
        render::{self, Prompt, Style},
    },
    error::{Error, Fault},
    guard::Call,
    shared::Snapshot,
};

/// What all choices of a request have in common: the rendered prompt is held once, however many runs there are.
pub(super) struct Plan {
    model: String,
    body: ChatRequest,
    is_transcript: bool,
    limits: Limits,
    is_streaming: bool,
}

impl Plan {
    /// Renders `request` for 1min.ai.
    pub(super) fn new(call: &Call, request: Request) -> Self {
        let Snapshot { settings, calibration, .. } = &*call.snapshot;
        let style = Style { defuses_old_youtube_links: settings.youtube_once };
        let Prompt { text, is_transcript } = render::render(&request, style);
        let Request { model, limits, web_search, is_streaming, .. } = request;
        let mut body = ChatRequest::new(model.as_str(), text);
        body.prompt_object.settings = web_search.map(|web| {
            let default = WebSearchSettings::default();
            let num_of_site = web.sites.unwrap_or(default.num_of_site);
            let max_word = web.words.unwrap_or(default.max_word);
            ChatSettings { web_search: Some(WebSearchSettings { num_of_site, max_word, ..default }) }
        });
        // The estimator counts its own tokens, the limit is meant in the model's.
        let max_tokens = limits.max_tokens.map(|limit| calibration.estimated(&model, limit));
        Self { model, body, is_transcript, limits: Limits { max_tokens, ..limits }, is_streaming }
    }

    fn prompt(&self) -> &str {
        &self.body.prompt_object.prompt
    }
}

/// Runs a plan. Nothing is sent before the stream is first polled; dropping it cancels the call at 1min.ai.
pub(super) fn run(call: Call, plan: Arc<Plan>) -> Events {
    let label = if plan.is_transcript { LabelFilter::default() } else { LabelFilter::off() };
    let ending = Ending::new(plan.limits.clone());
    let run = Run { call, plan, upstream: Upstream::Unasked, label, ending, ready: VecDeque::new(), is_owed: false };
    Box::pin(stream::unfold(run, |mut run| async move {
        let event = run.next().await?;
        Some((event, run))
    }))
}

struct Run {
    call: Call,
    plan: Arc<Plan>,
    upstream: Upstream,
    label: LabelFilter,
    ending: Ending,
    /// Events that are ready.
    ready: VecDeque<Event>,
    /// Whether 1min.ai has a call in hand, or may have carried it out, whose cost has not been reported.
    is_owed: bool,
}

/// The call at 1min.ai.
enum Upstream {
    /// Not made yet.
    Unasked,
    /// Answering.
    Open(Box<ChatStream>),
    /// Over, or cancelled.
    Closed,
}

impl Drop for Run {
    /// A run that was left, or broke, has cost something all the same.
    fn drop(&mut self) {
        if self.is_owed {
            self.call.ticket.usage(self.estimate());
        }
    }
}

impl Run {
    /// The next event; `None` after `Done` or an error.
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let delta = match &mut self.upstream {
                Upstream::Closed => return None,
                Upstream::Unasked => self.ask().await,
                Upstream::Open(stream) => stream.next().await.transpose().map_err(Error::from),
            };
            match delta {
                Ok(Some(Delta::Text(text))) => self.take_text(text),
                Ok(Some(Delta::End(answer))) => self.take_end(&answer),
                Ok(None) => self.upstream = Upstream::Closed,
                Err(error) => {
                    self.upstream = Upstream::Closed;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Makes the call and waits for the first sign that it was taken; at most one more call where that is safe.
    async fn ask(&mut self) -> Result<Option<Delta>, Error> {
        if self.plan.prompt().trim().is_empty() {
            let message = "The messages hold no text. Send something to answer.";
            return Err(Error::field("messages", Fault::Invalid, message));
        }
        let mut may_retry = true;
        loop {
            match self.attempt().await {
                Ok(first) => {
                    self.call.ticket.accepted();
                    self.ready.push_back(Event::Accepted { successor: None });
                    return Ok(Some(first));
                }
                Err(error) => {
                    self.is_owed = error.class() == Class::PerhapsCarriedOut;
                    let wait = retry::wait(&error, self.plan.is_streaming).filter(|_| may_retry);
                    let Some(wait) = wait else { return Err(self.explained(error)) };
                    tracing::debug!(id = self.call.ticket.id(), ?wait, "not carried out, asking once more");
                    tokio::time::sleep(wait).await;
                    if self.call.ticket.is_committed() {
                        return Err(error.into());
                    }
                    may_retry = false;
                }
            }
        }
    }

    /// A refusal of the model helps with names that are like it; a list that has the model all the same is out of date.
    fn explained(&self, error: onemin::Error) -> Error {
        let onemin::Error::Refused(Refusal { reason: Reason::Model, message, .. }) = error else { return error.into() };
        let (model, snapshot) = (self.plan.model.clone(), &self.call.snapshot);
        let mut nearest = snapshot.models().nearest(&model);
        nearest.retain(|near| *near != model);
        Error::ModelNotFound { nearest, model, words: Some(message) }
    }

    /// One call, up to the first thing it gives.
    async fn attempt(&mut self) -> Result<Delta, onemin::Error> {
        let (client, key, body) = (&self.call.snapshot.upstream, &self.call.caller.key, &self.plan.body);
        self.call.ticket.upstream_sent();
        self.is_owed = true;
        // A whole call is the simpler one; only a streamed one can be ended early.
        if !self.plan.is_streaming && !self.plan.limits.may_cut() {
            return client.chat(key, body).await.map(Delta::End);
        }
        let mut stream = client.chat_stream(key, body).await?;
        let nothing = || Err(onemin::Error::Cut { cause: "nothing came".into() });
        let first = stream.next().await.unwrap_or_else(nothing)?;
        self.upstream = Upstream::Open(Box::new(stream));
        Ok(first)
    }

    fn take_text(&mut self, text: String) {
        let text = self.label.push(text);
        let passed = self.ending.push(&text);
        if let Some(finish) = self.give(passed) {
            // Dropping the stream cancels the call: nothing after the end is generated, or billed.
            self.upstream = Upstream::Closed;
            let usage = self.estimate();
            self.close(usage, finish);
        }
    }

    fn take_end(&mut self, answer: &Answer) {
        if matches!(self.upstream, Upstream::Unasked) {
            // A whole answer: its text has not passed yet.
            self.take_text(answer.text.clone());
        }
        self.upstream = Upstream::Closed;
        let held = self.label.finish();
        let passed = self.ending.push(&held);
        let ended = self.give(passed);
        let ended = ended.or_else(|| {
            let passed = self.ending.finish();
            self.give(passed)
        });
        let usage = self.reported(answer).unwrap_or_else(|| self.estimate());
        self.close(usage, ended.unwrap_or_else(|| finish::read(answer.metadata.finish_reason.as_deref())));
    }

    fn give(&mut self, passed: Passed) -> Option<Finish> {
        if !passed.text.is_empty() {
            self.ready.push_back(Event::Text(passed.text));
        }
        passed.finish
    }

    fn close(&mut self, usage: Usage, finish: Finish) {
        self.is_owed = false;
        self.call.ticket.usage(usage);
        self.ready.extend([Event::Usage(usage), Event::Done(finish)]);
    }

    /// 1min.ai's own counts, where it gave them; the model's calibration learns from them.
    fn reported(&self, answer: &Answer) -> Option<Usage> {
        let Metadata { input_tokens, output_tokens, prompt_tokens, credits, .. } = answer.metadata;
        if input_tokens.is_none() && output_tokens.is_none() && credits.is_none() {
            return None;
        }
        let raw = self.raw_estimate();
        let (model, calibration) = (&self.plan.model, &self.call.snapshot.calibration);
        calibration.learn(model, raw, prompt_tokens, output_tokens);
        let estimate = calibration.correct(model, raw);
        Some(Usage {
            prompt_tokens: input_tokens.unwrap_or(estimate.prompt_tokens),
            completion_tokens: output_tokens.unwrap_or(estimate.completion_tokens),
            is_estimate: input_tokens.is_none() || output_tokens.is_none(),
            credits,
        })
    }

    /// Counts where 1min.ai gave none; never 0.
    fn estimate(&self) -> Usage {
        self.call.snapshot.calibration.correct(&self.plan.model, self.raw_estimate())
    }

    /// What our estimator counts, whatever the model.
    fn raw_estimate(&self) -> Usage {
        Usage {
            prompt_tokens: estimate::tokens(self.plan.prompt()),
            completion_tokens: self.ending.tokens(),
            is_estimate: true,
            credits: None,
        }
    }
}
