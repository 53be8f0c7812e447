//! What the measures of sharpness are worth in a sweep: each against test accuracy and the generalisation gap, a dot for each run.

use basin_app::svg::page::{Area, Drawn, Legend, Words, dot, page, panel, range, rgb, stroke, units, write};
use basin_app::sweeps::{is_wide, scatter};
use basin_app::theme::marks;
use basin_train::lab::grid::Grid;
use basin_train::lab::outcome::{Column, Outcome};
use basin_train::lab::relation::{MEASURES, TARGETS, correlation};
use basin_train::lab::words;
use plotters::element::Cross;
use plotters::style::text_anchor::HPos;

const PANEL: [f64; 2] = [500.0, 270.0];
const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;

/// A row for each measure, a column for each of what it is to predict.
pub fn figure(grid: &Grid, outcomes: &[Option<Outcome>]) -> String {
    let legend = Legend::new(&grid.experiment.lanes, |_| String::new(), 2.0 * PANEL[0] - 2.0 * LEFT);
    let top = TOP + legend.height() + 8.0;
    let size = [PANEL[0] * TARGETS.len() as f64, top + PANEL[1] * MEASURES.len() as f64 + 48.0];
    page(size, |area| {
        write(area, [LEFT, 24.0], 15.0, HPos::Left, "Each measure of sharpness against what it is to predict")?;
        legend.draw(area, [LEFT, TOP])?;
        for (row, measure) in MEASURES.into_iter().enumerate() {
            for (column, target) in TARGETS.into_iter().enumerate() {
                let place = [column as f64 * PANEL[0], top + row as f64 * PANEL[1]];
                let part = area.clone().shrink(place.map(units).into(), PANEL.map(units).into());
                draw(&part, grid, outcomes, [measure, target])?;
            }
        }
        let words = "A dot: one run; a cross: it collapsed to one class, and does not count. Rank correlation (Spearman), interval at 95 %; seeds of";
        write(area, [LEFT, size[1] - 36.0], 11.0, HPos::Left, words)?;
        let words = "one ρ are no independent runs, so the true one is wider. Training loss is a part of the generalisation gap.";
        write(area, [LEFT, size[1] - 18.0], 11.0, HPos::Left, words)
    })
}

fn draw(area: &Area<'_>, grid: &Grid, outcomes: &[Option<Outcome>], [measure, target]: [Column; 2]) -> Drawn {
    let (dots, marks) = (scatter(grid, outcomes, measure, target), marks(&grid.experiment.lanes));
    let log = is_wide(dots.iter().map(|dot| dot.at[0]));
    let along = |x: f64| if log { x.log10() } else { x };
    let title = words::rank_correlation(correlation(grid, outcomes, measure, target));
    let measure = if log { format!("{}, power of ten", measure.title()) } else { measure.title().to_owned() };
    let scale = target.scale();
    // Losses are in nats, as everywhere; what is in percent says so.
    let up = if scale > 1.0 { target.title() } else { target.name() };
    let words = Words { title: &title, along: &measure, up };
    let ranges = [range(dots.iter().map(|dot| along(dot.at[0]))), range(dots.iter().map(|dot| scale * dot.at[1]))];
    let mut panel = panel(area, &words, ranges, [6, 6])?;
    for run in &dots {
        let (at, color) = ([along(run.at[0]), scale * run.at[1]], rgb(marks[run.lane].color));
        if run.trouble {
            panel.draw_series([Cross::new(at.into(), units(3.0), stroke(color, 1.5))])?;
        } else {
            dot(&mut panel, at, 2.5, color, false)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sweep::tests::swept;
    use super::*;

    #[test]
    fn a_dot_for_each_run_in_each_panel() {
        let (grid, mut outcomes) = swept(Vec::new());
        let text = figure(&grid, &outcomes);
        // 14 runs in eight panels, of which one collapsed; test accuracy is the same for all, so nothing goes with it.
        assert_eq!(text.matches("<circle").count(), 8 * 13, "{text}");
        assert!(text.contains("no rank correlation: fewer than 8 runs, or all alike") && text.contains("Generalisation gap"), "{text}");
        assert!(text.contains("Test accuracy, %"), "{text}");
        for (cell, outcome) in outcomes.iter_mut().flatten().enumerate() {
            outcome.test_accuracy = 0.5 + 0.01 * cell as f64;
        }
        // λ_max rises with it from run to run; the one that collapsed does not count.
        assert!(figure(&grid, &outcomes).contains("rank correlation +1.00 (+1.00 to +1.00), 13 runs"));
        assert!(figure(&grid, &vec![None; grid.cells()]).contains("no rank correlation"), "nothing is there yet");
    }
}
