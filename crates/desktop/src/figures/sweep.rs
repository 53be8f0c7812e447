//! A sweep: curves over ρ with their bands and the best ρ of each method, or maps over two knobs.

use basin_app::colormap;
use basin_app::svg::page::{
    Area, Drawn, FAINT, INK, Legend, Panel, Words, below, curve as line, page, panel, range, rgb, stroke, units, write,
};
use basin_app::sweeps::{Curve, curve};
use basin_app::theme::{LaneMark, marks};
use basin_train::brief::counted;
use basin_train::lab::choice::{Choice, values};
use basin_train::lab::grid::{Axis, Grid, climbs};
use basin_train::lab::outcome::{Column, Outcome};
use basin_train::stats::Spread;
use plotters::element::{Circle, Cross, DashedPathElement, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, WHITE};

const PANEL: [f64; 2] = [500.0, 300.0];
const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;
/// Of a cell of a map, and of what stands to its left.
const CELL: [f64; 2] = [74.0, 30.0];
const MARGIN: f64 = 120.0;

/// The figure.
pub fn figure(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> String {
    if grid.settings() == 1 { curves(grid, choices, outcomes) } else { maps(grid, choices, outcomes) }
}

/// A panel for each measure, a line for each method.
fn curves(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> String {
    let lanes = &grid.experiment.lanes;
    let best = |lane: usize| choices.iter().find(|choice| choice.point.lane == lane && climbs(&lanes[lane]));
    let legend =
        Legend::new(lanes, |lane| best(lane).map_or(String::new(), |c| format!(": best ρ {}", c.point.rho)), 2.0 * PANEL[0] - 2.0 * LEFT);
    let top = TOP + legend.height() + 8.0;
    let size = [2.0 * PANEL[0], top + 2.0 * PANEL[1] + 48.0];
    page(size, |area| {
        let title = format!("Each method over its ρ, {}", counted(grid.experiment.seeds, "seed"));
        write(area, [LEFT, 24.0], 15.0, HPos::Left, &title)?;
        legend.draw(area, [LEFT, TOP])?;
        for (place, column) in Column::DRAWN.into_iter().enumerate() {
            let place = [(place % 2) as f64 * PANEL[0], top + (place / 2) as f64 * PANEL[1]];
            let part = area.clone().shrink(place.map(units).into(), PANEL.map(units).into());
            let curves: Vec<Curve> = (0..lanes.len()).map(|lane| curve(grid, outcomes, 0, lane, column)).collect();
            let best: Vec<Option<f64>> = (0..lanes.len()).map(|lane| best(lane).map(|choice| choice.point.rho)).collect();
            draw(&part, grid, column, &curves, &best)?;
        }
        let words = "Line: mean over the seeds; band: one standard deviation to each side; broken level: a method without ρ, as SGD.";
        write(area, [LEFT, size[1] - 36.0], 11.0, HPos::Left, words)?;
        let words = "Ring: the best ρ by validation accuracy; cross: a seed collapsed to one class or diverged.";
        write(area, [LEFT, size[1] - 18.0], 11.0, HPos::Left, words)
    })
}

fn draw(area: &Area<'_>, grid: &Grid, column: Column, curves: &[Curve], best: &[Option<f64>]) -> Drawn {
    let marks = marks(&grid.experiment.lanes);
    let ends = |curve: &Curve| {
        curve.spots.iter().flat_map(|spot| [spot.mean - spot.sd, spot.mean + spot.sd]).chain(curve.level).collect::<Vec<_>>()
    };
    let along = range(grid.radii.iter().map(|rho| rho.log10()));
    let words = Words { title: column.title(), along: "ρ", up: "" };
    let mut panel = panel(area, &words, [along, range(curves.iter().flat_map(ends))], [0, 6])?;
    let up = panel.y_range();
    for rho in &grid.radii {
        let x = rho.log10();
        panel.draw_series([PathElement::new(vec![(x, up.start), (x, up.end)], stroke(FAINT, 0.75))])?;
        below(&panel, area, x, &rho.to_string())?;
    }
    for (curve, mark) in curves.iter().zip(&marks) {
        let spots = || curve.spots.iter().map(|spot| (spot.rho.log10(), spot.mean, spot.sd));
        let upper = spots().map(|(x, mean, sd)| (x, mean + sd));
        let edge: Vec<(f64, f64)> = upper.chain(spots().rev().map(|(x, mean, sd)| (x, mean - sd))).collect();
        if edge.len() > 2 {
            panel.draw_series([Polygon::new(edge, rgb(mark.color).mix(0.15))])?;
        }
        if let Some(level) = curve.level {
            let ends = vec![(along[0], level), (along[1], level)];
            panel.draw_series([DashedPathElement::new(ends, units(6.0), units(4.0), stroke(rgb(mark.color), 2.0))])?;
        }
    }
    for ((curve, mark), best) in curves.iter().zip(&marks).zip(best) {
        spots(&mut panel, curve, *mark, *best)?;
    }
    Ok(())
}

/// The line of a method with its points.
fn spots(panel: &mut Panel<'_, '_>, curve: &Curve, mark: LaneMark, best: Option<f64>) -> Drawn {
    let points: Vec<[f64; 2]> = curve.spots.iter().map(|spot| [spot.rho.log10(), spot.mean]).collect();
    line(panel, &points, mark)?;
    let color = rgb(mark.color);
    for spot in &curve.spots {
        let at = (spot.rho.log10(), spot.mean);
        if spot.trouble {
            panel.draw_series([Cross::new(at, units(4.0), stroke(color, 2.0))])?;
        } else {
            panel.draw_series([Circle::new(at, units(3.0), color.filled())])?;
        }
        if best == Some(spot.rho) {
            panel.draw_series([Circle::new(at, units(7.0), stroke(color, 2.0))])?;
        }
    }
    Ok(())
}

/// A map for each method: its knobs along and upwards, a number in each cell.
struct Map {
    title: String,
    along: Vec<String>,
    up: Vec<String>,
    /// By rows from below: validation accuracy, in per cent, what else is said of the cell, and whether it is marked.
    cells: Vec<Option<(f64, String, bool)>>,
}

/// Validation accuracy of each method: over ρ and a knob, or at its best ρ over two knobs.
fn maps(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> String {
    let maps: Vec<Map> = (0..grid.experiment.lanes.len()).map(|lane| map(grid, choices, outcomes, lane)).collect();
    let shown = || maps.iter().flat_map(|map| map.cells.iter().flatten()).map(|(value, ..)| *value);
    let [low, high] = shown().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)]);
    let widest = maps.iter().map(|map| map.along.len()).max().unwrap_or(0);
    let heights: Vec<f64> = maps.iter().map(|map| map.up.len() as f64 * CELL[1] + 66.0).collect();
    let size = [(MARGIN + widest as f64 * CELL[0] + LEFT).max(560.0), TOP + heights.iter().sum::<f64>() + 30.0];
    let knobs: Vec<&str> = grid.over.iter().map(|axis| axis.knob.title()).collect();
    page(size, |area| {
        let title = format!("Validation accuracy in per cent, {}", counted(grid.experiment.seeds, "seed"));
        write(area, [LEFT, 24.0], 15.0, HPos::Left, &title)?;
        let mut top = TOP;
        for (map, height) in maps.iter().zip(&heights) {
            let along = if knobs.len() == 1 { "ρ" } else { knobs[1] };
            write(area, [LEFT, top + 10.0], 13.0, HPos::Left, &format!("{}: {} upwards, {along} along", map.title, knobs[0]))?;
            for (row, words) in map.up.iter().enumerate() {
                let y = top + 24.0 + (map.up.len() - 1 - row) as f64 * CELL[1];
                write(area, [MARGIN - 8.0, y + CELL[1] / 2.0], 11.0, HPos::Right, words)?;
                for (place, cell) in map.cells[row * map.along.len()..][..map.along.len()].iter().enumerate() {
                    let Some((value, words, marked)) = cell else { continue };
                    let x = MARGIN + place as f64 * CELL[0];
                    let corners = [(units(x), units(y)), (units(x + CELL[0] - 2.0), units(y + CELL[1] - 2.0))];
                    let height = if high > low { (value - low) / (high - low) } else { 0.5 };
                    area.draw(&Rectangle::new(corners, WHITE.filled()))?;
                    area.draw(&Rectangle::new(corners, rgb(colormap::color(height)).mix(0.5).filled()))?;
                    if *marked {
                        area.draw(&Rectangle::new(corners, stroke(INK, 1.5)))?;
                    }
                    write(area, [x + CELL[0] / 2.0 - 1.0, y + CELL[1] / 2.0 - 1.0], 11.0, HPos::Center, &format!("{value:.1}{words}"))?;
                }
            }
            for (place, words) in map.along.iter().enumerate() {
                let x = MARGIN + (place as f64 + 0.5) * CELL[0];
                write(area, [x, top + 34.0 + map.up.len() as f64 * CELL[1]], 11.0, HPos::Center, words)?;
            }
            top += height;
        }
        let words = if knobs.len() == 1 {
            "Framed: the best ρ at each value; ×: a seed collapsed or diverged."
        } else {
            "Each at the best ρ there, which stands beside the number."
        };
        write(area, [LEFT, size[1] - 18.0], 11.0, HPos::Left, words)
    })
}

fn map(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>], lane: usize) -> Map {
    let title = grid.titles()[lane].clone();
    let of_axis = |axis: &Axis| axis.values.iter().map(|value| axis.knob.value(*value)).collect::<Vec<_>>();
    let up = of_axis(&grid.over[0]);
    if let Some(other) = grid.over.get(1) {
        let cell = |setting| {
            let choice = choices.iter().find(|choice| (choice.point.setting, choice.point.lane) == (setting, lane))?;
            let mean = Spread::of(&values(grid, &choice.point, outcomes, Column::ValidationAccuracy))?.mean;
            let words = if climbs(&grid.experiment.lanes[lane]) { format!(" ρ {}", choice.point.rho) } else { String::new() };
            Some((100.0 * mean, words, false))
        };
        return Map { title, along: of_axis(other), up, cells: (0..grid.settings()).map(cell).collect() };
    }
    let climbs = climbs(&grid.experiment.lanes[lane]);
    let of_setting = |setting: usize| -> Vec<Option<(f64, String, bool)>> {
        let curve = curve(grid, outcomes, setting, lane, Column::ValidationAccuracy);
        if !climbs {
            return vec![curve.level.map(|level| (level, String::new(), false))];
        }
        let best = choices.iter().find(|choice| (choice.point.setting, choice.point.lane) == (setting, lane));
        let cell = |rho: &f64| {
            let spot = curve.spots.iter().find(|spot| spot.rho.total_cmp(rho).is_eq())?;
            let marked = best.is_some_and(|choice| choice.point.rho.total_cmp(rho).is_eq());
            Some((spot.mean, if spot.trouble { " ×".to_owned() } else { String::new() }, marked))
        };
        grid.radii.iter().map(cell).collect()
    };
    let along = if climbs { grid.radii.iter().map(ToString::to_string).collect() } else { vec!["no ρ".to_owned()] };
    Map { title, along, up, cells: (0..grid.settings()).flat_map(of_setting).collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::lab::choice::choose;
    use basin_train::lab::grid::Knob;

    use super::*;

    pub fn swept(over: Vec<Axis>) -> (Grid, Vec<Option<Outcome>>) {
        let lanes = ["sam", "per-instance"].map(|words| words.parse().expect("lane words")).to_vec();
        let grid = Grid::new(Experiment { lanes, seeds: 2, ..Experiment::default() }, vec![0.1, 0.2, 0.4], over, 0.2);
        let outcome = |cell: usize| Outcome {
            validation_accuracy: 0.5 + 0.01 * (cell % 14) as f64,
            validation_loss: 0.5,
            test_accuracy: 0.5,
            test_loss: 0.5,
            train_loss: 0.25,
            train_accuracy: 1.0,
            gap: 0.125,
            gap_held_out: 0.25,
            largest_eigenvalue: 2.0 + cell as f64,
            eigenvalue_error: 0.0,
            gradient_evaluations: 84.0,
            collapsed: cell == 2,
            diverged: false,
            curve: Vec::new(),
        };
        let outcomes = (0..grid.cells()).map(|cell| Some(outcome(cell))).collect();
        (grid, outcomes)
    }

    #[test]
    fn a_line_for_each_method_with_its_best_radius_and_its_collapse() {
        let (grid, outcomes) = swept(Vec::new());
        let text = figure(&grid, &choose(&grid, &outcomes), &outcomes);
        // In each of four panels two methods have a ring and five good points; one is a cross of two lines.
        assert_eq!(text.matches("<circle").count(), 4 * (2 + 5), "{text}");
        assert_eq!(text.matches("<polygon").count(), 4 * 2);
        assert!(text.contains("SAM: best ρ 0.4") && text.contains("Validation accuracy, %") && text.contains("λ_max"));
        assert_eq!(text.matches("\n0.2\n").count(), 4, "the radii stand below each panel: {text}");
        assert!(figure(&grid, &[], &vec![None; grid.cells()]).contains("Each method"), "nothing is there yet");
    }

    #[test]
    fn two_knobs_are_a_map_with_a_number_in_each_cell() {
        let over = vec![Axis { knob: Knob::LabelNoise, values: vec![0.0, 0.2] }];
        let (grid, outcomes) = swept(over.clone());
        let text = figure(&grid, &choose(&grid, &outcomes), &outcomes);
        assert!(text.contains("SAM: label noise upwards, ρ along") && text.contains("52.5 ×"), "{text}");
        let (grid, outcomes) = swept([over, vec![Axis { knob: Knob::Batch, values: vec![8.0, 16.0] }]].concat());
        let text = figure(&grid, &choose(&grid, &outcomes), &outcomes);
        assert!(text.contains("batch size along") && text.contains("56.5 ρ 0.4"), "{text}");
        let (grid, outcomes) = swept(vec![Axis { knob: Knob::TrainSize, values: vec![0.0, 60.0] }]);
        let text = figure(&grid, &choose(&grid, &outcomes), &outcomes);
        assert!(text.contains("\n60\n") && text.contains("\nall\n") && text.contains("\n0.4\n"), "{text}");
    }
}
