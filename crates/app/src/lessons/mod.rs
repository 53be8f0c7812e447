//! Lessons: what they are, how they are written, and those that Basin brings along.
//!
//! No egui here: the command line checks lessons with this, and a view shows them. Read `lesson.rs` first.

use std::path::Path;
use std::sync::LazyLock;

mod claim;
mod facts;
mod grammar;
mod lesson;
mod parse;
mod settings;
mod study;

pub use claim::{Claim, Outcome};
pub use facts::Need;
pub use grammar::ClaimError;
pub use lesson::{Control, Holds, Lesson, Level, Question, Step, Told};
pub use parse::{Fault, parse};

/// A lesson that Basin brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name: that of its file, without the ending.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! lessons {
    ($($name:literal),+ $(,)?) => {
        [$(BuiltIn { name: $name, text: include_str!(concat!("../../../../assets/lessons/", $name, ".md")) }),+]
    };
}

/// All, in the order of the course.
pub const ALL: [BuiltIn; 14] = lessons![
    "01-gradient-step",
    "02-noise",
    "03-one-sam-step",
    "04-rho",
    "05-cost",
    "06-equal-loss",
    "07-one-epsilon",
    "08-placebo",
    "09-seeds",
    "10-no-law",
    "11-batch",
    "12-clean-labels",
    "13-your-data",
    "14-how-sam-flattens",
];

/// The same, read.
///
/// # Panics
/// Never: a test reads them.
pub fn course() -> &'static [(&'static str, Lesson)] {
    static COURSE: LazyLock<Vec<(&str, Lesson)>> =
        LazyLock::new(|| ALL.into_iter().map(|lesson| (lesson.name, parse(lesson.text).expect("a test reads each lesson"))).collect());
    &COURSE
}

/// The lesson of a name, with or without its number.
pub fn find(name: &str) -> Option<BuiltIn> {
    ALL.into_iter().find(|lesson| lesson.name == name || lesson.name.split_once('-').is_some_and(|(_, rest)| rest == name))
}

/// The lesson of the course with a name, with or without its number; with its whole name.
pub fn in_course(name: &str) -> Option<&'static (&'static str, Lesson)> {
    let found = find(name)?;
    course().iter().find(|(known, _)| *known == found.name)
}

/// The lessons of the course, then that of the user.
pub fn all<'a>(own: Option<(&'a str, &'a Lesson)>) -> impl Iterator<Item = (&'a str, &'a Lesson)> {
    course().iter().map(|(name, lesson)| (*name, lesson)).chain(own)
}

/// Whether a name of a lesson is the address of one, on this host or another.
pub fn is_address(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md"))
}

/// Whether an address of a lesson is surely on the host of a page: a path, or below the page's own origin. Browsers read addresses
/// generously (white space, `\\` for `/`), so all that could be a host is one.
pub fn is_on_host_of(address: &str, page: &str) -> bool {
    let mut parts = page.splitn(4, '/');
    let origin = match (parts.next(), parts.next(), parts.next()) {
        (Some(scheme @ ("http:" | "https:")), Some(""), Some(host)) => format!("{scheme}//{host}/"),
        _ => return true,
    };
    let plain =
        |text: &str| !text.contains("//") && !text.contains([':', '\\']) && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    plain(address.strip_prefix(&origin).unwrap_or(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_page_s_own_host_is_asked_without_a_question() {
        let page = "https://basin.example/course/#";
        for address in ["mine.md", "lessons/mine.md", "/mine.md", "https://basin.example/mine.md"] {
            assert!(is_on_host_of(address, page), "{address}");
        }
        for address in [
            "https://evil.example/a.md",
            "//evil.example/a.md",
            r"/\evil.example/a.md",
            "/\t/evil.example/a.md",
            "HTTPS:evil.example/a.md",
            "https://basin.example.evil.example/a.md",
            "https://basin.example/../..//evil.example/a.md",
        ] {
            assert!(!is_on_host_of(address, page), "{address}");
        }
    }

    #[test]
    fn every_lesson_is_well_formed_and_goes_by_its_name() {
        for built_in in ALL {
            let lesson = parse(built_in.text).unwrap_or_else(|faults| {
                panic!("{}:\n{}", built_in.name, faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            });
            assert!(lesson.steps.iter().any(|step| step.claim.is_some()), "{} claims nothing", built_in.name);
            for step in &lesson.steps {
                let right = step.question.as_ref().is_none_or(|question| question.right.is_some());
                assert!(right && step.show.is_some(), "{}, {}", built_in.name, step.title);
                assert_eq!(step.claim.is_some(), step.question.is_some(), "{}: each claim is predicted first", step.title);
            }
            assert_eq!(find(built_in.name), Some(built_in));
            // The font of plain text has no others; that of formulas has.
            let prose = built_in.text.split('`').step_by(2).flat_map(str::chars);
            let missing: String = prose.filter(|c| !c.is_ascii() && !"ρδεηλΣ“”…–−·±".contains(*c)).collect();
            assert_eq!(missing, "", "{}: write these in `code`", built_in.name);
        }
        assert_eq!(find("placebo").map(|lesson| lesson.name), Some("08-placebo"));
        assert_eq!(find("nothing"), None);
        let bytes: usize = ALL.iter().map(|lesson| lesson.text.len()).sum();
        assert!(bytes < 60_000, "the page carries them: {bytes}");
    }
}
