//! The loss around the lanes' weights: a plane as a map or as a surface, the lanes' paths on it, two other planes,
//! and the line between two lanes.

use basin_train::landscape::{Landscape, Line, PlaneChoice};
use basin_train::protocol::Command;
use egui::{Align2, Color32, FontId, Label, Mesh, Pos2, Rect, ScrollArea, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::lines::{Series, lines_ui};
use super::{Layout, View};
use crate::choices::LandscapeChoice;
use crate::colormap::{Scale, color};
use crate::command::{Figure, ViewCommand};
use crate::surface::{self, Eye, Seen};
use crate::theme::LaneMark;
use crate::{contour, format, widgets};

/// Choices, the plane, two others, shares outside, the line.
pub fn landscape_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.landscape;
    controls_ui(ui, view, &mut choice, out);
    let room = ui.available_rect_before_wrap();
    if view.layout == Layout::Narrow {
        let width = room.width();
        main_ui(ui, None, vec2(width - 20.0, width - 90.0), view, &mut choice, out);
        ui.scope(|ui| paths_ui(ui, view));
        others_ui(ui, view, choice, out);
        line_ui(ui, view, &mut choice, out);
    } else {
        let gap = 10.0;
        // The map is about square; what is left is for the rest.
        let width = (room.height() + 20.0).min(0.6 * room.width()).round();
        let left = Rect::from_min_size(room.min, vec2(width, room.height()));
        let right = Rect::from_min_max(pos2(left.right() + gap, room.top()), room.max);
        main_ui(ui, Some(left), Vec2::ZERO, view, &mut choice, out);
        ui.scope_builder(egui::UiBuilder::new().max_rect(right), |ui| {
            ScrollArea::vertical().id_salt("beside").auto_shrink(false).show(ui, |ui| {
                ui.scope(|ui| paths_ui(ui, view));
                others_ui(ui, view, choice, out);
                line_ui(ui, view, &mut choice, out);
            });
        });
        ui.advance_cursor_after_rect(room);
    }
    if choice != view.choices.landscape {
        out.push(ViewCommand::Landscape(choice));
    }
}

/// Which plane, of which member, drawn how.
fn controls_ui(ui: &mut Ui, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let lanes = &view.state.lanes;
    ui.horizontal_wrapped(|ui| {
        let measured = view.state.has_run() && !view.measuring_planes;
        let button = ui.add_enabled(measured, egui::Button::new("Measure").min_size(ui.spacing().interact_size));
        if button.on_hover_text("Lay the plane through the weights of now and measure the loss on it, coarse first").clicked() {
            out.push(ViewCommand::MeasureLandscape);
        }
        let mut random = matches!(choice.plane, PlaneChoice::Random { .. });
        widgets::segments(
            ui,
            &mut random,
            &[
                (false, "Three lanes", "The plane through the weights of three lanes"),
                (true, "Random", "The plane through the common start along two random directions"),
            ],
        );
        choice.plane = match (random, choice.plane) {
            (true, PlaneChoice::Ends { .. }) => PlaneChoice::Random { seed: 1 },
            (false, PlaneChoice::Random { .. }) => {
                PlaneChoice::Ends { lanes: [0, 1, 2].map(|i: usize| i.min(lanes.len().saturating_sub(1))) }
            }
            (_, plane) => plane,
        };
        match &mut choice.plane {
            PlaneChoice::Ends { lanes: ends } => {
                for (end, name) in ends.iter_mut().zip(["First end", "Second end", "Third end"]) {
                    lane_choice_ui(ui, view, name, end);
                }
            }
            PlaneChoice::Random { seed } => {
                ui.weak("seed");
                let drag = egui::DragValue::new(seed).range(1..=1_000_000);
                ui.add(drag).on_hover_text("Number that decides the two directions").accessible_name("Seed of the directions");
            }
        }
        let seeds = view.state.summary.as_ref().map_or(1, |summary| summary.experiment.seeds);
        if seeds > 1 {
            let mut shown = choice.member + 1;
            ui.add(egui::DragValue::new(&mut shown).range(1..=seeds).prefix("member "))
                .on_hover_text("Whose weights")
                .accessible_name("Member of the plane");
            choice.member = shown - 1;
        }
        widgets::segments(
            ui,
            &mut choice.accuracy,
            &[
                (false, "Loss", "Colour is the mean loss, in nats"),
                (true, "Accuracy", "Colour is the share that is classified as labelled"),
            ],
        );
        widgets::segments(
            ui,
            &mut choice.surface,
            &[(false, "Map", "Seen from above, with contour lines"), (true, "Surface", "Height is the value; drag to turn")],
        );
    });
}

fn lane_choice_ui(ui: &mut Ui, view: &View<'_>, name: &str, lane: &mut usize) {
    let lanes = &view.state.lanes;
    let shown = (*lane).min(lanes.len().saturating_sub(1));
    egui::ComboBox::from_id_salt(name)
        .icon(widgets::chevron)
        .selected_text(lanes.get(shown).map_or(String::new(), |lane| format::cut(&lane.title, 16)))
        .show_ui(ui, |ui| {
            for (i, other) in lanes.iter().enumerate() {
                ui.selectable_value(lane, i, &other.title);
            }
        })
        .response
        .accessible_name(name);
}

/// The plane that was asked for, as large as there is room.
fn main_ui(ui: &mut Ui, rect: Option<Rect>, size: Vec2, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let Some(landscape) = &view.state.surroundings.planes[0].1 else {
        let words = if view.measuring_planes {
            "Measuring…"
        } else {
            "Measure: a plane is laid through the weights of the lanes, and the loss is measured on it. It is one slice of a space of many \
             thousand dimensions; the two other planes show how much that can mislead."
        };
        match rect {
            Some(rect) => drop(ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| empty_ui(ui, words))),
            None => empty_ui(ui, words),
        }
        return;
    };
    let progress = progress_text(landscape);
    let unit = if rect.is_some() { progress.as_str() } else { "" };
    let title = if choice.accuracy { "Accuracy" } else { "Loss" };
    let head = Head { figure: Figure::Landscape(0), title, unit, help: "Coordinates are in units of |w|, the length of the weights." };
    let mut body = |ui: &mut Ui, size: Vec2| {
        if choice.surface {
            surface_ui(ui, size, view, landscape, choice);
        } else {
            map_ui(ui, size, view, landscape, choice.accuracy, true);
        }
        let beside = if rect.is_some() { String::new() } else { format!(" Measured {progress}.") };
        widgets::hint(ui, format!("{}. Hollow: start; filled: now.{beside}", landscape.plane));
    };
    match rect {
        Some(rect) => figure_in(ui, rect, head, out, |ui, _| {
            let size = ui.available_size() - vec2(0.0, 36.0);
            body(ui, size);
        }),
        None => figure_ui(ui, head, out, |ui, _| body(ui, size)),
    }
}

/// How fine it is, on what it was measured, how fast.
fn progress_text(landscape: &Landscape) -> String {
    let refining = if landscape.more { ", refining…" } else { "" };
    format!(
        "at step {}, {} × {} points{refining}, {} examples, {} points/s",
        format::count(landscape.step),
        landscape.xs.len(),
        landscape.ys.len(),
        format::count(landscape.examples),
        format::rate(landscape.points_per_second)
    )
}

fn values(landscape: &Landscape, accuracy: bool) -> &[f64] {
    if accuracy { &landscape.accuracy } else { &landscape.loss }
}

fn value_text(value: f64, accuracy: bool) -> String {
    if accuracy { format::percent(value) } else { format::short(value) }
}

/// Where coordinates of the plane stand on the screen: one scale for both, y up.
struct Frame {
    rect: Rect,
    origin: Pos2,
    low: [f64; 2],
    scale: f64,
}

impl Frame {
    /// The largest frame for these coordinates in `room`, at its top.
    fn of(landscape: &Landscape, room: Rect) -> Option<Self> {
        let ends = |values: &[f64]| Some((*values.first()?, *values.last()?));
        let ((left, right), (bottom, top)) = (ends(&landscape.xs)?, ends(&landscape.ys)?);
        let (wide, high) = (right - left, top - bottom);
        if !(wide > 0.0 && high > 0.0) {
            return None;
        }
        let scale = (f64::from(room.width()) / wide).min(f64::from(room.height()) / high);
        let size = vec2((scale * wide) as f32, (scale * high) as f32);
        let rect = Rect::from_min_size(pos2(room.center().x - 0.5 * size.x, room.top()), size);
        Some(Self { rect, origin: rect.left_bottom(), low: [left, bottom], scale })
    }

    fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        self.origin + vec2((self.scale * (x - self.low[0])) as f32, -(self.scale * (y - self.low[1])) as f32)
    }

    fn back(&self, at: Pos2) -> [f64; 2] {
        let offset = at - self.origin;
        [self.low[0] + f64::from(offset.x) / self.scale, self.low[1] - f64::from(offset.y) / self.scale]
    }
}

/// The height at a place inside the grid, between its four neighbours.
fn between(xs: &[f64], ys: &[f64], [x, y]: [f64; 2], height: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    // The neighbour below, and how far it is from there to the next.
    let part = |values: &[f64], value: f64| {
        let below = values.partition_point(|v| *v <= value).checked_sub(1)?.min(values.len().checked_sub(2)?);
        Some((below, (value - values[below]) / (values[below + 1] - values[below]))).filter(|(_, part)| (0.0..=1.0).contains(part))
    };
    let ((i, right), (j, up)) = (part(xs, x)?, part(ys, y)?);
    let at = |i: usize, j: usize| height(j * xs.len() + i);
    let low = at(i, j)? * (1.0 - right) + at(i + 1, j)? * right;
    let high = at(i, j + 1)? * (1.0 - right) + at(i + 1, j + 1)? * right;
    Some(low * (1.0 - up) + high * up)
}

/// The number of the coordinate nearest to a value.
fn nearest(coordinates: &[f64], value: f64) -> Option<usize> {
    (0..coordinates.len()).min_by(|a, b| (coordinates[*a] - value).abs().total_cmp(&(coordinates[*b] - value).abs()))
}

/// The plane from above. `full` has contour values, numbers, colour bar and hover.
fn map_ui(ui: &mut Ui, size: Vec2, view: &View<'_>, landscape: &Landscape, accuracy: bool, full: bool) {
    let (room, response) = ui.allocate_exact_size(size, Sense::hover());
    let values = values(landscape, accuracy);
    let inner = if full { Rect::from_min_max(room.min + vec2(34.0, 6.0), room.max - vec2(66.0, 22.0)) } else { room.shrink(2.0) };
    let (Some(frame), Some(scale)) = (Frame::of(landscape, inner), Scale::of(values)) else {
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, "No finite value on this plane"));
        return;
    };
    let painter = ui.painter_at(room);
    painter.rect_filled(frame.rect, 0.0, ui.visuals().widgets.inactive.bg_fill);
    painter.add(Shape::mesh(heat(landscape, values, &scale, &frame)));
    let painter_inside = ui.painter_at(frame.rect);
    let marks = scale.marks();
    // Where along each line its value stands: not all beside each other.
    let along = [0.5, 0.3, 0.7, 0.4, 0.6, 0.2, 0.8];
    for (mark, along) in marks.iter().zip(along.into_iter().cycle()) {
        let light = scale.height(*mark).unwrap_or_default() > 0.5;
        let stroke = Stroke::new(1.0, if light { Color32::from_black_alpha(120) } else { Color32::from_white_alpha(120) });
        let pieces = contour::pieces(&landscape.xs, &landscape.ys, values, *mark);
        for [a, b] in &pieces {
            painter_inside.line_segment([frame.at(*a), frame.at(*b)], stroke);
        }
        if let Some([a, _]) = pieces.get((along * pieces.len() as f32) as usize).filter(|_| full) {
            let color = if light { Color32::from_black_alpha(220) } else { Color32::from_white_alpha(230) };
            let place = frame.at(*a).clamp(frame.rect.min + vec2(18.0, 8.0), frame.rect.max - vec2(18.0, 8.0));
            painter_inside.text(place, Align2::CENTER_CENTER, value_text(*mark, accuracy), FontId::proportional(11.0), color);
        }
    }
    for (path, mark) in landscape.paths.iter().zip(view.marks()) {
        let points: Vec<Pos2> = path.points.iter().filter(|p| p[0].is_finite() && p[1].is_finite()).map(|p| frame.at(*p)).collect();
        path_ui(&painter_inside, &points, mark, full);
    }
    painter.rect_stroke(frame.rect, 0.0, ui.visuals().widgets.noninteractive.bg_stroke, egui::StrokeKind::Outside);
    if full {
        axes_ui(ui, &painter, landscape, &frame);
        bar_ui(ui, room, frame.rect, &scale, &marks, accuracy);
    }
    let spoken = format!("Map of {}: {}", if accuracy { "accuracy" } else { "loss" }, landscape.plane);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, spoken.clone()));
    let pointer = response.hover_pos().filter(|at| frame.rect.contains(*at));
    if let Some(at) = pointer {
        let [x, y] = frame.back(at);
        if let Some((i, j)) = nearest(&landscape.xs, x).zip(nearest(&landscape.ys, y)) {
            let place = j * landscape.xs.len() + i;
            let value = |values: &[f64]| values.get(place).copied().unwrap_or(f64::NAN);
            response.on_hover_text_at_pointer(format!(
                "loss {}, accuracy {}, at ({}, {})",
                format::short(value(&landscape.loss)),
                format::percent(value(&landscape.accuracy)),
                format::short(landscape.xs[i]),
                format::short(landscape.ys[j])
            ));
        }
    }
}

/// The colours of the points, and between them.
fn heat(landscape: &Landscape, values: &[f64], scale: &Scale, frame: &Frame) -> Mesh {
    let (columns, rows) = (landscape.xs.len(), landscape.ys.len());
    let mut mesh = Mesh::default();
    mesh.reserve_vertices(columns * rows);
    let height = |i: usize| values.get(i).and_then(|value| scale.height(*value));
    for (j, y) in landscape.ys.iter().enumerate() {
        for (i, x) in landscape.xs.iter().enumerate() {
            mesh.colored_vertex(frame.at([*x, *y]), color(height(j * columns + i).unwrap_or_default()));
        }
    }
    for j in 0..rows - 1 {
        for i in 0..columns - 1 {
            let corner = j * columns + i;
            let corners = [corner, corner + 1, corner + columns, corner + columns + 1];
            // A point without a value leaves a hole.
            if corners.iter().all(|corner| height(*corner).is_some()) {
                let [a, b, c, d] = corners.map(|corner| corner as u32);
                mesh.add_triangle(a, b, c);
                mesh.add_triangle(b, d, c);
            }
        }
    }
    mesh
}

/// A lane's path with a light edge, so that its colour reads on every ground.
fn path_ui(painter: &egui::Painter, points: &[Pos2], mark: LaneMark, full: bool) {
    let (Some(start), Some(end)) = (points.first(), points.last()) else { return };
    let thin = if full { 2.2 } else { 1.4 };
    painter.add(Shape::line(points.to_vec(), Stroke::new(thin + 2.4, Color32::from_white_alpha(210))));
    if mark.dashed {
        painter.extend(Shape::dashed_line(points, Stroke::new(thin, mark.color), 5.0, 3.0));
    } else {
        painter.add(Shape::line(points.to_vec(), Stroke::new(thin, mark.color)));
    }
    let radius = if full { 5.0 } else { 3.0 };
    painter.circle(*start, radius, Color32::WHITE, Stroke::new(2.0, mark.color));
    painter.circle(*end, radius, mark.color, Stroke::new(1.5, Color32::WHITE));
}

/// Three numbers along each side.
fn axes_ui(ui: &Ui, painter: &egui::Painter, landscape: &Landscape, frame: &Frame) {
    let color = ui.visuals().weak_text_color();
    let font = FontId::proportional(11.0);
    let thirds = |values: &[f64]| [values[0], 0.5 * (values[0] + values[values.len() - 1]), values[values.len() - 1]];
    let anchors = [Align2::LEFT_TOP, Align2::CENTER_TOP, Align2::RIGHT_TOP];
    for (x, anchor) in thirds(&landscape.xs).into_iter().zip(anchors) {
        let at = pos2(frame.at([x, frame.low[1]]).x, frame.rect.bottom() + 4.0);
        painter.text(at, anchor, coordinate(x), font.clone(), color);
    }
    let anchors = [Align2::RIGHT_BOTTOM, Align2::RIGHT_CENTER, Align2::RIGHT_TOP];
    for (y, anchor) in thirds(&landscape.ys).into_iter().zip(anchors) {
        let at = pos2(frame.rect.left() - 4.0, frame.at([frame.low[0], y]).y);
        painter.text(at, anchor, coordinate(y), font.clone(), color);
    }
}

fn coordinate(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

/// The colours with their values, at the right of the picture.
fn bar_ui(ui: &Ui, room: Rect, beside: Rect, scale: &Scale, marks: &[f64], accuracy: bool) {
    let bar = Rect::from_min_max(pos2(beside.right() + 10.0, beside.top()), pos2(beside.right() + 22.0, beside.bottom()));
    let painter = ui.painter_at(room);
    let mut mesh = Mesh::default();
    let steps = 32_u8;
    for i in 0..=steps {
        let part = f32::from(i) / f32::from(steps);
        let y = egui::lerp(bar.bottom()..=bar.top(), part);
        let shade = color(f64::from(part));
        mesh.colored_vertex(pos2(bar.left(), y), shade);
        mesh.colored_vertex(pos2(bar.right(), y), shade);
    }
    for i in 0..u32::from(steps) {
        mesh.add_triangle(2 * i, 2 * i + 1, 2 * i + 2);
        mesh.add_triangle(2 * i + 1, 2 * i + 3, 2 * i + 2);
    }
    painter.add(Shape::mesh(mesh));
    let text = ui.visuals().weak_text_color();
    let mut last = f32::INFINITY;
    for mark in marks {
        let Some(height) = scale.height(*mark) else { continue };
        let y = egui::lerp(bar.bottom()..=bar.top(), height as f32);
        if last - y < 12.0 {
            continue;
        }
        last = y;
        painter.hline(bar.right()..=bar.right() + 3.0, y, Stroke::new(1.0, text));
        painter.text(pos2(bar.right() + 5.0, y), Align2::LEFT_CENTER, value_text(*mark, accuracy), FontId::proportional(11.0), text);
    }
    let unit = match (accuracy, scale.is_log()) {
        (true, _) => "",
        (false, true) => "nats, log",
        (false, false) => "nats",
    };
    painter.text(pos2(room.right(), bar.bottom() + 4.0), Align2::RIGHT_TOP, unit, FontId::proportional(11.0), text);
}

/// How high the surface is, against the side of its square.
const HEIGHT: f32 = 0.55;

/// The plane as a surface; dragging turns it.
fn surface_ui(ui: &mut Ui, size: Vec2, view: &View<'_>, landscape: &Landscape, choice: &mut LandscapeChoice) {
    let (room, response) = ui.allocate_exact_size(size, Sense::drag());
    let values = values(landscape, choice.accuracy);
    let (columns, rows) = (landscape.xs.len(), landscape.ys.len());
    let spoken = format!("Surface of {}: {}", if choice.accuracy { "accuracy" } else { "loss" }, landscape.plane);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, spoken.clone()));
    let Some(scale) = Scale::of(values) else { return };
    if columns < 2 || rows < 2 {
        return;
    }
    let eye = Eye::new(choice.turn);
    // The bar stands at the right; the diagonal of the square is 1.42 of its side.
    let unit = ((room.width() - 84.0) / 1.42).min(0.66 * room.height());
    let middle = room.center() + vec2(-40.0, 0.25 * HEIGHT * unit);
    let place = |seen: Seen| middle + unit * vec2(seen.right, -seen.up);
    // The square is from −½ to ½ both ways, whatever the coordinates.
    let part = |values: &[f64], value: f64| ((value - values[0]) / (values[values.len() - 1] - values[0]) - 0.5) as f32;
    let height = |i: usize| values.get(i).and_then(|value| scale.height(*value));
    let seen: Vec<Option<Seen>> = (0..rows * columns)
        .map(|i| {
            let (x, y) = (part(&landscape.xs, landscape.xs[i % columns]), part(&landscape.ys, landscape.ys[i / columns]));
            height(i).map(|z| eye.see(x, y, HEIGHT * z as f32))
        })
        .collect();
    let mut mesh = Mesh::default();
    let every = (columns / 10).max(1);
    for (i, seen) in seen.iter().enumerate() {
        let shade = color(height(i).unwrap_or_default());
        // A net of darker lines shows the form.
        let net = (i % columns).is_multiple_of(every) || (i / columns).is_multiple_of(every);
        let shade = if net { shade.lerp_to_gamma(Color32::BLACK, 0.22) } else { shade };
        mesh.colored_vertex(seen.map_or(middle, place), shade);
    }
    for corner in surface::cells(columns, rows, &seen) {
        let [a, b, c, d] = [corner, corner + 1, corner + columns, corner + columns + 1].map(|i| i as u32);
        mesh.add_triangle(a, b, c);
        mesh.add_triangle(b, d, c);
    }
    let painter = ui.painter_at(room);
    painter.add(Shape::mesh(mesh));
    for (path, mark) in landscape.paths.iter().zip(view.marks()) {
        let points: Vec<Pos2> = path
            .points
            .iter()
            .filter_map(|p| {
                let z = between(&landscape.xs, &landscape.ys, *p, height)?;
                Some(place(eye.see(part(&landscape.xs, p[0]), part(&landscape.ys, p[1]), HEIGHT * z as f32)))
            })
            .collect();
        path_ui(&painter, &points, mark, true);
    }
    let bar = Rect::from_min_max(pos2(room.right() - 66.0, room.top() + 8.0), pos2(room.right() - 66.0, room.bottom() - 24.0));
    bar_ui(ui, room, bar, &scale, &scale.marks(), choice.accuracy);
    // With the press the pointer may have come from elsewhere: that way is no turn.
    if response.dragged() && !response.drag_started() {
        let delta = response.drag_delta();
        choice.turn = surface::dragged(choice.turn, delta.x, delta.y);
    }
    response.on_hover_cursor(egui::CursorIcon::Grab).on_hover_text("Drag to turn");
}

/// How much of each lane's way lies outside the plane.
fn paths_ui(ui: &mut Ui, view: &View<'_>) {
    let Some(landscape) = &view.state.surroundings.planes[0].1 else { return };
    ui.weak("Outside this plane").on_hover_text(
        "How much of the way from the plane's origin to the lane lies outside the plane, as a share of its length: what the picture cannot show.",
    );
    ui.spacing_mut().interact_size.y = 20.0;
    for ((path, mark), lane) in landscape.paths.iter().zip(view.marks()).zip(&view.state.lanes) {
        let most = path.outside.iter().copied().filter(|v| v.is_finite()).fold(f64::NAN, f64::max);
        let now = path.outside.last().copied().unwrap_or(f64::NAN);
        ui.horizontal_wrapped(|ui| {
            widgets::legend_item(ui, mark, &lane.title);
            ui.label(format!("{} now, {} at most", format::percent(now), format::percent(most)));
        });
    }
    ui.add_space(4.0);
}

/// Two other planes, to show how much depends on the choice.
fn others_ui(ui: &mut Ui, view: &View<'_>, choice: LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let planes = &view.state.surroundings.planes;
    if planes[0].1.is_none() {
        return;
    }
    let help = "The same weights on other planes: a valley here may be a slope there, so no single slice shows the landscape.";
    ui.weak("Two other planes").on_hover_text(help);
    ui.columns(planes.len() - 1, |columns| {
        for (ui, slot) in columns.iter_mut().zip(1..) {
            // Columns would stretch the lines of a text.
            ui.vertical(|ui| other_ui(ui, view, choice, slot, help, out));
        }
    });
}

/// One of the other planes, in its card.
fn other_ui(ui: &mut Ui, view: &View<'_>, choice: LandscapeChoice, slot: usize, help: &str, out: &mut Vec<ViewCommand>) {
    let plane = view.state.surroundings.planes[slot].1.as_ref();
    let title = format!("Plane {}", slot + 1);
    let unit = if plane.is_some() { "" } else { "not yet measured" };
    figure_ui(ui, Head { figure: Figure::Landscape(slot), title: &title, unit, help }, out, |ui, _| {
        let side = ui.available_width();
        let Some(plane) = plane else {
            ui.allocate_space(vec2(side, side));
            return;
        };
        map_ui(ui, vec2(side, side), view, plane, choice.accuracy, false);
        let values = values(plane, choice.accuracy);
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let range = format!("{} to {}", value_text(low, choice.accuracy), value_text(high, choice.accuracy));
        widgets::hint(ui, format!("{}: {range}", plane.plane));
    });
}

/// The line between two lanes: ends, button, curves.
fn line_ui(ui: &mut Ui, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    if view.state.lanes.len() < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.weak("Line from");
        let [from, to] = &mut choice.line;
        lane_choice_ui(ui, view, "Line from", from);
        ui.weak("to");
        lane_choice_ui(ui, view, "Line to", to);
        let ready = view.state.has_run() && *from != *to;
        let button = ui.add_enabled(ready, egui::Button::new("Measure the line"));
        if button.on_hover_text("Measure train and test loss on the straight line between the weights of the two lanes").clicked() {
            out.push(ViewCommand::Send(Box::new(Command::Line { id: 0, from: *from, to: *to, member: choice.member })));
        }
    });
    let Some(line) = &view.state.surroundings.line.1 else { return };
    let title = |lane: usize| view.state.lanes.get(lane).map_or("", |lane| lane.title.as_str());
    let (from, to) = (title(line.from), title(line.to));
    let unit = format!("nats, t = 0 {from}, t = 1 {to}, at step {}", format::count(line.step));
    let help = "A ridge between two lanes: they lie in different valleys. No ridge: in the same one.";
    let head = Head { figure: Figure::Line, title: "Loss on the line", unit: &unit, help };
    figure_ui(ui, head, out, |ui, _| {
        let (strong, weak) = (ui.visuals().strong_text_color(), ui.visuals().weak_text_color());
        let of = |values: &[f64]| line.t.iter().copied().zip(values.iter().copied()).map(|(t, loss)| [t, loss]).collect::<Vec<_>>();
        let series = [
            Series { name: "train loss", mark: LaneMark { color: strong, dashed: false }, points: of(&line.train_loss) },
            Series { name: "test loss", mark: LaneMark { color: weak, dashed: true }, points: of(&line.test_loss) },
        ];
        let size = vec2(ui.available_width(), 150.0);
        lines_ui(ui, "line", size, "t", &series, &[], &spoken(line, from, to));
        ui.horizontal(|ui| {
            for series in &series {
                widgets::legend_item(ui, series.mark, series.name);
            }
        });
        ui.add(Label::new(ridge(line)).wrap());
    });
}

fn spoken(line: &Line, from: &str, to: &str) -> String {
    format!("Curve of the loss from {from} to {to}: {}", ridge(line))
}

/// How far the train loss between the ends rises above the higher end.
fn ridge(line: &Line) -> String {
    let inner = line.t.iter().zip(&line.train_loss).filter(|(t, loss)| (0.0..=1.0).contains(*t) && loss.is_finite());
    let top = inner.map(|(_, loss)| *loss).fold(f64::NEG_INFINITY, f64::max);
    let end = |t: f64| {
        let place = nearest(&line.t, t)?;
        line.train_loss.get(place).copied().filter(|loss| loss.is_finite())
    };
    match (end(0.0), end(1.0)) {
        (Some(a), Some(b)) if top.is_finite() => {
            format!("Between the ends the train loss rises {} nats above the higher end.", format::short((top - a.max(b)).max(0.0)))
        }
        _ => "The train loss at an end is not finite.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_keeps_its_proportions() {
        let plane = Landscape { xs: vec![-1.0, 0.0, 1.0], ys: vec![0.0, 1.0], ..Landscape::default() };
        // 2 × 1 in a room of 100 × 100: 50 points a unit, at the top.
        let frame = Frame::of(&plane, Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, 100.0))).expect("a plane with two sides");
        assert_eq!(frame.rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 50.0)));
        assert_eq!(frame.at([0.0, 1.0]), pos2(50.0, 0.0));
        let [x, y] = frame.back(pos2(75.0, 25.0));
        assert!((x - 0.5).abs() < 1e-12 && (y - 0.5).abs() < 1e-12);
        assert!(Frame::of(&Landscape { xs: vec![0.0], ..plane }, Rect::EVERYTHING).is_none());
    }

    #[test]
    fn heights_between_points_are_interpolated() {
        // 0 1 below, 2 5 above; at (¼, ½) the sides are ¼ and 2¾, whose mean is 1½.
        let heights = [0.0, 1.0, 2.0, 5.0];
        let at = |place| between(&[0.0, 1.0], &[0.0, 1.0], place, |i| Some(heights[i]));
        assert!((at([0.25, 0.5]).expect("inside") - 1.5).abs() < 1e-12);
        assert!((at([1.0, 1.0]).expect("a corner") - 5.0).abs() < 1e-12);
        assert_eq!(at([1.1, 0.5]), None);
    }

    #[test]
    fn the_ridge_is_above_the_higher_end() {
        // Ends 0.4 and 0.3, top 0.9 between them; 2.0 lies beyond an end.
        let line = Line { t: vec![-0.5, 0.0, 0.5, 1.0], train_loss: vec![2.0, 0.4, 0.9, 0.3], ..Line::default() };
        assert_eq!(ridge(&line), "Between the ends the train loss rises 0.500 nats above the higher end.");
        let flat = Line { t: vec![0.0, 0.5, 1.0], train_loss: vec![0.4, 0.2, 0.3], ..Line::default() };
        assert_eq!(ridge(&flat), "Between the ends the train loss rises 0 nats above the higher end.");
    }
}
