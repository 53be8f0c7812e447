//! A few signs, drawn with lines so that they need no font and stay sharp at every size.

use egui::{Atom, Button, Color32, Painter, Pos2, Rect, Response, Shape, Stroke, Ui, Vec2, vec2};

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Train.
    Play,
    /// Pause.
    Pause,
    /// One step.
    Step,
    /// One step back.
    StepBack,
    /// To the next measurement.
    Skip,
    /// To the beginning.
    First,
    /// Stop.
    Stop,
    /// From the beginning.
    Again,
    /// Open a file.
    Folder,
    /// Save to a file.
    Save,
    /// Hand on.
    Share,
    /// Light.
    Sun,
    /// Dark.
    Moon,
    /// As the system says.
    Half,
    /// Options.
    Sliders,
    /// Take away.
    Cross,
    /// Look out.
    Warning,
}

/// Side of the square that a sign is drawn for.
const SIDE: f32 = 16.0;

impl Icon {
    /// Draws the sign into the middle of `rect`.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let scale = rect.width().min(rect.height()) / SIDE;
        let origin = rect.center() - Vec2::splat(0.5 * SIDE * scale);
        let at = |x: f32, y: f32| origin + scale * vec2(x, y);
        let stroke = Stroke::new((1.4 * scale).max(1.0), color);
        let line = |points: &[(f32, f32)]| {
            painter.add(Shape::line(points.iter().map(|(x, y)| at(*x, *y)).collect(), stroke));
        };
        let fill = |points: &[(f32, f32)]| {
            let points: Vec<Pos2> = points.iter().map(|(x, y)| at(*x, *y)).collect();
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        };
        // Points on a circle, from one angle to another, in quarter turns; 0 is to the right, 1 is down.
        let arc = |x: f32, y: f32, radius: f32, from: f32, to: f32| -> Vec<(f32, f32)> {
            (0..=20_u8)
                .map(|i| {
                    let angle = (from + (to - from) * f32::from(i) / 20.0) * std::f32::consts::FRAC_PI_2;
                    (x + radius * angle.cos(), y + radius * angle.sin())
                })
                .collect()
        };
        match self {
            Self::Play => fill(&[(4.0, 2.5), (13.5, 8.0), (4.0, 13.5)]),
            Self::Pause => {
                fill(&[(3.5, 3.0), (6.7, 3.0), (6.7, 13.0), (3.5, 13.0)]);
                fill(&[(9.3, 3.0), (12.5, 3.0), (12.5, 13.0), (9.3, 13.0)]);
            }
            Self::Step => {
                fill(&[(3.0, 2.8), (10.5, 8.0), (3.0, 13.2)]);
                fill(&[(11.0, 3.0), (13.2, 3.0), (13.2, 13.0), (11.0, 13.0)]);
            }
            Self::StepBack => {
                fill(&[(13.0, 2.8), (5.5, 8.0), (13.0, 13.2)]);
                fill(&[(2.8, 3.0), (5.0, 3.0), (5.0, 13.0), (2.8, 13.0)]);
            }
            Self::Skip => {
                fill(&[(1.5, 2.8), (7.2, 8.0), (1.5, 13.2)]);
                fill(&[(7.2, 2.8), (12.9, 8.0), (7.2, 13.2)]);
                fill(&[(12.9, 3.0), (14.8, 3.0), (14.8, 13.0), (12.9, 13.0)]);
            }
            Self::First => {
                fill(&[(14.5, 2.8), (8.8, 8.0), (14.5, 13.2)]);
                fill(&[(8.8, 2.8), (3.1, 8.0), (8.8, 13.2)]);
                fill(&[(1.2, 3.0), (3.1, 3.0), (3.1, 13.0), (1.2, 13.0)]);
            }
            Self::Stop => fill(&[(3.5, 3.5), (12.5, 3.5), (12.5, 12.5), (3.5, 12.5)]),
            Self::Again => {
                line(&arc(8.0, 8.5, 5.2, -0.45, 2.75));
                fill(&[(9.2, 4.2), (14.2, 6.9), (14.2, 1.6)]);
            }
            Self::Folder => line(&[(1.7, 13.0), (1.7, 3.3), (6.2, 3.3), (7.8, 5.4), (14.3, 5.4), (14.3, 13.0), (1.2, 13.0)]),
            Self::Save => {
                line(&[(8.0, 2.0), (8.0, 10.0)]);
                line(&[(4.6, 6.8), (8.0, 10.2), (11.4, 6.8)]);
                line(&[(2.2, 10.5), (2.2, 13.8), (13.8, 13.8), (13.8, 10.5)]);
            }
            Self::Share => {
                line(&[(11.5, 3.8), (4.5, 8.0), (11.5, 12.2)]);
                for (x, y) in [(12.0, 3.5), (4.0, 8.0), (12.0, 12.5)] {
                    painter.circle_filled(at(x, y), 2.3 * scale, color);
                }
            }
            Self::Sun => {
                painter.circle_stroke(at(8.0, 8.0), 3.1 * scale, stroke);
                for i in 0..8_u8 {
                    let (sin, cos) = (f32::from(i) * std::f32::consts::FRAC_PI_4).sin_cos();
                    line(&[(8.0 + 5.0 * cos, 8.0 + 5.0 * sin), (8.0 + 6.8 * cos, 8.0 + 6.8 * sin)]);
                }
            }
            Self::Moon => {
                let mut outline = arc(7.6, 8.4, 5.6, -0.62, 3.02);
                outline.extend(arc(10.6, 5.4, 4.6, 2.45, -0.04));
                outline.push(outline[0]);
                line(&outline);
            }
            Self::Half => {
                painter.circle_stroke(at(8.0, 8.0), 5.6 * scale, stroke);
                fill(&arc(8.0, 8.0, 5.6, -1.0, 1.0));
            }
            Self::Sliders => {
                for (y, knob) in [(4.0, 10.5), (8.0, 5.0), (12.0, 11.0)] {
                    line(&[(1.8, y), (14.2, y)]);
                    painter.circle_filled(at(knob, y), 2.0 * scale, color);
                }
            }
            Self::Cross => {
                line(&[(4.0, 4.0), (12.0, 12.0)]);
                line(&[(12.0, 4.0), (4.0, 12.0)]);
            }
            Self::Warning => {
                line(&[(8.0, 2.2), (14.6, 13.6), (1.4, 13.6), (8.0, 2.2)]);
                line(&[(8.0, 6.6), (8.0, 10.0)]);
                painter.circle_filled(at(8.0, 11.8), 0.8 * scale, color);
            }
        }
    }

    /// The sign as a piece of a button.
    pub fn atom(self) -> Atom<'static> {
        Atom::paint(Vec2::splat(14.0), move |ui, place| self.paint(ui.painter(), place.rect, place.fallback_text_color))
    }

    /// A button with the sign, and with `words` beside it unless there is no room.
    pub fn button(self, words: Option<&str>) -> Button<'static> {
        match words {
            Some(words) => Button::new((self.atom(), words.to_owned())),
            None => Button::new(self.atom()),
        }
    }

    /// The sign alone, as a piece of a line of text.
    pub fn ui(self, ui: &mut Ui, size: f32, color: Color32) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), egui::Sense::hover());
        self.paint(ui.painter(), rect, color);
        response
    }
}
