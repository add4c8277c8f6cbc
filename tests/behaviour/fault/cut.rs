//! Connections that break: every place in an answer where one can, and every way in which it can.

use mock_onemin::wire;

use super::{
    bare::{End, Play, chunk, head, record},
    case::{Ask, Case, Fault, HEARD, Place, REST, TEXT, Then},
    rule::{Doubt, Meaning, Trouble},
};

/// How far the answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The request was taken.
    Taken,
    /// The status line.
    Status,
    /// The whole head.
    Head,
    /// Bytes that say nothing.
    Begun,
    /// Half of the first thing said.
    HalfBegun,
    /// Some text.
    Midway,
    /// Some text, and half of what comes next.
    HalfMore,
    /// All of the text, but nothing that says so.
    AllButEnd,
    /// The record with everything in it, but no end of the body.
    Recorded,
    /// All there is.
    Over,
}

use Phase::{AllButEnd, Begun, HalfBegun, HalfMore, Head, Midway, Over, Recorded, Status, Taken};

const PHASES: [Phase; 10] = [Taken, Status, Head, Begun, HalfBegun, Midway, HalfMore, AllButEnd, Recorded, Over];

/// How it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// The body ends as if that were all.
    Ended,
    Closed,
    Reset,
    Silent,
    /// Blanks go on coming.
    Dripping,
}

const BREAKS: [Break; 5] = [Break::Ended, Break::Closed, Break::Reset, Break::Silent, Break::Dripping];

/// Every connection that breaks, and the one that is never made.
pub(super) fn cases() -> impl Iterator<Item = Case> {
    let broken = PHASES.into_iter().flat_map(|phase| {
        BREAKS.into_iter().flat_map(move |way| Ask::all().filter_map(move |ask| case(phase, way, ask)))
    });
    broken.chain(Ask::all().map(unreachable)).chain(Ask::all().flat_map(odd))
}

fn case(phase: Phase, way: Break, ask: Ask) -> Option<Case> {
    let mut bytes = sent(phase, ask.is_streaming_upstream())?;
    let (end, place) = match way {
        Break::Ended if matches!(phase, Taken | Status) => return None,
        Break::Ended => {
            bytes.push_str(&chunk(""));
            (End::Close, Place::Bare)
        }
        Break::Closed => (End::Close, Place::Bare),
        Break::Reset => (End::Reset, Place::Bare),
        Break::Silent => (End::Hang, Place::Idle),
        Break::Dripping => (End::Drip(drop_of(phase)?), Place::Total),
    };
    let meaning = meaning(phase, way, ask);
    let text = match (meaning, phase) {
        (Meaning::Harmless, _) | (_, AllButEnd | Recorded) => TEXT,
        (_, Midway | HalfMore) => HEARD,
        _ => "",
    };
    let fault = Fault::Bytes(Play { bytes: bytes.into_bytes(), flood_mib: 0, end });
    let name = format!("{phase:?}, then {way:?}: {ask}");
    Some(Case { name, ask, place, fault, then: Then::Good, meaning, text: text.into(), words: "" })
}

/// Only what holds the whole answer, and says so, is one.
fn meaning(phase: Phase, way: Break, ask: Ask) -> Meaning {
    let is_whole = match phase {
        Over => true,
        // A stream's record says that it is over; a whole answer's end is the end of its body.
        Recorded => ask.is_streaming_upstream() || way == Break::Ended,
        _ => false,
    };
    match way {
        _ if is_whole => Meaning::Harmless,
        Break::Ended | Break::Closed | Break::Reset => Meaning::PerhapsCarriedOut(Doubt::Broken),
        Break::Silent | Break::Dripping => Meaning::PerhapsCarriedOut(Doubt::Late),
    }
}

/// The bytes up to a phase; `None`: there is no such place in an answer of this kind.
fn sent(phase: Phase, is_streaming: bool) -> Option<String> {
    let body = match phase {
        Taken => return Some(String::new()),
        Status => return Some("HTTP/1.1 200 OK\r\n".into()),
        Head => String::new(),
        _ if is_streaming => stream(phase),
        _ => return whole(phase),
    };
    let body = if body.is_empty() { body } else { chunk(&body) };
    Some(head(is_streaming) + &body)
}

fn stream(phase: Phase) -> String {
    let half = "event: content\ndata: {\"cont".to_owned();
    let [heard, rest] = [HEARD, REST].map(wire::content_frame);
    let all = || heard.clone() + &rest;
    match phase {
        Taken | Status | Head => String::new(),
        Begun => ": ping\n\n".to_owned() + &wire::content_frame(""),
        HalfBegun => half,
        Midway => heard,
        HalfMore => heard + &half,
        AllButEnd => all(),
        Recorded => all() + &wire::result_frame(&record()),
        Over => all() + &wire::result_frame(&record()) + &wire::done_frame(),
    }
}

fn whole(phase: Phase) -> Option<String> {
    let record = record().to_string();
    let half = record.find(HEARD)? + HEARD.len();
    let body = match phase {
        Begun => " \n",
        HalfBegun => &record[..10],
        Midway => &record[..half],
        AllButEnd => record.strip_suffix('}')?,
        Recorded => &record,
        Over => {
            let length = record.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            return Some(format!("{head}content-length: {length}\r\n\r\n{record}"));
        }
        Taken | Status | Head | HalfMore => return None,
    };
    Some(head(false) + &chunk(body))
}

/// What can go on for ever there without saying anything.
const fn drop_of(phase: Phase) -> Option<&'static str> {
    match phase {
        Taken => None,
        Status => Some("x-drop: 1\r\n"),
        _ => Some("1\r\n \r\n"),
    }
}

fn unreachable(ask: Ask) -> Case {
    Case {
        name: format!("nobody listens: {ask}"),
        ask,
        place: Place::Nobody,
        fault: Fault::Nobody,
        then: Then::Same,
        meaning: Meaning::NotCarriedOut(Trouble::Unreachable, None),
        text: String::new(),
        words: "can't be reached",
    }
}

/// What is no HTTP, or more than can be taken.
fn odd(ask: Ask) -> Vec<Case> {
    let is_streaming = ask.is_streaming_upstream();
    let all = || sent(Recorded, is_streaming).unwrap();
    let body = |text: &str| all().replace("transfer-encoding: chunked", text);
    let begun = if is_streaming { "event: content\ndata: {\"content\":\"" } else { "{\"aiRecord\":\"" };
    // One chunk that is larger than anything that is taken.
    let endless = |text: &str| format!("{}5000000\r\n{text}", head(is_streaming));
    let broken = |name: &str, bytes: String| (name.to_owned(), bytes, 0, "");
    let mut odd = vec![
        broken("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n".into()),
        broken("a status that is none", all().replace("200 OK", "2000 OK")),
        broken("a chunk without a size", head(is_streaming) + "zz\r\noops\r\n"),
        broken("two lengths", body("content-length: 3\r\ncontent-length: 4")),
        ("a head without an end".to_owned(), "HTTP/1.1 200 OK\r\nx-long: ".into(), 1, ""),
        ("a body without an end".to_owned(), endless(begun), 70, ""),
    ];
    if is_streaming {
        let heard = wire::content_frame(HEARD);
        odd.push(("a body without an end, after text".into(), endless(&(heard + begun)), 70, HEARD));
        odd.push(("JSON without an end for a stream".into(), endless("{"), 70, ""));
    }
    let case = |(name, bytes, flood_mib, text): (String, String, usize, &str)| Case {
        name: format!("{name}: {ask}"),
        ask,
        place: if flood_mib > 1 { Place::Flood } else { Place::Bare },
        fault: Fault::Bytes(Play { bytes: bytes.into_bytes(), flood_mib, end: End::Close }),
        then: Then::Good,
        meaning: Meaning::PerhapsCarriedOut(Doubt::Broken),
        text: text.into(),
        words: "",
    };
    odd.into_iter().map(case).collect()
}
