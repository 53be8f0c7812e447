//! Live regions: what is told by itself to whoever does not see the window. They are always there, and only their words change:
//! screen readers announce a change, not what comes with its region.

use egui::accesskit::Live;
use egui::{Context, Id, Role};

use super::view::View;
use crate::spoken;

/// Phase, message and answers when the reader has finished his sentence; a notice, and the question whether the run is to end, at once.
pub fn announcements_ui(ctx: &Context, view: &View<'_>) {
    let ending = spoken::ending(view.state, view.choices.ending).unwrap_or_default();
    let told: [(&str, Role, Live, &str); 5] = [
        ("phase", Role::Status, Live::Polite, &spoken::phase(view.state)),
        ("message", Role::Status, Live::Polite, spoken::message(view.state)),
        ("answers", Role::Status, Live::Polite, view.answers),
        ("notice", Role::Alert, Live::Assertive, &spoken::notice(view.state)),
        ("ending", Role::Alert, Live::Assertive, &ending),
    ];
    for (name, role, live, text) in told {
        ctx.accesskit_node_builder(Id::unique(("announcement", name)), |node| {
            node.set_role(role);
            node.set_live(live);
            node.set_label(text);
        });
    }
}
