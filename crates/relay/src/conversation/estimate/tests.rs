use std::fs;
use std::path::PathBuf;

use proptest::prelude::{any, prop_oneof, proptest};
use proptest::strategy::Strategy;

use super::{Estimator, tokens};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/conversation/estimate/corpus")
}

/// File name, text and the count of `o200k_base` of every corpus text.
fn counted() -> Vec<(String, String, f64)> {
    let list = fs::read_to_string(corpus().join("counts.tsv")).unwrap();
    let rows = list.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let mut fields = row.split('\t');
        let file = fields.next().unwrap().to_owned();
        let count = fields.next().unwrap().parse().unwrap();
        let text = fs::read_to_string(corpus().join(&file)).unwrap();
        (file, text, count)
    })
    .collect()
}

fn estimated(text: &str) -> f64 {
    f64::from(u32::try_from(tokens(text)).unwrap())
}

#[test]
fn every_corpus_text_is_within_15_percent() {
    let mut off = Vec::new();
    for (file, text, count) in counted() {
        let error = (estimated(&text) / count - 1.0) * 100.0;
        println!("{file:<34} {count:>6} {error:>+6.1} %");
        if error.abs() > 15.0 {
            off.push(file);
        }
    }
    assert!(off.is_empty(), "off by more than 15 %: {off:?}");
}

#[test]
fn the_whole_corpus_is_within_5_percent() {
    let (mut sum, mut expected) = (0.0, 0.0);
    for (_, text, count) in counted() {
        sum += estimated(&text);
        expected += count;
    }
    assert!((sum / expected - 1.0_f64).abs() < 0.05, "{sum} instead of {expected}");
}

#[test]
fn every_corpus_text_is_counted() {
    let mut listed: Vec<_> = counted().into_iter().map(|(file, ..)| file).collect();
    let names = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut present: Vec<_> = names.filter(|name| name.ends_with(".txt")).collect();
    listed.sort();
    present.sort();
    assert_eq!(listed, present);
}

#[test]
fn only_nothing_is_nothing() {
    assert_eq!(tokens(""), 0);
    for code in 0..=u32::from(char::MAX) {
        if let Some(c) = char::from_u32(code) {
            assert!(tokens(c.encode_utf8(&mut [0; 4])) >= 1, "{c:?}");
        }
    }
}

#[test]
fn a_spent_limit_leaves_room_for_nothing() {
    let mut estimator = Estimator::default();
    assert_eq!(estimator.push_within("word", 0), Some(0));
    assert_eq!(estimator.tokens(), 0);
    estimator.push("several words are here");
    assert_eq!(estimator.push_within("", 1), None);
    assert_eq!(estimator.push_within("x", 1), Some(0));
}

#[test]
fn long_runs_stay_in_proportion() {
    for (run, low, high) in [(" ", 1, 200), ("\n", 1, 2_000), ("=", 1, 2_000), ("a", 1_000, 8_000), ("7", 3_000, 4_000)]
    {
        let count = tokens(&run.repeat(10_000));
        assert!((low..=high).contains(&count), "{run:?}: {count}");
    }
}

/// Texts in which every class of character meets every other.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,14}",
        2 => "[ \t\r\n]{1,4}",
        2 => "[-.,:;'\"(){}/_=#*]{1,4}",
        1 => "[0-9]{1,8}",
        1 => "[äéñøÆłşğżơưỹ\u{301}]{1,3}",
        1 => "[жЩіїπΩשםعپहिবகไกაሀ]{1,6}",
        1 => "[한국漢字かなカナ。、!]{1,6}",
        1 => "[😀👍\u{1f3fd}\u{200d}\u{fe0f}☀→—“…½]{1,4}",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.checked_rem(text.len() + 1).unwrap())
}

proptest! {
    #[test]
    fn splitting_does_not_change_the_count(text in text(), cuts in proptest::collection::vec(any::<usize>(), 0..6)) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| boundary(&text, cut)).collect();
        cuts.sort_unstable();
        let (mut split, mut from) = (Estimator::default(), 0);
        for to in cuts.into_iter().chain([text.len()]) {
            split.push(&text[from..to]);
            from = to;
        }
        assert_eq!(split.tokens(), tokens(&text));
        let mut whole = Estimator::default();
        whole.push(&text);
        assert_eq!(format!("{split:?}"), format!("{whole:?}"));
    }

    #[test]
    fn more_text_never_costs_less(text in text()) {
        let (mut estimator, mut before) = (Estimator::default(), 0);
        for c in text.chars() {
            estimator.push(c.encode_utf8(&mut [0; 4]));
            assert!(estimator.tokens() >= before.max(1));
            before = estimator.tokens();
        }
    }

    #[test]
    fn a_limit_cuts_where_push_would_exceed_it(text in text(), at in any::<usize>(), limit in 0_u64..60) {
        let (first, second) = text.split_at(boundary(&text, at));
        let (mut limited, mut kept) = (Estimator::default(), String::new());
        for part in [first, second] {
            let cut = limited.push_within(part, limit);
            kept.push_str(&part[..cut.unwrap_or(part.len())]);
            assert_eq!(limited.tokens(), tokens(&kept));
            if let Some(cut) = cut {
                let next = part[cut..].chars().next().unwrap();
                kept.push(next);
                assert!(tokens(&kept) > limit, "one more character would have fitted");
                kept.pop();
                break;
            }
        }
        assert!(limited.tokens() <= limit);
        assert_eq!(kept == text, tokens(&text) <= limit);
    }
}
