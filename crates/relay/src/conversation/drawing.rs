//! What a conversation asks of a model that draws: the words and pictures of its last user turn, or one more like a picture
//! that was given before.

use super::{
    picture::{PictureRequest, PictureTask},
    request::{Media, MediaSource, Part, Request, Role, Turn},
};

/// The most pictures that a command can tell apart.
const MOST: usize = 4;

/// What people paste around a command.
const AROUND: [char; 5] = ['`', '*', '>', ' ', '\n'];

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The last user turn has no words.
    Words,
    /// It has a document, whose field this is.
    Document(String),
    /// A picture is to be varied that no former answer shows.
    Picture {
        /// The command that was given.
        command: String,
        /// How many pictures the last answer with pictures shows.
        shown: usize,
    },
}

/// Reads what is to be drawn.
///
/// # Errors
/// [`Lack`]; whoever knows the field says so.
pub fn read(request: &Request) -> Result<PictureRequest, Lack> {
    let last = request.turns.iter().rposition(|turn| turn.role == Role::User).ok_or(Lack::Words)?;
    let (before, turn) = (request.turns.get(..last).unwrap_or_default(), request.turns.get(last).ok_or(Lack::Words)?);
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for part in &turn.parts {
        match part {
            Part::Text(text) => texts.push(text.as_str()),
            Part::Image(media) => images.push(media.clone()),
            Part::File(media) => return Err(Lack::Document(media.param.clone())),
            Part::ToolCall(_) | Part::ToolResult(_) => {}
        }
    }
    let text = texts.join("\n");
    let base = PictureRequest { model: request.model.clone(), count: 1, ..PictureRequest::default() };
    if let Some(command) = Command::read(&text) {
        let url = command.picture(before)?;
        let image = Media { param: "messages".into(), source: MediaSource::Url(url), name: None };
        let prompt = command.rest.trim().to_owned();
        return Ok(PictureRequest { task: PictureTask::Vary, prompt, images: vec![image], ..base });
    }
    let prompt = text.trim().to_owned();
    if prompt.is_empty() {
        return Err(Lack::Words);
    }
    let task = if images.is_empty() { PictureTask::Generate } else { PictureTask::Edit };
    Ok(PictureRequest { task, prompt, images, ..base })
}

/// The pictures of the last user turn.
#[must_use]
pub fn pictures(request: &Request) -> Vec<Media> {
    let turn = request.turns.iter().rfind(|turn| turn.role == Role::User);
    let parts = turn.into_iter().flat_map(|turn| &turn.parts);
    parts.filter_map(|part| if let Part::Image(media) = part { Some(media.clone()) } else { None }).collect()
}

/// A wish for one more like a picture: `/v2`, `[_V2_]`, either with an address behind it. Users of the older 1min-relay know
/// them.
#[derive(Debug, PartialEq, Eq)]
struct Command<'a> {
    /// As it was written.
    name: &'a str,
    /// Which picture, from 1.
    which: usize,
    url: Option<&'a str>,
    /// What else was said.
    rest: &'a str,
}

impl<'a> Command<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim_start_matches(AROUND);
        let end = if text.starts_with('[') {
            text.find(']')? + 1
        } else {
            text.find(char::is_whitespace).unwrap_or(text.len())
        };
        let (name, rest) = text.split_at_checked(end)?;
        let name = name.trim_end_matches(AROUND);
        let bare =
            name.strip_prefix("[_").and_then(|bare| bare.strip_suffix("_]")).or_else(|| name.strip_prefix('/'))?;
        let which = bare.strip_prefix(['v', 'V'])?.parse().ok().filter(|which| (1..=MOST).contains(which))?;
        let rest = rest.trim_start_matches(AROUND);
        let (url, rest) = if let Some((url, rest)) = picture(rest).filter(|_| rest.starts_with('!')) {
            (Some(url), rest)
        } else if is_address(rest) {
            let (url, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            (Some(url.trim_end_matches(AROUND)), rest)
        } else {
            (None, rest)
        };
        Some(Self { name, which, url, rest })
    }

    /// The address it means: its own, else that of the picture of this number in the last answer that shows any.
    fn picture(&self, before: &[Turn]) -> Result<String, Lack> {
        if let Some(url) = self.url {
            return Ok(url.to_owned());
        }
        let answers = before.iter().rev().filter(|turn| turn.role == Role::Assistant);
        let shown = answers.map(shown).find(|shown| !shown.is_empty()).unwrap_or_default();
        let lack = || Lack::Picture { command: self.name.to_owned(), shown: shown.len() };
        shown.get(self.which - 1).cloned().ok_or_else(lack)
    }
}

fn is_address(text: &str) -> bool {
    let is_scheme = |scheme: &str| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
    text.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

/// The addresses of the pictures that a turn shows, in order.
fn shown(turn: &Turn) -> Vec<String> {
    let mut urls = Vec::new();
    for part in &turn.parts {
        let Part::Text(text) = part else { continue };
        let mut rest = text.as_str();
        while let Some((url, after)) = picture(rest) {
            urls.push(url.to_owned());
            rest = after;
        }
    }
    urls
}

/// The first picture of a text in Markdown, `![words](address "title")`, and what follows it.
fn picture(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("![")?;
    let (_, rest) = rest.split_once("](")?;
    let (inside, rest) = rest.split_once(')')?;
    Some((inside.split_whitespace().next()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(turns: Vec<Turn>) -> Result<PictureRequest, Lack> {
        read(&Request { model: "m".into(), turns, ..Request::default() })
    }

    fn user(text: &str) -> Turn {
        Turn::text(Role::User, text)
    }

    fn media(url: &str) -> Media {
        Media { param: "messages".into(), source: MediaSource::Url(url.into()), name: None }
    }

    #[test]
    fn the_last_user_turn_is_what_is_drawn() {
        let drawn = asked(vec![user("a cat"), Turn::text(Role::Assistant, "![image](u)"), user(" a fox\n")]).unwrap();
        assert_eq!((drawn.task, drawn.prompt.as_str(), drawn.count), (PictureTask::Generate, "a fox", 1));
        let mut turn = user("in blue");
        turn.parts.push(Part::Image(media("https://x/y.png")));
        let edited = asked(vec![turn]).unwrap();
        assert_eq!((edited.task, edited.images.len()), (PictureTask::Edit, 1));
    }

    #[test]
    fn a_command_means_a_picture_that_was_shown_or_the_one_it_names() {
        let answer = "![image](http://h/results/a.png)\n\n![b c](http://h/results/b.png \"t\")\n\nwords";
        let history = || {
            vec![
                user("two foxes"),
                Turn::text(Role::Assistant, answer),
                user("nice"),
                Turn::text(Role::Assistant, "Yes."),
            ]
        };
        let varied = |text: &str| {
            let drawn = asked(history().into_iter().chain([user(text)]).collect()).unwrap();
            assert_eq!(drawn.task, PictureTask::Vary, "{text}");
            let MediaSource::Url(url) = &drawn.images[0].source else { panic!("{text}") };
            (url.clone(), drawn.prompt)
        };
        let of = |url: &str, prompt: &str| (url.to_owned(), prompt.to_owned());
        for (text, url, prompt) in [
            ("/v1", "http://h/results/a.png", ""),
            ("`/v2`", "http://h/results/b.png", ""),
            ("[_V2_] --ar 3:2", "http://h/results/b.png", "--ar 3:2"),
            ("**[_V1_]**", "http://h/results/a.png", ""),
            ("/v3 https://x/c.png in red", "https://x/c.png", "in red"),
            ("/v1\n![image](https://x/d.png)", "https://x/d.png", ""),
        ] {
            assert_eq!(varied(text), of(url, prompt), "{text}");
        }
        let lack = asked(history().into_iter().chain([user("/v3")]).collect());
        assert_eq!(lack, Err(Lack::Picture { command: "/v3".into(), shown: 2 }));
    }

    #[test]
    fn what_only_looks_like_a_command_is_drawn() {
        for text in ["/v5", "/v", "/video of a fox", "/v1x", "[_V9_]", "[a fox]", "v1 of a fox", "/vé"] {
            assert_eq!(asked(vec![user(text)]).unwrap().prompt, text);
        }
    }

    #[test]
    fn what_can_not_be_drawn_says_why() {
        assert_eq!(asked(vec![]), Err(Lack::Words));
        assert_eq!(asked(vec![Turn::text(Role::System, "s"), user("  ")]), Err(Lack::Words));
        assert_eq!(asked(vec![user("/v1")]), Err(Lack::Picture { command: "/v1".into(), shown: 0 }));
        let file = Turn { parts: vec![Part::Text("draw".into()), Part::File(media("u"))], ..user("") };
        assert_eq!(asked(vec![file]), Err(Lack::Document("messages".into())));
    }
}
