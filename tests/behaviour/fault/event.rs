//! Streams that go wrong inside: every odd event at every place of a stream.

use mock_onemin::{Reply, Step, wire};
use relay_tests::CANARY;
use serde_json::json;

use super::{
    bare::record,
    case::{Ask, Case, Fault, HEARD, REST, TEXT, Then},
    rule::{About, Doubt, Meaning, Trouble},
};

const BROKEN: Meaning = Meaning::PerhapsCarriedOut(Doubt::Broken);

/// Where the event comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    First,
    AfterPing,
    AfterNoText,
    Midway,
    AfterText,
    AfterRecord,
    AfterEnd,
}

const PLACES: [At; 7] =
    [At::First, At::AfterPing, At::AfterNoText, At::Midway, At::AfterText, At::AfterRecord, At::AfterEnd];

/// An odd event.
struct Odd {
    name: &'static str,
    frame: Vec<u8>,
    /// What it means before any text.
    before: Meaning,
    /// What it means after some, which somebody may have paid for.
    after: Meaning,
    /// What it adds to the text.
    text: &'static str,
    /// Whether the rest of a good answer follows, which must not be taken for one.
    goes_on: bool,
}

/// Every event at every place, for every way that has a stream of 1min.ai behind it.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for ask in Ask::all().filter(|ask| ask.is_streaming_upstream()) {
        for at in PLACES {
            cases.extend(odd_events().into_iter().flat_map(|odd| case(&odd, at, ask)));
        }
    }
    cases
}

fn case(odd: &Odd, at: At, ask: Ask) -> Vec<Case> {
    let [heard, rest] = [HEARD, REST].map(wire::content_frame);
    let (result, done) = (wire::result_frame(&record()), wire::done_frame());
    let end = result.clone() + &done;
    let (before, after, heard_text, rest_text) = match at {
        At::First => (String::new(), heard + &rest + &end, "", TEXT),
        At::AfterPing => (": ping\n\n".into(), heard + &rest + &end, "", TEXT),
        At::AfterNoText => (wire::content_frame(""), heard + &rest + &end, "", TEXT),
        At::Midway => (heard, rest + &end, HEARD, REST),
        At::AfterText => (heard + &rest, end, TEXT, ""),
        At::AfterRecord => (heard + &rest + &result, done, TEXT, ""),
        At::AfterEnd => (heard + &rest + &end, String::new(), TEXT, ""),
    };
    let meaning = match at {
        At::First | At::AfterPing | At::AfterNoText => odd.before,
        At::Midway | At::AfterText => odd.after,
        At::AfterRecord | At::AfterEnd => Meaning::Harmless,
    };
    let text = match (meaning, at) {
        (_, At::AfterRecord | At::AfterEnd) => TEXT.to_owned(),
        (Meaning::Harmless, _) => [heard_text, odd.text, rest_text].concat(),
        _ => heard_text.to_owned(),
    };
    let after = if odd.goes_on { after } else { String::new() };
    let body = [Step::Send(before), Step::SendBytes(odd.frame.clone()), Step::Send(after)];
    let body = body.into_iter().filter(|step| !matches!(step, Step::Send(text) if text.is_empty())).collect();
    let fault = Fault::Reply(Reply { body, ..Reply::stream::<String>([]) });
    let then =
        if matches!(meaning, Meaning::NotCarriedOut(..)) { &[Then::Same, Then::Good][..] } else { &[Then::Good] };
    let case = |then: &Then| Case {
        name: format!("{}, {at:?}, then {then:?}: {ask}", odd.name),
        ask,
        place: ask.mock(meaning),
        fault: fault.clone(),
        then: *then,
        meaning,
        text: text.clone(),
        words: "",
    };
    then.iter().map(case).collect()
}

fn odd_events() -> Vec<Odd> {
    let mut odd = refusals();
    odd.extend(frames().into_iter().map(|(name, frame, goes_on)| Odd {
        name,
        frame,
        before: BROKEN,
        after: BROKEN,
        text: "",
        goes_on,
    }));
    odd.extend(harmless());
    odd
}

/// Failures in words: in an `error` event, and in a record that has failed. After text, no words make a call free.
fn refusals() -> Vec<Odd> {
    let rate = Meaning::NotCarriedOut(Trouble::Rate, None);
    let vague = format!("Something is wrong with it {CANARY}");
    let rows = [
        ("unknown model", "Model nope is not supported", Meaning::Refused(About::Model)),
        ("bad key", "Invalid API key", Meaning::Refused(About::Key)),
        ("no credits", "You have no credits left", Meaning::Refused(About::Credits)),
        ("context", "This model's maximum context length is 8192 tokens", Meaning::Refused(About::Length)),
        ("policy", "Your request was flagged by moderation", Meaning::Refused(About::Policy)),
        ("busy", "The service is a bit busy right now", BROKEN),
        ("rate", "Too many requests", rate),
        ("vague", vague.as_str(), Meaning::Refused(About::Request)),
        ("wordless", "", Meaning::Refused(About::Request)),
    ];
    let error = rows.map(|(name, words, before)| Odd {
        name,
        frame: wire::error_frame(words).into_bytes(),
        before,
        after: BROKEN,
        text: "",
        goes_on: true,
    });
    let failed = |result: serde_json::Value| {
        let record = json!({"aiRecord": {"status": "FAILED", "aiRecordDetail": {"resultObject": result}}});
        wire::result_frame(&record).into_bytes()
    };
    let moderated = json!({"aiRecord": {"status": "SUCCESS", "aiRecordDetail": {"resultObject": {"code": "C", "message": "flagged"}}}});
    let policy = Meaning::Refused(About::Policy);
    let of_record = |name, frame, before, after| Odd { name, frame, before, after, text: "", goes_on: true };
    let records = [
        of_record("failed record", failed(json!([CANARY])), BROKEN, BROKEN),
        of_record("failed record, rate", failed(json!(["Too many requests"])), rate, BROKEN),
        of_record("moderated record", wire::result_frame(&moderated).into_bytes(), policy, policy),
    ];
    error.into_iter().chain(records).collect()
}

/// What is no frame: name, bytes, whether the rest of a good answer follows.
fn frames() -> Vec<(&'static str, Vec<u8>, bool)> {
    let html = format!("<html><title>{CANARY}</title></html>\n\n");
    vec![
        ("content that is no JSON", b"event: content\ndata: oops\n\n".to_vec(), true),
        ("content that is cut", b"event: content\ndata: {\"content\":\"a\n\n".to_vec(), true),
        ("content of another shape", b"event: content\ndata: {\"content\":5}\n\n".to_vec(), true),
        ("a record that is no JSON", b"event: result\ndata: oops\n\n".to_vec(), true),
        ("a record of another shape", b"event: result\ndata: {\"hello\":1}\n\n".to_vec(), false),
        (
            "an error as a record",
            b"event: result\ndata: {\"errorCode\":\"X\",\"message\":\"It is busy\"}\n\n".to_vec(),
            true,
        ),
        ("no JSON without a name", b"data: oops\n\n".to_vec(), true),
        ("HTML", html.into_bytes(), false),
        ("nothing more", Vec::new(), false),
    ]
}

/// Odd, but nobody's loss.
fn harmless() -> Vec<Odd> {
    let of = |name, frame: &[u8], text| Odd {
        name,
        frame: frame.to_vec(),
        before: Meaning::Harmless,
        after: Meaning::Harmless,
        text,
        goes_on: true,
    };
    vec![
        of("an unknown event", b"event: reasoning\ndata: oops\n\n", ""),
        of("lines that are no fields", b"\xFF\xFE oops\nretry: 7\n: \xE2\n\n", ""),
        of("text that is no UTF-8", b"event: content\ndata: {\"content\":\"a\xE2\x98\"}\n\n", "a\u{FFFD}"),
    ]
}
