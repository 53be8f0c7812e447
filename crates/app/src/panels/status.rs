//! What the trainer does: phase, progress, device, speed, cost, messages.

use basin_train::protocol::Phase;
use egui::{Align, Color32, Frame, Label, Layout as Line, Margin, Panel, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use super::view::{Layout, View};
use crate::command::ViewCommand;
use crate::format;
use crate::messages::{Notice, Offer};
use crate::state::{Preparing, State};
use crate::{theme, widgets};

/// The phase in a word, and the colour of its dot.
fn phase(state: &State, dark: bool) -> (&'static str, Color32) {
    let quiet = if dark { Color32::from_gray(130) } else { Color32::from_gray(140) };
    match state.phase() {
        _ if state.trainer_version.is_none() => ("Waiting for the trainer", quiet),
        Phase::Idle => ("Idle", quiet),
        Phase::Preparing => ("Preparing", Color32::from_rgb(0xE0, 0xA0, 0x20)),
        Phase::Running => ("Training", Color32::from_rgb(0x1E, 0xA8, 0x6A)),
        Phase::Paused => ("Paused", Color32::from_rgb(0xE0, 0xA0, 0x20)),
        Phase::Finished => ("Finished", Color32::from_rgb(0x2F, 0x80, 0xE0)),
    }
}

/// A dot for the phase, with the word beside it where there is room; else the word is its tooltip.
pub fn phase_ui(ui: &mut Ui, state: &State, word: bool) {
    let (name, color) = phase(state, ui.visuals().dark_mode);
    let (rect, dot) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::CLICK);
    ui.painter().circle_filled(rect.center(), 4.5, color);
    if word {
        ui.label(name);
    } else {
        dot.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        dot.on_hover_text(name);
    }
}

/// What goes on, for the charts that are still empty.
pub fn waiting_for(state: &State) -> String {
    match state.phase() {
        _ if state.trainer_version.is_none() => "Waiting for the trainer to start".to_owned(),
        Phase::Idle => "Press Train to begin".to_owned(),
        Phase::Preparing => state.preparing().map_or_else(|| "Preparing the run".to_owned(), |preparing| preparing.what.clone()),
        Phase::Running | Phase::Paused | Phase::Finished => "Waiting for the first measurement".to_owned(),
    }
}

/// What goes on before the run trains, with a bar where it can be said how far it is.
pub fn preparing_ui(ui: &mut Ui, preparing: &Preparing, width: f32) {
    if let Some(share) = preparing.share {
        widgets::progress(ui, share as f32, width, "what comes before the run");
    }
    ui.add(Label::new(RichText::new(&preparing.what).weak()).truncate());
}

/// How far the run is: a bar, steps in numbers, and the time that is left.
fn progress_ui(ui: &mut Ui, state: &State, width: f32) {
    let progress = state.run.progress;
    let done = progress.step as f32 / progress.steps.max(1) as f32;
    widgets::progress(ui, done, width, "the steps").on_hover_text("Optimizer steps done, of those planned");
    ui.label(format!("{} / {}", format::count(progress.step), format::count(progress.steps)));
    if let Some(left) = state.seconds_left() {
        ui.weak(format!("{} left", format::duration(left)));
    }
}

/// One line at the bottom of the wide layouts.
pub fn status_ui(ui: &mut Ui, view: &View<'_>) {
    let state = view.state;
    ui.horizontal(|ui| {
        phase_ui(ui, state, true);
        if let Some(preparing) = state.preparing() {
            preparing_ui(ui, preparing, 160.0);
        } else if state.run.progress.steps > 0 {
            progress_ui(ui, state, if view.layout == Layout::Wide { 160.0 } else { 110.0 });
        }
        ui.with_layout(Line::right_to_left(Align::Center), |ui| {
            messages_ui(ui, state);
            if let Some(summary) = &state.run.summary {
                if state.run.progress.steps_per_second > 0.0 {
                    ui.weak(format!("{} steps/s", format::rate(state.run.progress.steps_per_second)))
                        .on_hover_text("Steps of all lanes together per second, lately");
                    ui.weak("·");
                }
                ui.weak(&summary.device).on_hover_text("The device that trains");
                if view.layout == Layout::Wide {
                    costs_ui(ui, state);
                    if let Some(message) = state.messages.list().last() {
                        ui.with_layout(Line::left_to_right(Align::Center), |ui| {
                            ui.add_space(8.0);
                            ui.add(Label::new(RichText::new(&message.text).small().weak()).truncate());
                        });
                    }
                }
            }
        });
    });
}

/// Gradient evaluations of one step, lane by lane, as measured.
fn costs_ui(ui: &mut Ui, state: &State) {
    let costs: Vec<String> =
        (0..state.run.lanes.len()).filter_map(|i| state.run.cost_per_step(i)).map(|cost| format!("{cost:.2}")).collect();
    if costs.is_empty() || costs.len() > 4 {
        return;
    }
    ui.weak("·");
    let titles: Vec<&str> = state.run.lanes.iter().map(|lane| lane.title.as_str()).collect();
    ui.weak(format!("{} gradients a step", costs.join(" / ")))
        .on_hover_text(format!("Gradient evaluations of one step, measured: {}. A forward pass counts one third.", titles.join(" / ")));
}

fn messages_ui(ui: &mut Ui, state: &State) {
    let title = match state.messages.list().len() {
        0 => "No messages".to_owned(),
        1 => "1 message".to_owned(),
        n => format!("{n} messages"),
    };
    ui.add_enabled_ui(!state.messages.list().is_empty(), |ui| {
        ui.menu_button(RichText::new(title).small(), |ui| {
            ui.set_width(380.0_f32.min(ui.ctx().content_rect().width() - 40.0));
            ScrollArea::vertical().max_height(300.0).show(ui, |ui| list_ui(ui, state));
        })
        .response
        .on_hover_text("What the trainer said, latest first");
    });
}

fn list_ui(ui: &mut Ui, state: &State) {
    for message in state.messages.list().iter().rev() {
        let color = if message.failure { ui.visuals().error_fg_color } else { ui.visuals().text_color() };
        ui.add(Label::new(RichText::new(&message.text).color(color)).wrap());
        ui.add_space(4.0);
    }
}

/// Phase and progress on a phone whose run cannot be steered.
pub fn narrow_status_ui(ui: &mut Ui, view: &View<'_>) {
    let state = view.state;
    ui.horizontal(|ui| {
        phase_ui(ui, state, true);
        if let Some(preparing) = state.preparing() {
            preparing_ui(ui, preparing, 60.0);
        } else if state.run.progress.steps > 0 {
            progress_ui(ui, state, (ui.available_width() - 170.0).clamp(30.0, 110.0));
        }
    });
}

/// Device, speed and messages as lines, under the narrow results.
pub fn details_ui(ui: &mut Ui, state: &State) {
    if let Some(summary) = &state.run.summary {
        ui.weak(format!("Device: {}", summary.device));
    }
    if state.run.progress.steps_per_second > 0.0 {
        ui.weak(format!("{} steps/s", format::rate(state.run.progress.steps_per_second)));
    }
    if !state.messages.list().is_empty() {
        ui.add_space(6.0);
        ui.label("Messages");
        list_ui(ui, state);
    }
}

/// What stays on the screen, across the whole width, until it is dismissed: each on a ground of its own, which is red where something
/// is wrong.
pub fn notices_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let notices = view.state.messages.notices();
    if notices.is_empty() {
        return;
    }
    Panel::top("notices").frame(Frame::NONE).show(ui, |ui| {
        // One ground meets the next.
        let between = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        for notice in notices {
            let visuals = ui.visuals();
            let (color, tint) = if notice.calm {
                (visuals.text_color(), visuals.hyperlink_color)
            } else {
                (visuals.error_fg_color, visuals.error_fg_color)
            };
            Frame::new().fill(theme::tinted(visuals, tint)).inner_margin(Margin::symmetric(14, 8)).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = between;
                notice_ui(ui, notice, color, out);
            });
        }
    });
}

/// What is to be known, what can be done about it, and a way to take it off the screen.
fn notice_ui(ui: &mut Ui, notice: &Notice, color: Color32, out: &mut Vec<ViewCommand>) {
    ui.horizontal_top(|ui| {
        let width = ui.available_width() - 96.0;
        ui.allocate_ui_with_layout(vec2(width, 0.0), Line::top_down(Align::LEFT), |ui| {
            ui.set_width(width);
            ui.add_space(4.0);
            ui.add(Label::new(RichText::new(&notice.text).color(color)).wrap().selectable(true));
            if !notice.offers.is_empty() {
                ui.horizontal_wrapped(|ui| {
                    for offer in &notice.offers {
                        if ui.button(words(*offer)).clicked() {
                            out.push(ViewCommand::Accept(notice.topic, *offer));
                        }
                    }
                });
            }
        });
        ui.with_layout(Line::right_to_left(Align::TOP), |ui| {
            if ui.button("Dismiss").on_hover_text("It stays among the messages").clicked() {
                out.push(ViewCommand::Dismiss(notice.topic));
            }
        });
    });
}

/// The words on the button of an offer.
fn words(offer: Offer) -> &'static str {
    match offer {
        Offer::Start => "Train on the device that is set up",
        Offer::StartDefault => "Start with the default setup",
        Offer::OpenFile => "Open the file…",
        Offer::HelpDesk => "Train on the help desk",
        Offer::KeepTest => "Test on it",
        Offer::DropTest => "Hold test examples out instead",
        Offer::ReplaceTrainer => "Start another trainer",
        Offer::StartAnew => "Start anew",
        Offer::OpenRun => "Open it",
        Offer::SaveHeld => "Save the run…",
        Offer::FetchLesson => "Fetch it",
        Offer::Renew => "Load the new version",
        Offer::RenewAllTheSame => "Load it anyway",
    }
}
