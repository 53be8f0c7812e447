//! A figure of the study: a row for each thing, its values as dots with their intervals, a colour for each group.

use basin_train::report::{Dot, Forest, Row};
use egui::{Color32, RichText, Sense, Stroke, Ui, pos2, vec2};

use crate::{format, theme};

/// Points between two groups of a row.
const GROUP: f32 = 9.0;

/// Points that are left free beside the values.
const ROOM: f32 = 8.0;

/// The least and the largest value of a figure.
#[derive(Clone, Copy)]
struct Axis([f64; 2]);

impl Axis {
    /// Where a value lies between two places.
    fn across(self, value: f64, left: f32, right: f32) -> f32 {
        let Self([least, most]) = self;
        let share = (value - least) / (most - least).max(f64::MIN_POSITIVE);
        egui::lerp(left + ROOM..=right - ROOM, share as f32)
    }

    /// A value with its sign, as exactly as one can see.
    fn number(self, value: f64) -> String {
        let Self([least, most]) = self;
        format::signed(value, if most - least < 5.0 { 2 } else { 1 })
    }
}

/// The figure, as wide as there is room.
pub fn forest_ui(ui: &mut Ui, forest: &Forest) {
    ui.label(RichText::new(&forest.title).small());
    ui.horizontal_wrapped(|ui| {
        for (group, name) in forest.groups.iter().enumerate() {
            let (response, painter) = ui.allocate_painter(vec2(10.0, ui.spacing().interact_size.y * 0.5), Sense::hover());
            painter.circle_filled(response.rect.center(), 4.0, theme::group(group));
            ui.label(RichText::new(name).small());
        }
    });
    let axis = Axis(forest.ends());
    for row in &forest.rows {
        ui.label(RichText::new(&row.label).small());
        row_ui(ui, forest, axis, row);
    }
    axis_ui(ui, forest, axis);
    ui.label(RichText::new(&forest.note).small().weak());
}

fn row_ui(ui: &mut Ui, forest: &Forest, axis: Axis, row: &Row) {
    let groups = forest.groups.len().max(1);
    let (response, painter) = ui.allocate_painter(vec2(ui.available_width(), GROUP * groups as f32), Sense::hover());
    let rect = response.rect;
    let x = |value: f64| axis.across(value, rect.left(), rect.right());
    painter.rect_filled(rect, 2.0, ui.visuals().faint_bg_color);
    painter.vline(x(0.0), rect.y_range(), ui.visuals().widgets.noninteractive.bg_stroke);
    for dot in &row.dots {
        let (at, color) = (pos2(x(dot.x), rect.top() + GROUP * (dot.group as f32 + 0.5)), theme::group(dot.group));
        if let Some(half) = dot.half {
            painter.hline(x(dot.x - half)..=x(dot.x + half), at.y, Stroke::new(1.25, color));
        }
        let fill = if dot.clear { color } else { ui.visuals().panel_fill };
        painter.circle(at, 3.0, fill, Stroke::new(1.25, color));
    }
    let words = words(forest, axis, row);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &words));
    response.on_hover_text(words);
}

/// The numbers at both ends and at 0, and what they are.
fn axis_ui(ui: &mut Ui, forest: &Forest, axis: Axis) {
    let (response, painter) = ui.allocate_painter(vec2(ui.available_width(), ui.spacing().interact_size.y * 0.6), Sense::hover());
    let rect = response.rect;
    let font = egui::TextStyle::Small.resolve(ui.style());
    let color: Color32 = ui.visuals().weak_text_color();
    let Axis([least, most]) = axis;
    let mut right_end = f32::NEG_INFINITY;
    for value in [least, 0.0, most] {
        let text = painter.layout_no_wrap(axis.number(value), font.clone(), color);
        let left = (axis.across(value, rect.left(), rect.right()) - text.size().x / 2.0).clamp(rect.left(), rect.right() - text.size().x);
        // Where two would lie on each other, the first is enough.
        if left > right_end {
            right_end = left + text.size().x + 4.0;
            painter.galley(pos2(left, rect.top()), text, color);
        }
    }
    ui.label(RichText::new(&forest.along).small().weak());
}

/// A row in words.
fn words(forest: &Forest, axis: Axis, row: &Row) -> String {
    let one = |dot: &Dot| {
        let group = forest.groups.get(dot.group).map_or("", String::as_str);
        let half = dot.half.map_or_else(String::new, |half| format!(" ± {}", format::short(half)));
        let clear = if dot.clear { ", beyond chance" } else { "" };
        format!("{group} {}{half}{clear}", axis.number(dot.x))
    };
    format!("{}: {}", row.label, row.dots.iter().map(one).collect::<Vec<_>>().join("; "))
}
