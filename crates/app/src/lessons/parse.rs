//! From Markdown to a lesson; `assets/lessons/README.md` describes the form for authors.
//!
//! Everything that is wrong is told, each with its line and what to write.

use std::fmt;

use basin_train::report::Finding;

use super::claim::Claim;
use super::lesson::{Control, Holds, Lesson, Level, Question, Step, Told};
use super::settings::{self, Setup};
use super::study::findings;
use crate::settings::Middle;

/// What is wrong with a line of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What, and what to write.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// The language of the blocks that are for the program.
const BLOCK: &str = "```basin";
/// What stands before a prediction and before the explanations.
const PREDICT: &str = "**Predict:**";
const IF_SO: &str = "**If so:**";
const IF_NOT: &str = "**If not:**";

/// The words of a step, besides those of an experiment.
const STEP_WORDS: [&str; 7] = ["show", "lane", "point", "pace", "stop", "claim", "holds"];

/// Reads a lesson.
///
/// # Errors
/// Everything that is wrong with it, in the order of lines.
pub fn parse(text: &str) -> Result<Lesson, Vec<Fault>> {
    let mut faults = Faults::default();
    let lines: Vec<(usize, &str)> =
        text.trim_start_matches('\u{feff}').lines().enumerate().map(|(i, line)| (i + 1, line.trim_end())).collect();
    let (entries, body) = head(&lines, &mut faults);
    let mut setup = Setup::start();
    let (mut title, mut minutes, mut level, mut study) = (None, None, None, None);
    for Entry { line, word, value } in &entries {
        let read = match word.as_str() {
            "title" => {
                title = Some(value.clone());
                Ok(())
            }
            "minutes" => value.parse().map(|m| minutes = Some(m)).map_err(|_| format!("`{value}` is no number of minutes")),
            "level" => pick(&Level::ALL, value, "level").map(|l| level = Some(l)),
            "study" => {
                let known: Vec<(&str, &'static Finding)> = findings().iter().map(|finding| (finding.word.as_str(), finding)).collect();
                pick(&known, value, "finding of the study").map(|finding| study = Some(finding))
            }
            word if settings::WORDS.contains(&word) => setup.set(word, value),
            word => Err(format!("`{word}` has no meaning in a head: use title, minutes, level, study, {}", settings::WORDS.join(", "))),
        };
        faults.add(*line, read);
    }
    for example in ["title: My lesson", "minutes: 5", "level: easy"] {
        let is_there = entries.iter().any(|entry| example.split(':').next() == Some(&entry.word));
        if !is_there && !entries.is_empty() {
            faults.tell(1, format!("the head has no line such as `{example}`"));
        }
    }
    let (about, drafts) = drafts(body, &mut faults);
    if drafts.is_empty() {
        faults.tell(lines.len().max(1), "a lesson has at least one step: begin it with `## Its title`");
    }
    let mut before = setup.clone();
    let steps = drafts.into_iter().map(|draft| draft.finish(&setup, &mut before, &mut faults)).collect();
    faults.all.sort_by_key(|fault| fault.line);
    match (faults.all.is_empty(), title, minutes, level) {
        (true, Some(title), Some(minutes), Some(level)) => Ok(Lesson { title, minutes, level, about, study, steps }),
        _ => Err(faults.all),
    }
}

#[derive(Default)]
struct Faults {
    all: Vec<Fault>,
}

impl Faults {
    fn tell(&mut self, line: usize, text: impl Into<String>) {
        self.all.push(Fault { line, text: text.into() });
    }

    fn add<T>(&mut self, line: usize, result: Result<T, String>) -> Option<T> {
        result.map_err(|text| self.tell(line, text)).ok()
    }
}

/// `word: value`.
struct Entry {
    line: usize,
    word: String,
    value: String,
}

fn entry(line: usize, text: &str) -> Result<Entry, String> {
    match text.split_once(':') {
        Some((word, value)) if !value.trim().is_empty() => Ok(Entry { line, word: word.trim().to_owned(), value: value.trim().to_owned() }),
        _ => Err(format!("`{}` is no setting: write `word: value`", basin_train::brief::brief(text.trim(), 40))),
    }
}

/// Adds an entry, if its word is not there yet.
fn add_entry(entries: &mut Vec<Entry>, line: usize, text: &str, faults: &mut Faults) {
    let Some(entry) = faults.add(line, entry(line, text)) else { return };
    match entries.iter().find(|known| known.word == entry.word) {
        Some(known) => faults.tell(line, format!("`{}` stands in line {} already: leave one of them out", entry.word, known.line)),
        None => entries.push(entry),
    }
}

fn pick<T: Copy>(known: &[(&str, T)], word: &str, what: &str) -> Result<T, String> {
    let found = known.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    found.ok_or_else(|| format!("`{word}` is no {what}: use {}", known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")))
}

/// The entries between the first two lines of `---`, and the lines after them.
fn head<'a, 'b>(lines: &'b [(usize, &'a str)], faults: &mut Faults) -> (Vec<Entry>, &'b [(usize, &'a str)]) {
    let mut entries = Vec::new();
    if lines.first().is_none_or(|(_, text)| *text != "---") {
        faults.tell(1, "a lesson begins with a head between two lines of `---`: title, minutes, level, and the experiment");
        return (entries, lines);
    }
    for (i, (line, text)) in lines.iter().enumerate().skip(1) {
        match *text {
            "---" => return (entries, &lines[i + 1..]),
            "" => {}
            text if text.starts_with('#') => break,
            text => add_entry(&mut entries, *line, text, faults),
        }
    }
    faults.tell(1, "the head does not end: close it with a line of `---`");
    (entries, &[])
}

/// A step as it was written.
struct Draft {
    title: String,
    line: usize,
    entries: Vec<Entry>,
    /// What it says: before the explanations, if the claim holds, if not.
    texts: [String; 3],
    /// The line of each explanation.
    explained: [Option<usize>; 2],
    question: Option<(usize, Question)>,
}

/// Where the lines of a step go.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Text(usize),
    Question,
}

/// What stands before the first step, and the steps.
fn drafts(lines: &[(usize, &str)], faults: &mut Faults) -> (String, Vec<Draft>) {
    let (mut about, mut drafts): (String, Vec<Draft>) = Default::default();
    // The line that opened a block, and whether it is for the program.
    let mut open: Option<(usize, bool)> = None;
    let mut place = Place::Text(0);
    for &(line, text) in lines {
        if let Some((_, ours)) = open {
            let ends = text.trim_start().starts_with("```");
            if ends {
                open = None;
            }
            match (drafts.last_mut(), ours) {
                (Some(_), true) if ends || text.trim().is_empty() => {}
                (Some(draft), true) => add_entry(&mut draft.entries, line, text, faults),
                (Some(draft), false) => push(&mut draft.texts[of(place)], text),
                (None, _) => push(&mut about, text),
            }
            continue;
        }
        // Editors take away the space behind an empty title.
        if let Some(title) = text.strip_prefix("##").filter(|title| title.is_empty() || title.starts_with(' ')) {
            let title = title.trim().to_owned();
            drafts.push(Draft { title, line, entries: Vec::new(), texts: Default::default(), explained: [None; 2], question: None });
            place = Place::Text(0);
            continue;
        }
        let Some(draft) = drafts.last_mut() else {
            if text == BLOCK {
                faults.tell(line, "this block stands before the first step: begin one with `## Its title`, or write it in the head");
            }
            open = text.starts_with("```").then_some((line, false));
            push(&mut about, text);
            continue;
        };
        let mut explain = |which: usize, rest: &str, faults: &mut Faults| {
            if let Some(before) = draft.explained[which] {
                faults.tell(line, format!("this explanation stands in line {before} already: a step has one of each"));
            }
            draft.explained[which] = Some(line);
            push(&mut draft.texts[which + 1], rest.trim());
            place = Place::Text(which + 1);
        };
        if text == BLOCK {
            open = Some((line, true));
        } else if text.starts_with("```") {
            open = Some((line, false));
            push(&mut draft.texts[of(place)], text);
        } else if let Some(rest) = text.strip_prefix(IF_SO) {
            explain(0, rest, faults);
        } else if let Some(rest) = text.strip_prefix(IF_NOT) {
            explain(1, rest, faults);
        } else if let Some(rest) = text.strip_prefix(PREDICT) {
            if let Some((before, _)) = &draft.question {
                faults.tell(line, format!("a prediction stands in line {before} already: begin another step for this one"));
            }
            draft.question = Some((line, Question { text: rest.trim().to_owned(), choices: Vec::new(), right: None }));
            place = Place::Question;
        } else if place == Place::Question {
            let (_, question) = draft.question.as_mut().expect("its line was read");
            match (choice(text), text.is_empty()) {
                (Some((right, choice)), _) => {
                    if right && question.right.replace(question.choices.len()).is_some() {
                        faults.tell(line, "two choices are marked as right: leave one `[x]`");
                    }
                    question.choices.push(choice);
                }
                (None, true) => {}
                // A choice goes on in lines that are set in.
                (None, false) if !question.choices.is_empty() && text.starts_with("  ") => {
                    let choice = question.choices.last_mut().expect("there is one");
                    *choice = format!("{choice} {}", text.trim());
                }
                (None, false) if question.choices.is_empty() => {
                    let both = format!("{} {}", question.text, text.trim());
                    both.trim().clone_into(&mut question.text);
                }
                (None, false) => {
                    place = Place::Text(0);
                    push(&mut draft.texts[0], text);
                }
            }
        } else {
            push(&mut draft.texts[of(place)], text);
        }
    }
    if let Some((line, _)) = open {
        faults.tell(line, "this block does not end: close it with a line of ```");
    }
    (about.trim().to_owned(), drafts)
}

fn of(place: Place) -> usize {
    match place {
        Place::Text(which) => which,
        Place::Question => 0,
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// `- [ ] a choice`, or `- [x] the right one`.
fn choice(text: &str) -> Option<(bool, String)> {
    let text = text.trim_start();
    let (right, rest) = match text.strip_prefix("- [ ] ") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("- [x] ")?),
    };
    Some((right, rest.trim().to_owned()))
}

impl Draft {
    /// The step. Its experiment is the head's with what it changes; a step that changes nothing keeps that of the one before.
    fn finish(self, head: &Setup, before: &mut Setup, faults: &mut Faults) -> Step {
        let Self { title, line, entries, texts, explained, question } = self;
        if title.is_empty() {
            faults.tell(line, "this step has no title: write it after `##`");
        }
        let (changes, rest): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| settings::WORDS.contains(&entry.word.as_str()));
        if !changes.is_empty() {
            *before = head.clone();
            for Entry { line, word, value } in changes {
                faults.add(line, before.set(&word, &value));
            }
        }
        let Setup { experiment, lanes } = before.clone();
        let texts = texts.map(|text| text.trim().to_owned());
        let mut step = Step {
            title,
            line,
            text: texts[0].clone(),
            question: None,
            experiment,
            lanes,
            show: None,
            lane: None,
            point: None,
            pace: None,
            stop: None,
            claim: None,
        };
        let (mut claim, mut holds) = (None, None);
        for Entry { line, word, value } in rest {
            match word.as_str() {
                "show" => step.show = faults.add(line, pick(&Middle::ALL.map(|view| (view.word(), view)), &value, "view")),
                "lane" => {
                    let lane = step.lanes.iter().position(|lane| *lane == value);
                    let none = || format!("there is no lane `{value}` in this experiment: use one of {}", step.lanes.join(", "));
                    step.lane = faults.add(line, lane.ok_or_else(none));
                }
                "point" => step.point = faults.add(line, pick(&Control::ALL, &value, "control")),
                "pace" => {
                    let pace = value.parse().ok().filter(|pace: &f64| (0.1..=1_000.0).contains(pace));
                    step.pace = faults.add(line, pace.ok_or_else(|| format!("`{value}` is no pace: write steps a second, 0.1 to 1000")));
                }
                "stop" => {
                    let stop = value.parse().ok().filter(|stop: &usize| *stop > 0);
                    step.stop = faults.add(line, stop.ok_or_else(|| format!("`{value}` is no step to stop after: write a number from 1")));
                }
                "claim" => {
                    let read = Claim::parse(&value, &step.lanes).map_err(|error| format!("the claim, {error}"));
                    claim = Some((line, faults.add(line, read)));
                }
                "holds" => holds = Some((line, faults.add(line, how_often(&value)).unwrap_or(Holds::ALWAYS))),
                word => {
                    faults.tell(
                        line,
                        format!("`{word}` has no meaning in a step: use {}, {}", STEP_WORDS.join(", "), settings::WORDS.join(", ")),
                    );
                }
            }
        }
        if let (None, Some((line, _))) = (&claim, holds) {
            faults.tell(line, "`holds` speaks of a claim: write one, or leave it out");
        }
        if let Some((line, claim)) = claim {
            for (mark, explained) in [IF_SO, IF_NOT].into_iter().zip(explained) {
                if explained.is_none() {
                    faults.tell(line, format!("this claim has no explanation that begins with `{mark}`"));
                }
            }
            let holds = holds.map_or(Holds::ALWAYS, |(_, holds)| holds);
            let [_, if_so, if_not] = texts;
            step.claim = claim.map(|claim| Told { claim, line, holds, if_so, if_not });
        } else if let Some(line) = explained.into_iter().flatten().next() {
            faults.tell(line, "this explains a claim, but the step has none: write `claim: …` in a block of ```basin");
        }
        if let Some((line, question)) = question {
            if question.choices.len() < 2 {
                faults.tell(line, "a prediction has at least two choices: write `- [ ] one` and `- [x] the right one` below it");
            }
            if question.text.is_empty() {
                faults.tell(line, "this prediction asks nothing: write the question after `**Predict:**`");
            }
            step.question = Some(question);
        }
        step
    }
}

/// `always`, `6 of 8`, `2 to 6 of 8`.
fn how_often(text: &str) -> Result<Holds, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let numbers = |words: &[&str]| words.iter().map(|word| word.parse::<usize>().ok()).collect::<Option<Vec<_>>>();
    let holds = match words.as_slice() {
        ["always"] => Some(Holds::ALWAYS),
        [least, "of", of] => numbers(&[least, of]).map(|n| Holds { least: n[0], most: n[1], of: n[1] }),
        [least, "to", most, "of", of] => numbers(&[least, most, of]).map(|n| Holds { least: n[0], most: n[1], of: n[2] }),
        _ => None,
    };
    let sensible = |holds: &Holds| holds.of > 0 && holds.of <= 1_000 && holds.least <= holds.most && holds.most <= holds.of;
    holds.filter(sensible).ok_or_else(|| format!("`{text}` is no share of data seeds: write always, 6 of 8, or 2 to 6 of 8"))
}

#[cfg(test)]
mod tests {
    use basin_train::random::{Purpose, below, stream};

    use super::*;

    const GOOD: &str = "\
---
title: A lesson
minutes: 5
level: easy
lanes: sgd, sam:rho=0.6 as large
---

About it.

## First

Some text.

```basin
epochs: 3
show: sharpness
lane: large
point: start
pace: 2
stop: 20
claim: sgd.gap > large.gap
holds: 6 of 8
```

**Predict:** Which
one?
- [ ] this
- [x] that
  one

**If so:** Good.

More.

**If not:** Bad.

## Second

It goes on.

```
w ← w − η g
```
";

    #[test]
    fn a_lesson_is_read() {
        let lesson = parse(GOOD).expect("a good lesson");
        assert_eq!((lesson.title.as_str(), lesson.minutes, lesson.level, lesson.about.as_str()), ("A lesson", 5, Level::Easy, "About it."));
        let [first, second] = lesson.steps.as_slice() else { panic!("two steps") };
        assert_eq!((first.title.as_str(), first.text.as_str(), first.line), ("First", "Some text.", 10));
        assert_eq!(first.experiment.training.epochs, 3);
        assert_eq!((first.lanes.as_slice(), first.lane), (["sgd".to_owned(), "large".to_owned()].as_slice(), Some(1)));
        assert_eq!((first.show, first.point), (Some(crate::settings::Middle::Sharpness), Some(Control::Start)));
        assert_eq!((first.pace, first.stop), (Some(2.0), Some(20)));
        let question = first.question.as_ref().expect("a prediction");
        assert_eq!(
            (question.text.as_str(), question.choices.as_slice()),
            ("Which one?", ["this".to_owned(), "that one".to_owned()].as_slice())
        );
        assert_eq!(question.right, Some(1));
        let told = first.claim.as_ref().expect("a claim");
        assert_eq!((told.claim.text.as_str(), told.line, told.holds.words().as_str()), ("sgd.gap > large.gap", 21, "6 of 8"));
        assert_eq!((told.if_so.as_str(), told.if_not.as_str()), ("Good.\n\nMore.", "Bad."));
        assert_eq!(second.text, "It goes on.\n\n```\nw ← w − η g\n```");
        assert_eq!(second.experiment, first.experiment, "a step that changes nothing goes on with what was there");
    }

    /// Each mistake: a line of the good lesson, what an author writes instead, and what is told of which line.
    #[test]
    fn mistakes_of_authors_are_told_by_line() {
        for (line, instead, at, told) in [
            ("title: A lesson", "", 1, "the head has no line such as `title: My lesson`"),
            ("title: A lesson", "title:", 2, "`title:` is no setting: write `word: value`"),
            ("minutes: 5", "minutes: five", 3, "`five` is no number of minutes"),
            ("level: easy", "level: simple", 4, "`simple` is no level: use easy, medium, hard"),
            ("level: easy", "niveau: easy", 4, "`niveau` has no meaning in a head"),
            ("lanes: sgd, sam:rho=0.6 as large", "lanes: sgd, san", 5, "unknown method `san`"),
            ("lanes: sgd, sam:rho=0.6 as large", "lanes: sgd, sgd:lr=0.1", 5, "two lanes are called `sgd`"),
            ("epochs: 3", "epochs: 0", 15, "training.epochs"),
            ("epochs: 3", "era: 3", 15, "`era` has no meaning in a step"),
            ("show: sharpness", "show: curve", 16, "`curve` is no view: use curves, sharpness, step, sentences, landscape, sweep, judge"),
            ("lane: large", "lane: sam", 17, "there is no lane `sam` in this experiment: use one of sgd, large"),
            ("point: start", "point: begin", 18, "`begin` is no control: use start, step"),
            ("point: start", "show: curves", 18, "`show` stands in line 16 already"),
            ("pace: 2", "pace: slow", 19, "`slow` is no pace"),
            ("stop: 20", "stop: 0", 20, "`0` is no step to stop after"),
            ("claim: sgd.gap > large.gap", "claim: sgd.gap", 21, "the claim, column 8: a comparison is missing"),
            ("claim: sgd.gap > large.gap", "", 22, "`holds` speaks of a claim"),
            ("claim: sgd.gap > large.gap", "", 31, "this explains a claim, but the step has none"),
            ("holds: 6 of 8", "holds: mostly", 22, "`mostly` is no share of data seeds: write always, 6 of 8, or 2 to 6 of 8"),
            ("holds: 6 of 8", "holds: 9 of 8", 22, "`9 of 8` is no share"),
            ("- [ ] this", "", 25, "a prediction has at least two choices"),
            ("- [ ] this", "- [x] this", 28, "two choices are marked as right"),
            ("**If so:** Good.", "", 21, "this claim has no explanation that begins with `**If so:**`"),
            ("**If not:** Bad.", "**If so:** Bad.", 35, "this explanation stands in line 31 already"),
            ("## First", "##  ", 10, "this step has no title"),
            // The next block ends this one, and so has no end itself.
            ("## Second", "```basin", 39, "`It goes on.` is no setting"),
            ("## Second", "```basin", 43, "this block does not end"),
            ("About it.", "```basin", 8, "this block stands before the first step"),
        ] {
            assert!(GOOD.contains(line), "{line}");
            let faults = parse(&GOOD.replacen(line, instead, 1)).expect_err(instead);
            assert!(
                faults.iter().any(|fault| fault.line == at && fault.text.starts_with(told)),
                "`{instead}` for `{line}`: {}",
                faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            );
        }
        let told = |text: &str| parse(text).expect_err(text).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(told("# A lesson\n").contains("line 1: a lesson begins with a head"), "{}", told("# A lesson\n"));
        assert!(told("---\ntitle: A\n## B\n").contains("line 1: the head does not end"), "{}", told("---\ntitle: A\n## B\n"));
        assert!(told("---\ntitle: A\nminutes: 1\nlevel: easy\n---\n").contains("a lesson has at least one step"));
    }

    #[test]
    fn a_lesson_goes_back_to_its_head_with_what_a_step_changes() {
        let text = "---\ntitle: A\nminutes: 1\nlevel: easy\nseeds: 2\n---\n## A\n```basin\nepochs: 3\n```\n## B\n```basin\nbatch: 8\n```\n";
        let steps = parse(text).expect("a lesson").steps;
        let of = |i: usize| (steps[i].experiment.training.epochs, steps[i].experiment.training.batch, steps[i].experiment.seeds);
        assert_eq!([of(0), of(1)], [(3, 32, 2), (10, 8, 2)]);
    }

    #[test]
    fn no_text_makes_the_reader_fall_over() {
        let mut dice = stream(7, Purpose::Noise);
        let mut below = |bound: usize| below(&mut dice, bound.max(1));
        let pieces = [
            "---",
            "## ",
            "```basin",
            "```",
            "**Predict:**",
            "**If so:**",
            "**If not:**",
            "- [ ] ",
            "- [x] ",
            "claim: ",
            "holds: 1 of 0",
            "lanes: ",
            "\n",
            "\n",
            "ü\u{0}",
            "stop: 18446744073709551616",
            "lane:",
            ":",
            "sgd.gap > 1",
            "\r\n",
            "  x",
        ];
        for _ in 0..3_000 {
            let soup: String = (0..below(40)).map(|_| pieces[below(pieces.len())]).collect();
            let _ = parse(&soup);
            let mut lines: Vec<&str> = GOOD.lines().collect();
            for _ in 0..=below(4) {
                let (from, to) = (below(lines.len()), below(lines.len()));
                match below(3) {
                    0 => drop(lines.remove(from)),
                    1 => lines.swap(from, to),
                    _ => lines.insert(from, pieces[below(pieces.len())]),
                }
            }
            let _ = parse(&lines.join("\n"));
        }
    }
}
