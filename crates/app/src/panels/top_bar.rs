//! The bar at the top: what is trained, the run controls, files, sharing, theme, help.

use basin_train::classifier::check;
use basin_train::protocol::Phase;
use basin_train::report::ExportFormat;
use egui::{Area, Button, Context, Frame, Id, Label, Order, Rect, Response, RichText, ThemePreference, Ui, Vec2, vec2};

use super::course;
use super::pointed::pointed;
use super::view::{FEW_STEPS, Layout, View};
use super::{kept, share, status, transport};
use crate::choices::Ending;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::icons::Icon;
use crate::lessons::Control;
use crate::locks::Part;
use crate::settings::Sight;
use crate::{spoken, theme, widgets};

/// The bar of the wide layouts.
pub fn top_bar_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Basin").size(21.0).color(ui.visuals().strong_text_color()));
        ui.add_space(6.0);
        let asked = &mut Vec::new();
        widgets::sides(
            ui,
            |ui| {
                run_ui(ui, view, out);
                if view.changed {
                    changed_ui(ui);
                }
            },
            |ui| signs_ui(ui, view, view.layout != Layout::Wide, asked),
        );
        out.append(asked);
    });
}

/// The signs of an upright phone, with the title where there is room for it; with large text in two rows.
pub fn narrow_signs_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    // All signs and the title fit into the width of a phone.
    ui.spacing_mut().item_spacing.x = 4.0;
    let spacing = ui.spacing();
    let course = widgets::button_width(ui, "Course", spacing.button_padding.x);
    let title = RichText::new("Basin").size(20.0).color(ui.visuals().strong_text_color());
    if ui.available_width() < 5.0 * (spacing.interact_size.x + spacing.item_spacing.x) + course + TITLE {
        ui.horizontal_wrapped(|ui| signs_ui(ui, view, true, out));
    } else {
        ui.horizontal(|ui| widgets::sides(ui, |ui| ui.label(title), |ui| signs_ui(ui, view, true, out)));
    }
}

/// Width of the title in the bar of a phone.
const TITLE: f32 = 52.0;

/// The signs of a phone on its side, which stand in a column two by two.
pub fn low_signs_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.spacing_mut().button_padding.x = 2.0;
    signs_ui(ui, view, true, out);
}

/// Width of the widest of them.
pub fn sign_width(ui: &Ui) -> f32 {
    widgets::button_width(ui, "Course", 2.0).ceil()
}

/// Width of a phone's bar that has room for the run controls and for how far the run is in one line.
const ONE_LINE: f32 = 520.0;

/// Width of a phone's bar that has room for a word on the main button.
const WITH_WORD: f32 = 86.0;

/// Run and time of a phone, each control once: one row of buttons, and one line that says how far the run is.
pub fn phone_bar_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if !view.locks.shows(Part::Transport) {
        status::narrow_status_ui(ui, view);
    } else if ui.available_width() >= ONE_LINE {
        ui.horizontal(|ui| {
            phone_run_ui(ui, view, out);
            ui.add_space(4.0);
            transport::phone_line_ui(ui, view, out);
        });
    } else {
        ui.horizontal_wrapped(|ui| phone_run_ui(ui, view, out));
        ui.horizontal(|ui| transport::phone_line_ui(ui, view, out));
    }
    if view.changed {
        changed_ui(ui);
    }
}

fn phone_run_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().button_padding.x = 4.0;
    let spacing = ui.spacing();
    let (size, row) = (spacing.interact_size, 5.0 * (spacing.interact_size.x + spacing.item_spacing.x));
    let plain = Shape { words: false, size };
    let first = Shape { words: ui.available_width() >= row + WITH_WORD, size };
    if !view.locks.opens(Part::Transport) {
        ui.disable();
    }
    start_ui(ui, view, first, out);
    transport::back_ui(ui, view, out);
    pause_ui(ui, view, plain, out);
    pointed(ui, view, Control::Step, |ui| transport::on_ui(ui, view, out));
    transport::skip_ui(ui, view, out);
    stop_ui(ui, view, plain, out);
}

/// Files, link, sight, course and help; `compact` ones are signs without words.
fn signs_ui(ui: &mut Ui, view: &View<'_>, compact: bool, out: &mut Vec<ViewCommand>) {
    if view.locks.opens(Part::Files) {
        open_ui(ui, view, out, compact);
        save_ui(ui, view, out, compact);
    }
    share::share_button_ui(ui, view, out, compact);
    theme_ui(ui, view, out);
    course::course_button_ui(ui, view, out);
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
fn end(ui: &Ui, view: &View<'_>, ending: Ending, then: ViewCommand, loses: bool) -> ViewCommand {
    view.end(ending, then, loses, ui.input(|input| input.time))
}

/// The question whether the run is to end, under the bar for as long as it stands. What lies below can be pressed.
pub fn ending_ui(ctx: &Context, view: &View<'_>, bar: Rect) {
    let Some(text) = spoken::ending(view.state, view.choices.ending) else { return };
    let area = Area::new(Id::unique("ending")).order(Order::Foreground).fixed_pos(bar.left_bottom() + vec2(14.0, 6.0));
    area.interactable(false).show(ctx, |ui| {
        ui.set_max_width(bar.width() - 28.0);
        Frame::popup(ui.style()).show(ui, |ui| ui.label(RichText::new(text).color(ui.visuals().warn_fg_color)));
    });
}

/// How a run control is drawn.
#[derive(Clone, Copy)]
struct Shape {
    /// Whether it has a word beside its sign.
    words: bool,
    /// At least.
    size: Vec2,
}

/// Train or Restart, Pause or Resume, Step, Stop, as far as the page has them.
fn run_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if !view.locks.shows(Part::Transport) {
        return;
    }
    ui.add_enabled_ui(view.locks.opens(Part::Transport), |ui| {
        let height = ui.spacing().interact_size.y;
        let [main, small] = [84.0, 62.0].map(|width| Shape { words: true, size: vec2(width, height) });
        start_ui(ui, view, main, out);
        pause_ui(ui, view, main, out);
        let step = pointed(ui, view, Control::Step, |ui| button_ui(ui, Icon::Step, "Step", small, view.state.has_run()));
        if step.on_hover_text("One step of every lane, then pause (key S)").clicked() {
            out.push(ViewCommand::Step);
        }
        stop_ui(ui, view, small, out);
    });
}

fn button_ui(ui: &mut Ui, icon: Icon, words: &str, shape: Shape, enabled: bool) -> Response {
    ui.add_enabled(enabled, icon.button(shape.words.then_some(words)).min_size(shape.size)).accessible_name(words)
}

/// Train or Restart.
fn start_ui(ui: &mut Ui, view: &View<'_>, shape: Shape, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    let (icon, words, tip) = match state.phase() {
        Phase::Idle => (Icon::Play, "Train", "Train what is set up, from the first step (key R)"),
        _ if view.is_kept => {
            (Icon::Again, "Restart", "Train what is set up from the first step; the run so far stays under Open, Kept runs (key R)")
        }
        _ => (Icon::Again, "Restart", "Train what is set up from the first step; the run so far is lost (key R)"),
    };
    let mut main = icon.button(shape.words.then_some(words));
    if view.changed || state.phase() == Phase::Idle {
        let white = egui::Color32::WHITE;
        let sign = egui::Atom::paint(Vec2::splat(14.0), move |ui, place| icon.paint(ui.painter(), place.rect, white));
        main = if shape.words { Button::new((sign, RichText::new(words).color(white))) } else { Button::new(sign) };
        main = main.fill(theme::accent(ui.visuals().dark_mode));
    }
    let ready = state.trainer_version.is_some();
    let main = pointed(ui, view, Control::Start, |ui| ui.add_enabled(ready, main.min_size(shape.size)))
        .on_hover_text(tip)
        .on_disabled_hover_text("The trainer has not started yet");
    if main.accessible_name(words).clicked() {
        out.push(end(ui, view, Ending::Restart, ViewCommand::Start, state.loses_work()));
    }
}

/// Pause or Resume.
fn pause_ui(ui: &mut Ui, view: &View<'_>, shape: Shape, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    let (icon, words, tip, command) = match state.phase() {
        Phase::Paused => (Icon::Play, "Resume", "Go on (Space)", ViewCommand::Resume),
        Phase::Finished => (Icon::Play, "Resume", transport::PAST_THE_END, ViewCommand::Resume),
        _ => (Icon::Pause, "Pause", "Stop between two steps and keep everything (Space)", ViewCommand::Pause),
    };
    let enabled = state.phase() != Phase::Idle;
    if button_ui(ui, icon, words, shape, enabled).on_hover_text(tip).clicked() {
        out.push(command);
    }
}

/// Stop, while there is something to stop.
fn stop_ui(ui: &mut Ui, view: &View<'_>, shape: Shape, out: &mut Vec<ViewCommand>) {
    let goes = matches!(view.state.phase(), Phase::Preparing | Phase::Running | Phase::Paused);
    let tip = "End the run: measure once more, then drop its weights";
    let stop = button_ui(ui, Icon::Stop, "Stop", shape, goes).on_hover_text(tip);
    if stop.on_disabled_hover_text("Nothing is trained that could be stopped").clicked() {
        // Unlike Restart it gives nothing in place of what it takes: it asks as early as the key R does.
        out.push(end(ui, view, Ending::Stop, ViewCommand::Stop, view.state.loses_more_than(FEW_STEPS)));
    }
}

fn open_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, compact: bool) {
    widgets::icon_menu(ui, Icon::Folder, "Open", "Open your data, a lesson or a saved run", compact, |ui| {
        if ui.button("Data file…").on_hover_text("A table to train on: CSV, TSV, JSON or fastText").clicked() {
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
        kept::kept_ui(ui, view.state, &view.settings.experiment, out);
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
        let measured = !view.state.run.measurements.is_empty();
        let report = ui.add_enabled(measured, Button::new("Report…"));
        let tip = "Results, curves and setup on one page to read, print or hand in, with all that redoes the run; with the run that is \
                   drawn dashed, if there is one";
        if report.on_hover_text(tip).clicked() {
            out.push(ViewCommand::SaveReport);
        }
        let csv = ui.add_enabled(measured, Button::new("Measurements as CSV…"));
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
        sight_ui(ui, view, &mut sight);
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

/// The size of text, motion, contrast, and the lines of lanes.
fn sight_ui(ui: &mut Ui, view: &View<'_>, sight: &mut Sight) {
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
    let (mut calm, mut strong) = (view.still, view.strong);
    let tip = "Nothing slides or blinks; where you have not chosen, the system's own setting counts";
    if ui.checkbox(&mut calm, "Less motion").on_hover_text(tip).changed() {
        sight.still = Some(calm);
    }
    let tip = "Text and lines stand out as much as they can; where you have not chosen, the system's own setting counts";
    if ui.checkbox(&mut strong, "Strong contrast").on_hover_text(tip).changed() {
        sight.strong = Some(strong);
    }
    let tip = "Each lane's line has a pattern of its own: dots, long dashes, and so on";
    ui.checkbox(&mut sight.patterns, "Lines with patterns").on_hover_text(tip);
}
