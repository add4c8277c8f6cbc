//! Takes the crawl lines off the start of an answer that searched the web.
//!
//! With web search on, lines `🌐 Crawling site <url>` + LF come as text before the answer (live). Only whole lines at
//! the start count; the same words later in the answer are the model's.

/// What a crawl line begins with.
const MARK: &str = "🌐 Crawling site ";

/// The longest crawl line that is waited for, in bytes.
const LONGEST_LINE: usize = 4_096;

/// A filter over the start of an answer; text in, text without crawl lines out.
#[derive(Debug, Default)]
pub(crate) struct CrawlFilter {
    /// A line that may yet turn out to be a crawl line.
    pending: String,
    is_past_start: bool,
}

impl CrawlFilter {
    /// A filter that lets everything through, for calls that did not search.
    pub(crate) fn off() -> Self {
        Self { is_past_start: true, ..Self::default() }
    }

    /// The part of the text so far that is certain to be answer.
    pub(crate) fn push(&mut self, text: String) -> String {
        if self.is_past_start {
            return text;
        }
        self.pending.push_str(&text);
        while let Some(rest) = self.pending.strip_prefix(MARK) {
            match rest.split_once('\n') {
                Some((_url, after)) => self.pending = after.to_owned(),
                None if rest.len() <= LONGEST_LINE => return String::new(),
                None => break,
            }
        }
        if MARK.starts_with(&self.pending) {
            return String::new();
        }
        self.is_past_start = true;
        std::mem::take(&mut self.pending)
    }

    /// What was held back when the answer ended. A line that never ended is given: it may hold the answer.
    pub(crate) fn finish(&mut self) -> String {
        self.is_past_start = true;
        std::mem::take(&mut self.pending)
    }
}

/// A whole text without its crawl lines.
pub(crate) fn take_off(text: String) -> String {
    let mut filter = CrawlFilter::default();
    filter.push(text) + &filter.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pieces: &[&str]) -> String {
        let mut filter = CrawlFilter::default();
        let mut out: String = pieces.iter().map(|piece| filter.push((*piece).to_owned())).collect();
        out.push_str(&filter.finish());
        out
    }

    #[test]
    fn only_whole_lines_at_the_start_are_taken_off() {
        let text = "🌐 Crawling site https://a.example\n🌐 Crawling site https://b.example\nTwo launches.\n🌐 Crawling site x\n";
        let expected = "Two launches.\n🌐 Crawling site x\n";
        assert_eq!(filter(&[text]), expected);
        let pieces: Vec<String> = text.chars().map(String::from).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        assert_eq!(filter(&pieces), expected);
    }

    #[test]
    fn an_answer_that_only_begins_alike_is_kept() {
        assert_eq!(filter(&["🌐 ", "Crawl"]), "🌐 Crawl");
        assert_eq!(filter(&["🌐 hello"]), "🌐 hello");
        let unclosed = "🌐 Crawling site https://a.example The answer is 42.";
        assert_eq!(filter(&[unclosed]), unclosed);
        let endless = format!("🌐 Crawling site {}", "x".repeat(2 * LONGEST_LINE));
        let mut waiting = CrawlFilter::default();
        assert_eq!(waiting.push(endless.clone()), endless);
        assert_eq!(filter(&[]), "");
    }

    #[test]
    fn calls_that_did_not_search_pass_untouched() {
        let mut off = CrawlFilter::off();
        assert_eq!(off.push("🌐 Crawling site x\n".into()), "🌐 Crawling site x\n");
        assert_eq!(off.finish(), "");
    }
}
