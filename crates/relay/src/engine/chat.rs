//! One attached run of a chat request: usually one call at 1min.ai; a second one where the first answer lacks the tool call
//! or the JSON that was asked for, and the client has seen nothing of it yet.

mod ask;
mod cost;
mod plan;

use std::{collections::VecDeque, sync::Arc};

use futures_util::stream;
use onemin::{Answer, ChatRequest, ChatStream, Delta, Metadata};

pub(super) use self::{
    cost::reserve,
    plan::{Plan, style},
};
use super::{Events, finish};
use crate::{
    budget::Reservation,
    conversation::{
        Event, Finish, ToolCall, Usage, Warning,
        answer::{AnswerReader, Ended, Lack, Said},
        estimate,
        tool::Call as FoundCall,
    },
    error::Error,
    guard::Call,
    id,
};

/// Runs a plan for which the budgets have room. Nothing is sent before the stream is first polled; dropping it cancels the
/// call at 1min.ai.
pub(super) fn run(call: Call, plan: Arc<Plan>, reserved: Reservation) -> Events {
    Box::pin(stream::unfold(Run::new(call, plan, reserved), |mut run| async move {
        let event = run.next().await?;
        Some((event, run))
    }))
}

struct Run {
    call: Call,
    plan: Arc<Plan>,
    /// What is sent; differs from the plan's once something was left out, or another model is asked.
    body: Arc<ChatRequest>,
    upstream: Upstream,
    reader: AnswerReader,
    /// The first answer, while the model is asked once more: it is given if nothing better comes.
    first: Option<First>,
    /// Events that are ready.
    ready: VecDeque<Event>,
    /// The model that answers in place of the one that was asked for.
    successor: Option<String>,
    /// What the answers cost that have come.
    spent: Usage,
    /// What the documents may have, once they are attached.
    document_tokens: u64,
    is_accepted: bool,
    /// Whether 1min.ai has a call in hand, or may have carried it out, whose cost has not been reported.
    is_owed: bool,
    /// What the next call, or the one in hand, should cost.
    reserved: Option<Reservation>,
}

/// A complete answer that lacks something.
struct First {
    said: Vec<Said>,
    finish: Finish,
    warning: Warning,
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
        self.settle_owed();
    }
}

impl Run {
    fn new(call: Call, plan: Arc<Plan>, reserved: Reservation) -> Self {
        Self {
            body: Arc::clone(&plan.body),
            upstream: Upstream::Unasked,
            reader: AnswerReader::new(plan.wanted.clone()),
            first: None,
            ready: plan.warning.map(Event::Warning).into_iter().collect(),
            successor: None,
            spent: Usage::default(),
            document_tokens: 0,
            is_accepted: false,
            is_owed: false,
            reserved: Some(reserved),
            call,
            plan,
        }
    }

    /// The next event; `None` after `Done` or an error.
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            // A warning that is known before the call waits for what comes of it.
            if self.is_accepted
                && let Some(event) = self.ready.pop_front()
            {
                return Some(Ok(event));
            }
            let delta = match &mut self.upstream {
                Upstream::Closed => return None,
                Upstream::Unasked => self.ask().await.map(Some),
                Upstream::Open(stream) => stream.next().await.transpose().map_err(Error::from),
            };
            match delta {
                Ok(Some(Delta::Text(text))) => self.take_text(text),
                Ok(Some(Delta::End(answer))) => self.take_end(&answer),
                Ok(None) => self.upstream = Upstream::Closed,
                Err(error) => {
                    self.upstream = Upstream::Closed;
                    let first = self.first.take().filter(|_| !self.reader.has_given());
                    let Some(first) = first else { return Some(Err(error)) };
                    // What was paid for is given, although it could not be made better.
                    tracing::debug!(id = self.call.ticket.id(), %error, "the second answer failed, the first is given");
                    self.settle_owed();
                    self.give(first.said);
                    self.close(first.finish, Some(first.warning));
                }
            }
        }
    }

    fn take_text(&mut self, text: String) {
        let has_ended = self.reader.push(text);
        let said = self.reader.take();
        self.give(said);
        if has_ended {
            // Dropping the stream cancels the call: nothing after the end is generated, or billed.
            self.upstream = Upstream::Closed;
            self.end(Finish::Stop, None);
        }
    }

    fn take_end(&mut self, answer: &Answer) {
        if matches!(self.upstream, Upstream::Unasked) {
            // A whole answer: its text has not passed yet.
            self.reader.push(answer.text.clone());
        }
        self.upstream = Upstream::Closed;
        self.end(finish::read(answer.metadata.finish_reason.as_deref()), Some(answer));
    }

    /// An answer has come to its end: by itself, with what 1min.ai says of it, or because nothing more of it is wanted.
    fn end(&mut self, reason: Finish, answer: Option<&Answer>) {
        let Ended { finish, lack } = self.reader.finish(reason);
        let usage = answer.and_then(|answer| self.reported(answer)).unwrap_or_else(|| self.estimate());
        self.pay(usage);
        let may_ask_again = self.plan.may_ask_again && self.first.is_none() && !self.reader.has_given();
        match lack {
            Some(Lack { warning, complaint: Some(complaint) }) if may_ask_again => {
                self.ask_again(finish, warning, &complaint);
            }
            lack => {
                let said = self.reader.take();
                self.give(said);
                self.close(finish, lack.map(|lack| lack.warning));
            }
        }
    }

    /// Asks the model once more, showing it what it wrote and what is wrong with that. It is a second bill.
    fn ask_again(&mut self, finish: Finish, warning: Warning, complaint: &str) {
        tracing::debug!(id = self.call.ticket.id(), lack = warning.as_str(), "asking once more");
        self.body = self.plan.again(&self.body, self.reader.held_text(), complaint);
        self.first = Some(First { said: self.reader.take(), finish, warning });
        self.reader = AnswerReader::new(self.plan.wanted.clone());
        self.upstream = Upstream::Unasked;
    }

    fn give(&mut self, said: Vec<Said>) {
        self.ready.extend(said.into_iter().map(|said| match said {
            Said::Text(text) => Event::Text(text),
            Said::Reasoning(text) => Event::Reasoning(text),
            Said::Call(FoundCall { name, input }) => Event::ToolCall(ToolCall { id: id::random(""), name, input }),
        }));
    }

    fn warn(&mut self, warning: Warning) {
        self.ready.push_back(Event::Warning(warning));
    }

    fn close(&mut self, finish: Finish, warning: Option<Warning>) {
        self.ready.extend(warning.map(Event::Warning));
        self.ready.extend([Event::Usage(self.spent), Event::Done(finish)]);
    }

    /// Reports what a call cost.
    fn pay(&mut self, usage: Usage) {
        self.is_owed = false;
        self.call.ticket.usage(usage);
        cost::settle(&self.call, &self.body, self.reserved.take(), usage);
        self.spent = if self.spent == Usage::default() { usage } else { self.spent.plus(usage) };
    }

    /// Reports what a call may have cost that broke.
    fn settle_owed(&mut self) {
        if self.is_owed {
            let usage = self.estimate();
            self.pay(usage);
        }
    }

    /// 1min.ai's own counts, where it gave them; the model's calibration learns from them.
    fn reported(&self, answer: &Answer) -> Option<Usage> {
        let Metadata { input_tokens, output_tokens, prompt_tokens, credits, .. } = answer.metadata;
        if input_tokens.is_none() && output_tokens.is_none() && credits.is_none() {
            return None;
        }
        let raw = self.raw_estimate();
        let calibration = &self.call.snapshot.calibration;
        calibration.learn(&self.body.model, raw, prompt_tokens, output_tokens);
        let estimate = calibration.correct(&self.body.model, raw);
        Some(Usage {
            prompt_tokens: input_tokens.unwrap_or(estimate.prompt_tokens),
            completion_tokens: output_tokens.unwrap_or(estimate.completion_tokens),
            is_estimate: input_tokens.is_none() || output_tokens.is_none(),
            credits,
        })
    }

    /// Counts where 1min.ai gave none; never 0.
    fn estimate(&self) -> Usage {
        let model = &self.body.model;
        let estimate = self.call.snapshot.calibration.correct(model, self.raw_estimate());
        cost::with_documents(&self.call, model, estimate, self.document_tokens)
    }

    /// What our estimator counts in the words, whatever the model.
    fn raw_estimate(&self) -> Usage {
        Usage {
            prompt_tokens: estimate::tokens(&self.body.prompt_object.prompt),
            completion_tokens: self.reader.tokens(),
            is_estimate: true,
            credits: None,
        }
    }
}
