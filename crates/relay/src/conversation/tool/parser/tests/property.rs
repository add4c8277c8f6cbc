//! What holds for every answer, however it is put together and split.

use proptest::prelude::*;

use super::{PARIS_BLOCK, read, tools};

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z `<>\\[\\]{}\"\\n:é]{0,12}",
        prop::sample::select(vec![
            PARIS_BLOCK,
            "<tool_call>",
            "</tool_call>",
            "```json\n",
            "```",
            "{\"name\":\"ping\"}",
            "[TOOL_CALLS]",
            "<think>",
            "<invoke name=\"ping\">",
            "</invoke>",
            "<tool_response>",
            "functions.ping({})",
            "\n",
            "<tool_call name=\"run\">",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn a_split_anywhere_changes_nothing(parts in prop::collection::vec(fragment(), 0..8), is_cut in any::<bool>()) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let whole = parts.concat();
        let (text, calls, _) = read(&tools(), &[&whole], is_cut);
        let split = read(&tools(), &parts, is_cut);
        prop_assert_eq!((&split.0, &split.1), (&text, &calls));
        let single: Vec<String> = whole.chars().map(String::from).collect();
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        let split = read(&tools(), &single, is_cut);
        prop_assert_eq!((&split.0, &split.1), (&text, &calls));
    }

    #[test]
    fn text_before_the_first_call_is_never_lost_and_nothing_is_invented(
        parts in prop::collection::vec(fragment(), 0..8)
    ) {
        let whole = parts.concat();
        let (text, calls, _) = read(&tools(), &[&whole], false);
        // All of it, but for blocks that are empty.
        let without_empty = |text: &str| {
            let mut parts = text.split("<tool_call>");
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |out, part| match part.split_once("</tool_call>") {
                Some((inner, rest)) if inner.trim().is_empty() => out + rest,
                _ => out + "<tool_call>" + part,
            })
        };
        let (text, whole) = (without_empty(&text), without_empty(&whole));
        if calls.is_empty() {
            prop_assert_eq!(text, whole);
        } else {
            prop_assert!(whole.trim_start().starts_with(text.trim()));
            for call in calls {
                let name = call.split('(').next().unwrap_or_default();
                prop_assert!(tools().find(name).is_some() && whole.contains(name));
            }
        }
    }
}
