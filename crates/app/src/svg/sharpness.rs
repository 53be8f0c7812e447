//! Sharpness of the lanes: a panel for each quantity, a dot for each seed, training examples above held-out ones.

use basin_train::experiment::LaneConfig;
use basin_train::report::{Quantity, Reading, Sharpness, Side};
use basin_train::stats::Spread;
use plotters::element::PathElement;
use plotters::style::text_anchor::HPos;

use super::page::{Area, Drawn, GRAY, INK, Legend, Words, beside, dot, page, panel, range, rgb, stroke, units, write};
use crate::{quantities, theme};

const COLUMNS: usize = 3;
const WIDTH: f64 = 350.0;
/// Of a lane in a panel.
const ROW: f64 = 15.0;
const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;

/// The figure of measurements of the same lanes and quantities.
pub fn figure(measured: &[Sharpness], lanes: &[LaneConfig]) -> String {
    let quantities = shown(measured);
    let legend = Legend::new(lanes, |_| String::new(), COLUMNS as f64 * WIDTH - 2.0 * LEFT);
    let top = TOP + legend.height() + 8.0;
    // Rows, a gap between the sides, and what stands around them.
    let height = ROW * (measured.len() * (lanes.len() + 1)) as f64 + 84.0;
    let bottom = top + quantities.len().div_ceil(COLUMNS) as f64 * height;
    let far = measured.iter().flat_map(|m| m.lanes.iter().flatten()).any(|reading| reading.convergence().is_some());
    page([COLUMNS as f64 * WIDTH, bottom + if far { 48.0 } else { 30.0 }], |area| {
        let title = format!("Sharpness of the lanes at step {}", measured[0].step);
        write(area, [LEFT, 24.0], 15.0, HPos::Left, &title)?;
        legend.draw(area, [LEFT, TOP])?;
        for (i, quantity) in quantities.iter().enumerate() {
            let place = [(i % COLUMNS) as f64 * WIDTH, top + (i / COLUMNS) as f64 * height];
            let part = area.clone().shrink(place.map(units).into(), [WIDTH, height].map(units).into());
            draw(&part, *quantity, measured, lanes)?;
        }
        write(area, [LEFT, bottom + 12.0], 11.0, HPos::Left, "A dot for each seed; black line: their mean.")?;
        if far {
            let words =
                "Hollow: an eigenvalue that has not converged: its error is above a tenth of the value, and the largest may lie elsewhere.";
            write(area, [LEFT, bottom + 30.0], 11.0, HPos::Left, words)?;
        }
        Ok(())
    })
}

/// The quantities in their order, without the edge of SAM where there is none: it is known where the gradient is applied as it is.
pub fn shown(measured: &[Sharpness]) -> Vec<Quantity> {
    let quantities = measured[0].lanes[0].iter().map(|reading| reading.quantity);
    let known = |quantity: Quantity| {
        let readings = measured.iter().flat_map(|m| m.lanes.iter().flatten());
        readings.filter(|reading| reading.quantity == quantity).any(|reading| reading.values.iter().any(|value| value.is_finite()))
    };
    quantities.filter(|quantity| *quantity != Quantity::SamEdge || known(*quantity)).collect()
}

fn side_words(side: Side) -> &'static str {
    match side {
        Side::Train => "training",
        Side::HeldOut => "held-out",
    }
}

/// One quantity: from zero to the values, the rows from above.
fn draw(area: &Area<'_>, quantity: Quantity, measured: &[Sharpness], lanes: &[LaneConfig]) -> Drawn {
    let of_lane = |readings: &[Reading]| readings.iter().find(|reading| reading.quantity == quantity).cloned();
    let sides: Vec<(Side, Vec<Option<Reading>>)> =
        measured.iter().map(|m| (m.side, m.lanes.iter().map(|lane| of_lane(lane)).collect())).collect();
    let values = sides.iter().flat_map(|(_, lanes)| lanes.iter().flatten()).flat_map(|reading| reading.values.iter().copied());
    let rows = (measured.len() * (lanes.len() + 1)) as f64;
    let words = Words { title: &quantities::title(quantity), along: quantities::unit(quantity), up: "" };
    let mut panel = panel(area, &words, [range(values.chain([0.0])), [0.0, rows]], [6, 0])?;
    panel.draw_series([PathElement::new(vec![(0.0, 0.0), (0.0, rows)], stroke(GRAY, 0.75))])?;
    let marks = theme::marks(lanes);
    for (i, (side, readings)) in sides.iter().enumerate() {
        let top = rows - (i * (lanes.len() + 1)) as f64;
        beside(&panel, area, top - (lanes.len() + 1) as f64 / 2.0, side_words(*side))?;
        for (lane, (reading, mark)) in readings.iter().zip(&marks).enumerate() {
            let Some(reading) = reading else { continue };
            let y = top - (lane + 1) as f64;
            for (member, value) in reading.values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let hollow = reading.not_converged.get(member).copied().unwrap_or(false);
                dot(&mut panel, [*value, y], 4.0, rgb(mark.color), hollow)?;
            }
            if let Some(spread) = Spread::of(&reading.values) {
                panel.draw_series([PathElement::new(vec![(spread.mean, y - 0.42), (spread.mean, y + 0.42)], stroke(INK, 1.25))])?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_converged_is_hollow_and_said() {
        let reading = |not_converged: Vec<bool>| Reading {
            quantity: Quantity::LargestEigenvalue,
            values: vec![3.0, -4.0, f64::NAN],
            errors: vec![1.0, 0.1, f64::NAN],
            not_converged,
            gradient_evaluations: 8.0,
        };
        let of = |not_converged| {
            let lanes = vec![vec![reading(not_converged)]];
            figure(&[Sharpness { step: 7, side: Side::Train, examples: 64, seconds: 0.1, lanes }], &["sam".parse().expect("lane words")])
        };
        let hollow = |text: &str| text.lines().filter(|line| line.starts_with("<circle") && line.contains("fill=\"none\"")).count();
        let (far, near) = (of(vec![true, false, false]), of(vec![false; 3]));
        assert_eq!((far.matches("<circle").count(), hollow(&far), hollow(&near)), (2, 1, 0), "a NaN is no dot");
        assert!(far.contains("has not converged") && !near.contains("converged"));
    }
}
