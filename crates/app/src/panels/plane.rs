//! The plot of a plane: a map from above, or a surface that can be turned, with the lanes' paths on it.

use basin_train::report::{Landscape, PathOnPlane};
use egui::{Align2, Color32, FontId, Mesh, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::view::View;
use crate::choices::LandscapeChoice;
use crate::colormap::{Scale, color};
use crate::surface::{self, Eye, Seen};
use crate::theme::LaneMark;
use crate::{contour, format};

/// What is drawn: accuracy or loss, row by row.
pub fn values(landscape: &Landscape, accuracy: bool) -> &[f64] {
    if accuracy { &landscape.accuracy } else { &landscape.loss }
}

/// A value as people read it.
pub fn value_text(value: f64, accuracy: bool) -> String {
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
pub fn nearest(coordinates: &[f64], value: f64) -> Option<usize> {
    (0..coordinates.len()).min_by(|a, b| (coordinates[*a] - value).abs().total_cmp(&(coordinates[*b] - value).abs()))
}

/// The plane from above, in the colours of a scale or else of its own. `full` has contour values, numbers, colour bar and hover.
pub fn map_ui(ui: &mut Ui, size: Vec2, view: &View<'_>, landscape: &Landscape, accuracy: bool, scale: Option<Scale>, full: bool) {
    let (room, response) = ui.allocate_exact_size(size, Sense::focusable_noninteractive());
    let values = values(landscape, accuracy);
    let inner = if full { Rect::from_min_max(room.min + vec2(34.0, 6.0), room.max - vec2(66.0, 22.0)) } else { room.shrink(2.0) };
    let (Some(frame), Some(scale)) = (Frame::of(landscape, inner), scale.or_else(|| Scale::of(values))) else {
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "No finite value on this plane"));
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
        let inside = |i: usize| Some(frame.at(path.points[i])).filter(|at| at.x.is_finite() && at.y.is_finite());
        path_ui(&painter_inside, &places(path, inside), mark, full);
    }
    painter.rect_stroke(frame.rect, 0.0, ui.visuals().widgets.noninteractive.bg_stroke, egui::StrokeKind::Outside);
    if full {
        axes_ui(ui, &painter, landscape, &frame);
        bar_ui(ui, room, frame.rect, &scale, &marks, accuracy);
    }
    let spoken = format!("Map of {}", words(view, landscape, accuracy));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken.clone()));
    let pointer = response.hover_pos().filter(|at| frame.rect.contains(*at));
    if let Some(at) = pointer {
        let [x, y] = frame.back(at);
        if let Some((i, j)) = nearest(&landscape.xs, x).zip(nearest(&landscape.ys, y)) {
            let place = j * landscape.xs.len() + i;
            let value = |values: &[f64]| values.get(place).copied().unwrap_or(f64::NAN);
            let start = landscape.paths.iter().find_map(|path| path.points.first()).filter(|start| frame.at(**start).distance(at) < 8.0);
            let start = start.and_then(|_| start_text(landscape)).map_or(String::new(), |start| format!("\n{start}"));
            response.on_hover_text_at_pointer(format!(
                "loss {}, accuracy {}, at ({}, {}){start}",
                format::short(value(&landscape.loss)),
                format::percent(value(&landscape.accuracy)),
                format::short(landscape.xs[i]),
                format::short(landscape.ys[j])
            ));
        }
    }
}

/// The plane in words: what it goes through, its lowest and highest value, and the loss where each lane has come to.
fn words(view: &View<'_>, landscape: &Landscape, accuracy: bool) -> String {
    let values = values(landscape, accuracy).iter().copied().filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let range = if low <= high { format!(", from {} to {}", value_text(low, accuracy), value_text(high, accuracy)) } else { String::new() };
    let ends = landscape.paths.iter().zip(&view.state.run.lanes).filter_map(|(path, lane)| {
        let [x, y] = *path.points.last()?;
        // What is drawn faintly is not where the lane is.
        let outside = path.outside.last().copied().unwrap_or_default();
        if outside > 0.5 {
            return Some(format!("; {} lies outside it ({})", lane.title, format::percent(outside)));
        }
        let (i, j) = nearest(&landscape.xs, x).zip(nearest(&landscape.ys, y))?;
        let value = self::values(landscape, accuracy).get(j * landscape.xs.len() + i)?;
        Some(format!("; {} has come to {}", lane.title, value_text(*value, accuracy)))
    });
    let what = if accuracy { "accuracy" } else { "loss" };
    format!("{what}: {}{range}{}", landscape.plane, ends.collect::<String>())
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

/// The start as it is, not as the plane has it: its loss, and how far away it is.
pub fn start_text(landscape: &Landscape) -> Option<String> {
    let outside = landscape.paths.iter().find_map(|path| path.outside.first())?;
    let loss = landscape.start_loss.map_or(String::new(), |loss| format!("loss {}, ", format::short(loss)));
    Some(format!("Start: {loss}{} outside this plane", format::percent(*outside)))
}

/// A place of a path on the screen, and how strongly it is drawn.
type Place = (Pos2, f32);

/// The places of a path that have one on the screen.
fn places(path: &PathOnPlane, at: impl Fn(usize) -> Option<Pos2>) -> Vec<Place> {
    (0..path.points.len()).filter_map(|i| Some((at(i)?, path.strength(i) as f32))).collect()
}

/// A lane's path with a light edge, so that its colour reads on every ground. It fades where it is far from the plane.
fn path_ui(painter: &egui::Painter, places: &[Place], mark: LaneMark, full: bool) {
    let (Some((start, start_strength)), Some((end, end_strength))) = (places.first(), places.last()) else { return };
    let thin = if full { 2.2 } else { 1.4 };
    let edge = |strength| Stroke::new(thin + 2.4, Color32::from_white_alpha(210).gamma_multiply(strength));
    let line = |strength| Stroke::new(thin, mark.color.gamma_multiply(strength));
    let pieces = || places.windows(2).map(|ends| ([ends[0].0, ends[1].0], f32::midpoint(ends[0].1, ends[1].1)));
    painter.extend(pieces().map(|(ends, strength)| Shape::line_segment(ends, edge(strength))));
    if let Some((dash, gap)) = mark.pattern.dash() {
        let points: Vec<Pos2> = places.iter().map(|(at, _)| *at).collect();
        for dash in Shape::dashed_line(&points, line(1.0), dash, gap) {
            let Shape::LineSegment { points: ends, .. } = dash else { continue };
            let nearest = places.iter().min_by(|a, b| a.0.distance_sq(ends[0]).total_cmp(&b.0.distance_sq(ends[0])));
            painter.line_segment(ends, line(nearest.map_or(1.0, |(_, strength)| *strength)));
        }
    } else {
        painter.extend(pieces().map(|(ends, strength)| Shape::line_segment(ends, line(strength))));
    }
    let radius = if full { 5.0 } else { 3.0 };
    painter.circle_stroke(*start, radius, Stroke::new(2.0, mark.color.gamma_multiply(*start_strength)));
    let ring = Stroke::new(1.5, Color32::WHITE.gamma_multiply(*end_strength));
    painter.circle(*end, radius, mark.color.gamma_multiply(*end_strength), ring);
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

/// The colours with their values, at the right of the plot.
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
pub fn surface_ui(ui: &mut Ui, size: Vec2, view: &View<'_>, landscape: &Landscape, choice: &mut LandscapeChoice) {
    let (room, response) = ui.allocate_exact_size(size, Sense::drag());
    let values = values(landscape, choice.accuracy);
    let (columns, rows) = (landscape.xs.len(), landscape.ys.len());
    let spoken = format!("Surface of {}", words(view, landscape, choice.accuracy));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken.clone()));
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
        let on_surface = |i: usize| {
            let p = path.points[i];
            let z = between(&landscape.xs, &landscape.ys, p, height)?;
            Some(place(eye.see(part(&landscape.xs, p[0]), part(&landscape.ys, p[1]), HEIGHT * z as f32)))
        };
        path_ui(&painter, &places(path, on_surface), mark, true);
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
}
