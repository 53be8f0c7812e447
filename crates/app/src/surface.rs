//! A surface over a square, seen from a place that can be turned: projection and order of drawing.
//!
//! Parallel projection, so equal heights stay equal. No egui here.

/// From where a surface is seen.
#[derive(Clone, Copy, Debug)]
pub struct Eye {
    sin_turn: f32,
    cos_turn: f32,
    sin_tilt: f32,
    cos_tilt: f32,
}

/// A point on the screen: right, up, and how far away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// To the right.
    pub right: f32,
    /// Up.
    pub up: f32,
    /// Away from the viewer; what is far is drawn first.
    pub away: f32,
}

impl Eye {
    /// `turn` about the vertical; `tilt` 0 looks from the side, π/2 from above; radians.
    pub fn new([turn, tilt]: [f32; 2]) -> Self {
        let ((sin_turn, cos_turn), (sin_tilt, cos_tilt)) = (turn.sin_cos(), tilt.sin_cos());
        Self { sin_turn, cos_turn, sin_tilt, cos_tilt }
    }

    /// Where a point is seen: `x` to the right and `y` away before turning, `z` up; all about the middle of the square.
    pub fn see(&self, x: f32, y: f32, z: f32) -> Seen {
        let right = self.cos_turn * x - self.sin_turn * y;
        let deep = self.sin_turn * x + self.cos_turn * y;
        Seen { right, up: self.sin_tilt * deep + self.cos_tilt * z, away: self.cos_tilt * deep - self.sin_tilt * z }
    }
}

/// A turn after dragging by so many points, within what looks like a surface from above.
pub fn dragged([turn, tilt]: [f32; 2], right: f32, down: f32) -> [f32; 2] {
    [(turn + 0.01 * right).rem_euclid(std::f32::consts::TAU), (tilt + 0.01 * down).clamp(0.1, 1.5)]
}

/// The cells of a grid of `columns` × `rows` points, the farthest first, as the number of their lower left point.
/// A cell with a corner that is not seen is left out.
pub fn cells(columns: usize, rows: usize, seen: &[Option<Seen>]) -> Vec<usize> {
    let mut cells: Vec<(f32, usize)> = Vec::new();
    for y in 0..rows.saturating_sub(1) {
        for x in 0..columns.saturating_sub(1) {
            let corner = y * columns + x;
            let away: Option<f32> =
                [corner, corner + 1, corner + columns, corner + columns + 1].iter().map(|i| seen[*i].map(|s| s.away)).sum();
            cells.extend(away.map(|away| (away, corner)));
        }
    }
    cells.sort_by(|a, b| b.0.total_cmp(&a.0));
    cells.into_iter().map(|(_, corner)| corner).collect()
}

#[cfg(test)]
mod tests {
    use std::f32::consts::FRAC_PI_2;

    use super::*;

    fn close(a: Seen, b: [f32; 3]) -> bool {
        (a.right - b[0]).abs() < 1e-6 && (a.up - b[1]).abs() < 1e-6 && (a.away - b[2]).abs() < 1e-6
    }

    #[test]
    fn from_above_it_is_a_map_and_from_the_side_a_profile() {
        // From above: x to the right, y up, and what is high is near.
        assert!(close(Eye::new([0.0, FRAC_PI_2]).see(0.3, 0.4, 0.5), [0.3, 0.4, -0.5]));
        // From the side: x to the right, z up, y away.
        assert!(close(Eye::new([0.0, 0.0]).see(0.3, 0.4, 0.5), [0.3, 0.5, 0.4]));
        // A quarter turn: what was to the right is away, what was away is to the left.
        assert!(close(Eye::new([FRAC_PI_2, 0.0]).see(0.3, 0.4, 0.5), [-0.4, 0.5, 0.3]));
    }

    #[test]
    fn turning_keeps_lengths() {
        let seen = Eye::new([0.7, 1.1]).see(1.0, 2.0, 2.0);
        // ‖(1, 2, 2)‖ = 3.
        assert!((seen.right.hypot(seen.up).hypot(seen.away) - 3.0).abs() < 1e-5);
    }

    #[test]
    fn what_is_far_is_drawn_first() {
        let eye = Eye::new([0.0, 0.5]);
        let seen: Vec<Option<Seen>> = (0..9).map(|i| Some(eye.see((i % 3) as f32, (i / 3) as f32, 0.0))).collect();
        let order = cells(3, 3, &seen);
        // Rows 1 (corners 3, 4) lie behind row 0 (corners 0, 1).
        assert!(order[..2].iter().all(|c| *c >= 3) && order[2..].iter().all(|c| *c < 3), "{order:?}");
        let mut holes = seen;
        holes[0] = None;
        assert_eq!(cells(3, 3, &holes).len(), 3);
    }

    #[test]
    fn dragging_stops_before_it_is_upside_down() {
        assert!((dragged([0.0, 1.4], 0.0, 1000.0)[1] - 1.5).abs() < 1e-6);
        assert!((dragged([0.5, 1.0], 10.0, 0.0)[0] - 0.6).abs() < 1e-6);
    }
}
