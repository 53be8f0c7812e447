//! The plane of one step, with its gradients, climb and move as arrows.

use egui::{Color32, FontId, RichText, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use crate::{format, widgets};

/// An arrow in the plane, from the origin.
pub struct Arrow<'a> {
    /// Arrows of one group are drawn to one scale.
    pub group: usize,
    /// Its tip: x along g, y along the part of the climb that is orthogonal to it.
    pub end: [f64; 2],
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub color: Color32,
}

/// The arrows' tips as parts of the longest of their group; later groups are a little shorter, so that none hides another.
fn tips(arrows: &[Arrow<'_>]) -> Vec<Vec2> {
    let longest = |group: usize| {
        arrows.iter().filter(|a| a.group == group).map(|a| a.end[0].hypot(a.end[1])).filter(|l| l.is_finite()).fold(0.0, f64::max)
    };
    arrows
        .iter()
        .map(|arrow| {
            let part = if arrow.group == 0 { 1.0 } else { 0.75 } / longest(arrow.group);
            let tip = vec2((part * arrow.end[0]) as f32, (-part * arrow.end[1]) as f32);
            if tip.any_nan() || !tip.is_finite() { Vec2::ZERO } else { tip }
        })
        .collect()
}

/// The plane with its arrows: x along g, y along the part of the climb that is orthogonal to it.
pub fn arrows_ui(ui: &mut Ui, arrows: &[Arrow<'_>]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 150.0), Sense::focusable_noninteractive());
    let painter = ui.painter_at(rect);
    let tips = tips(arrows);
    // As large as origin and tips allow, in the middle.
    let mut extent = egui::Rect::from_min_max(pos2(0.0, 0.0), pos2(0.0, 0.0));
    for tip in &tips {
        extent.extend_with(tip.to_pos2());
    }
    let room = rect.size() - vec2(150.0, 36.0);
    let scale = (room.x / extent.width().max(1e-6)).min(room.y / extent.height().max(1e-6)).min(190.0);
    let origin = rect.center() - scale * extent.center().to_vec2();
    let faint = Stroke::new(1.0, ui.visuals().widgets.noninteractive.bg_stroke.color);
    painter.hline(rect.x_range(), origin.y, faint);
    painter.vline(origin.x, rect.y_range(), faint);
    let font = FontId::proportional(13.0);
    for (i, (arrow, tip)) in arrows.iter().zip(&tips).enumerate() {
        let along = scale * *tip;
        if along.length() < 0.5 {
            continue;
        }
        // The first one is broad, so that it shows where the second lies on it.
        let (width, head) = if i == 0 { (6.0, 16.0) } else { (2.4, 10.0) };
        let (direction, tip) = (along.normalized(), origin + along);
        let side = 0.45 * head * direction.rot90();
        painter.line_segment([origin, tip - 0.6 * head * direction], Stroke::new(width, arrow.color));
        let head = vec![tip, tip - head * direction + side, tip - head * direction - side];
        painter.add(Shape::convex_polygon(head, arrow.color, Stroke::NONE));
    }
    // The names stand in a legend, where no arrow can hide them.
    for (i, arrow) in arrows.iter().enumerate() {
        let at = pos2(rect.left() + 6.0, rect.top() + 4.0 + 17.0 * i as f32);
        painter.line_segment([at + vec2(0.0, 8.0), at + vec2(14.0, 8.0)], Stroke::new(2.4, arrow.color));
        painter.text(at + vec2(20.0, 0.0), egui::Align2::LEFT_TOP, arrow.name, font.clone(), ui.visuals().text_color());
    }
    let told: Vec<String> =
        arrows.iter().map(|a| format!("{} ({}, {})", a.name, format::short(a.end[0]), format::short(a.end[1]))).collect();
    let spoken = format!("Plane with {}", told.join(" and "));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken.clone()));
    response.on_hover_ui(|ui| {
        ui.label(RichText::new(&spoken));
        widgets::hint(ui, "x is along g, y along the part of the climb (without one: of the descent gradient) that is orthogonal to g");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_of_a_group_share_a_scale() {
        let arrow = |group, end| Arrow { group, end, name: "", color: Color32::BLACK };
        // Lengths 5 and 2.5 in group 0: whole and half. Group 1 has its own scale, three quarters as long. Up is negative.
        let tips = tips(&[arrow(0, [3.0, 4.0]), arrow(0, [2.5, 0.0]), arrow(1, [0.0, 0.1]), arrow(2, [0.0, 0.0])]);
        let expected = [vec2(0.6, -0.8), vec2(0.5, 0.0), vec2(0.0, -0.75), Vec2::ZERO];
        assert!(tips.iter().zip(expected).all(|(tip, expected)| (*tip - expected).length() < 1e-6), "{tips:?}");
    }
}
