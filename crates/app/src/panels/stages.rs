//! What each stage of one step shows of a lane: numbers, arrows with true angles, losses along the way.

use basin_train::report::{LaneTrace, StepTrace};
use basin_train::stats::Spread;
use egui::{Grid, ScrollArea, Sense, Ui, vec2};

use super::arrows::{Arrow, arrows_ui};
use super::cells::{self, Place};
use super::lines::{Series, lines_ui};
use super::view::View;
use crate::theme::LaneMark;
use crate::{format, widgets};

/// Height of a row of the batch.
const ROW: f32 = 22.0;

fn class_name(view: &View<'_>, class: usize) -> String {
    let name = view.state.run.summary.as_ref().and_then(|summary| summary.classes.get(class)).cloned();
    name.unwrap_or_else(|| format!("class {}", class + 1))
}

/// Heads of a table whose columns are painted.
fn heads_ui(ui: &mut Ui, columns: &[Place], heads: &[&str]) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let color = ui.visuals().weak_text_color();
    for ((place, column), head) in cells::places(row, columns).iter().zip(columns).zip(heads) {
        cells::cell_ui(ui, *place, column.right, head, color);
    }
}

/// Rows of the batch, of which only the visible ones are laid out.
fn rows_ui(ui: &mut Ui, view: &View<'_>, id: &str, rows: usize, mut row_ui: impl FnMut(&mut Ui, usize)) {
    if view.layout.is_phone() {
        // A table that scrolls by itself would keep the finger from what lies below.
        return cells::rows_in_page(ui, ROW, 0..rows, row_ui);
    }
    let height = (rows.min(14) as f32) * ROW;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt(id).max_height(height).min_scrolled_height(height).auto_shrink([false, true]).show_rows(
        ui,
        ROW,
        rows,
        |ui, range| {
            for i in range {
                row_ui(ui, i);
            }
        },
    );
}

/// The sentence, its label with a mark if it was flipped, and what a hover tells.
fn example_ui(ui: &mut Ui, view: &View<'_>, trace: &StepTrace, i: usize, columns: &[Place], spoken: &str) -> Vec<egui::Rect> {
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let places = cells::places(row, columns);
    let example = &trace.batch[i];
    let flipped = example.label != example.given_label;
    let (text, warn) = (ui.visuals().text_color(), ui.visuals().warn_fg_color);
    if i % 2 == 1 {
        ui.painter().rect_filled(row, 2.0, ui.visuals().faint_bg_color);
    }
    let sentence = match &example.text_b {
        Some(second) => format!("{} | {second}", example.text),
        None => example.text.clone(),
    };
    cells::cell_ui(ui, places[0], false, &sentence, text);
    let label = class_name(view, example.label);
    let shown = if flipped { format!("≠ {label}") } else { label.clone() };
    cells::cell_ui(ui, places[1], false, &shown, if flipped { warn } else { text });
    let noise = if flipped { format!(", flipped from {}", class_name(view, example.given_label)) } else { String::new() };
    let told = format!("{sentence}: {label}{noise}, {spoken}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, told.clone()));
    response.on_hover_text(told);
    places
}

/// The columns of sentence and label, and of so many others of this width.
fn columns(ui: &Ui, others: &[f32]) -> Vec<Place> {
    let label = 84.0_f32.min(0.18 * ui.available_width());
    let rest: f32 = others.iter().map(|width| width + cells::GAP).sum();
    let text = (ui.available_width() - rest - label - 2.0 * cells::GAP - 8.0).max(36.0);
    let mut columns = vec![Place { width: text, right: false }, Place { width: label, right: false }];
    columns.extend(others.iter().map(|width| Place { width: *width, right: true }));
    columns
}

fn at(values: &[f64], i: usize) -> f64 {
    values.get(i).copied().unwrap_or(f64::NAN)
}

/// Mean of the finite values.
fn mean(values: &[f64]) -> f64 {
    Spread::of(values).map_or(f64::NAN, |spread| spread.mean)
}

pub(super) fn batch_ui(ui: &mut Ui, view: &View<'_>, trace: &StepTrace, lane: &LaneTrace, mark: LaneMark) {
    let size = trace.batch.len() as f64;
    let weighted = !lane.p.is_empty();
    if lane.fell_back {
        widgets::remark(ui, "All raw weights were zero or not finite, so every example has an equal share.");
    }
    let bar = if ui.available_width() > 420.0 { 108.0 } else { 74.0 };
    let columns = if weighted { columns(ui, &[42.0, bar, 42.0]) } else { columns(ui, &[42.0, 42.0]) };
    if weighted {
        heads_ui(ui, &columns, &["Sentence", "Label", "loss", "B·p", "norm"]);
    } else {
        heads_ui(ui, &columns, &["Sentence", "Label", "loss", "norm"]);
    }
    let most = size * lane.p.iter().copied().filter(|p| p.is_finite()).fold(0.0, f64::max);
    rows_ui(ui, view, "batch", trace.batch.len(), |ui, i| {
        let (loss, norm) = (format::short(at(&lane.losses, i)), format::short(at(&lane.norms, i)));
        let weight = size * at(&lane.p, i);
        let share = if weighted { format!(", B·p {}", format::short(weight)) } else { String::new() };
        let places = example_ui(ui, view, trace, i, &columns, &format!("loss {loss}{share}, gradient norm {norm}"));
        let color = ui.visuals().text_color();
        cells::cell_ui(ui, places[2], true, &loss, color);
        if weighted {
            cells::bar_ui(ui, places[3], (weight / most) as f32, &format::short(weight), mark.color);
        }
        cells::cell_ui(ui, places[places.len() - 1], true, &norm, color);
    });
    if !weighted {
        widgets::hint(ui, "This lane does not weight examples: each counts the same.");
    }
}

/// Names, values, and a sentence on each.
fn numbers_ui(ui: &mut Ui, id: &str, numbers: &[(&str, String, &str)]) {
    Grid::new(id).num_columns(2).spacing(vec2(14.0, 2.0)).min_row_height(18.0).show(ui, |ui| {
        for (name, value, help) in numbers {
            ui.weak(*name).on_hover_text(*help);
            ui.label(value).on_hover_text(*help);
            ui.end_row();
        }
    });
}

/// `0.87 (29.5°)`: a cosine and its angle.
fn angle(cosine: f64) -> String {
    if !cosine.is_finite() {
        return "–".to_owned();
    }
    format!("{cosine:.3} ({:.1}°)", cosine.clamp(-1.0, 1.0).acos().to_degrees()).replace('-', "−")
}

pub(super) fn climb_ui(ui: &mut Ui, lane: &LaneTrace, mark: LaneMark) {
    if lane.ray.is_empty() {
        let words = if lane.losses_up.is_empty() {
            "This lane does not climb: ε = 0."
        } else {
            "Each example climbs on its own here, or has its tokens moved: there is no common ε to draw."
        };
        widgets::hint(ui, words);
        numbers_ui(ui, "climb numbers", &[("|g|", format::short(lane.gradient_norm), "Length of the gradient of the mean loss at w")]);
        return;
    }
    let start = mean(&lane.losses);
    let top = lane.ray.iter().min_by(|a, b| (a[0] - 1.0).abs().total_cmp(&(b[0] - 1.0).abs())).copied();
    let gradient = [lane.gradient_norm, 0.0];
    let quiet = ui.visuals().weak_text_color();
    arrows_ui(
        ui,
        &[Arrow { group: 0, end: gradient, name: "g", color: quiet }, Arrow { group: 1, end: lane.climb, name: "ε", color: mark.color }],
    );
    widgets::hint(ui, "g and ε are drawn to scales of their own; the angle is true.");
    numbers_ui(
        ui,
        "climb numbers",
        &[
            ("|g|", format::short(lane.gradient_norm), "Length of the gradient of the mean loss at w"),
            ("ρ", format::short(lane.rho), "Radius of the climb of this lane"),
            ("|ε|", format::short(lane.climb_norm), "Length of the climb"),
            ("cos(ε, g)", angle(lane.cos_climb), "Cosine of the angle between the climb and the gradient"),
            ("L(w)", format::short(start), "Mean loss of the batch at w, nats"),
            ("L(w+ε)", format::short(top.map_or(f64::NAN, |p| p[1])), "Mean loss of the batch up there, nats"),
        ],
    );
    chart_ui(ui, "ray", "t: L(w + t·ε), nats", &lane.ray, top, mark);
}

pub(super) fn gradient_ui(ui: &mut Ui, lane: &LaneTrace, mark: LaneMark) {
    let quiet = ui.visuals().weak_text_color();
    arrows_ui(
        ui,
        &[
            Arrow { group: 0, end: [lane.gradient_norm, 0.0], name: "g", color: quiet },
            Arrow { group: 0, end: lane.descent, name: "descent", color: mark.color },
        ],
    );
    widgets::hint(ui, "Both to one scale, in the plane of g and the climb; what lies outside it is not drawn.");
    numbers_ui(
        ui,
        "gradient numbers",
        &[
            ("|g|", format::short(lane.gradient_norm), "Length of the gradient at w"),
            ("|descent|", format::short(lane.descent_norm), "Length of the descent gradient, taken up there"),
            ("cos(descent, g)", angle(lane.cos_descent), "Cosine of the angle between the descent gradient and g"),
            (
                "in the plane",
                share_in_plane(lane.descent, lane.descent_norm),
                "How much of the length of the descent gradient lies in the plane",
            ),
        ],
    );
}

/// How much of a vector's length lies in the plane.
fn share_in_plane(in_plane: [f64; 2], length: f64) -> String {
    format::percent(in_plane[0].hypot(in_plane[1]) / length)
}

pub(super) fn move_ui(ui: &mut Ui, lane: &LaneTrace, mark: LaneMark) {
    let quiet = ui.visuals().weak_text_color();
    arrows_ui(
        ui,
        &[
            Arrow { group: 0, end: lane.descent.map(|v| -v), name: "−descent", color: quiet },
            Arrow { group: 1, end: lane.moved, name: "Δ", color: mark.color },
        ],
    );
    widgets::hint(
        ui,
        "−descent and Δ are drawn to scales of their own; the angle is true within the plane. Momentum and AdamW turn the move.",
    );
    numbers_ui(
        ui,
        "move numbers",
        &[
            ("η", format::short(lane.rate), "Learning rate of this step"),
            ("|Δ|", format::short(lane.move_norm), "Length of the move"),
            ("cos(Δ, −descent)", angle(lane.cos_move), "1 for plain SGD; momentum, AdamW and weight decay turn the move"),
            ("in the plane", share_in_plane(lane.moved, lane.move_norm), "How much of the length of the move lies in the plane"),
        ],
    );
    let end = lane.path.iter().min_by(|a, b| (a[0] - 1.0).abs().total_cmp(&(b[0] - 1.0).abs())).copied();
    chart_ui(ui, "path", "t: L(w + t·Δ), nats", &lane.path, end, mark);
}

fn chart_ui(ui: &mut Ui, id: &str, along: &str, points: &[[f64; 2]], marked: Option<[f64; 2]>, mark: LaneMark) {
    let told = marked.map_or_else(String::new, |p| format!(", {} at t = 1", format::short(p[1])));
    let series = [Series { name: "loss", mark, points: points.to_vec() }];
    let size = vec2(ui.available_width(), 150.0);
    let marked: Vec<[f64; 2]> = marked.into_iter().collect();
    lines_ui(ui, (id, ui.scope_id()), size, along, &series, &marked, &format!("Curve of {along}{told}"));
    widgets::hint(ui, along);
}

pub(super) fn after_ui(ui: &mut Ui, view: &View<'_>, trace: &StepTrace, lane: &LaneTrace, mark: LaneMark) {
    let losses = [("before, L(w)", mean(&lane.losses)), ("up there", mean(&lane.losses_up)), ("after", mean(&lane.losses_after))];
    let most = losses.iter().map(|(_, loss)| *loss).filter(|loss| loss.is_finite()).fold(0.0, f64::max);
    for (i, (name, loss)) in losses.into_iter().enumerate() {
        if !loss.is_finite() {
            continue;
        }
        let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let places = cells::places(row, &[Place { width: 90.0, right: false }, Place { width: row.width() - 108.0, right: false }]);
        let color = ui.visuals().text_color();
        cells::cell_ui(ui, places[0], false, name, color);
        let shade = if i == 2 { mark.color } else { mark.color.gamma_multiply(0.55) };
        cells::bar_ui(ui, places[1], (loss / most) as f32, &format::short(loss), shade);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Mean loss {name}: {}", format::short(loss))));
    }
    let change = mean(&lane.losses_after) - mean(&lane.losses);
    let rose = lane.losses.iter().zip(&lane.losses_after).filter(|(before, after)| after > before).count();
    let count = trace.batch.len();
    ui.label(format!("The mean loss of the batch changes by {}; it rises for {rose} of {count} examples.", format::signed(change, 4)));
    let columns = columns(ui, &[44.0, 44.0, 54.0]);
    heads_ui(ui, &columns, &["Sentence", "Label", "before", "after", "change"]);
    rows_ui(ui, view, "after", trace.batch.len(), |ui, i| {
        let (before, after) = (at(&lane.losses, i), at(&lane.losses_after, i));
        let change = format::signed(after - before, 4);
        let told = format!("loss {} before, {} after, change {change}", format::short(before), format::short(after));
        let places = example_ui(ui, view, trace, i, &columns, &told);
        let (text, warn) = (ui.visuals().text_color(), ui.visuals().warn_fg_color);
        cells::cell_ui(ui, places[2], true, &format::short(before), text);
        cells::cell_ui(ui, places[3], true, &format::short(after), text);
        cells::cell_ui(ui, places[4], true, &change, if after > before { warn } else { text });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_told_in_degrees() {
        // cos 60° = 0.5; rounding may leave a cosine of 1 a little too large.
        assert_eq!([angle(0.5), angle(1.0 + 1e-12), angle(-0.5)], ["0.500 (60.0°)", "1.000 (0.0°)", "−0.500 (120.0°)"]);
        assert_eq!(share_in_plane([3.0, 4.0], 10.0), "50.0 %");
    }
}
