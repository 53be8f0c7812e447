//! The lanes: methods that are compared, each with its own ρ.

use basin_train::experiment::{ClimbLoss, Experiment, LaneConfig, MethodConfig, Rule, titles};
use egui::{Button, RichText, ScrollArea, Ui, Vec2};

use super::super::locked::of_part;
use super::super::view::View;
use super::words;
use crate::icons::Icon;
use crate::locks::Part;
use crate::theme::{self, LaneMark};
use crate::widgets;

/// Lanes that an experiment may have.
const MOST_LANES: usize = 12;

/// The presets of the menu.
fn presets() -> [(&'static str, &'static str, Vec<LaneConfig>); 6] {
    let delta = |rule| LaneConfig::new(MethodConfig::delta_sam(rule));
    let with = |more: &[LaneConfig]| [LaneConfig::three(), more.to_vec()].concat();
    let plain = |methods: &[MethodConfig]| methods.iter().copied().map(LaneConfig::new).collect();
    [
        ("SGD, SAM, δ-SAM", "The three methods in question", LaneConfig::three()),
        ("with placebo", "And one lane whose weights are random: a rule must beat it", with(&[delta(Rule::Random)])),
        (
            "weighting rules",
            "SAM against four rules of δ-SAM and the placebo",
            [plain(&[MethodConfig::Sam]), [Rule::Noise, Rule::Head, Rule::Py, Rule::Random].map(delta).to_vec()].concat(),
        ),
        (
            "SAM's relatives",
            "SAM, per-instance SAM, m-SAM, ASAM and F-SAM",
            MethodConfig::ALL
                .into_iter()
                .filter(|m| matches!(m.word(), "sam" | "per-instance" | "m-sam" | "asam" | "f-sam"))
                .map(LaneConfig::new)
                .collect(),
        ),
        (
            "what SAM changes",
            "SGD and SAM, and what the climb changes in the errors (L-SAM) and in the network (J-SAM)",
            plain(&[MethodConfig::Sgd, MethodConfig::Sam, MethodConfig::LSam, MethodConfig::JSam]),
        ),
        ("words moved", "SGD and SAM, and three methods that move the words in place of the weights: R3F, FreeLB and SMART", {
            let moves = |method: &MethodConfig| method.climbs() && !method.climbs_in_weights();
            plain(&[&[MethodConfig::Sgd, MethodConfig::Sam][..], &MethodConfig::ALL.into_iter().filter(moves).collect::<Vec<_>>()].concat())
        }),
    ]
}

/// Whether all climbing lanes, two or more, share one ρ.
fn common_rho(lanes: &[LaneConfig]) -> Option<f64> {
    let climbing: Vec<f64> = lanes.iter().filter(|lane| lane.method.climbs_in_weights()).map(|lane| lane.rho).collect();
    let (first, others) = climbing.split_first()?;
    (!others.is_empty() && others.iter().all(|rho| rho.to_bits() == first.to_bits())).then_some(*first)
}

/// The lanes as cards, with menus to add one and to take a preset.
pub fn lanes_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment) {
    let marks = view.marks_of(&experiment.lanes);
    let titles = titles(&experiment.lanes);
    let (rate, single) = (experiment.training.learning_rate, experiment.lanes.len() == 1);
    let mut remove = None;
    for (i, lane) in experiment.lanes.iter_mut().enumerate() {
        ui.push_id(i, |ui| {
            if lane_ui(ui, view, lane, &Named { title: &titles[i], mark: marks[i] }, rate, single) {
                remove = Some(i);
            }
        });
    }
    if let Some(i) = remove {
        experiment.lanes.remove(i);
    }
    of_part(ui, view, Part::Lanes, |ui| more_lanes_ui(ui, experiment));
    if experiment.model.dropout <= 0.0 && experiment.lanes.iter().any(|lane| matches!(lane.method, MethodConfig::RDrop { .. })) {
        widgets::remark(ui, "R-Drop needs dropout, and there is none: set it among the values of the model.");
    }
    if let Some(rho) = common_rho(&experiment.lanes) {
        widgets::remark(
            ui,
            &format!(
                "All climbing lanes share ρ = {rho}. Where that was not chosen for each of them, you may see differences that are not there."
            ),
        );
    }
}

/// The menus that add a lane, and take a preset.
fn more_lanes_ui(ui: &mut Ui, experiment: &mut Experiment) {
    ui.horizontal(|ui| {
        ui.add_enabled_ui(experiment.lanes.len() < MOST_LANES, |ui| {
            ui.menu_button("Add lane", |ui| {
                // On a phone there are more of them than there is room for.
                let most = ui.ctx().content_rect().height() - 80.0;
                ScrollArea::vertical().max_height(most).min_scrolled_height(most).show(ui, |ui| {
                    for method in MethodConfig::ALL {
                        if ui.button(method.title()).on_hover_text(words::method_help(&method)).clicked() {
                            experiment.lanes.push(LaneConfig::new(method));
                        }
                    }
                    let placebo = MethodConfig::delta_sam(Rule::Random);
                    if ui.button("Placebo").on_hover_text(words::rule_help(Rule::Random)).clicked() {
                        experiment.lanes.push(LaneConfig::new(placebo));
                    }
                });
            })
            .response
            .on_hover_text("Compare one more method, up to 12");
        });
        ui.menu_button("Presets", |ui| {
            for (title, tip, lanes) in presets() {
                if ui.button(title).on_hover_text(tip).clicked() {
                    experiment.lanes = lanes;
                }
            }
        })
        .response
        .on_hover_text("Take a ready set of lanes");
    });
}

/// What tells a lane from the others.
struct Named<'a> {
    title: &'a str,
    mark: LaneMark,
}

/// One lane; returns whether it shall go.
fn lane_ui(ui: &mut Ui, view: &View<'_>, lane: &mut LaneConfig, named: &Named<'_>, rate: f64, single: bool) -> bool {
    let &Named { title, mark } = named;
    let mut remove = false;
    let frame = egui::Frame::new().fill(ui.visuals().panel_fill).corner_radius(6).inner_margin(egui::Margin {
        left: 8,
        right: 6,
        top: 4,
        bottom: 4,
    });
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let id = ui.make_persistent_id("more of this lane");
        let mut more = ui.data_mut(|memory| *memory.get_persisted_mut_or(id, false));
        let open = view.locks.opens(Part::Lanes);
        let head = |ui: &mut Ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let method = |ui: &mut Ui| {
                widgets::swatch(ui, mark);
                method_ui(ui, lane, title);
            };
            widgets::sides(ui, method, |ui| {
                let size = if theme::is_touch(ui) { ui.spacing().interact_size } else { Vec2::ZERO };
                let dots = ui.add(Button::selectable(more, Icon::Sliders.atom()).min_size(size));
                if dots.on_hover_text("All hyperparameters of this lane").accessible_name(format!("More of {title}")).clicked() {
                    more = !more;
                    ui.data_mut(|memory| memory.insert_persisted(id, more));
                }
                let cross = ui.add_enabled(!single, Icon::Cross.button(None).frame(false).min_size(size));
                let cross = cross.on_hover_text("Take this lane out").on_disabled_hover_text("An experiment needs a lane");
                remove = cross.accessible_name(format!("Remove {title}")).clicked();
            });
        };
        ui.add_enabled_ui(open, |ui| ui.horizontal(head));
        if lane.method.climbs() {
            let help = if lane.method.climbs_in_weights() {
                "Length of the climb, in weight space, 0 to 100; 0 is no climb."
            } else {
                "How far the embeddings of the tokens are moved, 0 to 100; 0 leaves them where they are."
            };
            of_part(ui, view, Part::Rho, |ui| {
                widgets::row(ui, "ρ", help, |ui| widgets::real(ui, &mut lane.rho, 0.0..=100.0).accessible_name(format!("ρ of {title}")));
            });
        }
        if more || matches!(lane.method, MethodConfig::DeltaSam { .. }) {
            ui.add_enabled_ui(open, |ui| rest_ui(ui, lane, title, more, rate));
        }
    });
    remove
}

/// What a lane has beside method and ρ.
fn rest_ui(ui: &mut Ui, lane: &mut LaneConfig, title: &str, more: bool, rate: f64) {
    if let MethodConfig::DeltaSam { rule, draws, .. } = &mut lane.method {
        let before = *rule;
        widgets::row(ui, "Weights by", "The rule that decides how much each example counts in the climb.", |ui| {
            widgets::choice(ui, "rule", rule, Rule::ALL, |r| words::rule(*r).to_owned(), |r| words::rule_help(*r))
                .accessible_name(format!("Weighting rule of {title}"))
        });
        if *rule != before && *draws == before.draws() {
            *draws = rule.draws();
        }
    }
    if more {
        hyperparameters_ui(ui, lane, title, rate);
    }
}

/// The method, in the room that is left.
fn method_ui(ui: &mut Ui, lane: &mut LaneConfig, title: &str) {
    let mut word = lane.method.word();
    let methods = MethodConfig::ALL;
    let of = |word: &str| methods.iter().find(|m| m.word() == word).expect("every word of the menu is a method's");
    let response = widgets::choice(
        ui,
        "method",
        &mut word,
        methods.iter().map(MethodConfig::word),
        |word| of(word).title().to_owned(),
        |word| words::method_help(of(word)),
    );
    response.on_hover_text(words::method_help(&lane.method)).accessible_name(format!("Method of {title}"));
    if word != lane.method.word() {
        *lane = LaneConfig { learning_rate: lane.learning_rate, ..LaneConfig::new(*of(word)) };
    }
}

/// The hyperparameters that few need.
fn hyperparameters_ui(ui: &mut Ui, lane: &mut LaneConfig, title: &str, rate: f64) {
    let mut own = lane.learning_rate.is_some();
    if ui.checkbox(&mut own, "Own learning rate").on_hover_text("Instead of the one of all lanes").changed() {
        lane.learning_rate = own.then_some(rate);
    }
    if let Some(rate) = &mut lane.learning_rate {
        widgets::row(ui, "Learning rate η", "Length of a step of this lane, as a factor on the gradient.", |ui| {
            widgets::real(ui, rate, 1e-6..=100.0)
        });
    }
    let noise = "Size of the random step that feels the curvature, relative to the root mean square of the layers' weights, 0.001 to 1.";
    match &mut lane.method {
        MethodConfig::DeltaSam { draws, radius, rule } => {
            if matches!(rule, Rule::Noise | Rule::NoiseOverNorm | Rule::NoiseChange) {
                let help = "Random steps averaged, 1 to 64; each costs two forward passes, one for the rule by change.";
                widgets::row(ui, "Draws", help, |ui| widgets::whole(ui, draws, 1..=64, None));
                widgets::row(ui, "Noise radius", noise, |ui| widgets::real(ui, radius, 1e-3..=1.0));
            }
        }
        MethodConfig::MSam { groups, sorted } => {
            widgets::row(ui, "Groups", "Parts of the batch that climb on their own, 1 to 1024.", |ui| {
                widgets::whole(ui, groups, 1..=1024, None)
            });
            ui.checkbox(sorted, "Groups of equal labels").on_hover_text("Sort the batch by label before it is parted");
        }
        MethodConfig::Asam { eta } => {
            widgets::row(ui, "Added to |w|", "Keeps weights near zero in the climb, in weight units, 0 to 10.", |ui| {
                widgets::real(ui, eta, 0.0..=10.0)
            });
        }
        MethodConfig::FSam { sigma, lambda } => {
            widgets::row(ui, "Mean taken off", "How much of the running mean gradient leaves the climb, as a factor, 0 to 10.", |ui| {
                widgets::real(ui, sigma, 0.0..=10.0)
            });
            widgets::row(ui, "Memory", "How slowly the running mean forgets, as a factor a step, 0 to 1.", |ui| {
                widgets::real(ui, lambda, 0.0..=1.0)
            });
        }
        MethodConfig::RwSam { lambda, radius } => {
            widgets::row(ui, "Temperature λ", "How strongly large gradients are preferred, 0 to 100; 0 is SAM.", |ui| {
                widgets::real(ui, lambda, 0.0..=100.0)
            });
            widgets::row(ui, "Noise radius", noise, |ui| widgets::real(ui, radius, 1e-3..=1.0));
        }
        MethodConfig::LookSam { every, alpha } => {
            widgets::row(ui, "Climbs every", "Steps from climb to climb; 1 is SAM.", |ui| widgets::whole(ui, every, 1..=1_000_000, None));
            widgets::row(ui, "α", "How much of what the last climb added to the gradient is added between, as a factor, 0 to 10.", |ui| {
                widgets::real(ui, alpha, 0.0..=10.0)
            });
        }
        MethodConfig::EigenSam { alpha } => {
            widgets::row(ui, "α", "How far the climb leans towards the most curved direction, as a share of its length, 0 to 10.", |ui| {
                widgets::real(ui, alpha, 0.0..=10.0)
            });
        }
        MethodConfig::Saner { alpha, ramp } => {
            widgets::row(ui, "α", "Factor on coordinates that the climb made smaller, at last, 0 to 1; 1 is SAM.", |ui| {
                widgets::real(ui, alpha, 0.0..=1.0)
            });
            widgets::row(ui, "Reached after", "Share of the run over which the factor falls from 1 to α, 0 to 1.", |ui| {
                widgets::real(ui, ramp, 0.0..=1.0)
            });
        }
        MethodConfig::Llqr { every, inner } => {
            widgets::row(ui, "Learns every", "Steps from one learning of the scales to the next.", |ui| {
                widgets::whole(ui, every, 1..=1_000_000, None)
            });
            widgets::row(
                ui,
                "Inner steps",
                "Steps of each learning, 0 to 1000; each costs two gradients, and without any this is SAM.",
                |ui| widgets::whole(ui, inner, 0..=1000, None),
            );
        }
        MethodConfig::R3f { .. } | MethodConfig::RDrop { .. } | MethodConfig::FreeLb { .. } | MethodConfig::Smart { .. } => {
            regulariser_ui(ui, &mut lane.method);
        }
        MethodConfig::Gsam { alpha } => {
            widgets::row(ui, "α", "How much of the orthogonal gradient is taken off, as a factor, 0 to 10.", |ui| {
                widgets::real(ui, alpha, 0.0..=10.0)
            });
        }
        MethodConfig::Sgd
        | MethodConfig::Sam
        | MethodConfig::PerInstanceSam
        | MethodConfig::FisherSam
        | MethodConfig::LSam
        | MethodConfig::JSam => {}
    }
    if lane.method.climbs() {
        climb_ui(ui, lane, title);
    }
    ui.label(RichText::new(lane.to_string()).monospace().small().weak()).on_hover_text("This lane in the words of the command line");
}

/// What only text regularisers have.
fn regulariser_ui(ui: &mut Ui, method: &mut MethodConfig) {
    match method {
        MethodConfig::R3f { lambda } | MethodConfig::Smart { lambda } => {
            widgets::row(ui, "λ", "How much it counts that the answers change, as a factor, 0 to 100; 0 is SGD.", |ui| {
                widgets::real(ui, lambda, 0.0..=100.0)
            });
        }
        MethodConfig::RDrop { alpha } => {
            widgets::row(ui, "α", "How much it counts that two passes answer differently, as a factor, 0 to 100.", |ui| {
                widgets::real(ui, alpha, 0.0..=100.0)
            });
        }
        MethodConfig::FreeLb { passes, stride } => {
            widgets::row(ui, "Passes", "Points on the way up whose gradients are averaged, 1 to 64; 1 is SGD.", |ui| {
                widgets::whole(ui, passes, 1..=64, None)
            });
            widgets::row(ui, "Stride", "A step of the way up, as a share of ρ, 0 to 10.", |ui| widgets::real(ui, stride, 0.0..=10.0));
        }
        _ => {}
    }
}

/// What every method with a ρ has: what its climb goes up on, and in which part of the run.
fn climb_ui(ui: &mut Ui, lane: &mut LaneConfig, title: &str) {
    if lane.method.climbs_in_weights() {
        widgets::row(ui, "Climbs on", "What the climb goes up on; the descent stays on the loss.", |ui| {
            let help = |loss: &ClimbLoss| words::climb_loss_help(*loss);
            widgets::choice(ui, "climb loss", &mut lane.climb_loss, ClimbLoss::ALL, |loss| words::climb_loss(*loss).to_owned(), help)
                .accessible_name(format!("Climb loss of {title}"))
        });
    }
    let moment = "Up to 1 a share of the planned steps, above 1 a number of steps.";
    widgets::row(ui, "From", &format!("The moment at which the method begins; steps before it are plain ones. {moment}"), |ui| {
        widgets::real(ui, &mut lane.from, 0.0..=2e9).accessible_name(format!("Begin of {title}"))
    });
    widgets::row(ui, "Until", &format!("The moment from which steps are plain again; 1 is never. {moment}"), |ui| {
        widgets::real(ui, &mut lane.until, 0.0..=2e9).accessible_name(format!("End of {title}"))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_run() {
        for (title, _, lanes) in presets() {
            let experiment = Experiment { lanes, ..Experiment::default() };
            assert_eq!(experiment.check(), Ok(()), "{title}");
        }
    }

    #[test]
    fn one_common_rho_is_noticed() {
        let lanes = |words: &[&str]| words.iter().map(|w| w.parse().expect("lane words")).collect::<Vec<LaneConfig>>();
        assert_eq!(common_rho(&lanes(&["sgd", "sam:rho=0.2", "delta-sam:rho=0.2"])), Some(0.2));
        assert_eq!(common_rho(&lanes(&["sgd", "sam:rho=0.2", "delta-sam:rho=0.3"])), None);
        assert_eq!(common_rho(&lanes(&["sgd", "sam:rho=0.2"])), None);
    }
}
