//! Lines of equal height on a grid: marching squares.
//!
//! Each cell of four neighbours is cut on its own; where a line crosses an edge is found by linear
//! interpolation. Of the two ways to cut a saddle, the mean of the four corners decides. By hand, for pieces that are drawn one by one
//! need no crate that joins them to polygons, and points where the loss is no number have to be left out.

/// A piece of a line, from one edge of a cell to another, in the coordinates of the grid.
pub type Piece = [[f64; 2]; 2];

/// The pieces at one height. `values` are row by row: `values[y * xs.len() + x]`. Cells with a corner that is not
/// finite have none.
pub fn pieces(xs: &[f64], ys: &[f64], values: &[f64], height: f64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if xs.len() < 2 || ys.len() < 2 || values.len() != xs.len() * ys.len() {
        return pieces;
    }
    for y in 0..ys.len() - 1 {
        for x in 0..xs.len() - 1 {
            // Around the cell: left below, right below, right above, left above.
            let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)];
            let heights = corners.map(|(x, y)| values[y * xs.len() + x]);
            if heights.iter().any(|v| !v.is_finite()) {
                continue;
            }
            let places = corners.map(|(x, y)| [xs[x], ys[y]]);
            let above = heights.map(|v| v >= height);
            let crossings: Vec<[f64; 2]> = (0..4)
                .filter(|edge| above[*edge] != above[(edge + 1) % 4])
                .map(|edge| crossing(places[edge], places[(edge + 1) % 4], heights[edge], heights[(edge + 1) % 4], height))
                .collect();
            match crossings[..] {
                [a, b] => pieces.push([a, b]),
                [below, right, over, left] => {
                    // A saddle: the middle belongs to one of the two pairs of opposite corners.
                    let middle = heights.iter().sum::<f64>() / 4.0 >= height;
                    if middle == above[0] {
                        pieces.extend([[below, right], [over, left]]);
                    } else {
                        pieces.extend([[below, left], [over, right]]);
                    }
                }
                _ => {}
            }
        }
    }
    pieces
}

/// Where the height is reached between two neighbours of which one is above it.
fn crossing(a: [f64; 2], b: [f64; 2], height_a: f64, height_b: f64, height: f64) -> [f64; 2] {
    let part = (height - height_a) / (height_b - height_a);
    [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_has_one_straight_line() {
        // Height = x on a grid of 3 × 3 from 0 to 2: 0.5 is crossed at x = 0.5, in the two left cells.
        let side = [0.0, 1.0, 2.0];
        let values: Vec<f64> = side.iter().flat_map(|_| side).collect();
        let pieces = pieces(&side, &side, &values, 0.5);
        assert_eq!(pieces.len(), 2);
        assert!(pieces.iter().flatten().all(|[x, _]| (x - 0.5).abs() < 1e-12), "{pieces:?}");
        let mut ys: Vec<f64> = pieces.iter().flatten().map(|[_, y]| *y).collect();
        ys.sort_by(f64::total_cmp);
        assert_eq!(ys, [0.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    fn a_bowl_has_closed_lines_of_the_right_size() {
        // Height = x² + y², at 1: a circle whose pieces are near radius 1 and add up to about 2π.
        let side: Vec<f64> = (0..=40).map(|i| -2.0 + 0.1 * f64::from(i)).collect();
        let values: Vec<f64> = side.iter().flat_map(|y| side.iter().map(move |x| x * x + y * y)).collect();
        let pieces = pieces(&side, &side, &values, 1.0);
        // Linear interpolation of a square errs by h²/8 at most, 0.00125, on a height whose slope is 2.
        assert!(pieces.iter().flatten().all(|[x, y]| (x.hypot(*y) - 1.0).abs() < 0.002));
        let length: f64 = pieces.iter().map(|[a, b]| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
        assert!((length - std::f64::consts::TAU).abs() < 0.02, "{length}");
    }

    #[test]
    fn a_saddle_is_cut_by_its_middle() {
        // Left below and right above are high; the mean 0.5 is above 0.4, so the low corners are cut off.
        let pieces_at = |height| pieces(&[0.0, 1.0], &[0.0, 1.0], &[1.0, 0.0, 0.0, 1.0], height);
        let cut_off = |pieces: &[Piece], corner: [f64; 2]| {
            pieces.iter().any(|p| p.iter().all(|q| (q[0] - corner[0]).abs() + (q[1] - corner[1]).abs() < 0.5))
        };
        assert!(cut_off(&pieces_at(0.6), [0.0, 0.0]) && cut_off(&pieces_at(0.6), [1.0, 1.0]));
        assert!(cut_off(&pieces_at(0.4), [1.0, 0.0]) && cut_off(&pieces_at(0.4), [0.0, 1.0]));
    }

    #[test]
    fn holes_have_no_lines() {
        assert!(pieces(&[0.0, 1.0], &[0.0, 1.0], &[0.0, 1.0, f64::NAN, 1.0], 0.5).is_empty());
        assert!(pieces(&[0.0], &[0.0], &[1.0], 0.5).is_empty());
    }
}
