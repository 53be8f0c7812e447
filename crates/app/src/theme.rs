//! How it looks: light and dark, sizes, and one colour a lane everywhere.
//!
//! The six lane colours keep at least 3 : 1 contrast on both backgrounds and stay apart in
//! simulated protanopia, deuteranopia and tritanopia (smallest CIELAB distance 14). Lanes beyond
//! six repeat them with a broken line, so colour is never the only mark.

use basin_train::experiment::{LaneConfig, MethodConfig, Rule};
use egui::style::{Selection, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Visuals, vec2};

/// The lane colours: SGD, SAM, δ-SAM, placebo, then the others.
const PALETTE: [Color32; 6] = [
    Color32::from_rgb(0x1F, 0x83, 0xE0),
    Color32::from_rgb(0xE8, 0x6C, 0x0F),
    Color32::from_rgb(0x0F, 0xA9, 0x75),
    Color32::from_rgb(0xD6, 0x32, 0x96),
    Color32::from_rgb(0xEA, 0x28, 0x4B),
    Color32::from_rgb(0x7A, 0x94, 0xC0),
];

/// How a lane is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneMark {
    /// Its colour.
    pub color: Color32,
    /// Whether its line is broken.
    pub dashed: bool,
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
            LaneMark { color: PALETTE[slot % PALETTE.len()], dashed: slot >= PALETTE.len() }
        })
        .collect()
}

/// The colour of the main button and of what is selected.
pub fn accent(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(0x2F, 0x6F, 0xC4) } else { Color32::from_rgb(0x1B, 0x66, 0xC9) }
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

/// Sets both themes. `touch` makes everything large enough for a finger, `strong` has all text and lines in the strongest contrast.
pub fn install(ctx: &egui::Context, touch: bool, strong: bool) {
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
            spacing.button_padding = if touch { vec2(12.0, 8.0) } else { vec2(9.0, 4.0) };
            spacing.interact_size = if touch { vec2(44.0, 36.0) } else { vec2(36.0, 26.0) };
            spacing.icon_width = if touch { 20.0 } else { 17.0 };
            spacing.icon_width_inner = if touch { 12.0 } else { 10.0 };
            spacing.slider_width = 110.0;
            spacing.combo_width = 60.0;
            spacing.tooltip_width = 320.0;
            spacing.window_margin = Margin::same(14);
            spacing.menu_margin = Margin::same(6);
            style.interaction.selectable_labels = false;
            style.interaction.tooltip_delay = 0.35;
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
            Color32::from_rgb(0x9A, 0xA2, 0xAF),
        )
    } else {
        (
            Color32::from_rgb(0xF3, 0xF4, 0xF6),
            gray(255),
            Color32::from_rgb(0xD9, 0xDC, 0xE1),
            Color32::from_rgb(0x2B, 0x30, 0x38),
            gray(0),
            Color32::from_rgb(0x5F, 0x67, 0x73),
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
    visuals.warn_fg_color = if dark { Color32::from_rgb(0xF2, 0xB0, 0x4A) } else { Color32::from_rgb(0x9A, 0x5B, 0x00) };
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
        let colors = |lanes: &[LaneConfig]| marks(lanes).iter().map(|m| (m.color, m.dashed)).collect::<Vec<_>>();
        let all = colors(&LaneConfig::three());
        assert_eq!(all, [(PALETTE[0], false), (PALETTE[1], false), (PALETTE[2], false)]);
        // Without SGD, SAM and δ-SAM look as before, whatever stands in front of them.
        let fewer = colors(&[lane("asam"), lane("delta-sam:rule=head"), lane("sam")]);
        assert_eq!(fewer[1..], [all[2], all[1]]);
    }

    #[test]
    fn twelve_lanes_have_twelve_marks() {
        let lanes = vec![LaneConfig::new(MethodConfig::Sam); 12];
        let marks = marks(&lanes);
        for (i, mark) in marks.iter().enumerate() {
            assert!(!marks[..i].contains(mark), "{i}");
        }
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
            for background in [visuals.panel_fill, visuals.extreme_bg_color] {
                assert!(contrast(focus(dark), background) >= 3.0, "the ring on {background:?}: {}", contrast(focus(dark), background));
                // WCAG AA: 4.5 for text.
                for front in [visuals.text_color(), visuals.weak_text_color(), visuals.warn_fg_color, visuals.error_fg_color] {
                    assert!(contrast(front, background) >= 4.5, "{front:?} on {background:?}: {}", contrast(front, background));
                }
                // AAA: 7, for the last row.
                let weakest = contrast(visuals.weak_text_color(), background).min(contrast(visuals.text_color(), background));
                assert!(!high || weakest >= 7.0, "{weakest} on {background:?}");
            }
            assert!(contrast(Color32::WHITE, accent(dark)) >= 4.5);
            // 3 for graphics, on the surface of the charts.
            for color in PALETTE {
                assert!(contrast(color, visuals.extreme_bg_color) >= 3.0, "{color:?}: {}", contrast(color, visuals.extreme_bg_color));
            }
        }
    }
}
