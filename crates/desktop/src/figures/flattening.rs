//! How SAM flattens: λ₁, Tr H, the gradient and the place or the worst rise over τ, with what is predicted dashed.

use basin_app::flattening::name;
use basin_app::svg::page::{Area, Drawn, Words, curve, page, panel, range, sample, units, write};
use basin_app::theme::{self, LaneMark, Pattern};
use basin_optim::flattening::{Experiment, Landscape, Line, Point, Who, gradient_floor};
use basin_train::experiment::{LaneConfig, MethodConfig};
use egui::Color32;
use plotters::style::text_anchor::HPos;

const PANEL: [f64; 2] = [500.0, 290.0];
const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;
const LINE: f64 = 18.0;

/// A curve with its mark.
type Curve = (LaneMark, Vec<[f64; 2]>);

/// The figure.
pub fn figure(experiment: &Experiment) -> String {
    let lines = experiment.lines();
    let setup = experiment.setup();
    let marks: Vec<LaneMark> = lines.iter().map(|line| mark(experiment, line)).collect();
    let top = TOP + lines.len().div_ceil(3) as f64 * LINE + 8.0;
    let size = [2.0 * PANEL[0], top + 2.0 * PANEL[1] + 16.0];
    let last = match setup.landscape {
        Landscape::Valley => ("a, the place along the floor", of(lines, &marks, |_, point| point.place, true)),
        Landscape::Network => ("worst rise within ρ, over ρ²; dashed: λ₁/2", rises(experiment, &marks)),
    };
    let panels = [
        ("λ₁", of(lines, &marks, |_, point| point.lambda, false)),
        ("Tr H", of(lines, &marks, |_, point| point.trace, false)),
        ("gradient norm, whole batch; dashed: ηρλ₁²/(2 − ηλ₁)", gradients(experiment, &marks)),
        last,
    ];
    page(size, |area| {
        let words = format!("How SAM flattens: {}, rate {}", setup.landscape.word(), setup.rate);
        write(area, [LEFT, 24.0], 15.0, HPos::Left, &words)?;
        for (i, (line, mark)) in lines.iter().zip(&marks).enumerate() {
            let at = [LEFT + (i % 3) as f64 * 320.0, TOP + ((i / 3) as f64 + 0.5) * LINE];
            sample(area, at, *mark, &name(experiment, line))?;
        }
        for (i, (title, curves)) in panels.iter().enumerate() {
            let place = [(i % 2) as f64 * PANEL[0], top + (i / 2) as f64 * PANEL[1]];
            draw(&area.clone().shrink(place.map(units).into(), PANEL.map(units).into()), title, curves)?;
        }
        Ok(())
    })
}

fn draw(area: &Area<'_>, title: &str, curves: &[Curve]) -> Drawn {
    let all = |axis: usize| curves.iter().flat_map(move |(_, points)| points.iter().map(move |point| point[axis]));
    let words = Words { title, along: "τ = ηρ² · steps", up: "" };
    let mut panel = panel(area, &words, [[0.0, all(0).fold(0.1, f64::max)], range(all(1))], [6, 6])?;
    curves.iter().try_for_each(|(mark, points)| curve(&mut panel, points, *mark))
}

/// What is predicted is dashed, of SAM in black and of others in gray; runs have the colours of the view.
fn mark(experiment: &Experiment, line: &Line) -> LaneMark {
    if line.theory {
        return if line.who == Who::Full { PREDICTED } else { LaneMark { color: Color32::from_gray(0x99), ..PREDICTED } };
    }
    let lanes = [MethodConfig::Sam, MethodConfig::PerInstanceSam, MethodConfig::Sgd].map(LaneConfig::new);
    let LaneMark { color, pattern } = theme::marks(&lanes)[line.who as usize];
    let place = experiment.setup().rho.iter().position(|rho| rho.to_bits() == line.rho.to_bits()).unwrap_or_default();
    // Further ρ are paler, because only what is predicted is broken here.
    let paler = if line.who == Who::Full { [0.0, 0.3, 0.55][place.min(2)] } else { 0.0 };
    LaneMark { color: color.lerp_to_gamma(Color32::WHITE, paler), pattern }
}

const PREDICTED: LaneMark = LaneMark { color: Color32::BLACK, pattern: Pattern::Dashed };

fn finite(line: &Line, of: impl Fn(&Line, &Point) -> f64) -> Vec<[f64; 2]> {
    line.points.iter().map(|point| [point.tau, of(line, point)]).filter(|point| point[1].is_finite()).collect()
}

fn of(lines: &[Line], marks: &[LaneMark], of: impl Fn(&Line, &Point) -> f64, all: bool) -> Vec<Curve> {
    let shown = lines.iter().zip(marks).filter(|(line, _)| all || line.who != Who::AscentDirection);
    shown.map(|(line, mark)| (*mark, finite(line, &of))).collect()
}

fn full<'a>(experiment: &'a Experiment, marks: &'a [LaneMark], theory: bool) -> impl Iterator<Item = (&'a Line, LaneMark)> {
    let full = move |(line, _): &(&Line, &LaneMark)| line.who == Who::Full && line.theory == theory;
    experiment.lines().iter().zip(marks).filter(full).map(|(line, mark)| (line, *mark))
}

fn gradients(experiment: &Experiment, marks: &[LaneMark]) -> Vec<Curve> {
    let rate = experiment.setup().rate;
    let mut curves: Vec<Curve> =
        full(experiment, marks, false).map(|(line, mark)| (mark, finite(line, |_, point| point.gradient))).collect();
    for (path, mark) in full(experiment, marks, true) {
        let floor = |rho: f64| finite(path, |_, point| gradient_floor(point.lambda, rho, rate));
        curves.extend(experiment.setup().rho.iter().map(|rho| (mark, floor(*rho))));
    }
    curves
}

fn rises(experiment: &Experiment, marks: &[LaneMark]) -> Vec<Curve> {
    let measured = full(experiment, marks, false).map(|(line, mark)| (mark, finite(line, |line, point| point.rise / line.rho.powi(2))));
    let predicted = full(experiment, marks, true).map(|(line, mark)| (mark, finite(line, |_, point| 0.5 * point.lambda)));
    measured.chain(predicted).collect()
}

#[cfg(test)]
mod tests {
    use basin_optim::flattening::Setup;

    use super::*;

    #[test]
    fn runs_and_predictions_are_drawn() {
        for landscape in Landscape::ALL {
            let mut experiment = Experiment::new(Setup { end: 0.1, ..Setup::of(landscape) });
            experiment.advance(f64::INFINITY, usize::MAX);
            let text = figure(&experiment);
            assert_eq!(figure(&experiment), text, "the same bytes for the same numbers");
            let marks: Vec<LaneMark> = experiment.lines().iter().filter(|line| line.theory).map(|line| mark(&experiment, line)).collect();
            assert!(marks.iter().enumerate().all(|(i, mark)| !marks[..i].contains(mark)), "each has a look of its own");
            assert!(text.contains("SAM, one example: predicted") && text.contains("Tr H") && text.len() > 20_000, "{}", text.len());
        }
    }
}
