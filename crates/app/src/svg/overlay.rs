//! Several runs over each other: the accuracy of each lane that they share over the steps, a line for each run.

use basin_train::experiment::titles;
use plotters::style::text_anchor::HPos;

use super::page::{Words, curve, page, panel, range, sample, units, write};
use crate::format;
use crate::state::{Metric, State};
use crate::theme::{self, LaneMark};

const PANEL: [f64; 2] = [500.0, 290.0];
const LEFT: f64 = 20.0;
const LINE: f64 = 18.0;

/// Lanes that are drawn, at most: those of the first run, in its order.
const MOST_LANES: usize = 6;

/// The figure of runs with their names, whose accuracies are `on` the same examples; none where no two share a lane.
pub fn figure(runs: &[(String, &State)], on: &str) -> Option<String> {
    let lines: Vec<Vec<(String, Vec<[f64; 2]>)>> = runs.iter().map(|(_, state)| lines_of(state)).collect();
    let of = |run: usize, title: &str| lines[run].iter().find(|(other, _)| other == title).map(|(_, points)| points);
    let shared: Vec<&String> = lines
        .first()?
        .iter()
        .map(|(title, _)| title)
        .filter(|title| (1..runs.len()).any(|run| of(run, title).is_some()))
        .take(MOST_LANES)
        .collect();
    if shared.is_empty() {
        return None;
    }
    let marks: Vec<LaneMark> = (0..runs.len()).map(theme::mark).collect();
    let columns = shared.len().min(2);
    let top = 44.0 + LINE * runs.len() as f64 + 8.0;
    let size = [columns as f64 * PANEL[0], top + shared.len().div_ceil(columns) as f64 * PANEL[1] + 30.0];
    Some(page(size, |area| {
        write(area, [LEFT, 24.0], 15.0, HPos::Left, "The same lanes in several runs")?;
        for (i, (name, _)) in runs.iter().enumerate() {
            sample(area, [LEFT, 44.0 + (i as f64 + 0.5) * LINE], marks[i], &format::cut(name, 70))?;
        }
        for (place, title) in shared.iter().enumerate() {
            let corner = [(place % columns) as f64 * PANEL[0], top + (place / columns) as f64 * PANEL[1]];
            let part = area.clone().shrink(corner.map(units).into(), PANEL.map(units).into());
            let drawn: Vec<(usize, &Vec<[f64; 2]>)> = (0..runs.len()).filter_map(|run| Some((run, of(run, title)?))).collect();
            let points = || drawn.iter().flat_map(|(_, points)| points.iter());
            let last = points().map(|point| point[0]).fold(1.0, f64::max);
            let words = Words { title: &format!("{title}: {on} accuracy"), along: "steps", up: Metric::TestAccuracy.unit() };
            let mut panel = panel(&part, &words, [[0.0, last], range(points().map(|point| point[1]))], [(last as usize + 1).min(7), 6])?;
            for (run, points) in drawn {
                curve(&mut panel, points, marks[run])?;
            }
        }
        write(area, [LEFT, size[1] - 18.0], 11.0, HPos::Left, "Line: mean over the seeds of a run.")
    }))
}

/// The mean accuracy of each lane over the steps, per cent, with the lane's title.
fn lines_of(state: &State) -> Vec<(String, Vec<[f64; 2]>)> {
    let lanes: Vec<_> = state.run.lanes.iter().map(|lane| lane.config.clone()).collect();
    let line = |lane: usize| {
        let means = state.run.lanes[lane].spreads(Metric::TestAccuracy).iter().zip(&state.run.steps);
        means.filter_map(|(spread, step)| Some([*step, 100.0 * spread.as_ref()?.mean])).collect::<Vec<_>>()
    };
    let all = titles(&lanes).into_iter().enumerate().map(|(lane, title)| (title, line(lane)));
    all.filter(|(_, points)| !points.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{LaneMeasurement, Measurement};

    use super::*;

    fn run(lanes: &[&str], accuracy: f64) -> State {
        let mut state = State::default();
        let lanes: Vec<_> = lanes.iter().map(|words| words.parse().expect("lane words")).collect();
        state.begin(RunId(1), &Experiment { lanes: lanes.clone(), ..Experiment::default() });
        for step in 0..3 {
            let lane = LaneMeasurement { test_accuracy: vec![accuracy, accuracy + 0.02], ..LaneMeasurement::default() };
            let measurement = Measurement { step, epoch: 0.0, lanes: vec![lane; lanes.len()] };
            state.apply(Event::Measured { run: RunId(1), measurement });
        }
        state
    }

    #[test]
    fn what_two_runs_share_is_drawn_once_for_each() {
        let (first, second, other) = (run(&["sgd", "sam"], 0.5), run(&["sam", "asam"], 0.6), run(&["f-sam"], 0.7));
        let named = |name: &str, state| (name.to_owned(), state);
        let text = figure(&[named("one", &first), named("two", &second)], "test").expect("SAM is in both");
        assert!(text.contains("SAM: test accuracy") && !text.contains("SGD (AdamW): test"), "{text}");
        let lines = |run: usize| {
            let color = theme::mark(run).color;
            let hex = format!("#{:02X}{:02X}{:02X}", color.r(), color.g(), color.b());
            text.lines().filter(|line| line.starts_with("<polyline") && line.contains(&hex)).count()
        };
        // Its sample in the legend, and its curve.
        assert_eq!((lines(0), lines(1)), (2, 2), "{text}");
        assert!(figure(&[named("one", &first), named("other", &other)], "test").is_none());
        assert!(figure(&[named("one", &first)], "test").is_none() && figure(&[], "test").is_none());
    }
}
