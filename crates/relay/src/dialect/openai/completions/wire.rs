//! The request of `POST /v1/completions`, and what it is in neutral words.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    conversation::{Request, Role, Turn},
    dialect::{
        loose::{Either, Integer, Stop, TextOrList},
        openai::field::{self, StreamOptions},
    },
    error::{Error, Fault},
};

/// The most answers to one request; each is a call at 1min.ai.
const MOST_ANSWERS: usize = 16;

/// The body. `best_of`, `logprobs`, sampling and the like make no difference and are not even named here.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct CompletionRequest {
    model: Option<String>,
    prompt: Option<Prompt>,
    suffix: Option<String>,
    max_tokens: Option<Integer>,
    n: Option<Integer>,
    stop: Option<Stop>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    echo: Option<bool>,
}

/// `prompt`: a text, or a list of texts, tokens, or lists of tokens.
#[derive(Debug)]
enum Prompt {
    Text(String),
    List(Vec<Value>),
}

impl<'de> Deserialize<'de> for Prompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of strings"))? {
            Either::Text(text) => Self::Text(text),
            Either::List(list) => Self::List(list.into_iter().map(Option::unwrap_or_default).collect()),
        })
    }
}

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) model: String,
    /// One for each prompt.
    pub(super) requests: Vec<Request>,
    pub(super) is_streaming: bool,
    /// `n`: how many answers for each prompt.
    pub(super) choices: u32,
    /// What each choice begins with: its prompt where `echo` asks for it, else nothing.
    pub(super) echoes: Vec<String>,
    /// Whether the stream ends with a chunk of usage.
    pub(super) includes_usage: bool,
}

/// Decodes and checks a request.
pub(super) fn decode(body: CompletionRequest) -> Result<Decoded, Error> {
    let model = field::model(body.model)?;
    let prompts = prompts(body.prompt)?;
    let limits = field::limits([body.max_tokens], body.stop)?;
    let choices = field::choices(body.n)?;
    if prompts.len().saturating_mul(usize::try_from(choices).unwrap_or(usize::MAX)) > MOST_ANSWERS {
        let message = format!("One request can ask for at most {MOST_ANSWERS} answers; each is a call, and is billed.");
        return Err(Error::field("prompt", Fault::UnsupportedValue, message));
    }
    let is_streaming = body.stream.unwrap_or(false);
    let echo = |prompt: &String| if body.echo == Some(true) { prompt.clone() } else { String::new() };
    let echoes = prompts.iter().flat_map(|prompt| (0..choices).map(|_| echo(prompt)).collect::<Vec<_>>()).collect();
    let suffix = body.suffix.filter(|suffix| !suffix.is_empty());
    let request = |prompt: &String| Request {
        model: model.clone(),
        turns: vec![Turn::text(Role::User, between(prompt, suffix.as_deref()))],
        limits: limits.clone(),
        is_streaming,
        ..Request::default()
    };
    let requests = prompts.iter().map(request).collect();
    let includes_usage = is_streaming && body.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    Ok(Decoded { model, requests, is_streaming, choices, echoes, includes_usage })
}

fn prompts(prompt: Option<Prompt>) -> Result<Vec<String>, Error> {
    let what_to_do = "Send the text to complete.";
    let list = match prompt.ok_or_else(|| field::missing("prompt", what_to_do))? {
        Prompt::Text(text) => return Ok(vec![text]),
        Prompt::List(list) => list,
    };
    if list.is_empty() {
        return Err(field::missing("prompt", what_to_do));
    }
    if list.iter().any(|item| item.is_number() || item.is_array()) {
        let message = "'prompt' is given as tokens, which can't be turned back into text here. Send it as a string.";
        return Err(Error::field("prompt", Fault::UnsupportedValue, message));
    }
    let text = |item: Value| match item {
        Value::String(text) => Ok(text),
        _ => Err(Error::field("prompt", Fault::Invalid, "'prompt' must be a string or an array of strings.")),
    };
    list.into_iter().map(text).collect()
}

/// The message for a prompt; with a suffix, an instruction to fill in what stands between the two.
fn between(prompt: &str, suffix: Option<&str>) -> String {
    match suffix {
        None => prompt.to_owned(),
        Some(suffix) => format!(
            "Fill in the text that belongs between PREFIX and SUFFIX. Answer with that text alone: no explanation, no \
             quotes, no code fence, nothing of the prefix or the suffix.\n\n<PREFIX>{prompt}</PREFIX>\n<SUFFIX>{suffix}</SUFFIX>"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Part, dialect::json};
    use serde_json::json;

    fn decoded(body: &Value) -> Result<Decoded, Error> {
        decode(json::read(body.to_string().as_bytes())?)
    }

    fn texts(body: &Value) -> Vec<String> {
        let requests = decoded(body).unwrap().requests;
        let text = |request: &Request| match request.turns.as_slice() {
            [Turn { role: Role::User, parts, .. }] => match parts.as_slice() {
                [Part::Text(text)] => text.clone(),
                _ => panic!("one text"),
            },
            _ => panic!("one user turn"),
        };
        requests.iter().map(text).collect()
    }

    #[test]
    fn one_prompt_or_several_are_one_message_each() {
        assert_eq!(texts(&json!({"model": "m", "prompt": "def f("})), ["def f("]);
        let several = json!({"model": "m", "prompt": ["a", "b"], "n": 2, "echo": true, "best_of": 3, "logprobs": 2});
        assert_eq!(texts(&several), ["a", "b"]);
        let Decoded { choices, echoes, .. } = decoded(&several).unwrap();
        assert_eq!((choices, echoes), (2, ["a", "a", "b", "b"].map(String::from).to_vec()));
    }

    #[test]
    fn a_suffix_asks_for_what_stands_between() {
        let [text] = texts(&json!({"model": "m", "prompt": "a(", "suffix": ")"})).try_into().unwrap();
        assert!(text.ends_with("<PREFIX>a(</PREFIX>\n<SUFFIX>)</SUFFIX>"), "{text}");
        assert_eq!(texts(&json!({"model": "m", "prompt": "a", "suffix": ""})), ["a"]);
    }

    #[test]
    fn what_can_not_be_completed_is_refused_by_name() {
        for (prompt, code) in [
            (json!(null), "missing_required_parameter"),
            (json!([]), "missing_required_parameter"),
            (json!([1, 2]), "unsupported_value"),
            (json!([[1, 2]]), "unsupported_value"),
            (json!([{}]), "invalid_value"),
            (json!(5), "invalid_value"),
            (json!(vec!["x"; 17]), "unsupported_value"),
        ] {
            let envelope = json!(decoded(&json!({"model": "m", "prompt": prompt})).unwrap_err().to_envelope());
            assert_eq!((&envelope["error"]["code"], &envelope["error"]["param"]), (&json!(code), &json!("prompt")));
        }
        assert!(decoded(&json!({"prompt": "x"})).is_err());
        assert!(decoded(&json!({"model": "m", "prompt": vec!["x"; 8], "n": 2})).is_ok());
        assert!(decoded(&json!({"model": "m", "prompt": vec!["x"; 9], "n": 2})).is_err());
    }
}
