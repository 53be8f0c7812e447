//! A table of texts and numbers with any number of rows: painted row by row, on a phone as a list of two lines or more each.

use egui::{Rect, ScrollArea, Sense, Ui, pos2, vec2};

use super::cells::{self, Place};
use super::view::View;
use crate::theme;

/// Height of a row, and of one of a phone.
const ROW: f32 = 22.0;
const TWO_LINES: f32 = 46.0;

/// Height of a further line there.
const LINE: f32 = 17.0;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its head.
    pub name: &'static str,
    /// One sentence on it.
    pub help: &'static str,
    /// Its width in points; 0 takes what is left.
    pub width: f32,
    /// Whether it holds numbers, which stand at the right.
    pub number: bool,
}

/// Draws a table named `name`, whose first column says what a row is about; returns the row that was pressed, if rows can be.
pub fn rows_ui(
    ui: &mut Ui,
    view: &View<'_>,
    name: &str,
    columns: &[Column],
    count: usize,
    row: impl Fn(usize) -> Vec<String>,
    pressed: bool,
) -> Option<usize> {
    let mut chosen = None;
    let sense = if pressed { Sense::click() } else { Sense::hover() };
    let mut one = |ui: &mut Ui, size: egui::Vec2, place: usize, paint: &dyn Fn(&mut Ui, Rect, &[String])| {
        let (rect, response) = ui.allocate_exact_size(size, sense);
        let cells = row(place);
        let told: Vec<String> = columns.iter().zip(&cells).map(|(column, cell)| format!("{} {cell}", column.name)).collect();
        let role = if pressed { egui::Role::Button } else { egui::Role::Label };
        response.widget_info(|| egui::WidgetInfo::labeled(role, true, told.join(", ")));
        let visuals = ui.visuals();
        if pressed && response.hovered() {
            ui.painter().rect_filled(rect, 3.0, visuals.widgets.hovered.bg_fill);
        } else if !place.is_multiple_of(2) {
            ui.painter().rect_filled(rect, 0.0, visuals.faint_bg_color);
        }
        paint(ui, rect, &cells);
        let first = cells.first().cloned().unwrap_or_default();
        let response = response.on_hover_text(first);
        if pressed && response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            chosen = Some(place);
        }
    };
    if view.layout.is_phone() {
        // Many numbers have two to a line.
        let each = if columns.len() > 4 { 2 } else { columns.len() };
        let lines = (columns.len() - 1).div_ceil(each).max(1);
        let height = TWO_LINES + (lines - 1) as f32 * LINE;
        let size = vec2(ui.available_width(), height);
        cells::rows_in_page(ui, height, 0..count, |ui, place| {
            one(ui, size, place, &|ui, rect, cells| lines_ui(ui, rect, columns, cells, each));
        });
        return chosen;
    }
    let fixed: f32 = columns.iter().map(|column| column.width + cells::GAP).sum();
    let left = (ui.available_width() - fixed - 24.0).max(180.0);
    let places: Vec<Place> = columns.iter().map(|c| Place { width: if c.width > 0.0 { c.width } else { left }, right: c.number }).collect();
    ScrollArea::horizontal().id_salt((name, "across")).auto_shrink(false).show(ui, |ui| {
        ui.set_width(cells::width(&places) + 12.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let heads: Vec<_> = columns.iter().zip(&places).map(|(column, place)| cells::head(ui, *place, column.name)).collect();
        let lines = heads.iter().map(|head| head.size().y).fold(0.0, f32::max);
        let height = theme::row_height(ui, 24.0).max(lines + 6.0);
        let (head, _) = ui.allocate_exact_size(vec2(cells::width(&places), height), Sense::hover());
        for (((rect, place), column), head) in cells::places(head, &places).into_iter().zip(&places).zip(columns).zip(heads) {
            let response = ui.interact(rect, ui.scope_id().with((name, column.name)), Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ColumnHeader, true, column.name));
            cells::head_ui(ui, rect, *place, head);
            response.on_hover_text(column.help);
        }
        let size = vec2(cells::width(&places), theme::row_height(ui, ROW));
        let down = ScrollArea::vertical().id_salt((name, "down")).auto_shrink(false).max_height((ui.available_height() - 4.0).max(60.0));
        down.show_rows(ui, size.y, count, |ui, range| {
            for place in range {
                one(ui, size, place, &|ui, rect, cells| {
                    for ((rect, at), cell) in cells::places(rect, &places).into_iter().zip(&places).zip(cells) {
                        cells::cell_ui(ui, rect, at.right, cell, ui.visuals().text_color());
                    }
                });
            }
        });
    });
    chosen
}

/// What the row is about, and under it the rest of it, so many `each` line.
fn lines_ui(ui: &mut Ui, rect: Rect, columns: &[Column], cells: &[String], each: usize) {
    let inner = rect.shrink2(vec2(6.0, 4.0));
    let visuals = ui.visuals();
    let (strong, weak) = (visuals.text_color(), visuals.weak_text_color());
    let half = 0.5 * (TWO_LINES - 8.0);
    let line = |top: f32, height: f32| Rect::from_min_size(pos2(inner.left(), inner.top() + top), vec2(inner.width(), height));
    cells::cell_ui(ui, line(0.0, half), false, cells.first().map_or("", String::as_str), strong);
    let rest: Vec<String> = (columns.iter().zip(cells).skip(1))
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(column, cell)| format!("{} {cell}", column.name))
        .collect();
    for (number, some) in rest.chunks(each).enumerate() {
        cells::cell_ui(ui, line(half + number as f32 * LINE, half), false, &some.join(" · "), weak);
    }
}
