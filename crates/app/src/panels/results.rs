//! The numbers of each lane at the latest measurement, and what their differences are worth.

use basin_train::results;
use basin_train::results::most_frequent;
use basin_train::stats::{Comparison, Difference, Spread};
use egui::{Grid, Label, RichText, Role, ScrollArea, Ui, vec2};

use super::beside::{beside_ui, verdict_text};
use super::figure::save_ui;
use super::status;
use super::view::View;
use crate::charts;
use crate::command::{Figure, ViewCommand};
use crate::format;
use crate::state::{Metric, State, partners};
use crate::theme::{self, LaneMark};
use crate::widgets;

/// `+1.2 ± 0.4` in percentage points.
fn difference_text(difference: &Difference) -> String {
    format!("{} pp", format::points_spread(difference.mean, difference.standard_error, difference.count))
}

/// Why there is no verdict on the way.
const SO_FAR: &str =
    "A verdict is for one look, at the planned end of the run: who looks again and again sees a difference sooner or later that is none";

/// Whether this is the end that was planned when the run began, of which verdicts are told.
fn is_end(state: &State) -> bool {
    let steps = state.run.progress.steps;
    let planned = state.run.summary.as_ref().map_or(steps, |summary| summary.steps.min(steps));
    state.run.here().is_some_and(|here| here.step == planned)
}

fn cell(state: &State, lane: usize, metric: Metric) -> String {
    match state.run.spread(lane, metric) {
        None => "–".to_owned(),
        Some(s) if metric.is_fraction() => format::percent_spread(s.mean, s.sd, s.count),
        Some(s) => format::spread(s.mean, s.sd, s.count),
    }
}

/// How many members of a lane diverged, if any.
fn diverged(state: &State, lane: usize) -> Option<String> {
    let flags = &state.run.here()?.lanes.get(lane)?.diverged;
    let count = flags.iter().filter(|d| **d).count();
    (count > 0).then(|| format!("{count} of {} diverged", flags.len()))
}

/// What the epoch is worth that was chosen on examples held back, where that is asked for: `chosen 71.3 ± 0.8 % at epoch 3.2`.
fn best_text(state: &State, lane: usize) -> Option<String> {
    let best = state.run.best(lane)?;
    let (accuracy, epoch) = (Spread::of(&best.test_accuracy)?, Spread::of(&best.epoch)?);
    Some(format!("chosen {} at epoch {:.1}", format::percent_spread(accuracy.mean, accuracy.sd, accuracy.count), epoch.mean))
}

/// What this lane ended with in the run before, where that is drawn dashed: `before 70.5 ± 0.8 %`.
fn before_text(view: &View<'_>, lane: usize) -> Option<String> {
    let before = charts::compared(view.state, view.settings.charts)?;
    let same = partners(&view.state.run.lanes, &before.lanes).get(lane).copied().flatten()?;
    let last = before.lanes[same].spreads(Metric::TestAccuracy).last().copied().flatten()?;
    Some(format!("before {}", format::percent_spread(last.mean, last.sd, last.count)))
}

const BEFORE: &str = "Below: where this lane stood last in the run that is drawn dashed";

const BEST: &str = "Below: test accuracy at each seed's best epoch, chosen on training examples that are held back (mean epoch)";

/// What stands under the table: how the verdicts came about, and those on the run before.
fn remarks_ui(ui: &mut Ui, view: &View<'_>, comparisons: &[Option<Comparison>]) {
    let ended = is_end(view.state);
    if comparisons.len() > 1 {
        widgets::hint(ui, if ended { results::method(comparisons) } else { format!("{SO_FAR}.") });
    }
    chosen_ui(ui, view);
    beside_ui(ui, view, ended);
}

/// What the lanes are worth against each other at the epochs that the run keeps: a line a lane.
fn chosen_ui(ui: &mut Ui, view: &View<'_>) {
    let run = &view.state.run;
    let accuracies: Vec<&[f64]> = (0..run.lanes.len()).map_while(|lane| Some(&run.best(lane)?.test_accuracy[..])).collect();
    let Some(reference) = run.lanes.get(view.reference).filter(|_| !accuracies.is_empty()) else { return };
    for (lane, comparison) in run.lanes.iter().zip(results::compare_by_seed(&accuracies, view.reference)) {
        let Some(comparison) = comparison else { continue };
        let (difference, verdict) = (difference_text(&comparison.difference), verdict_text(&comparison));
        let [lane, other] = [lane, reference].map(|lane| &lane.long_title);
        widgets::hint(ui, format!("At the epochs chosen, {lane} against {other}: {difference}, {verdict}"));
    }
}

const ALWAYS: &str = "The most frequent class of the test set: answering it always would be right this often";

const LINEAR: &str = "A logistic regression on counts of the same tokens, fitted beside the run: what the net adds is above it";

/// Which lane the others are compared to.
fn reference_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut chosen = view.reference;
    ui.weak("compared to");
    let titles = view.state.run.lanes.iter().map(|lane| lane.title.as_str());
    let list = widgets::pick(ui, "Compared to", &mut chosen, titles, usize::MAX);
    list.on_hover_text("Differences are taken to this lane, seed by seed");
    if chosen != view.reference {
        out.push(ViewCommand::Reference(chosen));
    }
}

/// When, and over how many seeds; `whole`, of which data, too.
fn when(view: &View<'_>, whole: bool) -> String {
    let seeds = view.state.run.summary.as_ref().map_or(1, |s| s.experiment.seeds);
    let step = view.state.run.here().map_or(0, |here| here.step);
    let over = if seeds > 1 { format!("mean ± sd over {seeds} seeds") } else { "one seed".to_owned() };
    let data = view.state.run.summary.as_ref().filter(|_| whole).map_or(String::new(), |s| format!("{}, ", format::cut(&s.data, 30)));
    format!("{data}at step {}, {over}", format::count(step))
}

/// The table of the wide layouts, with its head.
pub fn results_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    if state.run.measurements.is_empty() {
        widgets::hint(ui, format!("{}.", status::waiting_for(state)));
        return;
    }
    let comparisons = state.run.comparisons(view.reference);
    let card = ui.max_rect().expand2(vec2(10.0, 8.0));
    ui.horizontal(|ui| {
        ui.weak(format!("{},", when(view, ui.available_width() > 620.0)));
        reference_ui(ui, view, out);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| save_ui(ui, "Results", Figure::Results, card, out));
    });
    let seen = ui.available_width();
    ScrollArea::both().id_salt("results").auto_shrink(false).show(ui, |ui| {
        // Every row is as high as its two lines.
        ui.spacing_mut().interact_size.y = 34.0;
        Grid::new("results table").striped(true).min_row_height(20.0).spacing(vec2(8.0, 2.0)).show(ui, |ui| {
            let against = format!("against {}", state.run.lanes.get(view.reference).map_or("", |lane| lane.title.as_str()));
            let heads: [(&str, &str); 6] = [
                ("Lane", "A method, and the gradient evaluations of one of its steps; a forward pass counts one third"),
                ("Test accuracy", Metric::TestAccuracy.help()),
                (&against, "Mean difference of test accuracy, seed by seed, ± its standard error, in percentage points"),
                ("Test loss", "On the test set; small, below it: on training examples"),
                (Metric::GapHeldOut.title(), "The gap on examples that no lane trains on; small, below it: on training examples"),
                (Metric::FlippedAccuracy.title(), Metric::FlippedAccuracy.help()),
            ];
            widgets::name_table(ui, "Results");
            let row = widgets::table_row(ui, 0);
            for (head, tip) in heads.into_iter().take(if wrong_labels(view) { 6 } else { 5 }) {
                widgets::table_cell(ui, row, Role::ColumnHeader, |ui| {
                    ui.set_max_width(BELOW);
                    ui.add(Label::new(RichText::new(head).small().weak()).wrap()).on_hover_text(tip)
                });
            }
            ui.end_row();
            for (i, mark) in view.marks().into_iter().enumerate() {
                row_ui(ui, view, i, mark, comparisons.get(i).copied().flatten());
                ui.end_row();
            }
            if let Some(most) = state.run.summary.as_ref().and_then(most_frequent) {
                let row = widgets::table_row(ui, state.run.lanes.len() + 1);
                widgets::table_cell(ui, row, Role::RowHeader, |ui| {
                    ui.weak(format!("always `{}`", format::cut(most.class, 18))).on_hover_text(ALWAYS)
                });
                widgets::table_cell(ui, row, Role::Cell, |ui| ui.weak(format::percent(most.share)).on_hover_text(ALWAYS));
                ui.end_row();
            }
            if let Some(linear) = state.run.linear_accuracy() {
                let row = widgets::table_row(ui, state.run.lanes.len() + 2);
                widgets::table_cell(ui, row, Role::RowHeader, |ui| ui.weak("a linear model").on_hover_text(LINEAR));
                widgets::table_cell(ui, row, Role::Cell, |ui| ui.weak(format::percent(linear)).on_hover_text(LINEAR));
                ui.end_row();
            }
        });
        // A table may be wider than there is room; text is broken where it can be read.
        ui.set_max_width(seen);
        remarks_ui(ui, view, &comparisons);
    });
}

/// Whether there are wrong labels that a lane could repeat.
fn wrong_labels(view: &View<'_>) -> bool {
    view.state.run.summary.as_ref().is_some_and(|summary| summary.flipped > 0)
}

/// Width of what stands in smaller letters under a number, where it may go on in a further line: all columns are to be seen at once.
const BELOW: f32 = 112.0;

/// A line, and a smaller one under it.
fn two_lines(ui: &mut Ui, first: &str, second: &str, strong: bool) -> egui::Response {
    let second = RichText::new(second).size(11.5);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(Label::new(first).extend());
        ui.add(Label::new(if strong { second } else { second.weak() }).extend());
    })
    .response
}

/// The same, for words of any length.
fn lines(ui: &mut Ui, first: &str, words: &str, strong: bool) -> egui::Response {
    let words = RichText::new(words).size(11.5);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add(Label::new(first).extend());
        ui.set_max_width(BELOW);
        ui.add(Label::new(if strong { words } else { words.weak() }).wrap());
    })
    .response
}

fn row_ui(ui: &mut Ui, view: &View<'_>, lane: usize, mark: LaneMark, comparison: Option<Comparison>) {
    let state = view.state;
    let cost = state.run.cost_per_step(lane).map(|cost| format!("{cost:.2} gradients a step"));
    let small = diverged(state, lane).or(cost).unwrap_or_default();
    let row = widgets::table_row(ui, lane + 1);
    widgets::table_cell(ui, row, Role::RowHeader, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widgets::swatch(ui, mark);
            let title = format::cut(&state.run.lanes[lane].long_title, 18);
            two_lines(ui, &title, &small, false).on_hover_text(state.run.lanes[lane].config.to_string());
        });
    });
    let accuracy = cell(state, lane, Metric::TestAccuracy);
    let words = (state.run.one_answer(lane), best_text(state, lane), before_text(view, lane));
    widgets::table_cell(ui, row, Role::Cell, |ui| match words {
        (Some(words), _, _) => lines(ui, &accuracy, &words, true).on_hover_text("It gives every test example the same answer"),
        (None, Some(best), _) => lines(ui, &accuracy, &best, false).on_hover_text(BEST),
        (None, None, Some(before)) => lines(ui, &accuracy, &before, false).on_hover_text(BEFORE),
        (None, None, None) => ui.label(accuracy),
    });
    widgets::table_cell(ui, row, Role::Cell, |ui| match comparison {
        _ if lane == view.reference => ui.weak("reference"),
        None => ui.weak("–"),
        Some(found) => {
            let (words, clear) = if is_end(state) { (found.verdict.words(), found.verdict.is_clear()) } else { ("so far", false) };
            let response = lines(ui, &difference_text(&found.difference), words, clear);
            response.on_hover_text(if is_end(state) { verdict_text(&found) } else { SO_FAR.to_owned() })
        }
    });
    for (above, below) in [(Metric::TestLoss, Metric::TrainLoss), (Metric::GapHeldOut, Metric::Gap)] {
        let training = format!("training {}", cell(state, lane, below));
        widgets::table_cell(ui, row, Role::Cell, |ui| two_lines(ui, &cell(state, lane, above), &training, false));
    }
    if wrong_labels(view) {
        widgets::table_cell(ui, row, Role::Cell, |ui| ui.label(cell(state, lane, Metric::FlippedAccuracy)));
    }
}

/// The numbers of a card, two in a row; the last one where labels are wrong.
const CARD: [Metric; 6] =
    [Metric::TestAccuracy, Metric::TestLoss, Metric::Gap, Metric::GapHeldOut, Metric::TrainLoss, Metric::FlippedAccuracy];

/// A card a lane, for the narrow layout.
pub fn narrow_results_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    if state.run.measurements.is_empty() {
        widgets::hint(ui, format!("{}.", status::waiting_for(state)));
    } else {
        ui.weak(when(view, true));
        ui.horizontal(|ui| {
            reference_ui(ui, view, out);
            let page = ui.clip_rect();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| save_ui(ui, "Results", Figure::Results, page, out));
        });
        let comparisons = state.run.comparisons(view.reference);
        for (i, mark) in view.marks().into_iter().enumerate() {
            theme::card(ui).show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                ui.horizontal(|ui| {
                    widgets::swatch(ui, mark);
                    ui.label(RichText::new(&state.run.lanes[i].long_title).size(15.0).color(ui.visuals().strong_text_color()));
                    if let Some(text) = diverged(state, i) {
                        ui.colored_label(ui.visuals().warn_fg_color, text);
                    }
                });
                let half = ui.available_width() / 2.0;
                Grid::new(("lane", i)).num_columns(2).min_col_width(half - 10.0).spacing(vec2(10.0, 2.0)).show(ui, |ui| {
                    let known = if wrong_labels(view) { &CARD[..] } else { &CARD[..5] };
                    for metrics in known.chunks(2) {
                        for &metric in metrics {
                            ui.vertical(|ui| {
                                ui.spacing_mut().item_spacing.y = 1.0;
                                ui.add(Label::new(RichText::new(metric.title()).small().weak()).sense(egui::Sense::CLICK))
                                    .on_hover_text(metric.help());
                                ui.label(cell(state, i, metric));
                            });
                        }
                        ui.end_row();
                    }
                });
                if let Some(words) = state.run.one_answer(i) {
                    ui.label(words);
                }
                if let Some(best) = best_text(state, i) {
                    ui.add(Label::new(format!("Test accuracy, {best}")).wrap()).on_hover_text(BEST);
                }
                if let Some(cost) = state.run.cost_per_step(i) {
                    ui.weak(format!("{cost:.2} gradient evaluations a step"));
                }
                if let Some(found) = comparisons.get(i).copied().flatten() {
                    let to = &state.run.lanes[view.reference].title;
                    let verdict = if is_end(state) { verdict_text(&found) } else { "so far".to_owned() };
                    ui.add(Label::new(format!("{} to {to}: {verdict}", difference_text(&found.difference))).wrap());
                }
            });
        }
        if let Some(most) = state.run.summary.as_ref().and_then(most_frequent) {
            ui.weak(format!("Always `{}`: {}", most.class, format::percent(most.share))).on_hover_text(ALWAYS);
        }
        if let Some(linear) = state.run.linear_accuracy() {
            ui.weak(format!("A linear model: {}", format::percent(linear))).on_hover_text(LINEAR);
        }
        remarks_ui(ui, view, &comparisons);
    }
    ui.add_space(6.0);
    status::details_ui(ui, state);
}

#[cfg(test)]
mod tests {
    use basin_train::stats::judge;

    use super::*;

    #[test]
    fn differences_are_told_in_words() {
        let told = |lane: &[f64]| {
            let found = judge(&[Difference::paired(lane, &[0.8; 4])])[0].expect("finite pairs");
            (difference_text(&found.difference), verdict_text(&found))
        };
        // d = 2, 3, 4, 3 points: mean 3, sd √(2/3), standard error √(1/6) = 0.41, t = 7.35.
        let (difference, verdict) = told(&[0.82, 0.83, 0.84, 0.83]);
        assert_eq!(difference, "+3.0 ± 0.4 pp");
        assert!(verdict.starts_with("higher (t = 7.35 with 3 degrees of freedom, p = 0.005"), "{verdict}");
        assert_eq!(told(&[0.55]), ("−25.0 pp".to_owned(), "too few seeds to tell (n = 1, a verdict takes 3)".to_owned()));
    }
}
