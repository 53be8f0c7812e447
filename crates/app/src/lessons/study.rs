//! What the study that Basin brings along has found, for the lessons that it belongs to.
//!
//! `assets/study/report.md` is the whole of it; `basin study report` writes both.

use std::sync::LazyLock;

use basin_train::report::Finding;

/// All findings.
///
/// # Panics
/// Never: a test reads them.
pub fn findings() -> &'static [Finding] {
    static FINDINGS: LazyLock<Vec<Finding>> =
        LazyLock::new(|| serde_json::from_str(include_str!("../../../../assets/study/findings.json")).expect("a test reads the findings"));
    &FINDINGS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_findings_have_figures() {
        let words: Vec<&str> = findings().iter().map(|finding| finding.word.as_str()).collect();
        for word in ["sam", "weightings", "alignment", "sharpness", "cost"] {
            assert!(words.contains(&word), "{word} is not among {words:?}");
        }
        for finding in findings() {
            let groups = finding.figure.groups.len();
            let dots: Vec<_> = finding.figure.rows.iter().flat_map(|row| &row.dots).collect();
            assert!(!dots.is_empty() && dots.iter().all(|dot| dot.group < groups && dot.x.is_finite()), "{}", finding.word);
        }
    }
}
