//! A judgement as its views are given it, and examples with label and answer.

use basin_train::report::{Judged, Judgement, LaneJudgement};
use egui::Ui;

use super::rows::{Column, rows_ui};
use super::view::View;
use crate::{format, widgets};

/// A judgement with all that its parts need to be drawn.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Of all lanes.
    pub judgement: &'a Judgement,
    /// Of the lane that is chosen.
    pub lane: &'a LaneJudgement,
    /// Names of the classes.
    pub classes: &'a [String],
}

impl<'a> Shown<'a> {
    /// The name of a class.
    pub fn class(self, class: usize) -> &'a str {
        self.classes.get(class).map_or("–", String::as_str)
    }

    /// Members that have numbers.
    pub fn members(self) -> usize {
        self.lane.members.iter().filter(|figures| figures.accuracy.is_finite()).count()
    }
}

/// The number that examples are ranked by.
#[derive(Clone, Copy)]
pub enum Number {
    /// Probability of the answer.
    Answer,
    /// Loss of the label.
    Loss,
}

/// Examples with label and answer.
pub fn examples_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, name: &str, list: &[Judged], number: Number) {
    if list.is_empty() {
        widgets::hint(ui, "None.");
        return;
    }
    let class = |name, help| Column { name, help, width: 120.0, number: false };
    let ranked = match number {
        Number::Answer => Column { name: "p", help: "Mean probability of the answer over the seeds.", width: 64.0, number: true },
        Number::Loss => Column { name: "Loss", help: "Mean loss of the label over the seeds, in nats.", width: 64.0, number: true },
    };
    let columns = [
        Column { name: "Text", help: "The text.", width: 0.0, number: false },
        class("Label", "Its label; ≠ marks one that label noise made wrong."),
        class("Answer", "What all seeds together answer."),
        ranked,
        Column { name: "Seeds", help: "How many of the seeds give this answer themselves.", width: 52.0, number: true },
    ];
    let row = |place: usize| {
        let one = &list[place];
        let label = shown.class(one.label);
        let label = if one.label == one.given_label { label.to_owned() } else { format!("≠ {label}") };
        let value = match number {
            Number::Answer => format::percent(one.probability),
            Number::Loss => format::short(one.loss),
        };
        vec![one.text.clone(), label, shown.class(one.answer).to_owned(), value, format!("{}/{}", one.agreeing, one.members)]
    };
    rows_ui(ui, view, name, &columns, list.len(), row, false);
}
