//! What the cells of a column look like, and how well that fits a label or a text.
//!
//! A label repeats and is short; a text is long and mostly its own. All scores are in points: a name that says what a
//! column is weighs 50 (`names.rs`), everything here less.

use std::collections::HashMap;

use super::rows::Mark;

/// Bytes of a cell that are looked at: enough to know a text by.
const LOOK: usize = 1000;

/// The start of a cell, for a profile.
pub(super) fn start_of(cell: &str) -> &str {
    &cell[..cell.floor_char_boundary(LOOK)]
}

/// What the cells of a column look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// Cells looked at.
    pub rows: f64,
    /// Different ones that are not empty.
    pub distinct: f64,
    /// Different ones that stand in one row alone.
    pub singles: f64,
    /// Mean characters.
    pub chars: f64,
    /// Mean words, as [`words`] counts them.
    pub words: f64,
    /// Share of numbers.
    pub numbers: f64,
    /// Share of numbers with decimals that are not zero.
    pub decimals: f64,
    /// Share of digits among the characters: dates, times and codes have many.
    pub digits: f64,
    /// Share of empty cells.
    pub blanks: f64,
    /// Share of lists with several values, and of what is nested.
    pub several: f64,
    /// Share of addresses of pages.
    pub links: f64,
    /// Whether every cell is a whole number from -1 to 20, or a word for yes or no.
    pub is_code: bool,
}

impl Profile {
    /// The profile of these cells, of which long ones count by their start.
    pub fn of<'a>(cells: impl Iterator<Item = (&'a str, Option<Mark>)>) -> Self {
        let mut profile = Self { is_code: true, ..Self::default() };
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let one_if = |condition: bool| f64::from(u8::from(condition));
        for (cell, mark) in cells {
            profile.rows += 1.0;
            if cell.is_empty() {
                profile.blanks += 1.0;
                continue;
            }
            let cell = start_of(cell);
            *counts.entry(cell).or_default() += 1;
            profile.chars += cell.chars().count() as f64;
            profile.words += words(cell);
            profile.digits += cell.chars().filter(char::is_ascii_digit).count() as f64;
            let number = number(cell);
            profile.numbers += one_if(number.is_some());
            profile.decimals += one_if(number.is_some_and(|number| number.fract() != 0.0));
            profile.several += one_if(matches!(mark, Some(Mark::Several(_) | Mark::Nested)));
            profile.links += one_if(cell.starts_with("http://") || cell.starts_with("https://"));
            profile.is_code &= number.is_some_and(|n| n.fract() == 0.0 && (-1.0..=20.0).contains(&n)) || is_yes_or_no(cell);
        }
        let filled = (profile.rows - profile.blanks).max(1.0);
        profile.digits /= profile.chars.max(1.0);
        for mean in [&mut profile.chars, &mut profile.words, &mut profile.numbers, &mut profile.decimals, &mut profile.several] {
            *mean /= filled;
        }
        profile.links /= filled;
        profile.blanks /= profile.rows.max(1.0);
        profile.distinct = counts.len() as f64;
        profile.singles = counts.values().filter(|&&count| count == 1).count() as f64;
        profile.is_code &= !counts.is_empty();
        profile
    }

    /// Points for being the label; 30 and more is a good one.
    pub fn as_label(&self) -> f64 {
        let filled = self.rows * (1.0 - self.blanks);
        // Half of the rows at most, or, among three rows, two that agree.
        let repeats = if self.distinct <= filled / 2.0 || (filled < 4.0 && self.distinct < filled) { 25.0 } else { 0.0 };
        let short = if self.chars <= 40.0 { 5.0 } else { 0.0 };
        let code = if self.is_code { 4.0 } else { 0.0 };
        let constant = if self.distinct < 2.0 { -25.0 } else { 0.0 };
        let wordy = if self.is_sentence() { -40.0 } else { 0.0 };
        let measures = if self.distinct > 10.0 { -30.0 * self.decimals } else { 0.0 };
        repeats + short + code + constant + wordy + measures
            - 20.0 * self.blanks
            - 100.0 * self.several
            - self.distinct.max(1.0).log2()
            - self.chars.min(100.0) / 10.0
    }

    /// Points for being the text; 40 and more is a good one.
    pub fn as_text(&self) -> f64 {
        let sentence = if self.is_sentence() { 10.0 } else { 0.0 };
        sentence - 40.0 * (self.numbers + self.links) - 20.0 * self.blanks
            + 20.0 * self.distinct / self.rows.max(1.0)
            + 10.0 * (1.0 + self.chars).ln()
    }

    /// Whether its cells are sentences.
    pub fn is_sentence(&self) -> bool {
        self.numbers < 0.5 && self.links < 0.5 && self.digits < 0.3 && self.words >= 3.0
    }

    /// Whether its cells could be labels: a few values that repeat, short, mostly there.
    pub fn could_be_label(&self) -> bool {
        let filled = self.rows * (1.0 - self.blanks);
        self.distinct >= 2.0
            && self.distinct <= filled / 4.0
            && self.singles <= filled / 20.0
            && self.chars <= 40.0
            && self.words < 4.0
            && self.blanks < 0.4
            && self.several < 0.5
    }
}

/// Words of a cell; in scripts without spaces every two characters count as one more.
pub(super) fn words(cell: &str) -> f64 {
    let dense = |c: &char| matches!(*c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..);
    cell.split_whitespace().count() as f64 + cell.chars().filter(dense).count() as f64 / 2.0
}

/// The finite number that a cell is.
pub(super) fn number(cell: &str) -> Option<f64> {
    // "inf", "infinity" and "nan" are words here.
    let parse = |cell: &str| cell.parse::<f64>().ok();
    let number = if cell.len() <= 40 { parse(cell).or_else(|| parse(&with_point(cell)?)) } else { None };
    number.filter(|number| number.is_finite() && cell.contains(|c: char| c.is_ascii_digit()))
}

/// A number whose decimals stand behind a comma, with a point; three digits behind it may be thousands.
fn with_point(cell: &str) -> Option<String> {
    let (whole, decimals) = cell.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(decimals) && decimals.len() != 3).then(|| format!("{whole}.{decimals}"))
}

fn is_yes_or_no(cell: &str) -> bool {
    ["yes", "no", "true", "false"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(cells: &[&str]) -> Profile {
        Profile::of(cells.iter().map(|&cell| (cell, None)))
    }

    #[test]
    fn labels_and_texts_are_told_apart_in_any_script() {
        let texts = profile(&["the parcel has not come", "a bill came twice", "I send it back", "where is it now"]);
        let chinese = profile(&["包裹还没有到我家里", "账单来了两次怎么办", "我要把它寄回去退款", "它现在到底在哪里呢"]);
        let labels = profile(&["delivery", "billing", "delivery", "billing"]);
        for text in [&texts, &chinese] {
            assert!(text.is_sentence() && text.as_text() > labels.as_text() && text.as_label() < labels.as_label(), "{text:?}");
        }
        assert!(!labels.is_sentence());
    }

    #[test]
    fn a_column_of_codes_is_likelier_a_label_than_one_of_a_few_names() {
        let names: Vec<&str> = (0..60).map(|i| ["ab03", "kw_7", "m2", "x9", "q1", "zz"][i / 10]).collect();
        let codes: Vec<&str> = (0..60).map(|i| ["0", "1"][i % 2]).collect();
        assert!(profile(&codes).as_label() > profile(&names).as_label() + 2.0);
        assert!(profile(&codes).could_be_label() && profile(&names).could_be_label());
    }

    #[test]
    fn scores_and_lists_are_no_labels() {
        let scores: Vec<String> = (0..60).map(|i| format!("{}.{}", i % 5, i % 9 + 1)).collect();
        let scores: Vec<&str> = scores.iter().map(String::as_str).collect();
        let scores = profile(&scores);
        assert!((scores.decimals - 1.0).abs() < 1e-12 && !scores.could_be_label(), "{scores:?}");
        let lists = Profile::of(["a b", "a b", "c d", "c d"].into_iter().map(|cell| (cell, Some(Mark::Several(2)))));
        assert!(lists.as_label() < 0.0);
    }

    #[test]
    fn words_for_no_number_are_words() {
        assert_eq!(["nan", "inf", "1", "-1.50", "1e3", "0x1"].map(number), [None, None, Some(1.0), Some(-1.5), Some(1000.0), None]);
        assert_eq!(["-1,5", "17,25", "1,000", "1,2,3", "a,1", ",5"].map(number), [Some(-1.5), Some(17.25), None, None, None, None]);
    }
}
