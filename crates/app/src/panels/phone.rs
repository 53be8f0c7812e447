//! The layouts of a phone, upright and turned: one page at a time, everything large enough for a finger, and most of the screen
//! for the page.

use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui, vec2};

use super::focus::region;
use super::middle::{middle_ui, switch_ui};
use super::view::{Layout, View};
use super::{ask, course, curves, results, setup, status, top_bar, visit, welcome};
use crate::command::ViewCommand;
use crate::settings::{Middle, Tab};
use crate::{theme, widgets};

/// Room beside the word on a tab, and between two tabs.
const BESIDE_WORDS: f32 = 2.0;

/// Upright: files, run and time above the page, the tabs below it.
pub fn narrow_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let visuals = ui.visuals();
    let bar = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(8, 8));
    let foot = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(6, 6));
    let plain = Frame::new().fill(visuals.panel_fill).inner_margin(Margin { left: 8, right: 8, top: 8, bottom: 0 });
    let bar = Panel::top("bar").frame(bar).show(ui, |ui| {
        region(ui, "Run and files", |ui| {
            top_bar::narrow_signs_ui(ui, view, out);
            top_bar::phone_bar_ui(ui, view, out);
        });
    });
    top_bar::ending_ui(ui.ctx(), view, bar.response.rect);
    visit::visit_ui(ui, view, out);
    status::notices_ui(ui, view, out);
    welcome::welcome_ui(ui, view, out);
    Panel::bottom("tabs").frame(foot).show(ui, |ui| region(ui, "Pages", |ui| tab_rows_ui(ui, view, out)));
    CentralPanel::default().frame(plain).show(ui, |ui| page_ui(ui, view, out));
}

/// On its side: tabs and files at the left, one bar above, and the height for the page.
pub fn low_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let visuals = ui.visuals();
    let bar = Frame::new().fill(visuals.extreme_bg_color).inner_margin(Margin::symmetric(6, 3));
    let plain = Frame::new().fill(visuals.panel_fill).inner_margin(Margin { left: 8, right: 8, top: 4, bottom: 0 });
    // Two signs fit beside each other, and every word is whole.
    let sign = top_bar::sign_width(ui).max(ui.spacing().interact_size.x);
    let gap = 4.0;
    let width = (2.0 * sign + gap).max(tab_width(ui));
    // With the margins, and a little that rounding may take.
    Panel::left("tabs").frame(bar).resizable(false).exact_size(width + 16.0).show(ui, |ui| {
        ScrollArea::vertical().id_salt("pages and files").show(ui, |ui| {
            region(ui, "Pages", |ui| {
                ui.spacing_mut().button_padding.x = BESIDE_WORDS;
                for tab in tabs(view) {
                    tab_ui(ui, view, tab, out);
                }
            });
            region(ui, "Files", |ui| {
                ui.spacing_mut().item_spacing.x = gap;
                ui.spacing_mut().interact_size.x = sign;
                ui.horizontal_wrapped(|ui| top_bar::low_signs_ui(ui, view, out));
            });
        });
    });
    let bar = Panel::top("bar").frame(bar).show(ui, |ui| region(ui, "Run", |ui| top_bar::phone_bar_ui(ui, view, out)));
    top_bar::ending_ui(ui.ctx(), view, bar.response.rect);
    visit::visit_ui(ui, view, out);
    status::notices_ui(ui, view, out);
    welcome::welcome_ui(ui, view, out);
    if course::shows_course(view) {
        let width = 0.45 * ui.available_width();
        Panel::left("course").frame(plain).resizable(false).exact_size(width).show(ui, |ui| {
            region(ui, "Course panel", |ui| course::course_ui(ui, view, out));
        });
    }
    CentralPanel::default().frame(plain).show(ui, |ui| page_ui(ui, view, out));
}

/// The pages.
fn tabs(view: &View<'_>) -> Vec<Tab> {
    Tab::ALL.into_iter().filter(|tab| view.locks.shows_tab(*tab)).collect()
}

/// Width of a tab that has room for every name that can stand on one.
fn tab_width(ui: &Ui) -> f32 {
    let names = Tab::ALL.map(Tab::title).into_iter().chain(Middle::ALL.map(Middle::title));
    names.map(|name| widgets::button_width(ui, name, BESIDE_WORDS)).fold(0.0, f32::max)
}

/// The tabs side by side, in two rows where large text leaves no room for all.
fn tab_rows_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.spacing_mut().button_padding.x = BESIDE_WORDS;
    let tabs = tabs(view);
    let all = tabs.len() as f32 * (tab_width(ui) + BESIDE_WORDS);
    ui.spacing_mut().item_spacing.x = BESIDE_WORDS;
    let columns = if all <= ui.available_width() { tabs.len() } else { tabs.len().div_ceil(2) };
    for row in tabs.chunks(columns.max(1)) {
        ui.columns(columns, |columns| {
            for (ui, tab) in columns.iter_mut().zip(row) {
                tab_ui(ui, view, *tab, out);
            }
        });
    }
}

fn tab_ui(ui: &mut Ui, view: &View<'_>, tab: Tab, out: &mut Vec<ViewCommand>) {
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    let button = egui::Button::selectable(view.settings.tab == tab, tab_title(view, tab)).wrap_mode(egui::TextWrapMode::Extend);
    if ui.add_sized(size, button).clicked() {
        out.push(ViewCommand::Tab(tab));
    }
}

/// The name on a tab; the page of the curves is called after the view that it shows.
fn tab_title(view: &View<'_>, tab: Tab) -> &'static str {
    if tab == Tab::Curves { view.settings.middle.title() } else { tab.title() }
}

/// The page, which scrolls as a whole.
fn page_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ScrollArea::vertical().id_salt(view.settings.tab.title()).auto_shrink(false).show(ui, |ui| {
        let tab = if view.locks.shows_tab(view.settings.tab) { view.settings.tab } else { Tab::Curves };
        // Upright the lesson stands above what it is about; the list of lessons stands alone.
        let read = tab == Tab::Curves && view.layout == Layout::Narrow && course::shows_course(view);
        if read {
            region(ui, "Course panel", |ui| course::course_ui(ui, view, out));
        }
        if read && view.settings.course.lesson.is_none() {
            return;
        }
        region(ui, &format!("{} page", tab_title(view, tab)), |ui| match tab {
            Tab::Setup => setup::setup_ui(ui, view, out),
            Tab::Curves => {
                if read {
                    course::way_back_ui(ui, view);
                }
                head_ui(ui, view, out);
                middle_ui(ui, view, out);
            }
            Tab::Results => results::narrow_results_ui(ui, view, out),
            Tab::Ask => {
                theme::card(ui).show(ui, |ui| {
                    ui.set_min_width(ui.available_width());
                    ask::ask_ui(ui, view, out);
                });
            }
        });
        ui.add_space(12.0);
    });
}

/// Width of the choice of the view beside a legend.
const SWITCH: f32 = 140.0;

/// Width of a row that has room for the choice of the view and the switches of the curves.
const ONE_ROW: f32 = 300.0;

/// What stands above a view: which one it is, and for the curves, in the same row where there is room, how they are drawn.
pub fn head_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let chosen = view.embedded.is_empty() || view.middles().len() > 1;
    if view.settings.middle != Middle::Curves {
        if chosen {
            let width = if view.layout == Layout::Low { SWITCH.min(ui.available_width()) } else { ui.available_width() };
            ui.allocate_ui(vec2(width, ui.spacing().interact_size.y), |ui| switch_ui(ui, view, out));
        }
        return;
    }
    if ui.available_width() < ONE_ROW || curves::has_chart_list(view) {
        if chosen {
            switch_ui(ui, view, out);
        }
        ui.horizontal_wrapped(|ui| curves::switches_ui(ui, view, out));
        return curves::legend_rows_ui(ui, view);
    }
    let beside = ui.available_width() > 2.0 * ONE_ROW;
    ui.horizontal(|ui| {
        let asked = &mut Vec::new();
        let left = |ui: &mut Ui| {
            let width = if beside { SWITCH } else { ui.available_width() };
            if chosen {
                ui.allocate_ui(vec2(width, ui.spacing().interact_size.y), |ui| switch_ui(ui, view, out));
            }
            if beside {
                curves::legend_rows_ui(ui, view);
            }
        };
        widgets::sides(ui, left, |ui| curves::switches_ui(ui, view, asked));
        out.append(asked);
    });
    if !beside {
        curves::legend_rows_ui(ui, view);
    }
}
