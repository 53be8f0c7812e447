//! Thin strips above the views: that somebody else has set this page up, and how to leave it; and that the own setup was put aside.

use egui::{Frame, Label, Margin, Panel, RichText, Ui};

use super::view::View;
use crate::command::ViewCommand;
use crate::{theme, widgets};

/// One strip for each of the two, where there is something to say.
pub fn visit_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    if view.visits {
        let locks = view.locks.words();
        let words =
            if locks.is_empty() { "Opened by a link: your own setup is kept.".to_owned() } else { format!("A teacher's page: {locks}.") };
        let tip = "Show everything and go on with this run; the setup becomes yours, and the one that you had is put aside";
        strip_ui(ui, "visit", &words, &[("Leave", tip, ViewCommand::Leave)], out);
    }
    if view.settings.aside.is_some() && !view.visits {
        let tips = ["The run goes on until you press Restart", "Keep the setup that is here now"];
        let buttons = [("Put it back", tips[0], ViewCommand::Aside(true)), ("Forget it", tips[1], ViewCommand::Aside(false))];
        strip_ui(ui, "aside", "Another setup took the place of yours.", &buttons, out);
    }
}

fn strip_ui(ui: &mut Ui, id: &'static str, words: &str, buttons: &[(&str, &str, ViewCommand)], out: &mut Vec<ViewCommand>) {
    let accent = theme::accent(ui.visuals().dark_mode);
    let fill = ui.visuals().extreme_bg_color.lerp_to_gamma(accent, 0.13);
    Panel::top(id).frame(Frame::new().fill(fill).inner_margin(Margin::symmetric(14, 4))).show(ui, |ui| {
        ui.horizontal(|ui| {
            // The words take as many lines as the buttons leave them: on a phone every line of a strip is one less for the views.
            let words = |ui: &mut Ui| ui.add(Label::new(RichText::new(words)).wrap());
            widgets::sides(ui, words, |ui| {
                for (title, tip, command) in buttons {
                    if ui.button(*title).on_hover_text(*tip).clicked() {
                        out.push(command.clone());
                    }
                }
            });
        });
    });
}
