//! Subtitles: what is said, and when, as SRT or as `WebVTT`.

use std::{fmt::Write, time::Duration};

use super::transcript::Segment;

/// How long a subtitle is shown at least: one without a length is shown by no player.
const SHORTEST: Duration = Duration::from_secs(1);

/// What stands between the times of a subtitle.
const ARROW: &str = "-->";

/// Subtitles as SRT.
#[must_use]
pub fn to_srt(segments: &[Segment]) -> String {
    let mut out = String::new();
    for (segment, number) in segments.iter().zip(1_u64..) {
        let (start, end) = times(segment);
        let text = one_block(&segment.text).replace(ARROW, "->");
        // Writing into a text does not fail.
        let _ = writeln!(out, "{number}\n{} {ARROW} {}\n{text}\n", clock(start, ','), clock(end, ','));
    }
    out
}

/// Subtitles as `WebVTT`.
#[must_use]
pub fn to_vtt(segments: &[Segment]) -> String {
    let mut out = String::from("WEBVTT\n\n");
    for segment in segments {
        let (start, end) = times(segment);
        let text = one_block(&segment.text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(out, "{} {ARROW} {}\n{text}\n", clock(start, '.'), clock(end, '.'));
    }
    out
}

/// Reads subtitles of either kind; `None`: it is something else.
pub(super) fn read(text: &str) -> Option<Vec<Segment>> {
    let text = text.trim_start_matches('\u{feff}').trim_start().replace("\r\n", "\n");
    let is_vtt = is_vtt(&text);
    if !is_vtt && !is_srt(&text) {
        return None;
    }
    let segments = text.split("\n\n").filter_map(|block| read_block(block, is_vtt));
    Some(segments.collect())
}

/// Whether a text begins as `WebVTT` does.
#[must_use]
pub fn is_vtt(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Whether a text begins as SRT does: with a number, and times below it.
#[must_use]
pub fn is_srt(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').trim_start().lines();
    let is_number = |line: &str| !line.trim().is_empty() && line.trim().bytes().all(|byte| byte.is_ascii_digit());
    lines.next().is_some_and(is_number) && lines.next().is_some_and(|line| read_times(line).is_some())
}

fn read_block(block: &str, is_vtt: bool) -> Option<Segment> {
    let mut lines = block.lines().skip_while(|line| !line.contains(ARROW));
    let (start_seconds, end_seconds) = read_times(lines.next()?)?;
    let text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    let text = if is_vtt { text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") } else { text };
    Some(Segment { start_seconds, end_seconds, text, ..Segment::default() })
}

fn read_times(line: &str) -> Option<(f64, f64)> {
    let (start, end) = line.split_once(ARROW)?;
    // Places may stand behind the times.
    Some((read_clock(start.trim())?, read_clock(end.split_whitespace().next()?)?))
}

/// Seconds of `01:02:03,456` or `02:03.456`.
fn read_clock(text: &str) -> Option<f64> {
    let text = text.replace(',', ".");
    let mut seconds = 0.0;
    for figure in text.split(':') {
        let figure: f64 = figure.parse().ok().filter(|figure: &f64| figure.is_finite() && *figure >= 0.0)?;
        seconds = seconds * 60.0 + figure;
    }
    text.contains(':').then_some(seconds)
}

/// Where a segment begins and ends; never nowhere.
fn times(segment: &Segment) -> (Duration, Duration) {
    let of = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let (start, end) = (of(segment.start_seconds), of(segment.end_seconds));
    (start, if end > start { end } else { start.saturating_add(SHORTEST) })
}

fn clock(time: Duration, point: char) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}{point}{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, time.subsec_millis())
}

/// A text without empty lines, which would end its subtitle.
fn one_block(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_seconds: f64, end_seconds: f64, text: &str) -> Segment {
        Segment { start_seconds, end_seconds, text: text.into(), ..Segment::default() }
    }

    #[test]
    fn subtitles_are_written_as_players_read_them() {
        let segments = [segment(0.0, 1.5, "Salt & <pepper>\n\nfor two"), segment(3725.25, 3725.25, "a --> b ☃")];
        assert_eq!(
            to_srt(&segments),
            "1\n00:00:00,000 --> 00:00:01,500\nSalt & <pepper>\nfor two\n\n\
             2\n01:02:05,250 --> 01:02:06,250\na -> b ☃\n\n"
        );
        assert_eq!(
            to_vtt(&segments),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nSalt &amp; &lt;pepper&gt;\nfor two\n\n\
             01:02:05.250 --> 01:02:06.250\na --&gt; b ☃\n\n"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let segments = vec![segment(0.0, 1.5, "Salt & <pepper>"), segment(61.25, 62.0, "two\nlines")];
        assert_eq!(read(&to_srt(&segments)), Some(segments.clone()));
        assert_eq!(read(&to_vtt(&segments)), Some(segments));
        let odd = "\u{feff}WEBVTT - a title\r\n\r\nNOTE none\r\n\r\nid\r\n00:01.000 --> 00:02.000 align:start\r\nHi";
        assert_eq!(read(odd), Some(vec![segment(1.0, 2.0, "Hi")]));
    }

    #[test]
    fn words_that_only_look_like_subtitles_are_words() {
        for text in ["", "WEBVTTING", "1", "1\nand 2 --> 3", "2 --> 3", "1984\nby George Orwell"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
