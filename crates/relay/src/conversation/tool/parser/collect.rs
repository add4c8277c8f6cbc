//! Collects one block: from its first byte to where it ends, or to where it turns out to be text after all.

mod candidate;

use self::candidate::{Named, bare, fence, fenced_calls, syntax};
use crate::conversation::{
    Tool, ToolInput, Tools,
    json::{Json, Scan},
    tool::{
        block, markup,
        opener::Opener,
        resolve::{self, Call},
    },
};

/// The longest block; beyond it nobody waits any more.
const LONGEST: usize = 16 << 20;

/// How far a candidate may go before its name must be there.
const LONGEST_HEAD: usize = 512;

/// A block as far as it has come. What is held begins with it.
#[derive(Debug)]
pub(super) struct Block {
    kind: Kind,
    /// How much of it has been looked at.
    seen: usize,
}

#[derive(Debug)]
enum Kind {
    /// After a mark.
    Marked(Opener, Body),
    /// JSON without a mark; a call only if it names a tool.
    Bare(Scan, Named),
    /// A fenced block of code; likewise.
    Fence,
    /// `functions.name(...)`.
    Syntax(Scan),
    /// What may follow a call: blanks, commas, closing tags.
    AfterCall,
}

/// How the end of a marked block is found.
#[derive(Debug)]
enum Body {
    Undecided,
    Json(Scan),
    Until(&'static str),
}

/// What has come of a block. Lengths are bytes from its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More text is needed.
    Waits,
    /// So much of it is text.
    IsText(usize),
    /// So much of it was meant as a call and is none.
    Unreadable(usize),
    /// So much of it is nothing.
    Dropped(usize),
    /// Calls, and how much they took.
    Calls(Vec<Call>, usize),
}

impl Block {
    const fn new(kind: Kind) -> Self {
        Self { kind, seen: 0 }
    }

    /// After a mark; `end` ends it, or what is inside.
    pub(super) const fn of_mark(opener: Opener, end: Option<&'static str>) -> Self {
        let body = match end {
            Some(end) => Body::Until(end),
            None => Body::Undecided,
        };
        Self::new(Kind::Marked(opener, body))
    }

    pub(super) fn bare() -> Self {
        Self::new(Kind::Bare(Scan::default(), Named::Perhaps))
    }

    pub(super) const fn fence() -> Self {
        Self::new(Kind::Fence)
    }

    pub(super) fn syntax() -> Self {
        Self::new(Kind::Syntax(Scan::default()))
    }

    pub(super) const fn after_call() -> Self {
        Self::new(Kind::AfterCall)
    }

    /// Looks at what has come since.
    pub(super) fn push(&mut self, tools: &Tools, held: &str) -> Progress {
        let seen = &mut self.seen;
        let progress = match &mut self.kind {
            Kind::Marked(opener, body) => marked(tools, *opener, body, held, seen),
            Kind::Bare(scan, named) => bare(tools, scan, named, held, seen),
            Kind::Fence => fence(tools, held, seen),
            Kind::Syntax(scan) => syntax(tools, scan, held, seen),
            Kind::AfterCall => after_call(held),
        };
        if progress == Progress::Waits && held.len() > LONGEST { Progress::Unreadable(held.len()) } else { progress }
    }

    /// The answer has ended inside the block, cut at a limit or by itself.
    pub(super) fn finish(self, tools: &Tools, held: &str, is_cut: bool) -> Progress {
        let all = held.len();
        // A part of a call is neither call nor text.
        let unless_cut = |progress: Progress| if is_cut { Progress::Dropped(all) } else { progress };
        let called = |calls: Option<Vec<Call>>| calls.map(|calls| Progress::Calls(calls, all));
        match self.kind {
            Kind::Marked(opener, _) if !names_anything(opener, held) => Progress::IsText(1),
            Kind::Marked(opener, _) => closed_by_its_tag(tools, opener, held).unwrap_or_else(|| {
                unless_cut(called(block::calls(tools, opener, held, false)).unwrap_or(Progress::Unreadable(all)))
            }),
            Kind::Bare(_, named @ (Named::Yes | Named::Likely)) => {
                let calls = Json::read_open(held).and_then(|value| resolve::calls(tools, &value));
                let calls = calls.filter(|calls| are_complete(tools, calls));
                match (called(calls), named) {
                    (Some(calls), _) => unless_cut(calls),
                    (None, Named::Yes) => unless_cut(Progress::Unreadable(all)),
                    (None, _) => Progress::IsText(all),
                }
            }
            Kind::Fence => called(fenced_calls(tools, held)).map_or(Progress::IsText(all), unless_cut),
            Kind::Bare(..) | Kind::Syntax(_) => Progress::IsText(all),
            Kind::AfterCall => match after_call(held) {
                Progress::Waits => Progress::Dropped(all),
                progress => progress,
            },
        }
    }
}

/// How many closing tags are tried where the JSON before them hides its end.
const MOST_TRIES: usize = 16;

/// A `<tool_call>` whose JSON has a quote too many hides its end and all that follows; its closing tag still tells it.
fn closed_by_its_tag(tools: &Tools, opener: Opener, held: &str) -> Option<Progress> {
    if opener != Opener::ToolCall {
        return None;
    }
    let ends = || held.match_indices(TOOL_CALL_END).map(|(at, end)| at + end.len()).take(MOST_TRIES);
    let calls = ends().find_map(|end| Some(Progress::Calls(block::calls(tools, opener, &held[..end], true)?, end)));
    calls.or_else(|| ends().next().map(Progress::Unreadable))
}

const TOOL_CALL_END: &str = "</tool_call>";

/// Whether a mark is followed by what a call has, or could yet be: without, it is a word in a text.
fn names_anything(opener: Opener, held: &str) -> bool {
    let head = head(held);
    match opener {
        Opener::FunctionCalls | Opener::Invoke => head.contains("name="),
        Opener::Function => head.contains('>'),
        Opener::ToolCall | Opener::Mistral | Opener::DeepSeek | Opener::Kimi => true,
    }
}

fn are_complete(tools: &Tools, calls: &[Call]) -> bool {
    calls.iter().all(|call| tools.find(&call.name).is_some_and(|tool| resolve::is_complete(tool, &call.input)))
}

fn marked(tools: &Tools, opener: Opener, body: &mut Body, held: &str, seen: &mut usize) -> Progress {
    loop {
        let end = match body {
            Body::Undecided => match decide(tools, opener, held) {
                Decided::Body(decided, at) => {
                    *body = decided;
                    *seen = at;
                    continue;
                }
                Decided::Text => return Progress::IsText(1),
                Decided::NotYet => return undecided(held),
            },
            Body::Json(scan) => {
                let end = scan.push(&held.as_bytes()[*seen..]).map(|length| *seen + length);
                *seen = held.len();
                end
            }
            Body::Until(_) if held.len() >= LONGEST_HEAD && !names_anything(opener, held) => {
                return Progress::IsText(1);
            }
            Body::Until(end) => find(held, end, seen),
        };
        let Some(end) = end else { return Progress::Waits };
        return match block::calls(tools, opener, &held[..end], true) {
            Some(calls) if calls.is_empty() => Progress::Dropped(end),
            Some(calls) => Progress::Calls(calls, end),
            None => Progress::Unreadable(end),
        };
    }
}

/// What the beginning of a block says of its end.
enum Decided {
    /// How it is found, and from where on.
    Body(Body, usize),
    /// It is no block.
    Text,
    NotYet,
}

/// How the end of `<tool_call` or `[TOOL_CALLS]` is found.
fn decide(tools: &Tools, opener: Opener, held: &str) -> Decided {
    let held = head(held);
    let json_at = |at: usize| Decided::Body(Body::Json(Scan::default()), at);
    if opener == Opener::Mistral {
        let mark = "[TOOL_CALLS]".len();
        let Some(at) = held.get(mark..).and_then(|rest| rest.find(['[', '{'])).map(|at| mark + at) else {
            return Decided::NotYet;
        };
        // `name[ARGS]{...}`: the object is what counts.
        return match held[at..].strip_prefix("[ARGS]") {
            Some(_) => json_at(at + "[ARGS]".len()),
            None if "[ARGS]".starts_with(&held[at..]) => Decided::NotYet,
            None => json_at(at),
        };
    }
    let Some((tag, body)) = held.split_once('>') else { return Decided::NotYet };
    let Some(first) = body.find(|c: char| !c.is_whitespace()) else { return Decided::NotYet };
    let until_tag = Decided::Body(Body::Until(TOOL_CALL_END), tag.len() + 1);
    let named = markup::attribute(tag, "name").map(|name| resolve::tool(tools, name));
    let start = &body[first..];
    match named {
        // Text goes to its closing tag, whatever it begins with.
        Some(Some(Tool { input: ToolInput::Text { .. }, .. }) | None) => until_tag,
        _ if start.starts_with(['{', '[']) => json_at(tag.len() + 1 + first),
        Some(_) => until_tag,
        None if start.starts_with('<') => until_tag,
        None => name_at(tools, start, until_tag),
    }
}

/// A body that begins with a word is a call only if that is a tool's name.
fn name_at(tools: &Tools, start: &str, until_tag: Decided) -> Decided {
    match start.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))) {
        None => Decided::NotYet,
        Some(end) if resolve::tool(tools, &start[..end]).is_some() => until_tag,
        Some(_) => Decided::Text,
    }
}

/// Where `end` ends, looking only at what is new.
fn find(held: &str, end: &str, seen: &mut usize) -> Option<usize> {
    let mut from = seen.saturating_sub(end.len());
    while !held.is_char_boundary(from) {
        from -= 1;
    }
    *seen = held.len();
    held[from..].find(end).map(|at| from + at + end.len())
}

/// The part of a candidate in which it must be decided what it is, however the text is split.
fn head(held: &str) -> &str {
    &held[..held.floor_char_boundary(LONGEST_HEAD)]
}

/// Nothing is decided by what is here.
fn undecided(held: &str) -> Progress {
    if held.len() < LONGEST_HEAD { Progress::Waits } else { Progress::IsText(1) }
}

/// Blanks, commas and closing brackets and tags after a call mean nothing.
fn after_call(held: &str) -> Progress {
    const CLOSERS: [&str; 2] = ["</tool_call>", ")"];
    let rest = held.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    let blanks = held.len() - rest.len();
    if let Some(closer) = CLOSERS.iter().find(|closer| rest.starts_with(**closer)) {
        return Progress::Dropped(blanks + closer.len());
    }
    if rest.is_empty() || CLOSERS.iter().any(|closer| closer.starts_with(rest)) {
        return Progress::Waits;
    }
    Progress::Dropped(blanks)
}
