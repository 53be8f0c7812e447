//! What the middle of the window shows, on a phone the page of the curves: one of the views, and the choice of them.

use egui::Ui;

use super::view::View;
use super::{curves, flattening, judge, landscape, microscope, sentences, sharpness, sweep};
use crate::command::ViewCommand;
use crate::settings::Middle;
use crate::widgets;

/// The name of the region that the middle is.
pub fn title(view: &View<'_>) -> String {
    format!("{} view", view.settings.middle.title())
}

/// Which view is shown; on a phone a list as wide as there is room.
pub fn switch_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut middle = view.settings.middle;
    let shown = view.middles();
    if view.layout.is_phone() {
        let title = |middle: &Middle| middle.title().to_owned();
        widgets::choice(ui, "view", &mut middle, shown, title, |middle| middle.help()).accessible_name("View");
    } else {
        let segments: Vec<_> = shown.into_iter().map(|middle| (middle, middle.title(), middle.help())).collect();
        widgets::segments(ui, &mut middle, &segments);
    }
    if middle != view.settings.middle {
        out.push(ViewCommand::Middle(middle));
    }
}

/// The view.
pub fn middle_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    match view.settings.middle {
        Middle::Curves => curves::curves_ui(ui, view, out),
        Middle::Sharpness => sharpness::sharpness_ui(ui, view, out),
        Middle::Step => microscope::microscope_ui(ui, view, out),
        Middle::Sentences => sentences::sentences_ui(ui, view, out),
        Middle::Landscape => landscape::landscape_ui(ui, view, out),
        Middle::Sweep => sweep::sweep_ui(ui, view, out),
        Middle::Judge => judge::judge_ui(ui, view, out),
        Middle::Flatten => flattening::flattening_ui(ui, view, out),
    }
}
