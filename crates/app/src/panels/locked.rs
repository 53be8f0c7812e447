//! What a page that was handed on hides is not drawn; what it locks is drawn and does nothing.

use egui::Ui;

use super::view::View;
use crate::locks::Part;

/// Adds controls of a part, as far as the locks leave them.
pub fn of_part(ui: &mut Ui, view: &View<'_>, part: Part, add: impl FnOnce(&mut Ui)) {
    if view.locks.shows(part) {
        ui.add_enabled_ui(view.locks.opens(part), add);
    }
}
