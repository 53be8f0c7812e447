//! The dialog that makes a link: what it hands on, what it hides and locks, what that means, its address as text and code, and the
//! HTML that shows it in another page.

use basin_train::experiment::DataSource;
use egui::{Align, Align2, Color32, Context, Label, Layout as Line, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2, pos2, vec2};
use qrcode::{Color, EcLevel, QrCode};

use super::view::{Layout, View};
use crate::command::ViewCommand;
use crate::handout::{Handout, Kinds, Sharing, can_be_handed_on, frame_of};
use crate::icons::Icon;
use crate::locks::{Locks, Part};
use crate::settings::Middle;
use crate::widgets;

/// White modules around a code, as its standard demands.
const MARGIN: usize = 4;

/// Modules along a side beyond which phones do not read a code from a screen.
const MOST_MODULES: usize = 125;

/// The button that opens the dialog.
pub fn share_button_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>, compact: bool) {
    if widgets::action(ui, Icon::Share, "Share…", "Make a link for a class: setup, view, lesson, locks", compact).clicked() {
        let kinds = Kinds { view: true, time: true, lesson: view.settings.course.shown };
        let sharing = Sharing { kinds, locks: view.locks.clone(), ..Sharing::default() };
        out.push(ViewCommand::Share(view.sharing.is_none().then(|| Box::new(sharing))));
    }
}

/// The dialog, while a link is being made.
pub fn share_ui(ctx: &Context, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let Some(before) = view.sharing else { return };
    let mut sharing = before.clone();
    let handout = Handout::of(sharing.kinds, view.settings, view.choices, sharing.paused, &sharing.locks);
    let address_of = |handout: &Handout| format!("{}{}", view.link_prefix, handout.encode(&view.settings.experiment));
    let address = address_of(&handout);
    // A frame shows views, and no course beside them.
    let framed = address_of(&Handout { lesson: None, ..handout.clone() });
    let room = ctx.content_rect().size();
    let (margin, foot) = if view.layout.is_phone() { (24.0, 40.0) } else { (48.0, 100.0) };
    let mut open = true;
    egui::Window::new("Share")
        .title_bar(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .fixed_size(vec2(720.0_f32.min(room.x - margin), (room.y - foot).min(760.0)))
        .show(ctx, |ui| {
            ui.horizontal(|ui| {
                ui.heading("Share");
                ui.with_layout(Line::right_to_left(Align::Center), |ui| {
                    let close = Icon::Cross.button(None).frame(false).min_size(ui.spacing().interact_size);
                    open = !ui.add(close).on_hover_text("Close (Escape)").accessible_name("Close the dialog").clicked();
                });
            });
            if sharing.large {
                return large_ui(ui, &address, &mut sharing);
            }
            address_ui(ui, &address, &mut sharing, out);
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_width(ui.available_width() - 10.0);
                remarks_ui(ui, view, &handout);
                if stands_still(&sharing) {
                    let text = "It waits, and nothing on its page starts it: show run and time, or let it train at once.";
                    widgets::remark(ui, text);
                }
                let tip = "Hide and lock here what the link hides and locks; Leave brings all of it back";
                if ui.button("Try it here").on_hover_text(tip).clicked() {
                    out.push(ViewCommand::TryOut(Box::new(handout.clone())));
                }
                ui.add_space(6.0);
                if view.layout == Layout::Narrow {
                    kinds_ui(ui, view, &mut sharing);
                    code_ui(ui, &address, &mut sharing);
                    locks_ui(ui, &mut sharing.locks);
                    frame_ui(ui, &framed, &mut sharing, out);
                } else {
                    ui.horizontal_top(|ui| {
                        ui.vertical(|ui| {
                            ui.set_width(380.0);
                            kinds_ui(ui, view, &mut sharing);
                            ui.add_space(6.0);
                            locks_ui(ui, &mut sharing.locks);
                        });
                        ui.vertical(|ui| {
                            code_ui(ui, &address, &mut sharing);
                            frame_ui(ui, &framed, &mut sharing, out);
                        });
                    });
                }
            });
        });
    if !open {
        out.push(ViewCommand::Share(None));
    } else if sharing != *before {
        // What is copied is no longer what is here.
        let asks_the_same = Sharing { copied: None, large: before.large, ..sharing.clone() } == Sharing { copied: None, ..before.clone() };
        sharing.copied = sharing.copied.filter(|_| asks_the_same);
        out.push(ViewCommand::Share(Some(Box::new(sharing))));
    }
}

/// The address to copy, by a button or by hand.
fn address_ui(ui: &mut Ui, address: &str, sharing: &mut Sharing, out: &mut Vec<ViewCommand>) {
    ui.horizontal(|ui| {
        let height = ui.spacing().interact_size.y;
        let mut shown = address;
        // What is typed into it goes nowhere.
        let field = TextEdit::singleline(&mut shown).desired_width((ui.available_width() - 96.0).max(80.0));
        ui.add(field.min_size(vec2(0.0, height))).accessible_name("Address");
        if ui.add(egui::Button::new("Copy").min_size(vec2(72.0, height))).clicked() {
            sharing.frames = false;
            out.push(ViewCommand::Copy(address.to_owned()));
        }
    });
    if !sharing.frames {
        copied_ui(ui, sharing.copied);
    }
}

/// What became of copying.
fn copied_ui(ui: &mut Ui, copied: Option<bool>) {
    match copied {
        Some(true) => {
            widgets::hint(ui, "Copied.");
        }
        Some(false) => widgets::remark(ui, "The browser did not let it be copied: take it from the field that the page shows."),
        None => {}
    }
}

/// What the link means, and what it cannot bring along.
fn remarks_ui(ui: &mut Ui, view: &View<'_>, handout: &Handout) {
    ui.add(Label::new(handout.words()).wrap());
    if let DataSource::File { name } = &view.settings.experiment.data.source {
        let text = format!("It does not hold your file {name}: whoever opens the link needs that file, too, and is asked for it.");
        widgets::remark(ui, &text);
    }
    if let Some(name) = view.settings.course.lesson.as_ref().filter(|name| view.settings.course.shown && !can_be_handed_on(name)) {
        let text = format!("It does not hold your lesson {name}: put it beside the page, and hand on its address with `?lesson=`.");
        widgets::remark(ui, &text);
    }
}

/// What makes a page on which nothing ever moves.
fn stands_still(sharing: &Sharing) -> bool {
    sharing.paused && sharing.kinds.time && !sharing.locks.opens(Part::Transport)
}

fn kinds_ui(ui: &mut Ui, view: &View<'_>, sharing: &mut Sharing) {
    ui.label(RichText::new("The link carries").color(ui.visuals().strong_text_color()));
    let mut experiment = true;
    ui.add_enabled(false, egui::Checkbox::new(&mut experiment, "Setup: data, lanes, training, seeds"));
    ui.checkbox(&mut sharing.kinds.view, "View: what is looked at, which panels are open, axis, band, lane, member");
    ui.checkbox(&mut sharing.kinds.time, "Time: speed, and where the run pauses");
    ui.add_enabled_ui(sharing.kinds.time, |ui| ui.checkbox(&mut sharing.paused, "It waits at the start until somebody presses Resume"));
    let reads = view.settings.course.shown && view.settings.course.lesson.is_some();
    ui.add_enabled_ui(reads, |ui| ui.checkbox(&mut sharing.kinds.lesson, "Lesson: the one that is open, at its step"));
}

/// One switch a part.
fn locks_ui(ui: &mut Ui, locks: &mut Locks) {
    ui.label(RichText::new("Its page shows, locks or hides").color(ui.visuals().strong_text_color()));
    for part in Part::ALL {
        ui.horizontal(|ui| {
            // Of what is locked, single controls alone can be free.
            let usable = |whole: Part| locks.shows(whole) && (part.is_single() || locks.opens(whole));
            ui.add_enabled_ui(part.wholes().all(usable), |ui| {
                let title = part.title();
                let indent = 16.0 * part.wholes().count() as f32;
                let width = 150.0 - indent;
                ui.add_space(indent);
                let size = vec2(width, ui.spacing().interact_size.y);
                ui.allocate_ui_with_layout(size, Line::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(width);
                    ui.label(title);
                });
                let now = (!locks.shows(part), locks.shows(part) && !locks.opens(part));
                for (state, words) in [((false, false), "show"), ((false, true), "lock"), ((true, false), "hide")] {
                    let size = vec2(52.0, ui.spacing().interact_size.y);
                    if state.1 && !part.can_be_locked() {
                        ui.allocate_exact_size(size, Sense::hover());
                        continue;
                    }
                    let button = egui::Button::selectable(now == state, words).frame_when_inactive(true).min_size(size);
                    if ui.add(button).accessible_name(format!("{words} {title}")).clicked() {
                        locks.set(part, state.0, state.1);
                    }
                }
            });
        });
    }
}

/// What another page has to hold to show some views alone.
fn frame_ui(ui: &mut Ui, address: &str, sharing: &mut Sharing, out: &mut Vec<ViewCommand>) {
    if frame_of(address, &Middle::ALL).is_none() {
        // The window's links are command lines.
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("Show it live in a page of your own").color(ui.visuals().strong_text_color()));
    ui.horizontal_wrapped(|ui| {
        for view in Middle::ALL.into_iter().filter(|&view| sharing.locks.shows_middle(view)) {
            let chosen = sharing.embedded.contains(&view);
            let button = egui::Button::selectable(chosen, view.title()).frame_when_inactive(true).min_size(ui.spacing().interact_size);
            if ui.add(button).accessible_name(format!("{} in a page of your own", view.title())).clicked() {
                let wanted = |&other: &Middle| sharing.embedded.contains(&other) != (other == view);
                sharing.embedded = Middle::ALL.into_iter().filter(wanted).collect();
            }
        }
    });
    let shown: Vec<Middle> = sharing.embedded.iter().copied().filter(|&view| sharing.locks.shows_middle(view)).collect();
    let code = frame_of(address, &shown);
    let tip = "An <iframe> with these views and the bar of time, to paste into your page";
    let button = egui::Button::new("Copy its HTML").min_size(ui.spacing().interact_size);
    if ui.add_enabled(code.is_some(), button).on_hover_text(tip).on_disabled_hover_text("Choose a view first").clicked() {
        sharing.frames = true;
        out.extend(code.map(ViewCommand::Copy));
    }
    if sharing.frames {
        copied_ui(ui, sharing.copied);
    }
    widgets::hint(ui, "If the frame stays empty: the host of this page has to name yours behind frame-ancestors in its headers.");
}

/// The code beside the rest; a press makes it large.
fn code_ui(ui: &mut Ui, address: &str, sharing: &mut Sharing) {
    let Some(code) = code(address) else {
        let text = format!("With {} characters the address is too long for a code that a phone reads: hand on less.", address.len());
        widgets::remark(ui, &text);
        return;
    };
    let side = ui.available_width().clamp(120.0, 290.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    paint(ui, rect, &code);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "QR code of the address: make it large"));
    if response.on_hover_text("Make it large, for the last row").on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        sharing.large = true;
    }
}

/// The code alone.
fn large_ui(ui: &mut Ui, address: &str, sharing: &mut Sharing) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "QR code of the address: make it small"));
    match code(address) {
        Some(code) => {
            let side = rect.width().min(rect.height());
            paint(ui, Rect::from_center_size(rect.center(), Vec2::splat(side)), &code);
        }
        None => sharing.large = false,
    }
    if response.clicked() {
        sharing.large = false;
    }
}

/// The code of an address; none where it would be too fine to be read.
fn code(address: &str) -> Option<QrCode> {
    QrCode::with_error_correction_level(address, EcLevel::L).ok().filter(|code| code.width() <= MOST_MODULES)
}

/// Black on white, in whole pixels, whatever the theme.
fn paint(ui: &Ui, rect: Rect, code: &QrCode) {
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, Color32::WHITE);
    let width = code.width();
    let pixel = 1.0 / ui.ctx().pixels_per_point();
    let module = (rect.width() / (width + 2 * MARGIN) as f32 / pixel).floor().max(1.0) * pixel;
    let origin = rect.center() - Vec2::splat(0.5 * module * width as f32);
    let origin = pos2((origin.x / pixel).round() * pixel, (origin.y / pixel).round() * pixel);
    for y in 0..width {
        for x in 0..width {
            if code[(x, y)] == Color::Dark {
                let at = origin + module * vec2(x as f32, y as f32);
                painter.rect_filled(Rect::from_min_size(at, Vec2::splat(module)), 0.0, Color32::BLACK);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_there_as_long_as_it_can_be_read() {
        let address = |letters: usize| format!("https://example.org/#{}", "x".repeat(letters));
        let width = |letters| code(&address(letters)).map(|code| code.width());
        assert!(width(200).is_some_and(|width| width < 70), "{:?}", width(200));
        assert_eq!((width(1_600), width(5_000)), (None, None));
    }
}
