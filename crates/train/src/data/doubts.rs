//! What a person would frown at in the classes of a file: notes, and what cannot be trained on.
//!
//! Elsewhere: doubts about columns (`guess.rs`), about texts and tests (`dataset.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::error::{DataError, column, counted, cut, first_few};
use super::examples::{Labelled, MOST_CLASSES};
use super::labels::Labels;
use super::profile::number;
use super::rows::Reason;
use super::taken::Taken;

/// Examples that a class should have.
const FEW: usize = 3;
/// Different numbers with decimals that are still classes, such as ratings in half steps.
const MOST_GRADES: usize = 10;

/// Notes on the classes, each with the name of the file, and why they cannot be trained on.
pub(super) fn of(taken: &Taken, examples: &[Labelled], labels: &Labels) -> (Vec<String>, Vec<DataError>) {
    let notes = [
        mostly_one(taken),
        alike(taken),
        spelled(labels),
        grades(taken),
        combined(taken),
        contradicted(examples),
        merged(taken, examples),
        dates(taken),
        many(taken),
        few(taken, examples),
    ];
    let notes = notes.into_iter().flatten().map(|note| format!("{}: {note}", taken.file)).collect();
    (notes, refused(taken).into_iter().collect())
}

fn label_column(taken: &Taken) -> String {
    column(taken.columns.label, &taken.names)
}

fn refused(taken: &Taken) -> Option<DataError> {
    let (file, column, rows, classes) = (taken.file.clone(), label_column(taken), taken.rows, taken.classes.len());
    if classes < 2 {
        let class = taken.classes.first().map_or_else(String::new, |(class, _)| cut(class, 30));
        let judged = taken.left_out.iter().any(|left| left.why.starts_with("`answer`"));
        let others = taken.left_out.iter().find(|left| left.why.starts_with("the label "));
        let hint = match others {
            _ if judged => "If `answer` says yes or no to it, choose `answer` as the label (`--label answer`)".to_owned(),
            Some(left) => format!("{} left out: {}", counted(left.rows, "row"), cut(left.why.split(". ").next().unwrap_or_default(), 60)),
            None => "`--label` names another".to_owned(),
        };
        return Some(DataError::OneClass { file, class, column, hint });
    }
    if let Some(example) = first_decimal(taken)
        && (classes > 2 * MOST_GRADES || (classes > MOST_GRADES && classes * 5 > rows))
    {
        return Some(DataError::Scores { file, column, example: cut(example, 20), classes, rows });
    }
    (classes > MOST_CLASSES).then_some(DataError::TooManyClasses { file, column, classes, rows, limit: MOST_CLASSES })
}

/// A label with decimals, if all labels are numbers.
fn first_decimal(taken: &Taken) -> Option<&str> {
    let mut numbers = taken.classes.iter().map(|(class, _)| (class.as_str(), number(class)));
    let has_decimals = |&(_, number): &(&str, Option<f64>)| number.is_some_and(|number| number.fract() != 0.0);
    let first = numbers.clone().find(has_decimals)?;
    numbers.all(|(_, number)| number.is_some()).then_some(first.0)
}

fn grades(taken: &Taken) -> Option<String> {
    let example = first_decimal(taken)?;
    Some(format!(
        "the labels are numbers with decimals (such as {}): each is a class of its own, and none is near another",
        cut(example, 20)
    ))
}

fn many(taken: &Taken) -> Option<String> {
    let (classes, rows) = (taken.classes.len(), taken.rows);
    let column = label_column(taken);
    (rows > 4 && classes * 2 > rows)
        .then(|| format!("{classes} different labels in {rows} rows: is {column} the label? `--label` names another"))
}

fn mostly_one(taken: &Taken) -> Option<String> {
    let (class, count) = taken.classes.first()?;
    let share = 100.0 * *count as f64 / taken.rows.max(1) as f64;
    (share >= 80.0 && taken.classes.len() > 1).then(|| {
        format!(
            "{count} of {} rows have the label `{}`: a model that always answers it is right in {share:.0} % of them",
            taken.rows,
            cut(class, 30)
        )
    })
}

/// Labels that put others together: `billing, other` beside `billing` and `other`.
fn combined(taken: &Taken) -> Option<String> {
    let classes: BTreeSet<&str> = taken.classes.iter().map(|(class, _)| class.as_str()).collect();
    // A word that others put between labels stands in names of classes as well: there all parts must be classes.
    let is_combined = |class: &str| {
        let parts = |between: char| class.split(between).map(str::trim);
        [',', ';', '|', '#'].into_iter().any(|between| class.contains(between) && parts(between).any(|part| classes.contains(part)))
            || ['+', '&', '/'].into_iter().any(|between| class.contains(between) && parts(between).all(|part| classes.contains(part)))
    };
    let combined: Vec<&(String, usize)> = taken.classes.iter().filter(|(class, _)| is_combined(class)).collect();
    let rows: usize = combined.iter().map(|(_, count)| count).sum();
    let words: Vec<String> = combined.iter().map(|(class, _)| format!("`{}`", cut(class, 30))).collect();
    (rows > 0).then(|| {
        format!(
            "{} with several labels in one ({}): each combination is a class of its own here; for one label a row, keep the first",
            counted(rows, "row"),
            few_words(&words, 3)
        )
    })
}

/// Texts that stand there with two labels.
fn contradicted(examples: &[Labelled]) -> Option<String> {
    let mut labels: HashMap<(&str, Option<&str>), &Labelled> = HashMap::new();
    let mut first = None;
    let mut texts = HashSet::new();
    for example in examples {
        let text = (example.text.as_str(), example.text_b.as_deref());
        let before = *labels.entry(text).or_insert(example);
        if before.label != example.label && texts.insert(text) {
            first = first.or(Some((before, example)));
        }
    }
    let (a, b) = first?;
    Some(format!(
        "{} with different labels, such as lines {} (`{}`) and {} (`{}`): no model can get both right",
        if texts.len() == 1 { "1 text stands there".to_owned() } else { format!("{} texts stand there", texts.len()) },
        a.line,
        cut(&a.label, 20),
        b.line,
        cut(&b.label, 20)
    ))
}

/// Labels that stand in the first row of a block alone, as cells that a spreadsheet has merged come out.
fn merged(taken: &Taken, examples: &[Labelled]) -> Option<String> {
    let blank = taken.left_out.iter().find(|left| left.why.starts_with(&Reason::NoLabel.to_string()))?;
    let first = examples.first()?.line < *blank.lines.first()?;
    let apart = examples.windows(2).all(|pair| pair[0].line + 1 < pair[1].line);
    (first && apart && examples.len() > 2 && blank.rows >= examples.len()).then(|| {
        "each label stands above rows without one, as in merged cells: if it holds for those as well, fill it down in the spreadsheet"
            .to_owned()
    })
}

/// Labels that are days.
fn dates(taken: &Taken) -> Option<String> {
    let is_date = |class: &str| {
        let day = class.split(['T', ' ']).next().unwrap_or_default();
        ['-', '/', '.'].iter().any(|between| {
            let parts: Vec<&str> = day.split(*between).collect();
            let digits = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            parts.len() == 3 && parts.iter().all(digits) && parts.iter().any(|part| part.len() == 4)
        })
    };
    let (first, _) = taken.classes.first()?;
    taken.classes.iter().all(|(class, _)| is_date(class)).then(|| {
        format!("the labels are dates (such as {}): is {} the label? `--label` names another", cut(first, 20), label_column(taken))
    })
}

fn alike(taken: &Taken) -> Option<String> {
    let mut lower: BTreeMap<String, &str> = BTreeMap::new();
    let mut twins = Vec::new();
    for (class, _) in &taken.classes {
        if let Some(twin) = lower.insert(class.to_lowercase(), class) {
            twins.push(format!("`{}` and `{}`", cut(twin, 24), cut(class, 24)));
        }
    }
    (!twins.is_empty()).then(|| format!("labels that differ in capitals only are classes of their own: {}", few_words(&twins, 3)))
}

fn spelled(labels: &Labels) -> Option<String> {
    let written = labels.spellings.iter().map(|(class, written)| format!("`{}` ({} spellings)", cut(class, 24), written.len()));
    let written: Vec<String> = written.collect();
    (!written.is_empty()).then(|| format!("labels that differ in white space or in `.0` only are one class: {}", few_words(&written, 3)))
}

fn few_words(list: &[String], most: usize) -> String {
    if list.len() > most { format!("{} and {} more", list[..most].join(", "), list.len() - most) } else { list.join(", ") }
}

fn few(taken: &Taken, examples: &[Labelled]) -> Option<String> {
    let rare: Vec<&(String, usize)> = taken.classes.iter().rev().filter(|(_, count)| *count < FEW).collect();
    if rare.is_empty() || taken.classes.len() < 2 || many(taken).is_some() {
        return None;
    }
    let line = |class: &str| examples.iter().find(|example| example.label == class).map_or(0, |example| example.line);
    let words: Vec<String> =
        rare.iter().take(6).map(|(class, count)| format!("`{}` ({count}, line {})", cut(class, 16), line(class))).collect();
    let more = if rare.len() > 5 { format!(" and {} more", rare.len() - 5) } else { String::new() };
    let first: Vec<String> = words.into_iter().take(5).collect();
    let what = counted(rare.len(), "label");
    Some(format!(
        "{what} with fewer than three examples, too few to learn and to test: {}{more}. Correct them or add rows",
        first_few(&first)
    ))
}
