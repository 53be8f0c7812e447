//! The views. Each draws what it is shown and pushes [`ViewCommand`]s; none changes anything.
//!
//! Three layouts: wide and middle (setup at the left, a view in the middle, under the curves results and questions)
//! and narrow (one column with tabs, everything large enough for a finger).

mod arrows;
mod ask;
mod cells;
mod curves;
mod figure;
mod help;
mod landscape;
mod lines;
mod microscope;
mod plane;
mod results;
mod sentences;
mod setup;
mod sharpness;
mod status;
mod top_bar;
pub mod view;

use basin_train::protocol::Phase;
use egui::{Align2, CentralPanel, Frame, Id, Key, Margin, Panel, ScrollArea, Ui};

use self::view::{Layout, View};
use crate::command::{Ending, ViewCommand};
use crate::settings::{Middle, Tab};
use crate::{theme, widgets};

/// Everything.
pub fn app_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    match view.layout {
        Layout::Narrow => narrow_ui(ui, view, out),
        Layout::Wide | Layout::Middle => wide_ui(ui, view, out),
    }
    help::help_ui(ui.ctx(), view, out);
    drop_ui(ui.ctx());
}

fn wide_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let visuals = ui.visuals();
    let bar = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(14, 8));
    let strip = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(14, 5));
    let plain = Frame::new().fill(visuals.panel_fill);
    let bar = Panel::top("bar").frame(bar).show(ui, |ui| top_bar::top_bar_ui(ui, view, out)).response.rect;
    top_bar::ending_ui(ui.ctx(), view, bar);
    Panel::bottom("status").frame(strip).show(ui, |ui| status::status_ui(ui, view));
    status::notices_ui(ui, view, out);
    if view.settings.show_setup {
        let width = if view.layout == Layout::Wide { 344.0 } else { 292.0 };
        Panel::left("setup")
            .frame(plain.inner_margin(Margin { left: 12, right: 4, top: 10, bottom: 0 }))
            .resizable(false)
            .exact_size(width)
            .show(ui, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.set_width(ui.available_width() - 8.0);
                    setup::setup_ui(ui, view, out);
                    ui.add_space(12.0);
                });
            });
    }
    CentralPanel::default().frame(plain.inner_margin(Margin::symmetric(12, 10))).show(ui, |ui| {
        let gap = 10.0;
        let lower = if view.shows_lower() { (0.32 * ui.available_height()).clamp(190.0, 330.0) } else { 0.0 };
        let room = ui.available_rect_before_wrap();
        let mut upper = room;
        if view.shows_lower() {
            upper.max.y -= lower + gap;
        }
        ui.scope_builder(egui::UiBuilder::new().max_rect(upper), |ui| {
            switch_ui(ui, view, out);
            middle_ui(ui, view, out);
        });
        if view.shows_lower() {
            let mut below = room;
            below.min.y = upper.max.y + gap;
            ui.scope_builder(egui::UiBuilder::new().max_rect(below), |ui| lower_ui(ui, view, out));
        }
    });
}

/// What the middle shows.
fn switch_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut middle = view.settings.middle;
    if view.layout == Layout::Narrow {
        let title = |middle: &Middle| middle.title().to_owned();
        widgets::choice(ui, "view", &mut middle, Middle::ALL, title, |middle| middle.help()).accessible_name("View");
    } else {
        widgets::segments(ui, &mut middle, &Middle::ALL.map(|middle| (middle, middle.title(), middle.help())));
    }
    if middle != view.settings.middle {
        out.push(ViewCommand::Middle(middle));
    }
}

fn middle_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    match view.settings.middle {
        Middle::Curves => curves::curves_ui(ui, view, out),
        Middle::Sharpness => sharpness::sharpness_ui(ui, view, out),
        Middle::Step => microscope::microscope_ui(ui, view, out),
        Middle::Sentences => sentences::sentences_ui(ui, view, out),
        Middle::Landscape => landscape::landscape_ui(ui, view, out),
    }
}

/// Results and questions: side by side where there is room, else one of them.
fn lower_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let room = ui.available_rect_before_wrap();
    if view.layout == Layout::Wide {
        let gap = 10.0;
        let mut left = room;
        left.max.x = room.left() + (0.7 * (room.width() - gap)).round();
        let mut right = room;
        right.min.x = left.right() + gap;
        card_ui(ui, left, |ui| {
            results::results_ui(ui, view, out);
        });
        card_ui(ui, right, |ui| ask::ask_ui(ui, view, out));
    } else {
        card_ui(ui, room, |ui| {
            let mut tab = if view.settings.tab == Tab::Ask { Tab::Ask } else { Tab::Results };
            widgets::segments(
                ui,
                &mut tab,
                &[(Tab::Results, "Results", "The numbers of each lane (key 3)"), (Tab::Ask, "Ask", "Try a sentence (key 4)")],
            );
            if tab != view.settings.tab && (tab == Tab::Ask || view.settings.tab == Tab::Ask) {
                out.push(ViewCommand::Tab(tab));
            }
            if tab == Tab::Ask {
                ask::ask_ui(ui, view, out);
            } else {
                results::results_ui(ui, view, out);
            }
        });
    }
}

/// A card that fills a rectangle.
fn card_ui(ui: &mut Ui, rect: egui::Rect, add: impl FnOnce(&mut Ui)) {
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| {
        theme::card(ui).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            add(ui);
        });
    });
}

fn narrow_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let visuals = ui.visuals();
    let bar = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(10, 8));
    let tabs = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(6, 6));
    let plain = Frame::new().fill(visuals.panel_fill).inner_margin(Margin { left: 8, right: 8, top: 8, bottom: 0 });
    let bar = Panel::top("bar").frame(bar).show(ui, |ui| {
        top_bar::narrow_bar_ui(ui, view, out);
        status::narrow_status_ui(ui, view);
    });
    top_bar::ending_ui(ui.ctx(), view, bar.response.rect);
    status::notices_ui(ui, view, out);
    Panel::bottom("tabs").frame(tabs).show(ui, |ui| {
        // The longest name has to fit into a quarter.
        ui.spacing_mut().button_padding.x = 2.0;
        ui.columns_const(|columns: &mut [Ui; 4]| {
            for (ui, tab) in columns.iter_mut().zip(Tab::ALL) {
                let size = egui::vec2(ui.available_width(), 44.0);
                let button = egui::Button::selectable(view.settings.tab == tab, tab_title(view, tab));
                if ui.add_sized(size, button).clicked() {
                    out.push(ViewCommand::Tab(tab));
                }
            }
        });
    });
    CentralPanel::default().frame(plain).show(ui, |ui| {
        ScrollArea::vertical().id_salt(view.settings.tab.title()).auto_shrink(false).show(ui, |ui| {
            match view.settings.tab {
                Tab::Setup => setup::setup_ui(ui, view, out),
                Tab::Curves => {
                    switch_ui(ui, view, out);
                    middle_ui(ui, view, out);
                }
                Tab::Results => results::narrow_results_ui(ui, view, out),
                Tab::Ask => {
                    theme::card(ui).show(ui, |ui| {
                        ui.set_min_width(ui.available_width());
                        ask::ask_ui(ui, view, out);
                    });
                }
            }
            ui.add_space(12.0);
        });
    });
}

/// The name on a tab; the page of the curves is called after the view that it shows.
fn tab_title(view: &View<'_>, tab: Tab) -> &'static str {
    if tab == Tab::Curves { view.settings.middle.title() } else { tab.title() }
}

/// Letters closer to each other than this are a sentence that somebody types, not commands.
const TYPING_SECONDS: f64 = 1.0;

/// Steps that R ends without a question.
const FEW_STEPS: usize = 10;

/// The letter that was pressed in this frame, and whether another one than a key was pressed a moment ago.
fn typing(ctx: &egui::Context) -> (Option<Key>, impl Fn(Key) -> bool) {
    let id = Id::unique("last letter");
    let last: Option<(f64, Key)> = ctx.data(|data| data.get_temp(id)).unwrap_or_default();
    let (now, letter) = ctx.input(|input| {
        let letter = input.events.iter().rev().find_map(|event| match event {
            egui::Event::Key { key, pressed: true, .. } if key.name().len() == 1 && key.name() >= "A" => Some(*key),
            _ => None,
        });
        (input.time, letter)
    });
    if let Some(letter) = letter {
        ctx.data_mut(|data| data.insert_temp(id, Some((now, letter))));
    }
    (letter, move |key| last.is_some_and(|(at, before)| before != key && now - at < TYPING_SECONDS))
}

/// The keyboard: keys without modifiers, while no text is being written.
pub fn keys(ctx: &egui::Context, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let focused = ctx.memory(egui::Memory::focused).is_some();
    let (letter, typing) = typing(ctx);
    if ctx.text_edit_focused() || egui::Popup::is_any_open(ctx) {
        return;
    }
    let pressed = |key| !typing(key) && ctx.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    // Space presses a focused button; it must not pause as well.
    if !focused && pressed(Key::Space) {
        match view.state.phase() {
            Phase::Running => out.push(ViewCommand::Pause),
            Phase::Paused | Phase::Finished => out.push(ViewCommand::Resume),
            Phase::Idle | Phase::Preparing => {}
        }
    }
    if pressed(Key::S) && view.state.has_run() {
        out.push(ViewCommand::Step);
    }
    if view.ending.is_some() && letter.is_some_and(|letter| letter != Key::R) {
        // A sentence that began with R.
        out.push(ViewCommand::AskToEnd(None));
    }
    // A key that is held down presses itself again and again.
    let repeats = ctx.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Key { key: Key::R, repeat: true, .. })));
    if pressed(Key::R) && !repeats {
        out.push(view.end(Ending::Restart, view.state.loses_more_than(FEW_STEPS), ctx.input(|input| input.time)));
    }
    if view.help_open && pressed(Key::Escape) {
        out.push(ViewCommand::Help(false));
    }
    // `?` needs Shift on many keyboards.
    if ctx.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "?"))) {
        out.push(ViewCommand::Help(!view.help_open));
    }
    let wide = view.layout != Layout::Narrow;
    for (tab, key) in Tab::ALL.into_iter().zip([Key::Num1, Key::Num2, Key::Num3, Key::Num4]) {
        if !pressed(key) {
            continue;
        }
        match tab {
            Tab::Setup if wide => out.push(ViewCommand::ShowSetup(!view.settings.show_setup)),
            Tab::Curves if wide && view.settings.middle == Middle::Curves => {
                out.push(ViewCommand::ShowLower(!view.settings.show_lower));
            }
            Tab::Curves => out.extend([ViewCommand::Middle(Middle::Curves), ViewCommand::Tab(tab)]),
            Tab::Results | Tab::Ask if wide => {
                out.extend([ViewCommand::Middle(Middle::Curves), ViewCommand::ShowLower(true), ViewCommand::Tab(tab)]);
            }
            Tab::Setup | Tab::Results | Tab::Ask => out.push(ViewCommand::Tab(tab)),
        }
    }
    let instrument = Middle::ALL.into_iter().filter(|middle| *middle != Middle::Curves);
    for (middle, key) in instrument.zip([Key::Num5, Key::Num6, Key::Num7, Key::Num8]) {
        if pressed(key) {
            out.push(ViewCommand::Middle(middle));
            if !wide {
                out.push(ViewCommand::Tab(Tab::Curves));
            }
        }
    }
}

/// What is shown while a file hovers over the window.
fn drop_ui(ctx: &egui::Context) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    egui::Area::new(Id::unique("drop")).order(egui::Order::Foreground).anchor(Align2::CENTER_CENTER, [0.0, 0.0]).interactable(false).show(
        ctx,
        |ui| {
            Frame::popup(ui.style()).inner_margin(24).show(ui, |ui| {
                ui.heading("Drop it to use it");
                ui.label("CSV, TSV or JSONL: texts with labels. Or a saved run (.safetensors).");
            });
        },
    );
}
