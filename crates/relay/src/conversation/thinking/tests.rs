use proptest::prelude::*;

use super::*;

/// The reasoning and the text that come of these pieces.
fn run(mode: Thinking, pieces: &[&str]) -> (String, String) {
    let mut split = ThinkingSplit::new(mode);
    let mut given: Vec<Piece> = pieces.iter().flat_map(|piece| split.push(piece)).collect();
    given.extend(split.finish());
    let (mut reasoning, mut text) = (String::new(), String::new());
    for piece in given {
        match piece {
            Piece::Reasoning(part) => {
                assert!(!part.is_empty() && text.is_empty(), "reasoning comes first, and no piece is empty");
                reasoning.push_str(&part);
            }
            Piece::Text(part) => {
                assert!(!part.is_empty());
                text.push_str(&part);
            }
        }
    }
    (reasoning, text)
}

fn separate(text: &str) -> (String, String) {
    run(Thinking::Separate, &[text])
}

/// An answer, its reasoning, its text.
const CASES: &[(&str, &str, &str)] = &[
    ("Hello", "", "Hello"),
    ("<think>a b</think>Hello", "a b", "Hello"),
    ("<think>\nOkay.\n</think>\n\nHello\n", "Okay.\n", "Hello\n"),
    ("\n <THINKING>a</Thinking>  \n\n  code", "a", "  code"),
    ("<think>\n\n</think>\n\nHello", "", "Hello"),
    ("<think></think>Hello", "", "Hello"),
    ("<think>a</think>\n\n<thinking>b</thinking> c", "a\n\nb", " c"),
    ("<think>a</think>\n<think> </think>\nb", "a", "b"),
    ("<think>a < b </thin </thinking> <think> </think>c", "a < b </thin </thinking> <think> ", "c"),
    ("<think>a<</think>b", "a<", "b"),
    ("<think>a</</think>b", "a</", "b"),
    ("<think>not closed </thi", "not closed </thi", ""),
    ("<think>", "", ""),
    ("  text first <think>a</think>", "", "  text first <think>a</think>"),
    ("<thin", "", "<thin"),
    (" \n<thinker>a</thinker>", "", " \n<thinker>a</thinker>"),
    ("a</think>b", "", "a</think>b"),
    ("</think>b", "", "</think>b"),
    ("<think>a</think>", "a", ""),
    ("<think>a</think>\n\n", "a", ""),
    ("<think>a</think>\n <th", "a", " <th"),
    ("<think>é☃</think>☃", "é☃", "☃"),
    ("\n\n", "", "\n\n"),
    ("", "", ""),
];

#[test]
fn blocks_at_the_start_are_reasoning_and_the_rest_is_text() {
    for (answer, reasoning, text) in CASES {
        assert_eq!(separate(answer), ((*reasoning).to_owned(), (*text).to_owned()), "{answer}");
        let single: Vec<String> = answer.chars().map(String::from).collect();
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        assert_eq!(run(Thinking::Separate, &single), separate(answer), "{answer}, character by character");
    }
}

#[test]
fn inline_passes_all_and_hidden_drops_the_reasoning() {
    for (answer, _, text) in CASES {
        assert_eq!(run(Thinking::Inline, &[answer]), (String::new(), (*answer).to_owned()));
        assert_eq!(run(Thinking::Hidden, &[answer]), (String::new(), (*text).to_owned()));
    }
}

#[test]
fn only_what_may_be_a_tag_or_precede_one_is_held() {
    let mut split = ThinkingSplit::new(Thinking::Separate);
    assert_eq!(split.push(" \n<thin"), []);
    assert_eq!(split.push("k>"), []);
    assert_eq!(split.push("a"), [Piece::Reasoning("a".into())]);
    assert_eq!(split.push(" b</th"), [Piece::Reasoning(" b".into())]);
    assert_eq!(split.push("e"), [Piece::Reasoning("</the".into())]);
    assert_eq!(split.push("</think>\n\n"), []);
    assert_eq!(split.push("c <"), [Piece::Text("c <".into())]);
    let mut split = ThinkingSplit::new(Thinking::Separate);
    assert_eq!(split.push("<think>a</think>b"), [Piece::Reasoning("a".into()), Piece::Text("b".into())]);
    let mut split = ThinkingSplit::new(Thinking::Separate);
    assert_eq!(split.push("<b"), [Piece::Text("<b".into())]);
}

#[test]
fn a_mode_is_read_as_it_is_shown() {
    for mode in [Thinking::Separate, Thinking::Inline, Thinking::Hidden] {
        assert_eq!(mode.to_string().to_uppercase().parse(), Ok(mode));
    }
    assert_eq!("loud".parse::<Thinking>(), Err(InvalidThinking));
}

proptest! {
    #[test]
    fn a_split_anywhere_changes_nothing(
        parts in proptest::collection::vec(
            prop_oneof!["<think>", "</think>", "<THINKING>", "</thinking>", "[ \\na<>☃]{0,4}"], 0..8,
        ),
        cuts in proptest::collection::vec(0usize..80, 0..5),
    ) {
        let answer = parts.concat();
        let mut pieces = Vec::new();
        let mut from = 0;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| answer.floor_char_boundary(cut)).collect();
        cuts.sort_unstable();
        for cut in cuts {
            pieces.push(&answer[from..cut]);
            from = cut;
        }
        pieces.push(&answer[from..]);
        prop_assert_eq!(run(Thinking::Separate, &pieces), separate(&answer));
    }

    #[test]
    fn nothing_is_lost_but_tags_and_white_space(
        blocks in proptest::collection::vec("[a-z <\\n]{0,8}", 0..4), text in "[A-Z<>/ \\n☃]{0,12}",
    ) {
        let thought: String = blocks.iter().map(|block| format!("<think>{block}</think>\n")).collect();
        let (reasoning, answer) = separate(&(thought + &text));
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(bare(&reasoning), bare(&blocks.concat()));
        if blocks.is_empty() {
            prop_assert_eq!(answer, text);
        } else {
            let begin = text.trim_start();
            let space = &text[..text.len() - begin.len()];
            let kept = space.rfind('\n').map_or(space, |end| &space[end + 1..]);
            prop_assert_eq!(answer, [kept, begin].concat());
        }
    }
}
