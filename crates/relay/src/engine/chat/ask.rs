//! Asking 1min.ai for one answer, up to the first sign that it was taken: what was not carried out is asked once more, a
//! search of the web that is refused is left out, and where the model is not available its stand-in is asked.

use std::sync::Arc;

use onemin::{ChatRequest, ChatStream, Class, Delta, Reason, Refusal};

use super::{Run, Upstream, cost};
use crate::{
    conversation::{Event, Warning},
    engine::{attachment, retry},
    error::{Error, Fault},
};

impl Run {
    /// Makes the call and waits for the first sign that it was taken.
    pub(super) async fn ask(&mut self) -> Result<Delta, Error> {
        if self.body.prompt_object.prompt.trim().is_empty() {
            let message = "The messages hold no text. Send something to answer.";
            return Err(Error::field("messages", Fault::Invalid, message));
        }
        self.attach().await?;
        if self.reserved.is_none() {
            // The model is asked once more, which is another bill; or there are documents, whose size was not known before.
            self.reserved = Some(cost::reserve(&self.call, &self.plan, &self.body, self.document_tokens)?);
        }
        let mut may_retry = true;
        loop {
            match self.attempt().await {
                Ok(first) => {
                    self.call.ticket.accepted();
                    if !std::mem::replace(&mut self.is_accepted, true) {
                        self.ready.push_front(Event::Accepted { successor: self.successor.clone() });
                    }
                    return Ok(first);
                }
                Err(error) => {
                    self.is_owed = error.class() == Class::PerhapsCarriedOut;
                    if self.leave_out_web_search(&error) {
                        continue;
                    }
                    let wait = retry::wait(&error, self.plan.wanted.is_streaming).filter(|_| may_retry);
                    if let Some(wait) = wait {
                        tracing::debug!(id = self.call.ticket.id(), ?wait, "not carried out, asking once more");
                        tokio::time::sleep(wait).await;
                        may_retry = false;
                        if !self.call.ticket.is_committed() {
                            continue;
                        }
                    }
                    if !self.turn_to_stand_in(&error) {
                        return Err(self.explained(error));
                    }
                    may_retry = true;
                }
            }
        }
    }

    /// Uploads what the request wants attached.
    async fn attach(&mut self) -> Result<(), Error> {
        if self.body.prompt_object.attachments.is_empty() {
            let attached = self.plan.attaching.attach(&self.call, &self.plan.model).await?.clone();
            self.document_tokens = attached.document_tokens;
            if self.document_tokens > 0 {
                self.reserved = None;
            }
            if !attached.attachments.is_empty() {
                self.change_body(|body| body.prompt_object.attachments = attached.attachments);
            }
        }
        Ok(())
    }

    /// One call, up to the first thing it gives.
    async fn attempt(&mut self) -> Result<Delta, onemin::Error> {
        let (client, key) = (&self.call.snapshot.upstream, &self.call.caller.key);
        self.call.ticket.upstream_sent();
        self.is_owed = true;
        // A whole call is the simpler one; only a streamed one can be ended early.
        if !self.plan.wanted.is_streaming && !self.plan.wanted.may_cut() {
            return client.chat(key, &self.body).await.map(Delta::End);
        }
        let mut stream: ChatStream = client.chat_stream(key, &self.body).await?;
        let nothing = || Err(onemin::Error::Cut { cause: "nothing came".into() });
        let first = stream.next().await.unwrap_or_else(nothing)?;
        self.upstream = Upstream::Open(Box::new(stream));
        Ok(first)
    }

    /// Some models refuse every request that searches the web (code): such a one is answered without, which is said.
    fn leave_out_web_search(&mut self, error: &onemin::Error) -> bool {
        let is_refused = matches!(error, onemin::Error::Refused(Refusal { reason: Reason::Request, .. }));
        if !is_refused || !self.body.is_searching_web() || self.call.ticket.is_committed() {
            return false;
        }
        self.change_body(|body| body.prompt_object.settings = None);
        self.warn(Warning::WebSearchLeftOut);
        true
    }

    /// Where nothing was carried out, or the model is gone, the one that the user named for it is asked; once.
    fn turn_to_stand_in(&mut self, error: &onemin::Error) -> bool {
        let is_gone = matches!(error, onemin::Error::Refused(Refusal { reason: Reason::Model, .. }));
        let may_turn = (is_gone || error.class() == Class::NotCarriedOut) && !self.call.ticket.is_committed();
        let stand_in = self.plan.stand_in.clone().filter(|_| may_turn && !self.is_accepted && self.successor.is_none());
        // One that can't see would ignore the pictures without a word.
        let has_pictures = !self.body.prompt_object.attachments.images.is_empty();
        let stand_in = stand_in.filter(|model| !has_pictures || attachment::can_see(&self.call, model));
        let Some(model) = stand_in else { return false };
        tracing::info!(id = self.call.ticket.id(), asked = self.plan.model, successor = model, %error, "another model is asked");
        self.change_body(|body| body.model.clone_from(&model));
        self.call.ticket.answered_by(&model);
        self.successor = Some(model);
        true
    }

    fn change_body(&mut self, change: impl FnOnce(&mut ChatRequest)) {
        change(Arc::make_mut(&mut self.body));
    }

    /// A refusal of the model helps with names that are like it; a list that has the model all the same is out of date.
    fn explained(&self, error: onemin::Error) -> Error {
        let onemin::Error::Refused(Refusal { reason: Reason::Model, message, .. }) = error else { return error.into() };
        let model = self.plan.model.clone();
        let mut nearest = self.call.models().nearest(&model);
        nearest.retain(|near| *near != model);
        Error::ModelNotFound { nearest, model, words: Some(message) }
    }
}
