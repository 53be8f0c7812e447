//! How good answers are, as tables for other programs: the same from the command line and the page.
//!
//! Elsewhere: the dialect (`table.rs`), the figures themselves (`basin_train::instruments::judge`).

use basin_train::report::{Figures, Judged, JudgedCell, Judgement, LaneJudgement, Predicted, Predictions};

use crate::table::Table;

/// A figure with its word in tables, its title, and what it is.
pub struct Figure {
    /// In tables and JSON.
    pub word: &'static str,
    /// For people.
    pub title: &'static str,
    /// In a sentence.
    pub help: &'static str,
    /// Whether it is a share that people read in percent.
    pub percent: bool,
    /// Its value.
    pub of: fn(&Figures) -> f64,
}

/// All figures, in the order in which they are shown.
pub const FIGURES: [Figure; 7] = [
    Figure {
        word: "accuracy",
        title: "accuracy",
        help: "The share of the examples that is answered by its label.",
        percent: true,
        of: |f| f.accuracy,
    },
    Figure {
        word: "macro_f1",
        title: "macro F1",
        help: "The mean of F1 over the classes: a rare class counts as much as a frequent one.",
        percent: true,
        of: |f| f.macro_f1,
    },
    Figure {
        word: "log_loss",
        title: "log loss",
        help: "The mean of −ln p of the label, in nats: sure mistakes cost most.",
        percent: false,
        of: |f| f.log_loss,
    },
    Figure {
        word: "calibration_error",
        title: "calibration error",
        help: "How far confidence and accuracy lie apart, over ten bins of confidence (expected calibration error).",
        percent: true,
        of: |f| f.calibration_error,
    },
    Figure {
        word: "temperature",
        title: "temperature",
        help: "The number to divide the logits by: above 1 the answers are too sure, below 1 too shy; – where all are right, or none is, so that none is best.",
        percent: false,
        of: |f| f.temperature,
    },
    Figure {
        word: "tempered_log_loss",
        title: "log loss, tempered",
        help: "The log loss with a temperature that was found on one half of the examples and used on the other, both ways.",
        percent: false,
        of: |f| f.tempered_log_loss,
    },
    Figure {
        word: "tempered_calibration_error",
        title: "calibration error, tempered",
        help: "The calibration error with a temperature that was found on one half of the examples and used on the other, both ways.",
        percent: true,
        of: |f| f.tempered_calibration_error,
    },
];

/// A judgement with the names of what it counts.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    /// The judgement.
    pub judgement: &'a Judgement,
    /// Titles of its lanes.
    pub titles: &'a [String],
    /// Names of the classes.
    pub classes: &'a [String],
    /// The seed of the first member.
    pub first_seed: u64,
}

impl<'a> Named<'a> {
    fn lanes(self) -> impl Iterator<Item = (&'a str, &'a LaneJudgement)> {
        self.titles.iter().map(String::as_str).zip(&self.judgement.lanes)
    }

    fn class(self, class: usize) -> &'a str {
        self.classes.get(class).map_or("?", String::as_str)
    }

    /// One row per lane and seed, one of all seeds together, and one of the linear model. Weights are those of the step, or, where the
    /// step is empty, those of an epoch that each seed has kept.
    pub fn figures(self) -> String {
        let words = FIGURES.iter().map(|figure| figure.word);
        let mut table = Table::new(&["step", "epoch", "examples", "lane", "seed"].into_iter().chain(words).collect::<Vec<_>>());
        let Judgement { step, examples, .. } = self.judgement;
        let linear = self.judgement.linear.as_ref().map(|figures| ("linear model", figures));
        for (title, lane) in self.lanes() {
            let seeds = (self.first_seed..).map(|seed| seed.to_string());
            let together = ("together".to_owned(), &lane.together);
            let step = lane.epochs.is_empty().then_some(*step);
            // All seeds together have an epoch where it is the same one.
            let of_all = lane.epochs.first().copied().filter(|first| lane.epochs.iter().all(|epoch| epoch.total_cmp(first).is_eq()));
            for (member, (seed, figures)) in seeds.zip(&lane.members).chain([together]).enumerate() {
                let epoch = if member < lane.members.len() { lane.epochs.get(member).copied() } else { of_all };
                table.row(&[&step, &epoch, examples, &title, &seed, &FIGURES.map(|figure| (figure.of)(figures))]);
            }
        }
        if let Some((title, figures)) = linear {
            table.row(&[step, &"", examples, &title, &"", &FIGURES.map(|figure| (figure.of)(figures))]);
        }
        table.finish()
    }

    /// One row per lane, class and seed.
    pub fn of_classes(self) -> String {
        let mut table = Table::new(&["lane", "class", "examples", "seed", "precision", "recall", "f1"]);
        for (title, lane) in self.lanes() {
            for (number, class) in lane.classes.iter().enumerate() {
                for (member, seed) in (0..class.f1.len()).zip(self.first_seed..) {
                    let scores = [class.precision[member], class.recall[member], class.f1[member]];
                    table.row(&[&title, &self.class(number), &self.judgement.class_counts[number], &seed, &scores]);
                }
            }
        }
        table.finish()
    }

    /// One row per lane and cell that is not zero.
    pub fn confusion(self) -> String {
        let mut table = Table::new(&["lane", "label", "answer", "answers_of_all_seeds"]);
        for (title, lane) in self.lanes() {
            for cell in &lane.cells {
                table.row(&[&title, &self.class(cell.label), &self.class(cell.answer), &cell.count]);
            }
        }
        table.finish()
    }

    /// One row per lane and bin.
    pub fn reliability(self) -> String {
        let mut table = Table::new(&["lane", "from", "to", "answers_of_all_seeds", "mean_confidence", "accuracy"]);
        for (title, lane) in self.lanes() {
            for (place, bin) in lane.bins.iter().enumerate() {
                let edges = [place, place + 1].map(|edge| edge as f64 / lane.bins.len() as f64);
                table.row(&[&title, &edges, &bin.count, &[bin.confidence, bin.accuracy]]);
            }
        }
        table.finish()
    }

    /// One row per lane and mistake, the surest first.
    pub fn mistakes(self) -> String {
        self.examples(|lane| &lane.mistakes)
    }

    /// One row per lane and training example, the most doubted first.
    pub fn suspects(self) -> String {
        self.examples(|lane| &lane.suspects)
    }

    fn examples(self, of: fn(&LaneJudgement) -> &Vec<Judged>) -> String {
        let mut table = Table::new(&EXAMPLE);
        for (title, lane) in self.lanes() {
            examples(&mut table, title, of(lane), self.classes);
        }
        table.finish()
    }

    /// Every table with its word.
    pub fn tables(self) -> [(&'static str, String); 6] {
        [
            ("figures", self.figures()),
            ("classes", self.of_classes()),
            ("confusion", self.confusion()),
            ("reliability", self.reliability()),
            ("mistakes", self.mistakes()),
            ("suspects", self.suspects()),
        ]
    }
}

/// The head of a table of examples.
const EXAMPLE: [&str; 12] = [
    "lane",
    "rank",
    "row",
    "text",
    "label",
    "given_label",
    "answer",
    "probability",
    "label_probability",
    "loss",
    "seeds_agreeing",
    "seeds",
];

fn examples(table: &mut Table, title: &str, list: &[Judged], classes: &[String]) {
    let name = |class: usize| classes.get(class).map_or("?", String::as_str);
    for (one, rank) in list.iter().zip(1_usize..) {
        let numbers = [one.probability, one.label_probability, one.loss];
        let names = [one.label, one.given_label, one.answer].map(name);
        table.row(&[&title, &rank, &one.row, &one.text, &names, &numbers, &one.agreeing, &one.members]);
    }
}

/// One row per example of a cell of the confusion matrix.
pub fn cell(cell: &JudgedCell, title: &str, classes: &[String]) -> String {
    let mut table = Table::new(&EXAMPLE);
    examples(&mut table, title, &cell.examples, classes);
    table.finish()
}

/// One row per text and lane.
pub fn predictions(predictions: &Predictions, titles: &[String], classes: &[String]) -> String {
    let mut table = Table::new(&["line", "text", "lane", "class", "probability", "deviation", "seeds_agreeing"]);
    for (i, (line, text)) in predictions.lines.iter().zip(&predictions.texts).enumerate() {
        for (title, lane) in titles.iter().zip(&predictions.lanes) {
            let Some(Predicted { class, probability, deviation, agreeing }) = lane.get(i) else { continue };
            let class = class.and_then(|class| classes.get(class)).map_or("", String::as_str);
            table.row(&[line, text, title, &class, &[*probability, *deviation], agreeing]);
        }
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use basin_train::report::{Bin, Cell, ClassFigures};

    use super::*;
    use crate::table::tests::read;

    #[test]
    fn every_table_has_its_rows_and_reads_back() {
        let judged = Judged {
            row: 7,
            text: "so, so".to_owned(),
            label: 0,
            given_label: 1,
            answer: 1,
            probability: 0.75,
            label_probability: 0.25,
            loss: 1.5,
            agreeing: 2,
            members: 2,
        };
        let lane = LaneJudgement {
            members: vec![Figures { accuracy: 0.5, ..Figures::default() }, Figures::default()],
            together: Figures { accuracy: 0.75, ..Figures::default() },
            classes: vec![ClassFigures { precision: vec![f64::NAN, 0.5], recall: vec![0.25, 1.0], f1: vec![0.0, 0.5] }; 2],
            cells: vec![Cell { label: 1, answer: 0, count: 3 }],
            bins: vec![Bin { count: 0, confidence: f64::NAN, accuracy: f64::NAN }, Bin { count: 4, confidence: 0.9, accuracy: 0.5 }],
            mistakes: vec![judged.clone()],
            suspects: vec![judged],
            train_accuracy: 0.5,
            epochs: Vec::new(),
            precision: Vec::new(),
        };
        let judgement = Judgement { step: 9, examples: 4, class_counts: vec![1, 3], lanes: vec![lane], ..Judgement::default() };
        let (titles, classes) = (["SAM".to_owned()], ["down", "up"].map(str::to_owned));
        let named = Named { judgement: &judgement, titles: &titles, classes: &classes, first_seed: 5 };
        let rows: Vec<Vec<Vec<String>>> = named.tables().iter().map(|(_, text)| read(text)).collect();
        assert_eq!(rows[0][1][..6], ["9", "", "4", "SAM", "5", "0.5"]);
        assert_eq!(rows[0][3][..6], ["9", "", "4", "SAM", "together", "0.75"]);
        assert_eq!(rows[1][1], ["SAM", "down", "1", "5", "", "0.25", "0"]);
        assert_eq!(rows[2][1], ["SAM", "up", "down", "3"]);
        assert_eq!(rows[3][2], ["SAM", "0.5", "1", "4", "0.9", "0.5"]);
        let row = ["SAM", "1", "7", "so, so", "down", "up", "up", "0.75", "0.25", "1.5", "2", "2"];
        assert_eq!((&rows[4][1][..], &rows[5][1][..]), (&row.map(str::to_owned)[..], &row.map(str::to_owned)[..]));

        // Weights of chosen epochs are of no one step; all seeds together have an epoch where theirs are the same.
        for (epochs, together) in [([3.0, 2.0], ""), ([3.0, 3.0], "3")] {
            let mut judgement = judgement.clone();
            judgement.lanes[0].epochs = epochs.to_vec();
            let rows = read(&Named { judgement: &judgement, ..named }.figures());
            assert_eq!((&rows[1][..2], &rows[2][..2]), (&["", "3"].map(str::to_owned)[..], &[String::new(), epochs[1].to_string()][..]));
            assert_eq!(rows[3][..2], ["", together]);
        }
    }
}
