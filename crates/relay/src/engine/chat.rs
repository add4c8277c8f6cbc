//! One attached run of a chat request.

use std::collections::VecDeque;

use futures_util::stream;
use onemin::{Answer, ChatRequest, ChatSettings, ChatStream, Delta, Metadata, WebSearchSettings};

use super::{Events, finish, retry};
use crate::{
    conversation::{
        Event, Finish, Request, Usage,
        ending::{Ending, Passed},
        estimate,
        label::LabelFilter,
        render::{self, Prompt, Style},
    },
    error::{Error, Fault},
    guard::Call,
};

/// Runs `request`. Nothing is sent before the stream is first polled; dropping it cancels the call at 1min.ai.
pub(super) fn run(call: Call, request: Request) -> Events {
    let run = Run::new(call, request);
    Box::pin(stream::unfold(run, |mut run| async move {
        let event = run.next().await?;
        Some((event, run))
    }))
}

struct Run {
    call: Call,
    request: Request,
    prompt: Prompt,
    upstream: Upstream,
    label: LabelFilter,
    ending: Ending,
    /// Events that are ready.
    ready: VecDeque<Event>,
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

impl Run {
    fn new(call: Call, request: Request) -> Self {
        let style = Style { defuses_old_youtube_links: call.snapshot.settings.youtube_once };
        let prompt = render::render(&request, style);
        let label = if prompt.is_transcript { LabelFilter::default() } else { LabelFilter::off() };
        let ending = Ending::new(request.limits.clone());
        Self { call, request, prompt, upstream: Upstream::Unasked, label, ending, ready: VecDeque::new() }
    }

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
        if self.prompt.text.trim().is_empty() {
            let message = "The messages hold no text. Send something to answer.";
            return Err(Error::field("messages", Fault::Invalid, message));
        }
        let body = self.body();
        let mut may_retry = true;
        loop {
            match self.attempt(&body).await {
                Ok(first) => {
                    self.call.ticket.accepted();
                    self.ready.push_back(Event::Accepted { model: self.request.model.clone() });
                    return Ok(Some(first));
                }
                Err(error) => {
                    let wait = retry::wait(&error, self.request.is_streaming).filter(|_| may_retry);
                    let Some(wait) = wait else { return Err(error.into()) };
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

    /// One call, up to the first thing it gives.
    async fn attempt(&mut self, body: &ChatRequest) -> Result<Delta, onemin::Error> {
        let (client, key) = (&self.call.snapshot.upstream, &self.call.caller.key);
        self.call.ticket.upstream_sent();
        // A whole call is the simpler one; only a streamed one can be ended early.
        if !self.request.is_streaming && !self.request.limits.may_cut() {
            return client.chat(key, body).await.map(Delta::End);
        }
        let mut stream = client.chat_stream(key, body).await?;
        let first = stream.next().await.unwrap_or_else(|| Ok(Delta::End(Answer::default())))?;
        self.upstream = Upstream::Open(Box::new(stream));
        Ok(first)
    }

    fn body(&self) -> ChatRequest {
        let mut body = ChatRequest::new(self.request.model.as_str(), self.prompt.text.as_str());
        body.prompt_object.settings = self.request.web_search.map(|web| {
            let default = WebSearchSettings::default();
            let num_of_site = web.sites.unwrap_or(default.num_of_site);
            let max_word = web.words.unwrap_or(default.max_word);
            ChatSettings { web_search: Some(WebSearchSettings { num_of_site, max_word, ..default }) }
        });
        body
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
        let (model, calibration) = (&self.request.model, &self.call.snapshot.calibration);
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
        self.call.snapshot.calibration.correct(&self.request.model, self.raw_estimate())
    }

    /// What our estimator counts, whatever the model.
    fn raw_estimate(&self) -> Usage {
        Usage {
            prompt_tokens: estimate::tokens(&self.prompt.text),
            completion_tokens: self.ending.tokens(),
            is_estimate: true,
            credits: None,
        }
    }
}
