//! What each lane is worth beside itself in the run that is drawn dashed, in words.
//!
//! Elsewhere: which lanes belong together and how they are judged (`state/beside.rs`).

use basin_train::stats::Comparison;
use egui::Ui;

use super::view::View;
use crate::charts;
use crate::format;
use crate::knobs;
use crate::state::{Before, Beside, Run};
use crate::widgets;

/// The verdict and its numbers.
pub fn verdict_text(comparison: &Comparison) -> String {
    format!("{} ({})", comparison.verdict.words(), comparison.details())
}

/// A line a lane that both runs have, where there is a run before; `ended` where the one that is shown is at its planned end.
pub fn beside_ui(ui: &mut Ui, view: &View<'_>, ended: bool) {
    let Some(before) = charts::compared(view.state, view.settings.charts) else { return };
    let (run, name) = (&view.state.run, view.state.name_of_before(before));
    let found = run.beside(before);
    if found.is_empty() {
        return;
    }
    let ended = ended && before.is_whole();
    for found in &found {
        widgets::hint(ui, words(run, before, found, &name, ended));
    }
    if !ended {
        widgets::hint(ui, format!("A verdict on {name} takes the planned end of both."));
    }
}

/// `SAM here 81.2 %, in the run before 80.1 %: difference +1.1 ± 0.6 points, paired by seed, higher (t = …)`; with their knobs where
/// these are not the same.
fn words(run: &Run, before: &Before, found: &Beside, name: &str, ended: bool) -> String {
    let (ours, theirs) = (&run.lanes[found.lane], &before.lanes[found.other]);
    let (ours, other) = if ours.config == theirs.config {
        (ours.long_title.clone(), String::new())
    } else {
        (knobs::lane(&ours.config), format!("{} ", knobs::lane(&theirs.config)))
    };
    let difference = &found.comparison.difference;
    let points = format::points_spread(difference.mean, difference.standard_error, difference.count);
    let way = if run.has_seeds_of(before) { "paired by seed" } else { "other seeds, by Welch's test" };
    let verdict = if ended { verdict_text(&found.comparison) } else { "so far".to_owned() };
    let [here, there] = [found.here, found.before].map(|spread| format::percent(spread.mean));
    format!("{ours} here {here}, {other}in {name} {there}: difference {points} points, {way}, {verdict}")
}
