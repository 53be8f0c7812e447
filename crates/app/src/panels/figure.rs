//! The frame of every chart and table: a card with a title and a menu that saves values and image.

use egui::{Label, Margin, Rect, RichText, Sense, Ui, UiBuilder};

use crate::command::{Figure, ViewCommand};
use crate::icons::Icon;
use crate::{theme, widgets};

/// What stands above a figure.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// What is saved.
    pub figure: Figure,
    /// Its name.
    pub title: &'a str,
    /// Its unit or what it was taken from; small, cut where there is no room.
    pub unit: &'a str,
    /// One sentence on it.
    pub help: &'a str,
}

/// What was asked for in the menu.
#[derive(Clone, Copy)]
enum Wanted {
    Values,
    Image,
}

/// A figure as wide as there is room.
pub fn figure_ui(ui: &mut Ui, head: Head<'_>, out: &mut Vec<ViewCommand>, body: impl FnOnce(&mut Ui, &mut Vec<ViewCommand>)) {
    let mut wanted = None;
    let frame = theme::card(ui).inner_margin(Margin { left: 8, right: 8, top: 4, bottom: 4 });
    let rect = frame
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let title = |ui: &mut Ui| {
                    let words = RichText::new(head.title).color(ui.visuals().strong_text_color());
                    let title = ui.add(Label::new(words).sense(Sense::CLICK));
                    title.on_hover_text(head.help);
                    ui.add(Label::new(RichText::new(head.unit).small().weak()).truncate());
                };
                (_, wanted) = widgets::sides(ui, title, |ui| menu_ui(ui, head.title));
            });
            body(ui, out);
        })
        .response
        .rect;
    save(wanted, head.figure, rect, out);
}

/// The menu alone, for what has a card of its own at `rect`.
pub fn save_ui(ui: &mut Ui, title: &str, figure: Figure, rect: Rect, out: &mut Vec<ViewCommand>) {
    let wanted = menu_ui(ui, title);
    save(wanted, figure, rect, out);
}

fn save(wanted: Option<Wanted>, figure: Figure, rect: Rect, out: &mut Vec<ViewCommand>) {
    match wanted {
        Some(Wanted::Values) => out.push(ViewCommand::Values(figure)),
        Some(Wanted::Image) => out.push(ViewCommand::Image(figure, rect)),
        None => {}
    }
}

/// A figure that fills a rectangle.
pub fn figure_in(ui: &mut Ui, rect: Rect, head: Head<'_>, out: &mut Vec<ViewCommand>, body: impl FnOnce(&mut Ui, &mut Vec<ViewCommand>)) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(head.title), |ui| {
        figure_ui(ui, head, out, |ui, out| {
            ui.set_min_size(ui.available_size());
            body(ui, out);
        });
    });
}

fn menu_ui(ui: &mut Ui, title: &str) -> Option<Wanted> {
    let mut wanted = None;
    let button = Icon::Save.button(None).frame_when_inactive(false).min_size(if theme::is_touch(ui) {
        ui.spacing().interact_size
    } else {
        egui::vec2(26.0, 24.0)
    });
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        if ui.button("CSV: its values…").on_hover_text("A table of the numbers, for other programs").clicked() {
            wanted = Some(Wanted::Values);
        }
        if ui.button("PNG: its image…").on_hover_text("What is on the screen now").clicked() {
            wanted = Some(Wanted::Image);
        }
    });
    response.on_hover_text("Save values or image").accessible_name(format!("Save {title}"));
    wanted
}

/// What a view says while it has nothing to show.
pub fn empty_ui(ui: &mut Ui, text: &str) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        widgets::hint(ui, text);
    });
}
