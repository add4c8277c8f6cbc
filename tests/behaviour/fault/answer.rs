//! Answers that are no answers: every status with every kind of body, refusals that are told apart by their words, and
//! good statuses with bad bodies.

use mock_onemin::{Reply, Step, wire};
use relay_tests::CANARY;
use serde_json::{Value, json};

use super::{
    bare::record,
    case::{Ask, Case, Fault, INTERNAL, TEXT, Then},
    rule::{About, Doubt, Meaning, Trouble},
};

const BROKEN: Meaning = Meaning::PerhapsCarriedOut(Doubt::Broken);
const REQUEST: Meaning = Meaning::Refused(About::Request);
const RATE: Meaning = Meaning::NotCarriedOut(Trouble::Rate, Some(0));
const OUTAGE: Meaning = Meaning::NotCarriedOut(Trouble::Outage, Some(0));

/// What a status means when the words don't say more.
const STATUSES: [(u16, Meaning); 19] = [
    (302, BROKEN),
    (400, REQUEST),
    (401, Meaning::Refused(About::Key)),
    (402, Meaning::Refused(About::Credits)),
    (403, Meaning::Refused(About::Access)),
    (404, REQUEST),
    (408, BROKEN),
    (413, REQUEST),
    (418, REQUEST),
    (422, REQUEST),
    (429, RATE),
    (500, BROKEN),
    (502, BROKEN),
    (503, OUTAGE),
    (520, BROKEN),
    (521, OUTAGE),
    (522, OUTAGE),
    (524, BROKEN),
    (599, BROKEN),
];

/// What 1min.ai says, and must be read by the client.
const WORDS: &str = "Oh dear";

/// A body: its name, its content type, its bytes, and the words that must reach the client.
type Body = (&'static str, &'static str, Vec<u8>, &'static str);

/// Every kind of body. What they hold besides their words must stay here: the key, and internal paths.
fn bodies() -> Vec<Body> {
    let message = format!("{WORDS} {CANARY}");
    let html = format!("<!doctype html><html><head><title>{message}</title></head><body>{INTERNAL}</body></html>");
    let details = json!({"request": {"url": INTERNAL, "headers": {"API-KEY": CANARY}}});
    let json = "application/json";
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("HTML", "text/html", html.into_bytes(), WORDS),
        ("shape A", json, text(&a("SOMETHING", &message)), WORDS),
        ("shape B", json, text(&b("SOMETHING", &message, &details)), WORDS),
        ("nothing", json, Vec::new(), ""),
        ("plain text", "text/plain", message.into_bytes(), WORDS),
        ("another JSON", json, text(&json!({CANARY: 1, "path": INTERNAL}).to_string()), ""),
        ("cut JSON", json, format!("{{\"path\":\"{INTERNAL}\",\"key\":\"{CANARY}").into_bytes(), ""),
        ("no UTF-8", json, b"\xFF\xFE\x00{\"message\":\"\xE2\x98\"}".to_vec(), ""),
    ]
}

fn a(code: &str, message: &str) -> String {
    json!({"success": false, "error": {"code": code, "message": message}}).to_string()
}

fn b(code: &str, message: &str, details: &Value) -> String {
    json!({"errorCode": code, "message": message, "details": details.to_string()}).to_string()
}

/// Every answer that is none.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for ask in Ask::all() {
        for (status, meaning) in STATUSES {
            for (name, kind, body, words) in bodies() {
                let words = if status < 400 { "redirect" } else { words };
                push(&mut cases, &format!("{status}, {name}"), ask, reply(status, kind, body), meaning, words);
            }
        }
        for (name, status, body, meaning) in said() {
            let reply = reply(status, "application/json", body.into_bytes());
            push(&mut cases, &format!("{status}, {name}"), ask, reply, meaning, "");
        }
        for kind in ["application/json", "text/event-stream"] {
            for (name, body, meaning) in good_statuses() {
                push(&mut cases, &format!("200 as {kind}, {name}"), ask, reply(200, kind, body), meaning, "");
            }
        }
        waits(&mut cases, ask);
        if !ask.is_streaming_upstream() {
            let frames = [wire::content_frame(TEXT), wire::result_frame(&record()), wire::done_frame()];
            push(&mut cases, "200, a stream where a record is due", ask, Reply::stream(frames), BROKEN, "");
        }
    }
    cases
}

/// An answer that asks for no patience, where it can be given once more.
fn reply(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
    let headers = [("retry-after", "0"), ("location", "https://evil.example/")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Reply { status, content_type: content_type.into(), headers, body: vec![Step::SendBytes(body)], ..Reply::default() }
}

/// The case; where it may be asked again, also the one in which that helps.
fn push(cases: &mut Vec<Case>, name: &str, ask: Ask, reply: Reply, meaning: Meaning, words: &'static str) {
    let then = match meaning {
        Meaning::NotCarriedOut(..) => &[Then::Same, Then::Good][..],
        _ => &[Then::Good],
    };
    for then in then {
        cases.push(Case {
            name: format!("{name}, then {then:?}: {ask}"),
            ask,
            place: ask.mock(meaning),
            fault: Fault::Reply(reply.clone()),
            then: *then,
            meaning,
            text: if meaning == Meaning::Harmless { TEXT.into() } else { String::new() },
            words,
        });
    }
}

/// Refusals whose words or codes say more than their status.
fn said() -> Vec<(&'static str, u16, String, Meaning)> {
    let vendor = |status: u16, message: &str| {
        let details =
            json!({"response": {"status": status, "data": {"message": message}}, "request": {"url": INTERNAL}});
        b("EXTERNAL_API_RESPONSE_WITH_ERROR", "The model is busy, please try again", &details)
    };
    let no_details = json!([]);
    let about = Meaning::Refused;
    vec![
        ("unknown model", 400, b("UNSUPPORTED_MODEL", "Model x is not supported", &no_details), about(About::Model)),
        ("model in words", 404, a("NOT_FOUND", "The model x does not exist"), about(About::Model)),
        ("key by code", 400, b("INVALID_AUTH_TOKEN", "No", &no_details), about(About::Key)),
        ("credits by code", 400, b("INSUFFICIENT_CREDIT", "No", &no_details), about(About::Credits)),
        ("credits in words", 403, a("FORBIDDEN", "Your credit balance is too low"), about(About::Credits)),
        ("credits as rate", 429, a("X", "You have used up your credits"), about(About::Credits)),
        ("rate by code", 400, a("RATE_LIMITED", "Slow down"), RATE),
        ("the vendor's refusal", 400, vendor(400, "The size does not match"), REQUEST),
        ("the vendor's context", 400, vendor(400, "maximum context length is 8192"), about(About::Length)),
        ("the vendor's moderation", 400, vendor(400, "rejected by our safety system"), about(About::Policy)),
        ("the vendor's own key", 400, vendor(401, "Incorrect API key provided"), REQUEST),
        ("the vendor's rate", 400, vendor(429, "Rate limit reached"), RATE),
        ("the vendor's outage", 400, vendor(503, "Overloaded"), BROKEN),
    ]
}

/// What can stand where an answer should: its name, its bytes, and what it means, whatever it is declared to be.
fn good_statuses() -> Vec<(&'static str, Vec<u8>, Meaning)> {
    let failed = |status: &str, result: Value| {
        json!({"aiRecord": {"status": status, "aiRecordDetail": {"resultObject": result}}}).to_string()
    };
    let moderated = json!({"code": "MODERATION_REJECTED", "message": "flagged"});
    let vague = format!("It broke {CANARY}");
    let rows: Vec<(&'static str, String, Meaning)> = vec![
        ("a good record", record().to_string(), Meaning::Harmless),
        ("an unknown model", b("UNSUPPORTED_MODEL", "no", &json!([])), Meaning::Refused(About::Model)),
        ("a busy vendor", a("X", "The service is a bit busy right now"), BROKEN),
        ("too many requests", a("RATE_LIMITED", "slow"), Meaning::NotCarriedOut(Trouble::Rate, None)),
        ("a failed record", failed("FAILED", json!([vague])), BROKEN),
        ("a failed record in words", failed("FAILURE", json!(vague)), BROKEN),
        ("a failed record without a reason", failed("FAILED", Value::Null), BROKEN),
        (
            "a failed record for credits",
            failed("FAILED", json!(["Not enough credits"])),
            Meaning::Refused(About::Credits),
        ),
        ("an unfinished record", failed("PROCESSING", json!([])), BROKEN),
        ("a moderated record", failed("SUCCESS", json!([moderated])), Meaning::Refused(About::Policy)),
        ("a moderated record, bare", failed("SUCCESS", moderated), Meaning::Refused(About::Policy)),
        ("a record with a number", failed("SUCCESS", json!(5)), BROKEN),
        ("no record", json!({"aiRecord": null}).to_string(), BROKEN),
        ("a list", json!([CANARY]).to_string(), BROKEN),
        ("a string", json!(CANARY).to_string(), BROKEN),
        ("null", "null".into(), BROKEN),
    ];
    // What the bodies of errors mean when the status says that all is well.
    let of_errors = bodies()
        .into_iter()
        .map(|(name, _, body, _)| (name, body, if name.starts_with("shape") { REQUEST } else { BROKEN }));
    let rows = rows.into_iter().map(|(name, body, meaning)| (name, body.into_bytes(), meaning));
    rows.chain(of_errors).collect()
}

/// Every way to say how long to wait.
fn waits(cases: &mut Vec<Case>, ask: Ask) {
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    let (rate, outage) = (Trouble::Rate, Trouble::Outage);
    let mut rows = vec![
        (429, rate, None, None),
        (429, rate, Some("1"), Some(1)),
        (429, rate, Some("31"), Some(31)),
        (429, rate, Some(date), None),
        (429, rate, Some("-1"), None),
        (503, outage, None, None),
        (503, outage, Some("31"), Some(31)),
        (522, outage, None, None),
    ];
    if ask.is_streaming() {
        rows.push((429, rate, Some("9"), Some(9)));
    }
    for (status, trouble, header, seconds) in rows {
        let headers = header.iter().map(|value| ("retry-after".to_owned(), (*value).to_owned())).collect();
        let reply = Reply { headers, ..Reply::json(status, a("X", WORDS)) };
        let meaning = Meaning::NotCarriedOut(trouble, seconds);
        push(cases, &format!("{status}, retry-after {header:?}"), ask, reply, meaning, WORDS);
    }
}
