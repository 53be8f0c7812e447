//! Colours for heights: from dark blue (low) to yellow (high), lighter step by step.
//!
//! Source: cividis (Nuñez, Anderton, Renslow 2018, arXiv:1712.01662), 18 of its colours; it reads the same with
//! colour vision deficiencies, and in grey.

use egui::Color32;

const CIVIDIS: [(u8, u8, u8); 18] = [
    (0, 32, 76),
    (0, 42, 102),
    (0, 52, 110),
    (39, 63, 108),
    (60, 74, 107),
    (76, 85, 107),
    (91, 95, 109),
    (104, 106, 112),
    (117, 117, 117),
    (131, 129, 120),
    (146, 140, 120),
    (161, 152, 118),
    (176, 165, 114),
    (192, 177, 109),
    (209, 191, 102),
    (225, 204, 92),
    (243, 219, 79),
    (255, 233, 69),
];

/// The colour of a height from 0 to 1.
pub fn color(height: f64) -> Color32 {
    let place = height.clamp(0.0, 1.0) * (CIVIDIS.len() - 1) as f64;
    let below = (place.floor() as usize).min(CIVIDIS.len() - 2);
    let part = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (CIVIDIS[below], CIVIDIS[below + 1]);
    Color32::from_rgb(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Heights of values: where each stands between the lowest and the highest, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    /// By the logarithm: for values above zero that span more than a decade.
    log: bool,
}

impl Scale {
    /// The scale of the finite values; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        (low <= high).then_some(Self { low, high, log: low > 0.0 && high > 10.0 * low })
    }

    /// Whether it goes by the logarithm.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// The height of a value, 0 to 1; `None` if it is not finite.
    pub fn height(&self, value: f64) -> Option<f64> {
        let (low, high, value) = if self.log { (self.low.ln(), self.high.ln(), value.ln()) } else { (self.low, self.high, value) };
        value.is_finite().then(|| if high > low { (value - low) / (high - low) } else { 0.5 })
    }

    /// Round values inside the scale, ascending: for contours and for the numbers beside the bar.
    pub fn marks(&self) -> Vec<f64> {
        let inside = |v: &f64| *v > self.low && *v < self.high;
        if self.log {
            let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
            // Less than two decades have room for more.
            let digits: &[f64] = if self.high < 100.0 * self.low { &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0] } else { &[1.0, 2.0, 5.0] };
            return decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10.0_f64.powi(decade))).filter(inside).collect();
        }
        let wide = (self.high - self.low) / 5.0;
        let power = 10.0_f64.powf(wide.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= wide).unwrap_or(power);
        if !(step.is_finite() && step > 0.0) {
            return Vec::new();
        }
        let first = (self.low / step).ceil();
        (0..12).map(|i| (first + f64::from(i)) * step).filter(inside).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_is_lighter() {
        // Luma of BT.601, whose weights add up to 1.
        let luma = |c: Color32| 0.299 * f64::from(c.r()) + 0.587 * f64::from(c.g()) + 0.114 * f64::from(c.b());
        let lumas: Vec<f64> = (0..=100).map(|i| luma(color(f64::from(i) / 100.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[1] > pair[0] - 0.5), "{lumas:?}");
        assert_eq!(color(0.5 / 17.0), Color32::from_rgb(0, 37, 89));
    }

    #[test]
    fn marks_are_round() {
        let scale = Scale::of(&[0.3, f64::NAN, 1.3]).expect("two finite values");
        // A fifth of the range is 0.2.
        let marks: Vec<String> = scale.marks().iter().map(|v| format!("{v:.1}")).collect();
        assert_eq!(marks, ["0.4", "0.6", "0.8", "1.0", "1.2"]);
        assert!((scale.height(0.8).expect("finite") - 0.5).abs() < 1e-12);
        assert_eq!(scale.height(f64::NAN), None);
    }

    #[test]
    fn wide_ranges_go_by_the_logarithm() {
        let scale = Scale::of(&[0.1, 10.0]).expect("two finite values");
        assert!(scale.is_log());
        // 1 is half-way between 0.1 and 10.
        assert!((scale.height(1.0).expect("finite") - 0.5).abs() < 1e-12);
        assert_eq!(scale.marks().len(), 5, "0.2 0.5 1 2 5");
        assert_eq!(Scale::of(&[f64::NAN]), None);
    }
}
