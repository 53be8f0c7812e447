//! The views. Each draws what it is shown and pushes [`ViewCommand`]s; none changes anything.
//!
//! Four layouts: wide and medium (setup at the left, a view in the middle, under the curves results and questions),
//! and those of a phone, upright and turned: one page at a time, everything large enough for a finger.

mod announcements;
mod arrows;
mod ask;
mod axes;
mod beside;
mod cells;
mod change;
mod cores;
mod course;
mod curves;
mod figure;
mod flattening;
mod floor;
pub mod focus;
mod forest;
mod help;
mod judge;
mod judge_parts;
mod judged_examples;
mod kept;
pub mod keyboard;
mod landscape;
mod lines;
mod locked;
mod microscope;
mod middle;
mod phone;
mod plane;
mod pointed;
mod results;
mod rows;
mod scatter;
mod sentence;
mod sentences;
mod setup;
mod share;
mod sharpness;
mod stages;
mod status;
mod sweep;
mod top_bar;
mod transport;
pub mod view;
mod visit;
mod welcome;

use egui::{Align2, CentralPanel, Frame, Id, Margin, Panel, Rect, ScrollArea, Ui, vec2};

use self::focus::region;
use self::middle::{middle_ui, switch_ui};
use self::pointed::pointed;
use self::view::{Layout, View};
use crate::command::ViewCommand;
use crate::icons::Icon;
use crate::lessons::Control;
use crate::locks::Part;
use crate::settings::Tab;
use crate::{theme, widgets};

/// Everything.
pub fn app_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    match view.layout {
        _ if view.presents || !view.embedded.is_empty() => bare_ui(ui, view, out),
        Layout::Narrow => phone::narrow_ui(ui, view, out),
        Layout::Low => phone::low_ui(ui, view, out),
        Layout::Wide | Layout::Medium => wide_ui(ui, view, out),
    }
    help::help_ui(ui.ctx(), view, out);
    share::share_ui(ui.ctx(), view, out);
    drop_ui(ui.ctx());
    announcements::announcements_ui(ui.ctx(), view);
    focus::ring_ui(ui.ctx());
}

/// One view with the bar of time, and no other bars: for the last row of a class, and as a part of another page.
fn bare_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let plain = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 8));
    if view.embedded.is_empty() {
        visit::visit_ui(ui, view, out);
    }
    status::notices_ui(ui, view, out);
    let top = Rect::from_min_size(ui.max_rect().min, vec2(ui.max_rect().width(), 0.0));
    top_bar::ending_ui(ui.ctx(), view, top);
    if view.locks.shows(Part::Transport) {
        Panel::bottom("transport")
            .frame(plain)
            .show_separator_line(false)
            .show(ui, |ui| region(ui, "Time bar", |ui| transport::transport_ui(ui, view, out)));
    }
    CentralPanel::default().frame(plain).show(ui, |ui| {
        region(ui, &middle::title(view), |ui| bare_view_ui(ui, view, out));
    });
}

fn bare_view_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if view.layout.is_phone() {
        phone::head_ui(ui, view, out);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| middle_ui(ui, view, out));
        return;
    }
    let many = view.middles().len() > 1;
    if view.presents || many {
        ui.horizontal(|ui| {
            let tip = "Back to all panels (key P, Escape)";
            if view.presents && widgets::action(ui, Icon::Cross, "End presenting", tip, true).clicked() {
                out.push(ViewCommand::Present(false));
            }
            if many {
                switch_ui(ui, view, out);
            }
        });
    }
    middle_ui(ui, view, out);
}

fn wide_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let visuals = ui.visuals();
    let bar = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(14, 8));
    let strip = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(14, 5));
    let plain = Frame::new().fill(visuals.panel_fill);
    let bar =
        Panel::top("bar").frame(bar).show(ui, |ui| region(ui, "Run and files", |ui| top_bar::top_bar_ui(ui, view, out))).response.rect;
    top_bar::ending_ui(ui.ctx(), view, bar);
    Panel::bottom("status").frame(strip).show(ui, |ui| region(ui, "Status bar", |ui| status::status_ui(ui, view)));
    visit::visit_ui(ui, view, out);
    status::notices_ui(ui, view, out);
    welcome::welcome_ui(ui, view, out);
    // A small window has no room for both.
    if view.settings.show_setup && view.locks.shows(Part::Setup) && !(view.settings.course.shown && view.layout == Layout::Medium) {
        let width = if view.layout == Layout::Wide { 344.0 } else { 292.0 };
        Panel::left("setup")
            .frame(plain.inner_margin(Margin { left: 12, right: 4, top: 10, bottom: 0 }))
            .resizable(false)
            .exact_size(width)
            .show(ui, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.set_width(ui.available_width() - 8.0);
                    region(ui, "Setup panel", |ui| setup::setup_ui(ui, view, out));
                    ui.add_space(12.0);
                });
            });
    }
    if course::shows_course(view) {
        let width = if view.layout == Layout::Wide { 384.0 } else { 320.0 };
        let frame = plain.inner_margin(Margin { left: 12, right: 4, top: 10, bottom: 0 });
        Panel::right("course")
            .frame(frame)
            .resizable(false)
            .exact_size(width)
            .show(ui, |ui| region(ui, "Course panel", |ui| course::course_ui(ui, view, out)));
    }
    CentralPanel::default().frame(plain.inner_margin(Margin::symmetric(12, 10))).show(ui, |ui| {
        let gap = 10.0;
        let lower = if view.shows_lower() { (0.32 * ui.available_height()).clamp(190.0, 330.0) + gap } else { 0.0 };
        let room = ui.available_rect_before_wrap();
        let (above, below) = room.split_top_bottom_at_y(room.bottom() - lower);
        let transport = if view.locks.shows(Part::Transport) { transport::height(ui) } else { 0.0 };
        let (upper, bar) = above.split_top_bottom_at_y(above.bottom() - transport);
        ui.scope_builder(egui::UiBuilder::new().max_rect(upper), |ui| {
            region(ui, &middle::title(view), |ui| {
                switch_ui(ui, view, out);
                middle_ui(ui, view, out);
            });
        });
        if transport > 0.0 {
            let bar = bar.with_min_y(bar.top() + gap);
            ui.scope_builder(egui::UiBuilder::new().max_rect(bar), |ui| {
                region(ui, "Time bar", |ui| transport::transport_ui(ui, view, out));
            });
        }
        if view.shows_lower() {
            let below = below.with_min_y(below.top() + gap);
            ui.scope_builder(egui::UiBuilder::new().max_rect(below), |ui| {
                region(ui, "Results and questions", |ui| lower_ui(ui, view, out));
            });
        }
    });
}

/// Width that has room for the table of a few lanes with a question beside it.
const TABLE_AND_QUESTION: f32 = 1000.0;

/// Results and questions: side by side where there is room, else one of them.
fn lower_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let room = ui.available_rect_before_wrap();
    let (results, ask) = (view.locks.shows(Part::Results), view.locks.shows(Part::Ask));
    if room.width() >= TABLE_AND_QUESTION && results && ask {
        let gap = 10.0;
        let mut left = room;
        left.max.x = room.left() + (0.72 * (room.width() - gap)).round();
        let mut right = room;
        right.min.x = left.right() + gap;
        card_ui(ui, left, |ui| lower_page_ui(ui, view, Tab::Results, out));
        card_ui(ui, right, |ui| lower_page_ui(ui, view, Tab::Ask, out));
    } else {
        card_ui(ui, room, |ui| {
            let mut tab = if (view.settings.tab == Tab::Ask && ask) || !results { Tab::Ask } else { Tab::Results };
            if results && ask {
                widgets::segments(
                    ui,
                    &mut tab,
                    &[(Tab::Results, "Results", "The numbers of each lane (key 3)"), (Tab::Ask, "Ask", "Try a sentence (key 4)")],
                );
                if tab != view.settings.tab && (tab == Tab::Ask || view.settings.tab == Tab::Ask) {
                    out.push(ViewCommand::Tab(tab));
                }
            }
            lower_page_ui(ui, view, tab, out);
        });
    }
}

fn lower_page_ui(ui: &mut Ui, view: &View<'_>, tab: Tab, out: &mut Vec<ViewCommand>) {
    if tab == Tab::Ask {
        pointed(ui, view, Control::Ask, |ui| ask::ask_ui(ui, view, out));
    } else {
        pointed(ui, view, Control::Results, |ui| results::results_ui(ui, view, out));
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
                ui.label("CSV, TSV, JSON or fastText: texts with labels. Or a saved run (.safetensors), or a lesson (.md).");
            });
        },
    );
}
