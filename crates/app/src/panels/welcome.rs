//! The doors of a first visit: what one can do here, while the first run trains behind them.

use egui::{Button, Frame, Label, Margin, Panel, RichText, Ui, Vec2, vec2};

use super::view::{Layout, View};
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::settings::Course;
use crate::{theme, widgets};

/// A strip with one button a door. Any of them, and Escape, takes it away for good.
pub fn welcome_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if !view.settings.welcome {
        return;
    }
    let accent = theme::accent(ui.visuals().dark_mode);
    let fill = theme::tinted(ui.visuals(), accent);
    // On a phone every line of it is one less for the charts.
    let phone = view.layout.is_phone();
    let margin = if phone { Margin::symmetric(10, 4) } else { Margin::symmetric(14, 10) };
    Panel::top("welcome").frame(Frame::new().fill(fill).inner_margin(margin)).show(ui, |ui| {
        if view.layout == Layout::Low {
            ui.horizontal(|ui| {
                widgets::sides(ui, |ui| ui.vertical(|ui| words_ui(ui, phone)), |ui| doors_ui(ui, view, out));
            });
        } else {
            words_ui(ui, phone);
            ui.horizontal_wrapped(|ui| doors_ui(ui, view, out));
        }
    });
}

fn words_ui(ui: &mut Ui, short: bool) {
    ui.label(RichText::new("Welcome to Basin").size(15.0).color(ui.visuals().strong_text_color()));
    if short {
        ui.add(Label::new(RichText::new("Several methods learn to sort the same texts, side by side.").small()).wrap());
    } else {
        let words = "Several methods learn to sort the same texts, side by side, so that you see how they differ. The first run has begun.";
        ui.add(Label::new(words).wrap());
    }
}

fn doors_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let least = if view.layout.is_phone() { Vec2::ZERO } else { vec2(120.0, 32.0) };
    for (title, tip, opens) in doors(view) {
        let size = ui.spacing().interact_size.max(least);
        if ui.add(Button::new(title).min_size(size)).on_hover_text(tip).clicked() {
            out.push(ViewCommand::Welcomed);
            out.extend(opens);
        }
    }
}

/// Title, one sentence, and what lies behind it.
fn doors(view: &View<'_>) -> [(&'static str, &'static str, Option<ViewCommand>); 3] {
    let course = Course { shown: true, ..view.settings.course.clone() };
    let course = ViewCommand::Course(Box::new(course));
    let file = ViewCommand::OpenFile(FileRequest::Train);
    [
        ("Take the course", "Lessons that run beside the charts: predict, train, explain", Some(course)),
        ("Just play", "Watch it train; change something in the setup and press Restart (Escape closes this)", None),
        ("Your own data", "Open a table of texts with labels: CSV, TSV, JSON or fastText", Some(file)),
    ]
}
