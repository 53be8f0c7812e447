//! The control that a step of a lesson speaks of has a ring around it.

use egui::{Id, Rect, Stroke, StrokeKind, Ui};

use super::view::View;
use crate::lessons::Control;
use crate::theme;

/// Adds a control, or a group of them, with a ring where the lesson points to it.
pub fn pointed<R>(ui: &mut Ui, view: &View<'_>, control: Control, add: impl FnOnce(&mut Ui) -> R) -> R {
    let added = ui.scope(add);
    if view.pointed == Some(control) {
        ring(ui, added.response.rect, control);
    }
    added.inner
}

/// Draws the ring, and scrolls to it once.
pub fn ring(ui: &Ui, rect: Rect, control: Control) {
    let stroke = Stroke::new(2.0, theme::accent(ui.visuals().dark_mode));
    ui.painter().rect_stroke(rect.expand(2.0), 6.0, stroke, StrokeKind::Outside);
    let id = Id::unique("pointed");
    if ui.data(|data| data.get_temp(id)) != Some(control) {
        ui.data_mut(|data| data.insert_temp(id, control));
        ui.scroll_to_rect(rect.expand(12.0), None);
    }
}
