//! How it looks: light and dark, sizes, and one colour a lane everywhere.
//!
//! The six lane colours keep at least 3 : 1 contrast on both backgrounds and stay apart in
//! simulated protanopia, deuteranopia and tritanopia (smallest CIELAB distance 14). Lanes beyond
//! six repeat them with a broken line; where the reader asks for it, each lane has a pattern of its own,
//! so colour is never the only mark.

use basin_train::experiment::{LaneConfig, MethodConfig, Rule};
use egui::style::{ScrollAnimation, Selection, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Vec2, Visuals, vec2};
use egui_plot::LineStyle;

/// The lane colours: SGD, SAM, δ-SAM, placebo, then the others.
const PALETTE: [Color32; 6] = [
    Color32::from_rgb(0x1F, 0x83, 0xE0),
    Color32::from_rgb(0xE8, 0x6C, 0x0F),
    Color32::from_rgb(0x0F, 0xA9, 0x75),
    Color32::from_rgb(0xD6, 0x32, 0x96),
    Color32::from_rgb(0xEA, 0x28, 0x4B),
    Color32::from_rgb(0x7A, 0x94, 0xC0),
];

/// Colours of groups, which are no lane's.
const GROUPS: [Color32; 3] =
    [Color32::from_rgb(0x7A, 0x94, 0xC0), Color32::from_rgb(0x8E, 0x5B, 0xD0), Color32::from_rgb(0xB0, 0x72, 0x2A)];

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// Not at all.
    #[default]
    Solid,
    /// Short dashes.
    Dashed,
    /// Long dashes.
    Long,
    /// Dots.
    Dotted,
    /// Dots far apart.
    Sparse,
    /// Dashes between short and long.
    Medium,
}

impl Pattern {
    /// All, from what is told apart best.
    const ALL: [Self; 6] = [Self::Solid, Self::Dotted, Self::Long, Self::Dashed, Self::Sparse, Self::Medium];

    /// The lengths of a dash and of the gap behind it, in points; `None` where the line is not broken.
    pub fn dash(self) -> Option<(f32, f32)> {
        match self {
            Self::Solid => None,
            Self::Dashed => Some((4.0, 3.0)),
            Self::Long => Some((14.0, 5.0)),
            Self::Dotted => Some((2.0, 3.0)),
            Self::Sparse => Some((2.0, 7.0)),
            Self::Medium => Some((8.0, 5.0)),
        }
    }

    /// The same for the line of a chart.
    pub fn line_style(self) -> LineStyle {
        match self {
            Self::Solid => LineStyle::Solid,
            Self::Dashed => LineStyle::Dashed { length: 4.0 },
            Self::Long => LineStyle::Dashed { length: 16.0 },
            Self::Dotted => LineStyle::Dotted { spacing: 5.0 },
            Self::Sparse => LineStyle::Dotted { spacing: 9.0 },
            Self::Medium => LineStyle::Dashed { length: 8.0 },
        }
    }
}

/// How a lane is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneMark {
    /// Its colour.
    pub color: Color32,
    /// How its line is broken.
    pub pattern: Pattern,
}

impl LaneMark {
    /// Whether its line is broken.
    pub fn is_broken(self) -> bool {
        self.pattern != Pattern::Solid
    }
}

/// The marks of lanes. A method keeps its colour from run to run: SGD is blue, SAM orange, δ-SAM green.
pub fn marks(lanes: &[LaneConfig]) -> Vec<LaneMark> {
    let mut free = [true; 2 * PALETTE.len()];
    let slots: Vec<Option<usize>> = lanes
        .iter()
        .map(|lane| {
            let slot = match lane.method {
                MethodConfig::Sgd => 0,
                MethodConfig::Sam => 1,
                MethodConfig::DeltaSam { rule: Rule::Random, .. } => 3,
                MethodConfig::DeltaSam { .. } => 2,
                _ => return None,
            };
            std::mem::replace(&mut free[slot], false).then_some(slot)
        })
        .collect();
    slots
        .into_iter()
        .map(|slot| {
            // Free solid colours first, from the end: the first four belong to their methods.
            let order = (4..6).chain((0..4).rev()).chain(6..12);
            let slot = slot.or_else(|| order.clone().find(|i| free[*i])).unwrap_or(0);
            free[slot] = false;
            mark(slot)
        })
        .collect()
}

/// The mark at a place of the palette: with as many again they are dashed, and then they begin anew.
pub fn mark(place: usize) -> LaneMark {
    let pattern = if place / PALETTE.len() % 2 == 1 { Pattern::Dashed } else { Pattern::Solid };
    LaneMark { color: PALETTE[place % PALETTE.len()], pattern }
}

/// The same marks, with a pattern for each: lanes of one colour still differ.
pub fn patterned(marks: &[LaneMark]) -> Vec<LaneMark> {
    let pattern = |mark: &LaneMark| {
        let color = PALETTE.iter().position(|color| *color == mark.color).unwrap_or_default();
        Pattern::ALL[(color + usize::from(mark.is_broken())) % Pattern::ALL.len()]
    };
    marks.iter().map(|mark| LaneMark { pattern: pattern(mark), ..*mark }).collect()
}

/// The colour of a group of a figure that has no lanes, not to be taken for a lane's; those beyond begin anew.
pub fn group(group: usize) -> Color32 {
    GROUPS[group % GROUPS.len()]
}

/// The colour of the main button and of what is selected.
pub fn accent(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(0x2F, 0x6F, 0xC4) } else { Color32::from_rgb(0x1B, 0x66, 0xC9) }
}

/// The ground of a strip that says something: a card with a touch of `color`.
pub fn tinted(visuals: &Visuals, color: Color32) -> Color32 {
    visuals.extreme_bg_color.lerp_to_gamma(color, 0.13)
}

/// The colour of the ring around what the keyboard is on.
pub fn focus(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(0x7F, 0xB4, 0xF5) } else { accent(false) }
}

/// A card: the surface on which charts, tables and lanes lie.
pub fn card(ui: &egui::Ui) -> egui::Frame {
    let visuals = ui.visuals();
    egui::Frame::new()
        .fill(visuals.extreme_bg_color)
        .stroke(visuals.widgets.noninteractive.bg_stroke)
        .corner_radius(8)
        .inner_margin(Margin::symmetric(10, 8))
}

/// Points across the screen for the last row of a class: what can be read from there is a share of the screen, however many
/// pixels it has.
pub const PRESENTING: f32 = 840.0;

/// What a finger needs both ways, in points of the screen: 9 mm.
const TARGET: f32 = 44.0;

/// The least side of a button, in points of the text: more than a finger needs where the text is large.
const LEAST: f32 = 26.0;

/// Side of the square of a checkbox for fingers.
const FINGER_ICON: f32 = 20.0;

/// What themes are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Look {
    /// Everything is large enough for a finger.
    pub touch: bool,
    /// Nothing moves by itself.
    pub still: bool,
    /// Everything is for the last row of a class.
    pub presents: bool,
    /// All text and lines are in the strongest contrast.
    pub strong: bool,
    /// How large a point is, against the size that the screen asks for; 1 as it asks.
    pub zoom: f32,
}

/// Whether everything is to be large enough for a finger.
pub fn is_touch(ui: &egui::Ui) -> bool {
    ui.spacing().icon_width >= FINGER_ICON
}

/// The height of a row that can be pressed: of `mouse` points, unless a finger presses it.
pub fn row_height(ui: &egui::Ui, mouse: f32) -> f32 {
    if is_touch(ui) { ui.spacing().interact_size.y.max(mouse) } else { mouse }
}

/// Sets both themes.
pub fn install(ctx: &egui::Context, look: Look) {
    let Look { touch, still, presents: _, strong, zoom } = look;
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme == Theme::Dark, strong);
            let size = |points: f32| FontId::new(points, FontFamily::Proportional);
            style.text_styles = [
                (TextStyle::Small, size(12.0)),
                (TextStyle::Body, size(14.0)),
                (TextStyle::Button, size(14.0)),
                (TextStyle::Heading, size(19.0)),
                (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
            ]
            .into();
            let spacing = &mut style.spacing;
            spacing.item_spacing = vec2(8.0, 6.0);
            // Of smaller points a finger needs more, of larger ones less.
            let less = (1.0 / zoom).clamp(0.5, 1.0);
            spacing.button_padding = if touch { less * vec2(12.0, 8.0) } else { vec2(9.0, 4.0) };
            spacing.interact_size = if touch { Vec2::splat((TARGET / zoom).max(LEAST)) } else { vec2(36.0, 26.0) };
            spacing.icon_width = if touch { FINGER_ICON } else { 17.0 };
            spacing.icon_width_inner = if touch { 12.0 } else { 10.0 };
            spacing.slider_width = 110.0;
            spacing.combo_width = 60.0;
            spacing.tooltip_width = 320.0;
            spacing.window_margin = Margin::same(14);
            spacing.menu_margin = Margin::same(6);
            style.interaction.selectable_labels = false;
            style.interaction.tooltip_delay = 0.35;
            style.animation_time = if still { 0.0 } else { 0.2 };
            style.scroll_animation = if still { ScrollAnimation::none() } else { ScrollAnimation::default() };
            style.visuals.text_cursor.blink = !still;
        });
    }
}

fn visuals(dark: bool, high_contrast: bool) -> Visuals {
    let gray = Color32::from_gray;
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    // Panel, card, line, text, weak text.
    let (panel, card, line, text, strong, weak) = if dark {
        (
            Color32::from_rgb(0x15, 0x17, 0x1B),
            Color32::from_rgb(0x1D, 0x20, 0x25),
            Color32::from_rgb(0x33, 0x37, 0x3F),
            Color32::from_rgb(0xD3, 0xD7, 0xDE),
            gray(250),
            Color32::from_rgb(0xA4, 0xAC, 0xB8),
        )
    } else {
        (
            Color32::from_rgb(0xF3, 0xF4, 0xF6),
            gray(255),
            Color32::from_rgb(0xD9, 0xDC, 0xE1),
            Color32::from_rgb(0x2B, 0x30, 0x38),
            gray(0),
            Color32::from_rgb(0x56, 0x5D, 0x68),
        )
    };
    let (line, text, weak) = if high_contrast { (weak, strong, text) } else { (line, text, weak) };
    let fill = |level: f32| panel.lerp_to_gamma(if dark { gray(255) } else { gray(0) }, level);
    let widget = |background: Color32, border: Color32, front: Color32| WidgetVisuals {
        bg_fill: background,
        weak_bg_fill: background,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(6),
        fg_stroke: Stroke::new(1.0, front),
        expansion: 0.0,
    };
    visuals.panel_fill = panel;
    visuals.window_fill = card;
    visuals.extreme_bg_color = card;
    visuals.faint_bg_color = if dark { fill(0.03) } else { fill(0.02) };
    visuals.text_edit_bg_color = Some(if dark { Color32::from_rgb(0x11, 0x13, 0x16) } else { gray(255) });
    visuals.window_stroke = Stroke::new(1.0, line);
    visuals.window_shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(if dark { 120 } else { 40 }) };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 14, spread: 0, color: Color32::from_black_alpha(if dark { 110 } else { 34 }) };
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.weak_text_color = Some(weak);
    visuals.warn_fg_color = if dark { Color32::from_rgb(0xF2, 0xB0, 0x4A) } else { Color32::from_rgb(0x87, 0x50, 0x00) };
    visuals.error_fg_color = if dark { Color32::from_rgb(0xFF, 0x7B, 0x7B) } else { Color32::from_rgb(0xB4, 0x1D, 0x2B) };
    visuals.hyperlink_color = focus(dark);
    visuals.selection = Selection { bg_fill: accent(dark), stroke: Stroke::new(1.0, gray(255)) };
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Rect { aspect_ratio: 0.5 };
    visuals.indent_has_left_vline = false;
    visuals.widgets = Widgets {
        noninteractive: WidgetVisuals { bg_stroke: Stroke::new(1.0, line), ..widget(panel, line, text) },
        inactive: widget(fill(if dark { 0.10 } else { 0.055 }), fill(if dark { 0.15 } else { 0.13 }), text),
        hovered: widget(fill(if dark { 0.16 } else { 0.10 }), fill(0.35), strong),
        active: widget(fill(if dark { 0.22 } else { 0.16 }), fill(0.5), strong),
        open: widget(fill(if dark { 0.14 } else { 0.09 }), fill(0.3), strong),
    };
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_keeps_its_colour() {
        let lane = |words: &str| words.parse::<LaneConfig>().expect("lane words");
        let colors = |lanes: &[LaneConfig]| marks(lanes).iter().map(|m| (m.color, m.is_broken())).collect::<Vec<_>>();
        let all = colors(&LaneConfig::three());
        assert_eq!(all, [(PALETTE[0], false), (PALETTE[1], false), (PALETTE[2], false)]);
        // Without SGD, SAM and δ-SAM look as before, whatever stands in front of them.
        let fewer = colors(&[lane("asam"), lane("delta-sam:rule=head"), lane("sam")]);
        assert_eq!(fewer[1..], [all[2], all[1]]);
    }

    #[test]
    fn twelve_lanes_have_twelve_marks() {
        let lanes = vec![LaneConfig::new(MethodConfig::Sam); 12];
        let plain = marks(&lanes);
        for marks in [patterned(&plain), plain] {
            for (i, mark) in marks.iter().enumerate() {
                assert!(!marks[..i].contains(mark), "{i}");
            }
        }
        // Of the first six no two have the same pattern.
        let six = patterned(&marks(&lanes[..6]));
        assert!(six.iter().enumerate().all(|(i, mark)| six[..i].iter().all(|other| other.pattern != mark.pattern)), "{six:?}");
    }

    /// WCAG relative luminance.
    fn luminance(color: Color32) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_can_be_read() {
        for (dark, high) in [(false, false), (true, false), (false, true), (true, true)] {
            let visuals = visuals(dark, high);
            // WCAG AA: 4.5 for text.
            let reads = |front: Color32, background: Color32, what: &str| {
                let found = contrast(front, background);
                assert!(found >= 4.5, "{what}, dark {dark}, strong {high}: {front:?} on {background:?}: {found}");
            };
            let (text, weak, warn) = (visuals.text_color(), visuals.weak_text_color(), visuals.warn_fg_color);
            let (error, link) = (visuals.error_fg_color, visuals.hyperlink_color);
            for (ground, what) in
                [(visuals.panel_fill, "panel"), (visuals.extreme_bg_color, "card"), (visuals.faint_bg_color, "every other row")]
            {
                assert!(contrast(focus(dark), ground) >= 3.0, "the ring on {what}: {}", contrast(focus(dark), ground));
                for front in [text, weak, warn, error, link] {
                    reads(front, ground, what);
                }
                // AAA: 7, for the last row.
                let weakest = contrast(weak, ground).min(contrast(text, ground));
                assert!(!high || weakest >= 7.0, "{weakest} on {what}");
            }
            // Buttons, with the weak words on them, and rows under the pointer.
            let Widgets { inactive, hovered, active, open, .. } = visuals.widgets;
            for state in [inactive, hovered, active, open] {
                reads(state.text_color(), state.weak_bg_fill, "a button");
            }
            for ground in [inactive.bg_fill, hovered.bg_fill] {
                reads(text, ground, "a row");
                reads(weak, ground, "weak words on a row");
            }
            reads(warn, hovered.bg_fill, "a flipped label under the pointer");
            // The strips of notices and of a first visit.
            reads(error, tinted(&visuals, error), "a notice");
            reads(text, tinted(&visuals, accent(dark)), "the welcome");
            reads(weak, visuals.text_edit_bg_color(), "the hint in a field");
            reads(Color32::WHITE, accent(dark), "the main button");
            reads(visuals.selection.stroke.color, visuals.selection.bg_fill, "what is selected");
            // 3 for graphics, on the surface of the charts.
            for color in PALETTE {
                assert!(contrast(color, visuals.extreme_bg_color) >= 3.0, "{color:?}: {}", contrast(color, visuals.extreme_bg_color));
            }
        }
    }

    /// CIELAB of a colour as somebody sees it whose cones of one kind are missing: `sight` takes linear light (Machado and
    /// others 2009).
    fn lab(color: Color32, sight: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [color.r(), color.g(), color.b()].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        let dot = |row: [f64; 3], of: [f64; 3]| row.iter().zip(of).map(|(a, b)| a * b).sum::<f64>();
        let seen = sight.map(|row| dot(row, linear).clamp(0.0, 1.0));
        let curve = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
        let x = curve(dot([0.412_456, 0.357_576, 0.180_438], seen) / 0.950_47);
        let y = curve(dot([0.212_673, 0.715_152, 0.072_175], seen));
        let z = curve(dot([0.019_334, 0.119_192, 0.950_304], seen) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn lanes_stay_apart_for_the_colour_blind() {
        let sights = [
            [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
            [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
        ];
        for (sight, missing) in sights.into_iter().zip(["long", "middle", "short"]) {
            let seen = PALETTE.map(|color| lab(color, sight));
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen[..i].iter().enumerate() {
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(distance >= 14.0, "lanes {j} and {i} without {missing} cones: {distance}");
                }
            }
        }
    }
}
