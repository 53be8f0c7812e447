//! How SAM flattens: three dots that go to three places on one landscape, and a small network, beside what theory predicts.
//!
//! Elsewhere: the arithmetic (`basin_optim::flattening`), when it goes on (`app`), the floor (`floor.rs`).

use basin_optim::flattening::{Experiment, Finding, Landscape, Line, Point, Setup, Who, findings, gradient_floor, sam_edge};
use basin_train::experiment::{LaneConfig, MethodConfig};
use egui::{Align, Layout, Rect, RichText, ScrollArea, Ui, Vec2, vec2};

use super::figure::{Head, figure_in, figure_ui};
use super::floor::{SHARPNESSES, floor_ui, place};
use super::lines::{Series, lines_ui};
use super::view::View;
use crate::choices::FlattenChoice;
use crate::command::{Figure, ViewCommand};
use crate::flattening::{name, title};
use crate::icons::Icon;
use crate::theme::{self, LaneMark, Pattern};
use crate::{format, widgets};

/// Controls, charts, and what became of the predictions.
pub fn flattening_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let choice = &view.choices.flatten;
    let Some(experiment) = view.flattening.shown(choice.landscape) else { return };
    controls_ui(ui, view, experiment, out);
    legend_ui(ui, view, experiment);
    let charts: &[Chart] = match choice.landscape {
        Landscape::Valley => &[Chart::Floor, Chart::Largest, Chart::Trace, Chart::Place, Chart::Gradient],
        Landscape::Network => &[Chart::Largest, Chart::Trace, Chart::Gradient, Chart::Edge, Chart::Rise],
    };
    if view.layout.is_phone() {
        for chart in charts {
            figure_ui(ui, chart.head(), out, |ui, _| {
                let size = vec2(ui.available_width(), 200.0);
                chart.ui(ui, view, experiment, size);
            });
        }
        theme::card(ui).show(ui, |ui| told_ui(ui, choice.landscape, experiment));
        return;
    }
    let (room, gap) = (ui.available_rect_before_wrap(), 10.0);
    let columns = if room.width() > 780.0 { 3 } else { 2 };
    let rows = 6_usize.div_ceil(columns);
    let size = (room.size() - gap * vec2(columns as f32 - 1.0, rows as f32 - 1.0)) / vec2(columns as f32, rows as f32);
    let cell =
        |i: usize| Rect::from_min_size(room.min + vec2((i % columns) as f32, (i / columns) as f32) * (size + Vec2::splat(gap)), size);
    for (i, chart) in charts.iter().enumerate() {
        figure_in(ui, cell(i), chart.head(), out, |ui, _| {
            let size = ui.available_size();
            chart.ui(ui, view, experiment, size);
        });
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(cell(5)), |ui| {
        theme::card(ui).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| told_ui(ui, choice.landscape, experiment));
        });
    });
    ui.advance_cursor_after_rect(room);
}

/// Which landscape, time, and the knobs.
fn controls_ui(ui: &mut Ui, view: &View<'_>, experiment: &Experiment, out: &mut Vec<ViewCommand>) {
    let before = &view.choices.flatten;
    let mut choice = before.clone();
    ui.horizontal_wrapped(|ui| {
        let landscapes = [
            (Landscape::Valley, "Valley", "A toy of three weights, with a floor along one of them"),
            (Landscape::Network, "Small network", "25 weights that fit six points of two classes; all runs begin at one minimiser"),
        ];
        widgets::segments(ui, &mut choice.landscape, &landscapes);
        let plays = before.plays.unwrap_or(!view.still) && !experiment.is_done();
        let (icon, words) = if plays { (Icon::Pause, "Pause the dots") } else { (Icon::Play, "Let the dots go") };
        ui.add_enabled_ui(!experiment.is_done(), |ui| {
            if widgets::action(ui, icon, words, words, true).clicked() {
                choice.plays = Some(!plays);
            }
            if widgets::action(ui, Icon::Step, "One step of the dots", "One step of SAM for each: it jumps across the floor", true)
                .clicked()
            {
                out.push(ViewCommand::FlattenStep);
            }
        });
        if widgets::action(ui, Icon::Again, "Let the dots begin again", "Begin again from the start", true).clicked() {
            out.push(ViewCommand::FlattenAgain);
            choice.plays = Some(true);
        }
        ui.allocate_ui(vec2(92.0, ui.spacing().interact_size.y), |ui| {
            let words = |seconds: &f64| format!("{seconds:.0} s");
            let tip = |_: &f64| "How long a whole run takes, where this machine is as fast";
            widgets::choice(ui, "dots' pace", &mut choice.seconds, FlattenChoice::SECONDS, words, tip)
                .on_hover_text(tip(&0.0))
                .accessible_name("Seconds of a run");
        });
        knobs_ui(ui, choice.setup_mut());
    });
    if choice != *before {
        out.push(ViewCommand::Flatten(Box::new(choice)));
    }
    let tau = experiment.tau();
    let rho = experiment.setup().rho[0];
    let steps = experiment.lines().first().map_or(0, Line::steps);
    let words = format!("τ = ηρ² · steps = {tau:.2} of {}, at ρ {rho}: step {}", experiment.setup().end, format::count(steps));
    let across = match (experiment.setup().landscape, experiment.lines().first().map(Line::weights).as_deref()) {
        (Landscape::Valley, Some([a, c, _])) => format!(", a = {}, c = {}", format::short(*a), format::short(*c)),
        _ => String::new(),
    };
    widgets::hint(ui, words + &across);
}

/// ρ, η and the start. A change begins anew; what was there stays in the chart of λ₁ where it can be compared.
fn knobs_ui(ui: &mut Ui, setup: &mut Setup) {
    let knob = |ui: &mut Ui, [sign, name]: [&str; 2], tip: &str, value: &mut f64, [least, most]: [f64; 2]| {
        let size = vec2(64.0, ui.spacing().interact_size.y);
        // The sign stays beside its field where a row ends.
        let wide = widgets::button_width(ui, sign, 0.0) + ui.spacing().item_spacing.x + size.x;
        ui.allocate_ui_with_layout(vec2(wide, size.y), Layout::left_to_right(Align::Center), |ui| {
            ui.label(sign).on_hover_text(tip);
            ui.allocate_ui(size, |ui| widgets::real(ui, value, least..=most).on_hover_text(tip).accessible_name(name));
        });
    };
    if setup.landscape == Landscape::Valley {
        let tip = "The radius. Counted in τ = ηρ² · steps the curves stay: what was there before is drawn dotted in the chart of λ₁";
        knob(ui, ["ρ", "Radius of the dots"], tip, &mut setup.rho[0], Setup::RHO);
        knob(ui, ["start a", "Start of the dots"], "Where along the valley the dots start", &mut setup.start[0], Setup::PLACE);
    }
    knob(
        ui,
        ["η", "Rate of the dots"],
        "The rate. Theory is about η near 0; the predicted curves are for this one",
        &mut setup.rate,
        Setup::RATE,
    );
}

/// The marks of what moves, and of what is predicted.
#[derive(Clone, Copy)]
struct Marks {
    /// In the order of [`Who`].
    movers: [LaneMark; 3],
    /// What is predicted lies upon the runs: dots in the colour of text, far enough apart that the runs are seen.
    predicted: LaneMark,
}

impl Marks {
    fn new(ui: &Ui, view: &View<'_>) -> Self {
        let lanes = [MethodConfig::Sam, MethodConfig::PerInstanceSam, MethodConfig::Sgd].map(LaneConfig::new);
        let marks = view.marks_of(&lanes);
        let predicted = LaneMark { color: ui.visuals().text_color(), pattern: Pattern::Sparse };
        Self { movers: [marks[0], marks[1], marks[2]], predicted }
    }

    fn mover(&self, who: Who) -> LaneMark {
        self.movers[who as usize]
    }

    /// Of a line; runs at further ρ are broken.
    fn line(&self, experiment: &Experiment, line: &Line) -> LaneMark {
        if line.theory {
            return self.predicted;
        }
        let LaneMark { color, pattern } = self.mover(line.who);
        let place = experiment.setup().rho.iter().position(|rho| rho.to_bits() == line.rho.to_bits()).unwrap_or_default();
        let pattern = if line.who == Who::Full { [pattern, Pattern::Long, Pattern::Dashed][place.min(2)] } else { pattern };
        LaneMark { color, pattern }
    }
}

fn legend_ui(ui: &mut Ui, view: &View<'_>, experiment: &Experiment) {
    let marks = Marks::new(ui, view);
    ui.horizontal_wrapped(|ui| {
        for line in experiment.lines().iter().filter(|line| !line.theory) {
            let target = SHARPNESSES.iter().find(|(who, _, _)| *who == line.who && experiment.setup().landscape == Landscape::Valley);
            let at = target.map_or(String::new(), |(_, _, lowest)| format!(": a = {:.2}, to {lowest}", place(line)));
            widgets::legend_item(ui, marks.line(experiment, line), &(name(experiment, line) + &at.replace('-', "−")));
        }
        widgets::legend_item(ui, marks.predicted, "predicted");
    });
}

/// A chart of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chart {
    Floor,
    Largest,
    Trace,
    Place,
    Gradient,
    Edge,
    Rise,
}

impl Chart {
    fn head(self) -> Head<'static> {
        let (title, unit, help) = match self {
            Self::Floor => (
                "The floor of the valley",
                "sharpness along a",
                "L = ½F₁(a)c² + ½F₂(a)d² with F₁ = 10 + (a − 1)² and F₂ = 1 + (a + 1)². On the floor, c = d = 0, the loss is 0 everywhere, and three \
                 sharpnesses differ: λ₁ = F₁, Tr H = F₁ + F₂, and the smallest, F₂. Diamonds: where each is lowest.",
            ),
            Self::Largest => (
                "λ₁",
                "largest eigenvalue, by τ",
                "By power iteration, between the places before and after a step. Dotted: the gradient flow of half of it (or of half the trace) along the minimisers, at this rate. \
                 SAM with the whole batch at any ρ lies on one curve.",
            ),
            Self::Trace => {
                ("Tr H", "trace of the Hessian, by τ", "The sum of the eigenvalues. SAM with one example a step lowers this one.")
            }
            Self::Place => (
                "Place along the floor",
                "a, by τ",
                "Where the dots are. Level lines: where each sharpness is lowest. Dotted: the predicted paths.",
            ),
            Self::Gradient => (
                "Gradient norm",
                "whole batch, by τ",
                "SAM with the whole batch never comes to rest: it jumps across the minimisers along the top eigenvector. Dotted: the floor ηρλ₁²/(2 − ηλ₁), with λ₁ \
                 of the predicted path.",
            ),
            Self::Edge => (
                "SAM edge",
                "λ₁ and edge, by τ",
                "Dotted: (|g|/2ρ)(√(1 + 8ρ/(η|g|)) − 1) with the gradient that was measured. λ₁ lies on it: the floor of the gradient, read the other way.",
            ),
            Self::Rise => (
                "Worst rise / ρ²",
                "whole batch, by τ",
                "The largest rise of the loss within ρ of a minimiser, over ρ². Dotted: λ₁/2 of the predicted path.",
            ),
        };
        Head { figure: Figure::Flatten, title, unit, help }
    }

    fn ui(self, ui: &mut Ui, view: &View<'_>, experiment: &Experiment, size: Vec2) {
        if self == Self::Floor {
            let marks = Marks::new(ui, view);
            return floor_ui(ui, experiment, |who| marks.mover(who), size);
        }
        let drawn = self.drawn(view, experiment, Marks::new(ui, view));
        let told = drawn.iter().filter_map(|(name, _, points)| points.last().map(|point| format!("{name} {}", format::short(point[1]))));
        let spoken = format!("{}: {}", self.head().title, told.collect::<Vec<_>>().join(", "));
        let series: Vec<Series<'_>> =
            drawn.iter().map(|(name, mark, points)| Series { name, mark: *mark, points: points.clone() }).collect();
        lines_ui(ui, ("flatten", self.head().title), size, "τ = ηρ² · steps", &series, &[], &spoken);
    }

    /// Its lines: names, marks, points.
    fn drawn(self, view: &View<'_>, experiment: &Experiment, marks: Marks) -> Vec<(String, LaneMark, Vec<[f64; 2]>)> {
        let rate = experiment.setup().rate;
        let curve = |line: &Line, of: &dyn Fn(&Point) -> f64| -> Vec<[f64; 2]> {
            line.points.iter().map(|point| [point.tau, of(point)]).filter(|point| point[1].is_finite()).collect()
        };
        let runs = || experiment.lines().iter().filter(|line| line.who == Who::Full && !line.theory);
        let path = experiment.lines().iter().find(|line| line.who == Who::Full && line.theory);
        let mark = |line: &Line| marks.line(experiment, line);
        let mut drawn = Vec::new();
        let mut add = |name: String, mark: LaneMark, points: Vec<[f64; 2]>| {
            if !points.is_empty() {
                drawn.push((name, mark, points));
            }
        };
        let of: fn(&Point) -> f64 = match self {
            Self::Largest => |point| point.lambda,
            Self::Trace => |point| point.trace,
            _ => |point| point.place,
        };
        match self {
            Self::Floor => {}
            Self::Largest | Self::Trace | Self::Place => {
                if self == Self::Place {
                    for (who, _, lowest) in SHARPNESSES {
                        let level = LaneMark { color: marks.mover(who).color.gamma_multiply(0.5), pattern: Pattern::Sparse };
                        add(
                            format!("{}: lowest", title(who)),
                            level,
                            vec![[0.0, lowest], [0.5 * experiment.setup().end, lowest], [experiment.setup().end, lowest]],
                        );
                    }
                }
                // The sharpness of a dot that minimises another one says little, and would press the others flat.
                let shown = |line: &&Line| self == Self::Place || line.who != Who::AscentDirection;
                for line in experiment.lines().iter().filter(shown) {
                    add(name(experiment, line), mark(line), curve(line, &of));
                }
                if self == Self::Largest {
                    for earlier in view.flattening.before(experiment.setup().landscape) {
                        let points = earlier.points.iter().map(|point| [point.tau, point.lambda]).collect();
                        let faint = LaneMark { color: marks.mover(Who::Full).color.gamma_multiply(0.55), pattern: Pattern::Dashed };
                        add(format!("before, ρ {}", earlier.rho), faint, points);
                    }
                }
            }
            Self::Gradient => {
                for line in runs() {
                    add(name(experiment, line), mark(line), curve(line, &|point| point.gradient));
                    let floor = |point: &Point| gradient_floor(point.lambda, line.rho, rate);
                    add(format!("floor at ρ {}", line.rho), marks.predicted, path.map(|path| curve(path, &floor)).unwrap_or_default());
                }
            }
            Self::Edge => {
                for line in runs() {
                    add(name(experiment, line), mark(line), curve(line, &|point| point.lambda));
                    let edge = |point: &Point| sam_edge(point.gradient, line.rho, rate);
                    add(format!("edge at ρ {}", line.rho), marks.predicted, curve(line, &edge));
                }
            }
            Self::Rise => {
                for line in runs() {
                    add(name(experiment, line), mark(line), curve(line, &|point| point.rise / line.rho.powi(2)));
                }
                if let Some(path) = path {
                    add("λ₁/2, predicted".to_owned(), mark(path), curve(path, &|point| 0.5 * point.lambda));
                }
            }
        }
        drawn
    }
}

/// What is said, and what became of the predictions.
fn told_ui(ui: &mut Ui, landscape: Landscape, experiment: &Experiment) {
    let strong = ui.visuals().strong_text_color();
    let found = findings(experiment);
    if found.is_empty() {
        ui.label(match landscape {
            Landscape::Valley => {
                "Where the loss is lowest, three sharpnesses fit SAM's formula, and on this landscape they fall to three places. SAM's steps go \
                 to a = 1 with the whole batch, where λ₁ is lowest, and near a = 0 with one example a step, where Tr H is. The third dot is \
                 what SAM would do if it minimised L(w + ρg/|g|) as a function of w: it would go to a = −1."
            }
            Landscape::Network => {
                "A network with squared loss and more weights than examples has many minimisers. All runs begin at one of them; the loss \
                 stays as good as 0, and what changes is the curvature."
            }
        });
        widgets::hint(
            ui,
            "Wen, Ma & Li, arXiv:2211.05729; Long & Bartlett, arXiv:2309.12488. What became of the predictions stands here in the later half of the run.",
        );
        return;
    }
    for Finding { name, prediction, off, met, numbers } in found {
        let verdict = match (met, off) {
            (true, Some(off)) => format!("met within {}", share(off)),
            (false, Some(off)) => format!("not met: off by up to {}", share(off)),
            (true, None) => "met".to_owned(),
            (false, None) => "not met".to_owned(),
        };
        ui.label(RichText::new(format!("{name}, {verdict}")).color(strong));
        widgets::hint(ui, format!("{prediction}. {numbers}."));
    }
    widgets::hint(
        ui,
        match landscape {
            Landscape::Valley => {
                "At a finite rate one example a step rests a little beside a = 0 (0.05 at η 0.005, 0.5 at 0.05), on the predicted path, which knows the rate. The runs are some τ = 0.03 late: so long they take down to the floor from where they start."
            }
            Landscape::Network => {
                "P4 is what theory says of the end, and holds from this start. Of seven starts that were tried, one example a step had the lower Tr H at τ = 2 from all, the whole batch the lower λ₁ from two: one example lowers all eigenvalues, λ₁ too."
            }
        },
    );
}

/// A share in per cent, with as many digits as it needs.
fn share(off: f64) -> String {
    if off < 1e-4 { "0.01 %".to_owned() } else { format!("{} %", format::short(100.0 * off)) }
}
