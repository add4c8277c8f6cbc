//! The demo's answers: canned, friendly, and open about being canned.

use serde_json::Value;

use crate::{
    reply::{Reply, Step},
    wire,
};

/// How long the demo waits between two words, in milliseconds: fast enough to please, slow enough to see the stream.
const PACE_MS: u64 = 25;

/// The most of the question that the answer repeats, in characters.
const QUOTED_CHARS: usize = 200;

/// The answer to a chat call.
pub(crate) fn reply(model: &str, prompt: &str, is_streaming: bool) -> Reply {
    let text = text(model, prompt);
    let metadata = Value::Null;
    let record = wire::record(model, prompt, &text, &metadata);
    if !is_streaming {
        return Reply::json(200, record.to_string());
    }
    let mut reply = Reply::stream::<String>([]);
    for word in text.split_inclusive(' ') {
        reply.body.extend([Step::Send(wire::content_frame(word)), Step::WaitMs(PACE_MS)]);
    }
    reply.body.extend([Step::Send(wire::result_frame(&record)), Step::Send(wire::done_frame())]);
    reply
}

fn text(model: &str, prompt: &str) -> String {
    let question = question(prompt).trim();
    let quoted: String = question.chars().take(QUOTED_CHARS).collect();
    let ellipsis = if quoted.len() < question.len() { "…" } else { "" };
    format!(
        "This is the demo of 1min Relay: no model was asked and no credits were spent. Your app reached the relay, \
         the relay asked its built-in stand-in for 1min.ai as it would ask {model}, and this text came back.\n\n\
         You wrote:\n\n> {}{ellipsis}\n\nGive the relay your 1min.ai key to get real answers.",
        quoted.replace('\n', "\n> ")
    )
}

/// What the person wrote: of a transcript the last turn that begins with `[User`, else all of it.
fn question(prompt: &str) -> &str {
    let start = if prompt.starts_with("[User") { Some(0) } else { prompt.rfind("\n[User").map(|at| at + 1) };
    let Some((_, turn)) = start.and_then(|at| prompt[at..].split_once("]\n")) else { return prompt };
    turn.split("\n\n[").next().unwrap_or(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_says_that_it_is_one_and_quotes_the_question() {
        let text = text("gpt-4o-mini", "Why is\nthe sky blue?");
        assert!(text.starts_with("This is the demo of 1min Relay"));
        assert!(text.contains("> Why is\n> the sky blue?\n"));
        assert!(super::text("m", &"ü".repeat(500)).contains(&format!("> {}…\n", "ü".repeat(QUOTED_CHARS))));
    }

    #[test]
    fn of_a_transcript_only_the_last_question_is_quoted() {
        let transcript =
            "[System]\nBe terse.\n\n[User]\nOne?\n\n[Assistant]\n1\n\n[User: ann]\nAnd\n\ntwo?\n\n[Reply]\nWrite.";
        assert_eq!(question(transcript), "And\n\ntwo?");
        assert_eq!(question("[User] is no turn"), "[User] is no turn");
    }

    #[test]
    fn a_streamed_demo_has_the_same_text_and_every_closing_frame() {
        let Reply { body, .. } = reply("m", "hi", true);
        let sent = body.iter().filter_map(|step| if let Step::Send(text) = step { Some(text.as_str()) } else { None });
        let all: String = sent.collect();
        assert!(all.contains("event: result\n") && all.ends_with(&wire::done_frame()));
    }
}
