//! The curves of a run: test accuracy, losses and gap over the steps, a mean and a band for each lane.
//!
//! Points, bands and what becomes of lanes that diverge are those of the window (`charts.rs`).

use basin_train::experiment::LaneConfig;
use plotters::element::{PathElement, Polygon};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::page::{Area, Drawn, Legend, Words, curve, page, panel, range, rgb, stroke, units, write};
use crate::charts::{Charts, Curve, SHOWN};
use crate::format;
use crate::settings::ChartOptions;
use crate::state::{Metric, State};
use crate::theme::{self, LaneMark};

const PANEL: [f64; 2] = [500.0, 290.0];
const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;

/// The figure.
pub fn figure(state: &State) -> String {
    let mut charts = Charts::default();
    charts.update(state, ChartOptions::default());
    let lanes: Vec<LaneConfig> = state.run.lanes.iter().map(|lane| lane.config.clone()).collect();
    let legend = Legend::new(&lanes, |_| String::new(), 2.0 * PANEL[0] - 2.0 * LEFT);
    let top = TOP + legend.height() + 8.0;
    let size = [2.0 * PANEL[0], top + 2.0 * PANEL[1] + 30.0];
    page(size, |area| {
        let data = state.run.summary.as_ref().map_or("", |summary| &summary.data);
        write(area, [LEFT, 24.0], 15.0, HPos::Left, &format::cut(data, 100))?;
        legend.draw(area, [LEFT, TOP])?;
        for (chart, metric) in SHOWN.into_iter().enumerate() {
            let place = [(chart % 2) as f64 * PANEL[0], top + (chart / 2) as f64 * PANEL[1]];
            let part = area.clone().shrink(place.map(units).into(), PANEL.map(units).into());
            draw(&part, state, metric, [charts.of(chart), charts.thin(chart)], &theme::marks(&lanes))?;
        }
        write(area, [LEFT, size[1] - 18.0], 11.0, HPos::Left, &seeds(state))
    })
}

/// What lines and bands are.
fn seeds(state: &State) -> String {
    match state.run.measurements.last().and_then(|last| last.lanes.first()).map_or(0, |lane| lane.test_loss.len()) {
        0 => "Nothing was measured.".to_owned(),
        1 => "One seed.".to_owned(),
        seeds => format!("Line: mean over {seeds} seeds; band: one standard deviation to each side."),
    }
}

fn draw(area: &Area<'_>, state: &State, metric: Metric, [curves, thin]: [&[Curve]; 2], marks: &[LaneMark]) -> Drawn {
    let scale = if metric.is_fraction() { 100.0 } else { 1.0 };
    let last = state.run.steps.last().copied().unwrap_or(0.0).max(1.0);
    let values =
        curves.iter().chain(thin).flat_map(|curve| curve.line.iter().map(|point| point.y).chain(curve.band[1..].iter().flatten().copied()));
    let name = if state.run.summary.as_ref().is_some_and(|summary| summary.experiment.data.validation) {
        metric.title().replace("Test", "Validation")
    } else {
        metric.title().to_owned()
    };
    let title = format!("{name}{}", if thin.is_empty() { "" } else { ", thin: on training examples" });
    let words = Words { title: &title, along: "steps", up: metric.unit() };
    let mut panel = panel(area, &words, [[0.0, last], range(values.map(|value| scale * value))], [(last as usize + 1).min(7), 6])?;
    for (curve, mark) in curves.iter().zip(marks) {
        let [along, low, high] = &curve.band;
        let upper = along.iter().zip(high);
        let edge: Vec<(f64, f64)> = upper.chain(along.iter().zip(low).rev()).map(|(x, y)| (*x, scale * y)).collect();
        if edge.is_empty() {
            continue;
        }
        panel.draw_series([Polygon::new(edge, rgb(mark.color).mix(0.15))])?;
    }
    for (lane, mark) in thin.iter().zip(marks) {
        let points: Vec<(f64, f64)> = lane.line.iter().map(|point| (point.x, scale * point.y)).collect();
        if points.is_empty() {
            continue;
        }
        panel.draw_series([PathElement::new(points, stroke(rgb(mark.color), 0.75))])?;
    }
    for (lane, mark) in curves.iter().zip(marks) {
        let points: Vec<[f64; 2]> = lane.line.iter().map(|point| [point.x, scale * point.y]).collect();
        curve(&mut panel, &points, *mark)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{LaneMeasurement, Measurement};

    use super::*;

    #[test]
    fn a_mean_and_a_band_for_each_lane_in_its_colour() {
        let mut state = State::default();
        let lanes = ["sgd", "sam"].map(|words| words.parse().expect("lane words")).to_vec();
        state.begin(RunId(1), &Experiment { lanes, ..Experiment::default() });
        for step in 0..3 {
            let lane = LaneMeasurement {
                train_loss: vec![1.0, 2.0],
                test_loss: vec![1.0, f64::NAN],
                test_accuracy: vec![0.5, 0.75],
                gap: vec![f64::NAN; 2],
                ..LaneMeasurement::default()
            };
            let measurement = Measurement { step, epoch: 0.0, lanes: vec![lane.clone(), lane] };
            state.apply(Event::Measured { run: RunId(1), measurement });
        }
        let text = figure(&state);
        assert_eq!(figure(&state), text, "the same bytes for the same numbers");
        // A sample in the legend, and lines of accuracy and two losses; bands where there are two members.
        for color in theme::marks(&state.run.lanes.iter().map(|lane| lane.config.clone()).collect::<Vec<_>>()).iter().map(|mark| mark.color)
        {
            let hex = format!("#{:02X}{:02X}{:02X}", color.r(), color.g(), color.b());
            let with = |shape: &str| text.lines().filter(|line| line.starts_with(shape) && line.contains(&hex)).count();
            assert_eq!((with("<polyline"), with("<polygon")), (4, 2), "{text}");
        }
        assert!(text.contains("mean over 2 seeds"));
        assert!(figure(&State::default()).contains("Nothing was measured."), "no run, no panic");
    }
}
