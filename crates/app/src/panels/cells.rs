//! Rows of a long table, painted cell by cell, so that only what is visible costs anything.

use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Align, Align2, Color32, FontId, Galley, Rect, Ui, pos2, vec2};

/// A column: its width in points, and whether its cells stand at the right.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Width.
    pub width: f32,
    /// At the right, as numbers do.
    pub right: bool,
}

/// Room between two columns.
pub const GAP: f32 = 10.0;

/// The rectangles of the columns in a row.
pub fn places(row: Rect, columns: &[Place]) -> Vec<Rect> {
    let mut left = row.left() + 4.0;
    columns
        .iter()
        .map(|column| {
            let rect = Rect::from_min_size(pos2(left, row.top()), vec2(column.width, row.height()));
            left += column.width + GAP;
            rect
        })
        .collect()
}

/// The width of all columns together.
pub fn width(columns: &[Place]) -> f32 {
    8.0 + columns.iter().map(|column| column.width + GAP).sum::<f32>() - GAP
}

/// A text in its cell, cut where it ends.
pub fn cell_ui(ui: &Ui, rect: Rect, right: bool, text: &str, color: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(12.5), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let left = if right { rect.right() - galley.size().x } else { rect.left() };
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
}

/// The name of a column, in as many lines as it takes.
pub fn head(ui: &Ui, place: Place, name: &str) -> Arc<Galley> {
    let mut job = LayoutJob::simple(name.to_owned(), FontId::proportional(12.5), ui.visuals().weak_text_color(), place.width);
    job.halign = if place.right { Align::RIGHT } else { Align::LEFT };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Such a name over its cells.
pub fn head_ui(ui: &Ui, rect: Rect, place: Place, head: Arc<Galley>) {
    let x = if place.right { rect.right() } else { rect.left() };
    let y = rect.center().y - 0.5 * head.size().y;
    ui.painter().galley(pos2(x, y), head, ui.visuals().weak_text_color());
}

/// Rows of a table in a page that scrolls as a whole: only those that are seen are drawn, and a finger on them scrolls the page.
pub fn rows_in_page(ui: &mut Ui, height: f32, rows: std::ops::Range<usize>, mut row_ui: impl FnMut(&mut Ui, usize)) {
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
    let (top, seen) = (ui.cursor().top(), ui.clip_rect().y_range());
    // Rows above `y`.
    let above = |y: f32| (((y - top) / height).floor().max(0.0) as usize).min(rows.len());
    let (first, last) = (above(seen.min), (above(seen.max) + 1).min(rows.len()));
    ui.add_space(first as f32 * height);
    for row in rows.clone().skip(first).take(last - first) {
        row_ui(ui, row);
    }
    ui.add_space((rows.len() - last) as f32 * height);
    ui.spacing_mut().item_spacing.y = spacing;
}

/// A bar from the left of a cell: `share` of its width, with a number behind it.
pub fn bar_ui(ui: &Ui, rect: Rect, share: f32, text: &str, color: Color32) {
    let number = 40.0;
    let mut bar = rect.shrink2(vec2(0.0, 0.5 * (rect.height() - 8.0)));
    bar.max.x -= number;
    let mut filled = bar;
    filled.set_width((bar.width() * share.clamp(0.0, 1.0)).max(1.0));
    ui.painter().rect_filled(bar, 2.0, ui.visuals().widgets.inactive.bg_fill);
    ui.painter().rect_filled(filled, 2.0, color);
    let at = pos2(rect.right(), rect.center().y);
    ui.painter().text(at, Align2::RIGHT_CENTER, text, FontId::proportional(12.5), ui.visuals().text_color());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_side_by_side() {
        let columns = [Place { width: 100.0, right: false }, Place { width: 50.0, right: true }];
        let places = places(Rect::from_min_size(pos2(0.0, 0.0), vec2(300.0, 20.0)), &columns);
        // 4 of margin; the second after 100 and a gap of 10.
        assert_eq!([places[0].left(), places[1].left()].map(|left| left.round() as i32), [4, 114]);
        // 4 + 100 + 10 + 50 + 4.
        assert_eq!(width(&columns).round() as i32, 168);
    }
}
