//! The views. Each draws what it is shown and pushes [`ViewCommand`]s; none changes anything.
//!
//! Three layouts: wide and medium (setup at the left, a view in the middle, under the curves results and questions)
//! and narrow (one column with tabs, everything large enough for a finger).

mod arrows;
mod ask;
mod cells;
mod course;
mod curves;
mod figure;
mod help;
mod kept;
pub mod keyboard;
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
mod transport;
pub mod view;
mod welcome;

use egui::{Align2, CentralPanel, Frame, Id, Margin, Panel, ScrollArea, Ui};

use self::view::{Layout, View};
use crate::command::ViewCommand;
use crate::settings::{Middle, Tab};
use crate::{theme, widgets};

/// Everything.
pub fn app_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    match view.layout {
        Layout::Narrow => narrow_ui(ui, view, out),
        Layout::Wide | Layout::Medium => wide_ui(ui, view, out),
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
    welcome::welcome_ui(ui, view, out);
    // A small window has no room for both.
    if view.settings.show_setup && !(view.settings.course.shown && view.layout == Layout::Medium) {
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
    if view.settings.course.shown {
        let width = if view.layout == Layout::Wide { 384.0 } else { 320.0 };
        let frame = plain.inner_margin(Margin { left: 12, right: 4, top: 10, bottom: 0 });
        Panel::right("course").frame(frame).resizable(false).exact_size(width).show(ui, |ui| course::course_ui(ui, view, out));
    }
    CentralPanel::default().frame(plain.inner_margin(Margin::symmetric(12, 10))).show(ui, |ui| {
        let gap = 10.0;
        let lower = if view.shows_lower() { (0.32 * ui.available_height()).clamp(190.0, 330.0) + gap } else { 0.0 };
        let room = ui.available_rect_before_wrap();
        let (above, below) = room.split_top_bottom_at_y(room.bottom() - lower);
        let (upper, bar) = above.split_top_bottom_at_y(above.bottom() - transport::HEIGHT);
        ui.scope_builder(egui::UiBuilder::new().max_rect(upper), |ui| {
            switch_ui(ui, view, out);
            middle_ui(ui, view, out);
        });
        let bar = bar.with_min_y(bar.top() + gap);
        ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| transport::transport_ui(ui, view, out));
        if view.shows_lower() {
            let below = below.with_min_y(below.top() + gap);
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
    welcome::welcome_ui(ui, view, out);
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
        if view.settings.course.shown {
            return course::course_ui(ui, view, out);
        }
        ScrollArea::vertical().id_salt(view.settings.tab.title()).auto_shrink(false).show(ui, |ui| {
            match view.settings.tab {
                Tab::Setup => setup::setup_ui(ui, view, out),
                Tab::Curves => {
                    switch_ui(ui, view, out);
                    transport::transport_ui(ui, view, out);
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
                ui.label("CSV, TSV or JSONL: texts with labels. Or a saved run (.safetensors), or a lesson (.md).");
            });
        },
    );
}
