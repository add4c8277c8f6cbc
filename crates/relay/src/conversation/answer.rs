//! Reads one answer of a model as it comes: what of it is text, thinking and calls, where it ends, and what it lacks.
//!
//! The text passes, in this order: the label that some models begin with is taken off; the length limit counts all that is
//! left; thinking is told apart; calls are found, or JSON; what is text then is watched for stop sequences. Where an answer
//! can only be judged as a whole (a call must come, JSON must fit), it is held back to its end; else it leaves at once.

use std::sync::Arc;

use super::{
    Format, Limits, Schema, ToolChoice, Tools, Warning,
    event::Finish,
    json,
    label::LabelFilter,
    length::LengthLimit,
    stop::StopWatch,
    structured::{self, Extractor, Verdict},
    thinking::{self, Thinking, ThinkingSplit},
    tool::{self, Call, CallParser, Piece},
};

/// What an answer is read for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What may be called.
    pub tools: Arc<Tools>,
    /// What the text must be.
    pub format: Format,
    /// What may end it early; tokens as our estimator counts them.
    pub limits: Limits,
    /// What becomes of thinking.
    pub thinking: Thinking,
    /// Whether the model was shown a transcript, and may label its turn.
    pub is_transcript: bool,
    /// Whether the client gets it as it grows.
    pub is_streaming: bool,
}

impl Wanted {
    /// Whether the answer may have to be ended early, or be judged before it is given.
    #[must_use]
    pub fn may_cut(&self) -> bool {
        self.limits.may_cut() || self.tools.may_call()
    }

    /// Whether nothing may leave before the answer is complete.
    fn holds_back(&self) -> bool {
        let is_strict = matches!(&self.format, Format::JsonSchema(Schema { is_strict: true, .. }));
        let (has_format, may_call) = (self.format != Format::Text, self.tools.may_call());
        let is_judged = has_format || may_call;
        self.tools.must_call() || is_strict || (has_format && may_call) || (is_judged && !self.is_streaming)
    }

    /// What may be called: the one tool that has to be, or all.
    fn callable(&self) -> Option<Arc<Tools>> {
        let ToolChoice::Named(name) = &self.tools.choice else {
            return self.tools.may_call().then(|| Arc::clone(&self.tools));
        };
        let list = self.tools.find(name).into_iter().cloned().collect();
        Some(Arc::new(Tools { list, choice: self.tools.choice.clone(), at_most_one: self.tools.at_most_one }))
    }
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Text of the answer.
    Text(String),
    /// Text of the model's thinking.
    Reasoning(String),
    /// A call.
    Call(Call),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub finish: Finish,
    /// What it lacks of what was asked for.
    pub lack: Option<Lack>,
}

/// What an answer lacks, and what to tell the model if it is asked once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What the client is told if it stays so.
    pub warning: Warning,
    /// What the model is told; `None`: it is not asked again for this.
    pub complaint: Option<String>,
}

/// The reader.
#[derive(Debug)]
pub struct AnswerReader {
    wanted: Wanted,
    label: LabelFilter,
    length: LengthLimit,
    thinking: ThinkingSplit,
    /// Whether thinking goes back into its tags.
    inlines: bool,
    /// Whether such a tag is open.
    is_thinking: bool,
    calls: Option<CallParser>,
    /// Lets JSON pass as it comes; only where nothing is held back.
    json: Option<Extractor>,
    stop: StopWatch,
    /// What was said and not taken yet.
    said: Vec<Said>,
    /// All text of the answer, where it must be judged at its end.
    whole: String,
    is_holding: bool,
    has_given: bool,
    has_called: bool,
    has_unreadable: bool,
    finish: Option<Finish>,
}

impl AnswerReader {
    /// Reads an answer for this.
    #[must_use]
    pub fn new(wanted: Wanted) -> Self {
        let is_holding = wanted.holds_back();
        let label = if wanted.is_transcript { LabelFilter::default() } else { LabelFilter::off() };
        let has_format = wanted.format != Format::Text;
        let inlines = wanted.thinking == Thinking::Inline && wanted.tools.may_call();
        Self {
            label,
            length: LengthLimit::new(wanted.limits.max_tokens),
            // Calls inside of thinking are none, so where calls are looked for it is told apart in any case.
            thinking: ThinkingSplit::new(if inlines { Thinking::Separate } else { wanted.thinking }),
            inlines,
            is_thinking: false,
            calls: wanted.callable().map(CallParser::new),
            json: (has_format && !is_holding).then(|| Extractor::new(&wanted.format)),
            stop: StopWatch::new(wanted.limits.stop.clone()),
            said: Vec::new(),
            whole: String::new(),
            is_holding,
            has_given: false,
            has_called: false,
            has_unreadable: false,
            finish: None,
            wanted,
        }
    }

    /// Takes the next text of the model; `true`: the answer has ended here, and what would follow is none of it.
    pub fn push(&mut self, text: String) -> bool {
        if self.finish.is_none() {
            let text = self.label.push(text);
            self.take_text(&text);
        }
        self.finish.is_some()
    }

    /// The model has ended its answer, for this reason as it says; or `push` has.
    pub fn finish(&mut self, reason: Finish) -> Ended {
        if self.finish.is_none() {
            let held = self.label.finish();
            self.take_text(&held);
        }
        let is_cut = self.finish == Some(Finish::Length) || reason == Finish::Length;
        if self.finish.is_none() || is_cut {
            let pieces = self.thinking.finish();
            self.take_thinking(pieces);
            self.end_thinking();
        }
        if let Some(mut calls) = self.calls.take()
            && !self.has_stopped()
        {
            let pieces = calls.finish(is_cut);
            self.take_calls(pieces);
        }
        let lack = self.judge(is_cut || reason == Finish::ContentFilter);
        let rest = self.json.as_mut().map(Extractor::finish).unwrap_or_default();
        self.say_text(&rest);
        if self.finish.is_none() || is_cut {
            let rest = self.stop.finish();
            self.say(Said::Text(rest));
        }
        self.is_holding = false;
        Ended { finish: self.final_reason(reason), lack }
    }

    /// What may be given to the client now.
    pub fn take(&mut self) -> Vec<Said> {
        if self.is_holding {
            return Vec::new();
        }
        self.has_given |= !self.said.is_empty();
        std::mem::take(&mut self.said)
    }

    /// Whether anything was taken: then the answer is the client's, and can't be another.
    #[must_use]
    pub const fn has_given(&self) -> bool {
        self.has_given
    }

    /// Estimated tokens of all that the model wrote.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.length.tokens()
    }

    /// All that the model wrote, where it was held back; what it is shown when it is asked once more.
    #[must_use]
    pub fn held_text(&self) -> &str {
        &self.whole
    }

    /// Moderation goes over length, that over calls, that over any other end.
    fn final_reason(&self, reason: Finish) -> Finish {
        match (self.finish, reason) {
            (_, Finish::ContentFilter) => Finish::ContentFilter,
            (Some(Finish::Length), _) | (None, Finish::Length) => Finish::Length,
            _ if self.has_called => Finish::ToolCalls,
            (Some(finish @ Finish::StopSequence(_)), _) => finish,
            _ => Finish::Stop,
        }
    }

    fn take_text(&mut self, text: &str) {
        let (kept, is_over) = self.length.push(text);
        let pieces = self.thinking.push(text.get(..kept).unwrap_or(text));
        self.take_thinking(pieces);
        if is_over && self.finish.is_none() {
            self.finish = Some(Finish::Length);
        }
    }

    fn take_thinking(&mut self, pieces: Vec<thinking::Piece>) {
        for piece in pieces {
            match piece {
                thinking::Piece::Reasoning(text) if self.inlines => {
                    let tag = if std::mem::replace(&mut self.is_thinking, true) { "" } else { "<think>\n" };
                    self.say(Said::Text(format!("{tag}{text}")));
                }
                thinking::Piece::Reasoning(text) => self.say(Said::Reasoning(text)),
                thinking::Piece::Text(text) => {
                    self.end_thinking();
                    self.take_answer(&text);
                }
            }
        }
    }

    fn end_thinking(&mut self) {
        if std::mem::take(&mut self.is_thinking) {
            self.say(Said::Text("\n</think>\n\n".into()));
        }
    }

    fn take_answer(&mut self, text: &str) {
        if self.wanted.format != Format::Text || self.calls.is_some() {
            self.whole.push_str(text);
        }
        if let Some(calls) = &mut self.calls {
            let pieces = calls.push(text);
            self.take_calls(pieces);
        } else if let Some(json) = &mut self.json {
            let text = json.push(text);
            self.say_text(&text);
        } else if self.wanted.format == Format::Text {
            self.say_text(text);
        }
    }

    fn take_calls(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            if self.has_stopped() {
                return;
            }
            match piece {
                // It is watched for stops once it is known to be the answer.
                Piece::Text(text) if self.wanted.format != Format::Text => self.say(Said::Text(text)),
                Piece::Text(text) => self.say_text(&text),
                Piece::Call(call) => {
                    self.has_called = true;
                    let held = self.stop.finish();
                    self.say(Said::Text(held));
                    self.say(Said::Call(call));
                }
                Piece::Unreadable(text) => {
                    self.has_unreadable = true;
                    if !self.has_called {
                        // The model may do better if it is asked once more; but not once the client has seen of this one.
                        self.is_holding |= !self.has_given && self.said.is_empty();
                        self.say_text(&text);
                    }
                }
                Piece::Cut => self.finish = self.finish.or(Some(Finish::ToolCalls)),
            }
        }
    }

    /// Whether a stop sequence has ended the answer.
    const fn has_stopped(&self) -> bool {
        matches!(self.finish, Some(Finish::StopSequence(_)))
    }

    fn say_text(&mut self, text: &str) {
        if self.finish.is_some_and(|finish| finish != Finish::Length) {
            return;
        }
        let passed = self.stop.push(text);
        self.say(Said::Text(passed.text));
        if let Some(index) = passed.stopped {
            self.finish = Some(Finish::StopSequence(index));
        }
    }

    fn say(&mut self, said: Said) {
        if let Said::Text(text) | Said::Reasoning(text) = &said
            && text.is_empty()
        {
            return;
        }
        self.said.push(said);
    }

    /// What the answer lacks. JSON that was held back is said here, and the arguments alone of the one tool that had to be
    /// called become its call. An answer that was cut is not judged: it lacks its end.
    fn judge(&mut self, is_broken_off: bool) -> Option<Lack> {
        if self.has_called {
            let lack = Lack { warning: Warning::ToolCallUnreadable, complaint: None };
            return (self.has_unreadable && !is_broken_off).then_some(lack);
        }
        if self.wanted.tools.must_call() {
            return if self.take_arguments_alone() || is_broken_off { None } else { Some(self.missing_call()) };
        }
        if self.has_unreadable && !is_broken_off {
            return Some(unreadable_call(&self.wanted.tools));
        }
        if self.wanted.format == Format::Text {
            return None;
        }
        let (text, complaint) = if is_broken_off {
            (self.whole.clone(), None)
        } else {
            match structured::check(&self.wanted.format, &self.whole, json::repair) {
                Verdict::Fits(text) | Verdict::Unchecked { text, .. } => (text, None),
                Verdict::Wrong { text, complaint } => (text, Some(complaint)),
            }
        };
        if self.json.is_none() {
            self.said.retain(|said| !matches!(said, Said::Text(_)));
            self.stop = StopWatch::new(self.wanted.limits.stop.clone());
            self.say_text(&text);
        }
        complaint.map(|complaint| Lack { warning: Warning::SchemaValidationFailed, complaint: Some(complaint) })
    }

    fn take_arguments_alone(&mut self) -> bool {
        let ToolChoice::Named(name) = &self.wanted.tools.choice else { return false };
        let call = self.wanted.tools.find(name).and_then(|tool| tool::arguments_alone(tool, &self.whole));
        let Some(call) = call else { return false };
        self.said.retain(|said| !matches!(said, Said::Text(_)));
        self.has_called = true;
        self.say(Said::Call(call));
        true
    }

    fn missing_call(&self) -> Lack {
        let complaint = match &self.wanted.tools.choice {
            ToolChoice::Named(name) => format!(
                "You did not call the tool {name}. Answer with the JSON object of its arguments, and with nothing else."
            ),
            _ => "You did not call a tool. Answer with a <tool_call> block, and with nothing else.".to_owned(),
        };
        Lack { warning: Warning::ToolCallMissing, complaint: Some(complaint) }
    }
}

/// What to tell a model whose call could not be read.
fn unreadable_call(tools: &Tools) -> Lack {
    let names: Vec<&str> = tools.list.iter().map(|tool| tool.name.as_str()).collect();
    let complaint = format!(
        "Your call could not be read. Write it once more as <tool_call>{{\"name\":...,\"arguments\":{{...}}}}</tool_call>, \
         with strict JSON and one of these names: {}.",
        names.join(", ")
    );
    Lack { warning: Warning::ToolCallUnreadable, complaint: Some(complaint) }
}

#[cfg(test)]
mod tests;
