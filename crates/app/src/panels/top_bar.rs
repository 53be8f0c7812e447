//! The bar at the top: what is trained, the run controls, files, sharing, theme, help.

use basin_train::classifier::check;
use basin_train::protocol::Phase;
use basin_train::report::ExportFormat;
use egui::{Area, Button, Context, Frame, Id, Label, Order, Rect, RichText, ThemePreference, Ui, vec2};

use super::course;
use super::pointed::pointed;
use super::view::{Layout, View};
use super::{kept, share};
use crate::choices::Ending;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::icons::Icon;
use crate::lessons::Control;
use crate::locks::Part;
use crate::settings::Sight;
use crate::{format, theme, widgets};

/// The bar of the wide layouts.
pub fn top_bar_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Basin").size(21.0).color(ui.visuals().strong_text_color()));
        ui.add_space(6.0);
        let asked = &mut Vec::new();
        widgets::sides(
            ui,
            |ui| {
                transport_ui(ui, view, out, false);
                if view.changed {
                    changed_ui(ui);
                }
            },
            |ui| signs_ui(ui, view, true, view.layout != Layout::Wide, asked),
        );
        out.append(asked);
    });
}

/// Width of a phone's bar that has room for the title and all signs in one line.
const ONE_LINE: f32 = 340.0;

/// The bar of the narrow layout: a line of signs and a line of large run controls.
pub fn narrow_bar_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let small = ui.available_width() < ONE_LINE;
    ui.horizontal(|ui| {
        // All signs and the title fit into the width of a phone.
        ui.spacing_mut().item_spacing.x = 4.0;
        let title = |ui: &mut Ui| {
            if !small {
                ui.label(RichText::new("Basin").size(20.0).color(ui.visuals().strong_text_color()));
            }
        };
        widgets::sides(ui, title, |ui| signs_ui(ui, view, !small, true, out));
    });
    ui.horizontal(|ui| {
        // "Resume" fits into its quarter, or the row would pass the edge.
        ui.spacing_mut().button_padding.x = 4.0;
        let asked = &mut Vec::new();
        widgets::sides(
            ui,
            |ui| transport_ui(ui, view, out, true),
            |ui| {
                if small {
                    course::course_button_ui(ui, view, asked);
                }
            },
        );
        out.append(asked);
    });
    if view.changed {
        changed_ui(ui);
    }
}

/// The bar of a phone on its side: one line.
pub fn low_bar_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let asked = &mut Vec::new();
        widgets::sides(
            ui,
            |ui| {
                ui.spacing_mut().button_padding.x = 4.0;
                transport_ui(ui, view, out, true);
            },
            |ui| signs_ui(ui, view, true, true, asked),
        );
        out.append(asked);
    });
    if view.changed {
        changed_ui(ui);
    }
}

/// Files, link, sight, course and help; `compact` ones are signs without words.
fn signs_ui(ui: &mut Ui, view: &View<'_>, course: bool, compact: bool, out: &mut Vec<ViewCommand>) {
    if view.locks.opens(Part::Files) {
        open_ui(ui, view, out, compact);
        save_ui(ui, view, out, compact);
    }
    share::share_button_ui(ui, view, out, compact);
    theme_ui(ui, view, out);
    if course {
        course::course_button_ui(ui, view, out);
    }
    help_button_ui(ui, view, out);
}

fn help_button_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let button = Button::selectable(view.help_open, "?").frame_when_inactive(true).min_size(ui.spacing().interact_size);
    if ui.add(button).on_hover_text("What is shown here, in plain words (key ?)").accessible_name("Help").clicked() {
        out.push(ViewCommand::Help(!view.help_open));
    }
}

fn changed_ui(ui: &mut Ui) {
    let color = ui.visuals().warn_fg_color;
    ui.add(Label::new(RichText::new("changed: press Restart to use").color(color).small()).truncate())
        .on_hover_text("The run goes on with the setup that it was started with.");
}

/// What a press on a button that ends the run comes to.
fn end(ui: &Ui, view: &View<'_>, ending: Ending, then: ViewCommand) -> ViewCommand {
    view.end(ending, then, view.state.loses_work(), ui.input(|input| input.time))
}

/// The question whether the run is to end, under the bar for as long as it stands. What lies below can be pressed.
pub fn ending_ui(ctx: &Context, view: &View<'_>, bar: Rect) {
    let Some((ending, _)) = view.choices.ending else { return };
    let again = match ending {
        Ending::Restart => "Press Restart or R again to begin anew",
        Ending::Stop => "Press Stop again to end the run",
        Ending::Lesson => "Press Train this again to train what the lesson is about",
    };
    let progress = view.state.run.progress;
    let text =
        format!("{again}: what it has learned in {} of {} steps is lost.", format::count(progress.step), format::count(progress.steps));
    let area = Area::new(Id::unique("ending")).order(Order::Foreground).fixed_pos(bar.left_bottom() + vec2(14.0, 6.0));
    area.interactable(false).show(ctx, |ui| {
        ui.set_max_width(bar.width() - 28.0);
        Frame::popup(ui.style()).show(ui, |ui| ui.label(RichText::new(text).color(ui.visuals().warn_fg_color)));
    });
}

/// The run controls as far as the page has them.
fn transport_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, fill: bool) {
    if view.locks.shows(Part::Transport) {
        ui.add_enabled_ui(view.locks.opens(Part::Transport), |ui| run_ui(ui, view, out, fill));
    }
}

/// Train or Restart, Pause or Resume, Step, Stop.
fn run_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, fill: bool) {
    let state = view.state;
    let height = ui.spacing().interact_size.y;
    let width = if fill { ((ui.available_width() - 3.0 * ui.spacing().item_spacing.x) / 4.0).floor() } else { 0.0 };
    let size = egui::vec2(width.max(if fill { 0.0 } else { 84.0 }), height);
    let small = egui::vec2(if fill { width } else { 62.0 }, height);
    let compact = fill && width < 76.0;
    let ready = state.trainer_version.is_some();

    let (icon, words, tip) = match state.phase() {
        Phase::Idle => (Icon::Play, "Train", "Train what is set up, from the first step (key R)"),
        _ => (Icon::Again, "Restart", "Train what is set up from the first step; the run so far is lost (key R)"),
    };
    let mut main = icon.button((!compact).then_some(words));
    if view.changed || state.phase() == Phase::Idle {
        let white = egui::Color32::WHITE;
        let sign = egui::Atom::paint(egui::Vec2::splat(14.0), move |ui, place| icon.paint(ui.painter(), place.rect, white));
        main = if compact { Button::new(sign) } else { Button::new((sign, RichText::new(words).color(white))) };
        main = main.fill(theme::accent(ui.visuals().dark_mode));
    }
    let main = pointed(ui, view, Control::Start, |ui| ui.add_enabled(ready, main.min_size(size)))
        .on_hover_text(tip)
        .on_disabled_hover_text("The trainer is not up yet");
    if main.accessible_name(words).clicked() {
        out.push(end(ui, view, Ending::Restart, ViewCommand::Start));
    }

    let running = matches!(state.phase(), Phase::Running | Phase::Preparing);
    let (icon, words, tip, command) = match state.phase() {
        Phase::Paused => (Icon::Play, "Resume", "Go on (Space)", ViewCommand::Resume),
        Phase::Finished => (
            Icon::Play,
            "Resume",
            "Train as many epochs again, with a warm restart: the learning rate starts anew (Space)",
            ViewCommand::Resume,
        ),
        _ => (Icon::Pause, "Pause", "Stop between two steps and keep everything (Space)", ViewCommand::Pause),
    };
    for (enabled, icon, words, tip, size, command) in [
        (running || state.has_run(), icon, words, tip, size, command),
        (state.has_run(), Icon::Step, "Step", "One step of every lane, then pause (key S)", small, ViewCommand::Step),
        (running || state.has_run(), Icon::Stop, "Stop", "End the run: measure once more, then drop its weights", small, ViewCommand::Stop),
    ] {
        let button = icon.button((!compact).then_some(words)).min_size(size);
        let button = match command {
            ViewCommand::Step => pointed(ui, view, Control::Step, |ui| ui.add_enabled(enabled, button)),
            _ => ui.add_enabled(enabled, button),
        };
        if button.on_hover_text(tip).accessible_name(words).clicked() {
            out.push(if command == ViewCommand::Stop { end(ui, view, Ending::Stop, command) } else { command });
        }
    }
}

fn open_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, compact: bool) {
    widgets::icon_menu(ui, Icon::Folder, "Open", "Open your data, a lesson or a saved run", compact, |ui| {
        if ui.button("Data file…").on_hover_text("A table to train on: CSV, TSV or JSONL").clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Train));
        }
        let tip = "A table of labelled messages as a file: open it again, or put your own texts in their place";
        if ui.button("Example file…").on_hover_text(tip).clicked() {
            out.push(ViewCommand::ExampleFile);
        }
        if ui.button("Lesson…").on_hover_text("A lesson that you or your teacher wrote, in Markdown").clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Lesson));
        }
        if ui.button("Saved run…").on_hover_text("A run saved by Basin; it is resumed, paused").clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Run));
        }
        kept::kept_ui(ui, view.state, out);
    });
}

fn save_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, compact: bool) {
    widgets::icon_menu(ui, Icon::Save, "Save", "Save the run or its numbers", compact, |ui| {
        let run = ui.add_enabled(view.state.has_run(), Button::new("Run…"));
        if run
            .on_hover_text("Weights, measurements and the data, your own texts among them, in one file from which the run can go on")
            .clicked()
        {
            out.push(ViewCommand::SaveRun);
        }
        let formats = [
            (ExportFormat::Page, "Model as a page", "One file that answers texts in any browser, offline, for whoever you give it to"),
            (ExportFormat::Onnx, "Model as ONNX", "For programs: onnxruntime and others"),
        ];
        for (format, words, tip) in formats {
            let kind = view.state.run.summary.as_ref().filter(|_| view.state.has_run()).map(|summary| summary.experiment.model.kind);
            let refused = kind.and_then(|kind| check(kind, format).err());
            ui.add_enabled_ui(kind.is_some() && refused.is_none(), |ui| {
                let menu = ui.menu_button(words, |ui| {
                    for (lane, title) in view.state.run.lanes.iter().map(|lane| &lane.title).enumerate() {
                        if ui.button(format!("of {title}…")).clicked() {
                            out.push(ViewCommand::SaveModel(lane, format));
                        }
                    }
                });
                let response = menu.response.on_hover_text(tip);
                if let Some(refused) = refused {
                    response.on_disabled_hover_text(format!("Not for this run: {refused}."));
                }
            });
        }
        let csv = ui.add_enabled(!view.state.run.measurements.is_empty(), Button::new("Measurements as CSV…"));
        if csv.on_hover_text("One row per step, lane and seed").clicked() {
            out.push(ViewCommand::ExportCsv);
        }
    });
}

fn theme_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let icon = match view.settings.theme {
        ThemePreference::System => Icon::Half,
        ThemePreference::Light => Icon::Sun,
        ThemePreference::Dark => Icon::Moon,
    };
    widgets::icon_menu(ui, icon, "Theme", "Light or dark, size of text, motion, lines; present to a class", true, |ui| {
        for (theme, words) in
            [(ThemePreference::System, "As the system"), (ThemePreference::Light, "Light"), (ThemePreference::Dark, "Dark")]
        {
            if ui.selectable_label(view.settings.theme == theme, words).clicked() {
                out.push(ViewCommand::Theme(theme));
                ui.close();
            }
        }
        ui.separator();
        let mut sight = view.settings.sight;
        sight_ui(ui, view.still, &mut sight);
        if sight != view.settings.sight {
            out.push(ViewCommand::Sight(sight));
        }
        if !view.layout.is_phone() {
            ui.separator();
            let present = ui.button("Present").on_hover_text("One view, large and in strong contrast, for the last row of a class (key P)");
            if present.clicked() {
                out.push(ViewCommand::Present(true));
                ui.close();
            }
        }
    });
}

/// The size of text, motion, and the lines of lanes.
fn sight_ui(ui: &mut Ui, still: bool, sight: &mut Sight) {
    ui.horizontal(|ui| {
        let size = ui.spacing().interact_size;
        for (words, name, steps) in [("−", "Smaller text", -1), ("+", "Larger text", 1)] {
            let next = sight.larger(steps);
            let button = ui.add_enabled(next != *sight, Button::new(words).min_size(size));
            if button.on_hover_text(name).accessible_name(name).clicked() {
                *sight = next;
            }
            if steps < 0 {
                ui.label(format!("Text {} %", sight.larger(0).text_percent));
            }
        }
    });
    let mut calm = still;
    let tip = "Nothing slides or blinks; where you have not chosen, the system's own setting counts";
    if ui.checkbox(&mut calm, "Less motion").on_hover_text(tip).changed() {
        sight.still = Some(calm);
    }
    let tip = "Each lane's line has a pattern of its own: dots, long dashes, and so on";
    ui.checkbox(&mut sight.patterns, "Lines with patterns").on_hover_text(tip);
}
