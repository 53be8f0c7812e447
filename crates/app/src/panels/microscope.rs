//! One step under the microscope: batch, climb, gradient, move and after, two lanes beside each other.
//!
//! Every number comes from the [`StepTrace`]; the step is the one that the run takes next. Elsewhere: what each stage shows
//! (`stages.rs`).

use basin_train::protocol::Command;
use basin_train::report::StepTrace;
use egui::{Label, ScrollArea, Sense, Ui, vec2};

use super::change::change_ui;
use super::figure::{Head, empty_ui, figure_ui};
use super::pointed::pointed;
use super::stages::{after_ui, batch_ui, climb_ui, gradient_ui, move_ui};
use super::view::View;
use crate::choices::{Stage, StepChoice};
use crate::command::{Figure, ViewCommand};
use crate::lessons::Control;
use crate::{format, widgets};

/// Buttons, the walk, what the stage is, and the stage for two lanes.
pub fn microscope_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.step;
    buttons_ui(ui, view, &mut choice, out);
    match &view.state.run.trace {
        None => empty_ui(
            ui,
            "Look at the next step: the run pauses, the step of every lane is computed and told here number by number, before it happens. \
             The run then takes that very step.",
        ),
        Some(trace) => {
            walk_ui(ui, view.layout.is_phone(), &mut choice);
            keys(ui, &mut choice);
            ui.add(Label::new(explanation(choice.stage)).wrap());
            lanes_choice_ui(ui, view, &mut choice);
            stage_ui(ui, view, trace, choice, out);
        }
    }
    if choice != view.choices.step {
        out.push(ViewCommand::Microscope(choice));
    }
}

fn buttons_ui(ui: &mut Ui, view: &View<'_>, choice: &mut StepChoice, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    ui.horizontal_wrapped(|ui| {
        let size = vec2(0.0, ui.spacing().interact_size.y);
        let look = egui::Button::new("Look at the next step").min_size(size);
        let look = pointed(ui, view, Control::Look, |ui| ui.add_enabled(state.has_run(), look));
        if look.on_hover_text("Pause, compute the next step of every lane, and show it before it is taken").clicked() {
            out.push(ViewCommand::Send(Box::new(Command::Trace { member: choice.member })));
        }
        let next = state.run.trace.as_ref().is_some_and(|trace| trace.step >= state.run.progress.step);
        let take = ui.add_enabled(state.has_run() && next, egui::Button::new("Take this step").min_size(size));
        if take.on_hover_text("The run takes the very step that is shown").clicked() {
            out.push(ViewCommand::Step);
        }
        let seeds = state.run.summary.as_ref().map_or(1, |summary| summary.experiment.seeds);
        if seeds > 1 {
            let title = format!("member {} of {seeds}", choice.member + 1);
            let closed = egui::ComboBox::from_id_salt("member").selected_text(title);
            widgets::list(ui, closed, &mut choice.member, 0..seeds, |ui, member, chosen| {
                ui.selectable_label(chosen, format!("{} of {seeds}", member + 1))
            })
            .on_hover_text("Whose step is looked at: the members of a lane differ in their first weights")
            .accessible_name("Member");
        }
        if let Some(trace) = &state.run.trace {
            let taken = if next { "not yet taken" } else { "taken" };
            ui.weak(format!("Step {}, member {}, {taken}", format::count(trace.step + 1), trace.member + 1));
        }
    });
    let (trace, summary) = (state.run.trace.as_ref(), state.run.summary.as_ref());
    if trace.zip(summary).is_some_and(|(trace, summary)| trace.step >= summary.steps) {
        let text = "This step comes after the planned end: the learning rate begins anew. To see the last one of the plan, go one step back, then look.";
        widgets::hint(ui, text);
    }
}

/// The stages, back and on.
fn walk_ui(ui: &mut Ui, narrow: bool, choice: &mut StepChoice) {
    let by_button = |ui: &mut Ui, choice: &mut StepChoice, words: &str, name: &str, key: &str, by: isize| {
        let further = choice.stage.further(by);
        let button = egui::Button::new(words).min_size(ui.spacing().interact_size);
        if ui.add_enabled(further != choice.stage, button).on_hover_text(key).accessible_name(name).clicked() {
            choice.stage = further;
        }
    };
    let stages = Stage::ALL.map(|stage| (stage, stage.title(), explanation(stage)));
    if narrow {
        widgets::segments(ui, &mut choice.stage, &stages);
    }
    ui.horizontal(|ui| {
        by_button(ui, choice, "‹ Back", "Back", "Key Left", -1);
        if !narrow {
            widgets::segments(ui, &mut choice.stage, &stages);
        }
        by_button(ui, choice, "On ›", "On", "Key Right", 1);
    });
}

/// ← and → walk, unless a text is being written or a widget has the focus.
fn keys(ui: &Ui, choice: &mut StepChoice) {
    if ui.memory(egui::Memory::focused).is_some() || egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    if pressed(egui::Key::ArrowRight) {
        choice.stage = choice.stage.further(1);
    }
    if pressed(egui::Key::ArrowLeft) {
        choice.stage = choice.stage.further(-1);
    }
}

fn explanation(stage: Stage) -> &'static str {
    match stage {
        Stage::Batch => {
            "All lanes take the same B examples. Beside each stand its loss at the weights w and the length of its own gradient, its norm. A \
             lane that weights gives each example a share p of its climb; B·p = 1 is an equal share."
        }
        Stage::Climb => {
            "From w the lane climbs to w + ε, about the worst place nearby. SAM climbs along the gradient g of the mean loss, ε = ρ·g/|g|; \
             δ-SAM along the sum of p·g over the examples, each with its own p and g. The curve is the loss on the way, L(w + t·ε); the dot is the end of the climb. SGD does not climb."
        }
        Stage::Gradient => {
            "Up there, at w + ε, the lane takes the gradient once more: the descent gradient. It points elsewhere than g, and the angle \
             between them is what the climb has changed. Without a climb it is g itself."
        }
        Stage::Move => {
            "Back at w, the lane goes against the descent gradient, by the learning rate η and the optimizer. The curve is the loss on the \
             way, L(w + t·Δ) with Δ the whole move; the dot is where the step ends."
        }
        Stage::After => {
            "Top: the mean loss of the batch before the step, up there, and after it. Below: the change for each example. A step may raise \
             the loss of some examples while it lowers the mean."
        }
    }
}

fn lanes_choice_ui(ui: &mut Ui, view: &View<'_>, choice: &mut StepChoice) {
    let lanes = &view.state.run.lanes;
    if lanes.len() < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for (i, (lane, name)) in choice.lanes.iter_mut().zip(["First lane", "Second lane"]).enumerate() {
            ui.weak(if i == 0 { "Lanes" } else { "and" });
            let titles = lanes.iter().map(|lane| lane.title.as_str());
            widgets::pick(ui, name, lane, titles, 24).on_hover_text("Which two lanes stand beside each other");
        }
    });
}

/// The stage, once a lane: beside each other, or one under the other.
fn stage_ui(ui: &mut Ui, view: &View<'_>, trace: &StepTrace, choice: StepChoice, out: &mut Vec<ViewCommand>) {
    let most = view.state.run.lanes.len().min(trace.lanes.len());
    let Some(last) = most.checked_sub(1) else { return };
    let [first, second] = choice.lanes.map(|lane| lane.min(last));
    let lanes = if first == second { vec![first] } else { vec![first, second] };
    let scroll = !view.layout.is_phone();
    let mut body = |ui: &mut Ui| {
        if scroll && lanes.len() == 2 {
            ui.columns(2, |columns| {
                for (ui, lane) in columns.iter_mut().zip(&lanes) {
                    lane_ui(ui, view, trace, *lane, choice.stage, out);
                }
            });
        } else {
            for lane in &lanes {
                lane_ui(ui, view, trace, *lane, choice.stage, out);
            }
        }
    };
    if scroll {
        ScrollArea::vertical().id_salt("stage").auto_shrink(false).show(ui, body);
    } else {
        body(ui);
    }
}

fn lane_ui(ui: &mut Ui, view: &View<'_>, trace: &StepTrace, lane: usize, stage: Stage, out: &mut Vec<ViewCommand>) {
    let mark = view.marks()[lane];
    let title = format!("{}: {}", view.state.run.lanes[lane].title, stage.title());
    let cost = format!("{} gradient evaluations", format::short(trace.lanes[lane].gradient_evaluations));
    let head = Head { figure: Figure::Step, title: &title, unit: &cost, help: explanation(stage) };
    // Columns would stretch the lines of a text.
    ui.push_id(("lane", lane), |ui| {
        ui.vertical(|ui| {
            figure_ui(ui, head, out, |ui, _| {
                let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), Sense::hover());
                ui.painter().rect_filled(place, 1.5, mark.color);
                let numbers = &trace.lanes[lane];
                if numbers.diverged {
                    widgets::hint(ui, "This lane has diverged with this seed: it has no numbers to show.");
                    return;
                }
                match stage {
                    Stage::Batch => batch_ui(ui, view, trace, numbers, mark),
                    Stage::Climb => climb_ui(ui, numbers, mark),
                    Stage::Gradient => {
                        gradient_ui(ui, numbers, mark);
                        change_ui(ui, trace, numbers, mark);
                    }
                    Stage::Move => move_ui(ui, numbers, mark),
                    Stage::After => after_ui(ui, view, trace, numbers, mark),
                }
            });
        });
    });
}
