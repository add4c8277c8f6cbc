//! The words of a sound as a model gave them: plain, as JSON with the times of what is said, or as subtitles. Which of these
//! comes is not always the one that was asked for, so what came decides.

use serde_json::Value;

use super::subtitle;

/// The words of a sound.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    /// All of them.
    pub text: String,
    /// The language that was heard, as the model calls it.
    pub language: Option<String>,
    /// How long the sound is, where the model says so.
    pub duration_seconds: Option<f64>,
    /// What is said when; empty where the model does not tell.
    pub segments: Vec<Segment>,
    /// When each word is said; empty where the model does not tell.
    pub words: Vec<Word>,
}

/// Something that is said, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Segment {
    /// Its beginning.
    pub start_seconds: f64,
    /// Its end.
    pub end_seconds: f64,
    /// Its words.
    pub text: String,
    /// Who says it, where the model tells people apart.
    pub speaker: Option<String>,
    /// What whisper tells beside the words.
    pub figures: Figures,
}

/// What whisper tells of a segment beside its words; zero where a model does not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Where its window begins.
    pub seek: u64,
    /// Its tokens.
    pub tokens: Vec<u64>,
    /// The temperature it was heard with.
    pub temperature: f64,
    /// How likely its words are.
    pub avg_logprob: f64,
    /// How often it repeats itself.
    pub compression_ratio: f64,
    /// How likely nothing is said.
    pub no_speech_prob: f64,
}

/// A word, and when it is said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Word {
    /// The word.
    pub word: String,
    /// Its beginning.
    pub start_seconds: f64,
    /// Its end.
    pub end_seconds: f64,
}

impl Transcript {
    /// Reads what a model gave.
    #[must_use]
    pub fn read(given: &str) -> Self {
        if let Some(transcript) = Self::read_json(given) {
            return transcript;
        }
        match subtitle::read(given) {
            Some(segments) => {
                let said = segments.iter().map(|segment| segment.text.replace('\n', " "));
                Self { text: said.collect::<Vec<_>>().join(" "), segments, ..Self::default() }
            }
            None => Self { text: given.trim().to_owned(), ..Self::default() },
        }
    }

    /// A JSON object with a `text`, or a JSON text that holds one.
    fn read_json(given: &str) -> Option<Self> {
        let given = given.trim();
        if !given.starts_with('{') && !given.starts_with("\"{") {
            return None;
        }
        let value = match serde_json::from_str(given).ok()? {
            Value::String(inner) => serde_json::from_str(&inner).ok()?,
            value => value,
        };
        let text = value.get("text")?.as_str()?.trim().to_owned();
        let list = |name: &str| value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            text,
            language: text_of(&value, "language"),
            duration_seconds: value.get("duration").and_then(seconds),
            segments: list("segments").iter().filter_map(Segment::read).collect(),
            words: list("words").iter().filter_map(Word::read).collect(),
        })
    }

    /// Its segments; where the model told none, one that lasts from the beginning to `duration_seconds`.
    #[must_use]
    pub fn segments_within(&self, duration_seconds: f64) -> Vec<Segment> {
        if !self.segments.is_empty() || self.text.is_empty() {
            return self.segments.clone();
        }
        vec![Segment { end_seconds: duration_seconds, text: self.text.clone(), ..Segment::default() }]
    }
}

impl Segment {
    fn read(value: &Value) -> Option<Self> {
        let number = |name: &str| value.get(name).and_then(Value::as_f64).unwrap_or_default();
        let tokens = value.get("tokens").and_then(Value::as_array);
        Some(Self {
            start_seconds: value.get("start").and_then(seconds)?,
            end_seconds: value.get("end").and_then(seconds)?,
            text: value.get("text")?.as_str()?.to_owned(),
            speaker: text_of(value, "speaker"),
            figures: Figures {
                seek: value.get("seek").and_then(Value::as_u64).unwrap_or_default(),
                tokens: tokens.into_iter().flatten().filter_map(Value::as_u64).collect(),
                temperature: number("temperature"),
                avg_logprob: number("avg_logprob"),
                compression_ratio: number("compression_ratio"),
                no_speech_prob: number("no_speech_prob"),
            },
        })
    }
}

impl Word {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            word: value.get("word")?.as_str()?.to_owned(),
            start_seconds: value.get("start").and_then(seconds)?,
            end_seconds: value.get("end").and_then(seconds)?,
        })
    }
}

fn text_of(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Seconds, also where they are written as a text, as OpenAI's `duration` once was.
fn seconds(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_form_came_its_words_are_read() {
        let json = r#"{"text":" Hello there. "}"#;
        for given in [
            "Hello there.\n",
            json,
            &serde_json::to_string(json).unwrap(),
            "1\n00:00:00,000 --> 00:00:01,000\nHello\nthere.\n",
            "WEBVTT\n\n00:00.000 --> 00:01.000\nHello there.\n",
        ] {
            assert_eq!(Transcript::read(given).text, "Hello there.", "{given}");
        }
    }

    #[test]
    fn what_only_begins_like_json_is_words() {
        for given in ["{unclear} he said", "{\"words\":[]}", "{", "\"{\""] {
            assert_eq!(Transcript::read(given), Transcript { text: given.into(), ..Transcript::default() }, "{given}");
        }
    }

    #[test]
    fn times_speakers_and_figures_are_kept() {
        let given = r#"{"task":"transcribe","language":"english","duration":"1.5","text":"Hi you","segments":[
            {"id":0,"seek":7,"start":0,"end":1.5,"text":" Hi you","tokens":[1,2],"temperature":0.1,"avg_logprob":-0.5,
             "compression_ratio":1.2,"no_speech_prob":0.01,"speaker":"A"},{"start":"x","end":1,"text":"lost"}],
            "words":[{"word":"Hi","start":0.0,"end":0.4}]}"#;
        let read = Transcript::read(given);
        assert_eq!((read.language.as_deref(), read.duration_seconds), (Some("english"), Some(1.5)));
        let [segment] = read.segments.as_slice() else { panic!("one segment: {:?}", read.segments) };
        assert_eq!((segment.text.as_str(), segment.speaker.as_deref()), (" Hi you", Some("A")));
        assert_eq!((segment.figures.seek, segment.figures.tokens.as_slice()), (7, [1, 2].as_slice()));
        assert_eq!(read.words, [Word { word: "Hi".into(), start_seconds: 0.0, end_seconds: 0.4 }]);
        assert_eq!(read.segments_within(9.0), read.segments);
    }

    #[test]
    fn words_without_times_last_as_long_as_the_sound() {
        let [segment] = Transcript::read("Hi").segments_within(2.5).try_into().unwrap();
        assert_eq!((segment.start_seconds, segment.end_seconds, segment.text.as_str()), (0.0, 2.5, "Hi"));
        assert!(Transcript::read(" ").segments_within(2.5).is_empty());
    }
}
