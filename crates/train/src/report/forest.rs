//! What a study found: an answer to a question, and its figure as numbers.

use serde::{Deserialize, Serialize};

/// An answer of a study, with its figure: what `basin study report` writes for the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The word by which a lesson names it.
    pub word: String,
    /// The question.
    pub question: String,
    /// The answer, in a sentence.
    pub sentence: String,
    /// The figure.
    pub figure: Forest,
}

/// A forest: differences or correlations as dots with their intervals, a row for each thing, a colour for each group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// What is shown.
    pub title: String,
    /// What is measured along.
    pub along: String,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// Below the figure.
    pub note: String,
}

/// A thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// Its values.
    pub dots: Vec<Dot>,
}

/// A value of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dot {
    /// The value.
    pub x: f64,
    /// Half of its interval, if it has one.
    pub half: Option<f64>,
    /// Its group.
    pub group: usize,
    /// Whether it is beyond chance; hollow where not.
    pub clear: bool,
}

impl Forest {
    /// The least and the largest value, with the ends of all intervals and 0.
    pub fn ends(&self) -> [f64; 2] {
        let ends = |dot: &Dot| [-1.0, 0.0, 1.0].map(|side| dot.x + side * dot.half.unwrap_or(0.0));
        let all = self.rows.iter().flat_map(|row| &row.dots).flat_map(ends);
        all.fold([0.0, 0.0], |[least, most]: [f64; 2], x| [least.min(x), most.max(x)])
    }
}
