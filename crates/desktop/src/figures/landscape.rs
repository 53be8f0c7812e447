//! The loss around the lanes: a map of it on a plane with their paths, or its curve on a line between two.

use basin_app::colormap::{self, Scale};
use basin_app::svg::page::{Area, Drawn, GRAY, INK, Legend, Panel, Words, page, panel, range, rgb, stroke, units, write};
use basin_app::{format, theme};
use basin_train::experiment::{LaneConfig, titles};
use basin_train::report::{Landscape, Line, PathOnPlane};
use plotters::element::{Circle, DashedPathElement, PathElement, Rectangle};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor, WHITE};

const LEFT: f64 = 20.0;
const TOP: f64 = 44.0;
/// Width of the map with its axes.
const MAP: f64 = 570.0;
/// Height of the map with its axes, which leaves a square of 482 for the map itself.
const HEIGHT: f64 = 536.0;
/// Colours of the map: finer steps cannot be told apart, and make the file larger.
const STEPS: f64 = 63.0;
/// Of held-out examples: none of a lane.
const HELD_OUT: RGBColor = RGBColor(0x8A, 0x5A, 0xC8);

/// The loss on a plane.
pub fn plane(landscape: &Landscape, lanes: &[LaneConfig]) -> String {
    let legend = Legend::new(lanes, |lane| format!(": {}", outside(&landscape.paths[lane])), MAP);
    page([MAP + 120.0, TOP + HEIGHT + legend.height() + 16.0], |area| {
        let title = format!("Training loss on the plane {}", landscape.plane);
        write(area, [LEFT, 24.0], 14.0, HPos::Left, &format::cut(&title, 96))?;
        if let Some(loss) = landscape.start_loss {
            let start = format!("Hollow: the start, loss {}{}; faded: far outside the plane.", format::short(loss), ground(landscape));
            write(area, [LEFT, 40.0], 11.0, HPos::Left, &start)?;
        }
        let part = area.clone().shrink((0, units(TOP)), (units(MAP), units(HEIGHT)));
        let sides = [&landscape.xs, &landscape.ys].map(|along| cells(along));
        let words = Words { along: "distance between weights", up: "distance between weights", ..Words::default() };
        let mut panel = panel(&part, &words, sides, [7, 7])?;
        if let Some(scale) = Scale::of(&landscape.loss) {
            map(area, &panel, landscape, &scale)?;
            bar(area, &scale)?;
        }
        for (path, mark) in landscape.paths.iter().zip(theme::marks(lanes)) {
            // Faded where the path is far from the plane.
            for (i, ends) in path.points.windows(2).enumerate() {
                let strength = f64::midpoint(path.strength(i), path.strength(i + 1));
                let ends: Vec<(f64, f64)> = ends.iter().copied().map(Into::into).collect();
                panel.draw_series([PathElement::new(ends.clone(), stroke(WHITE.mix(0.8 * strength), 4.0))])?;
                let style = stroke(rgb(mark.color).mix(strength), 2.0);
                if mark.is_broken() {
                    panel.draw_series([DashedPathElement::new(ends, units(6.0), units(4.0), style)])?;
                } else {
                    panel.draw_series([PathElement::new(ends, style)])?;
                }
            }
            let Some([x, y]) = path.points.last() else { continue };
            let strength = path.strength(path.points.len() - 1);
            panel.draw_series([
                Circle::new((*x, *y), units(7.0), WHITE.mix(strength).filled()),
                Circle::new((*x, *y), units(5.5), rgb(mark.color).mix(strength).filled()),
            ])?;
        }
        // Above the ends, which lie near it in a plane that shows little of them.
        for (path, mark) in landscape.paths.iter().zip(theme::marks(lanes)) {
            let Some([x, y]) = path.points.first() else { continue };
            panel.draw_series([Circle::new((*x, *y), units(5.5), stroke(rgb(mark.color).mix(path.strength(0)), 1.5))])?;
        }
        legend.draw(area, [LEFT, TOP + HEIGHT + 4.0])
    })
}

/// What is to be said of the ground under the start: nothing where the plane goes through it.
fn ground(landscape: &Landscape) -> &'static str {
    let outside = landscape.paths.iter().find_map(|path| path.outside.first()).copied().unwrap_or(0.0);
    if outside < 0.005 { "" } else { ", which lies on other ground" }
}

/// What a slice hides: the share of the distance from the plane's origin that lies beside the plane.
pub fn outside(path: &PathOnPlane) -> String {
    let Some(end) = path.outside.last() else { return "diverged".to_owned() };
    let most = path.outside.iter().copied().fold(0.0, f64::max);
    format!("{:.0} % outside the plane at its end, {:.0} % at most", end * 100.0, most * 100.0)
}

/// Half the distance of two points of the grid, which stand in the middle of their cells.
fn half(along: &[f64]) -> f64 {
    (along[along.len() - 1] - along[0]) / (along.len() - 1) as f64 / 2.0
}

/// From the edge of the first cell to that of the last.
fn cells(along: &[f64]) -> [f64; 2] {
    [along[0] - half(along), along[along.len() - 1] + half(along)]
}

/// A rectangle for each run of cells in one colour.
fn map(area: &Area<'_>, panel: &Panel<'_, '_>, landscape: &Landscape, scale: &Scale) -> Drawn {
    let [xs, ys] = [&landscape.xs, &landscape.ys];
    // The next rectangles lie on what these have too much, and no gap shows between neighbours.
    let (more, (right, top)) = (units(1.0), panel.backend_coord(&(cells(xs)[1], cells(ys)[1])));
    let step = |loss: &f64| scale.height(*loss).map(|height| (height * STEPS).round() as u32);
    for (row, y) in landscape.loss.chunks(xs.len()).zip(ys) {
        let mut i = 0;
        for run in row.chunk_by(|a, b| step(a) == step(b)) {
            let (first, last) = (i, i + run.len() - 1);
            i += run.len();
            let Some(step) = step(&run[0]) else { continue };
            let low = panel.backend_coord(&(xs[first] - half(xs), y - half(ys)));
            let high = panel.backend_coord(&(xs[last] + half(xs), y + half(ys)));
            let color = rgb(colormap::color(f64::from(step) / STEPS));
            area.draw(&Rectangle::new([(low.0, (high.1 - more).max(top)), ((high.0 + more).min(right), low.1)], color.filled()))?;
        }
    }
    Ok(())
}

/// The colours with their numbers, beside the map.
fn bar(area: &Area<'_>, scale: &Scale) -> Drawn {
    let (left, top, height) = (MAP, TOP + 30.0, HEIGHT - 110.0);
    for i in 0..=STEPS as u32 {
        let from = |i: u32| top + height * (1.0 - f64::from(i) / (STEPS + 1.0));
        let color = rgb(colormap::color(f64::from(i) / STEPS));
        area.draw(&Rectangle::new(
            [(units(left), units(from(i + 1))), (units(left + 16.0), units(from(i) + if i > 0 { 1.0 } else { 0.0 }))],
            color.filled(),
        ))?;
    }
    write(area, [left, top - 14.0], 11.0, HPos::Left, "nats")?;
    for mark in scale.marks() {
        let y = top + height * (1.0 - scale.height(mark).unwrap_or(0.0));
        area.draw(&PathElement::new(
            [[left + 16.0, y], [left + 20.0, y]].map(|place| place.map(units).into()).to_vec(),
            stroke(GRAY, 0.75),
        ))?;
        write(area, [left + 24.0, y], 10.5, HPos::Left, &format::short(mark))?;
    }
    Ok(())
}

/// The losses on a line.
pub fn line(line: &Line, lanes: &[LaneConfig]) -> String {
    let titles = titles(lanes);
    page([600.0, 420.0], |area| {
        let title = format!("Loss from {} (t = 0) to {} (t = 1)", titles[line.from], titles[line.to]);
        write(area, [LEFT, 24.0], 14.0, HPos::Left, &title)?;
        let part = area.clone().shrink((0, units(TOP)), (units(600.0), units(340.0)));
        let losses = [("training examples", &line.train_loss, INK), ("held-out examples", &line.test_loss, HELD_OUT)];
        let up = range(losses.iter().flat_map(|(_, loss, _)| loss.iter().copied()));
        let words = Words { along: "t", up: "nats", ..Words::default() };
        let mut panel = panel(&part, &words, [[line.t[0], line.t[line.t.len() - 1]], up], [7, 7])?;
        for t in [0.0, 1.0] {
            panel.draw_series([PathElement::new(vec![(t, up[0]), (t, up[1])], stroke(GRAY, 1.0))])?;
        }
        for (i, (name, loss, color)) in losses.into_iter().enumerate() {
            let points = line.t.iter().zip(loss).filter(|(_, loss)| loss.is_finite()).map(|(t, loss)| (*t, *loss));
            panel.draw_series([PathElement::new(points.collect::<Vec<_>>(), stroke(color, 2.0))])?;
            let (x, y) = (LEFT + 160.0 * i as f64, TOP + 354.0);
            area.draw(&PathElement::new([[x, y], [x + 26.0, y]].map(|place| place.map(units).into()).to_vec(), stroke(color, 3.0)))?;
            write(area, [x + 32.0, y], 12.0, HPos::Left, name)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One lane whose path lies outside the plane by these shares at start and end.
    fn drawn(outside: [f64; 2]) -> String {
        let path = PathOnPlane { points: vec![[0.0, 0.0], [1.0, 1.0]], steps: vec![0, 9], outside: outside.to_vec() };
        let landscape = Landscape {
            plane: "through all".to_owned(),
            xs: vec![0.0, 1.0],
            ys: vec![0.0, 1.0],
            loss: vec![0.5, 0.25, 0.75, 1.0],
            paths: vec![path],
            start_loss: Some(0.5),
            ..Landscape::default()
        };
        plane(&landscape, &["sam".parse().expect("lane words")])
    }

    #[test]
    fn the_start_is_on_other_ground_where_the_plane_misses_it() {
        assert!(drawn([0.9, 0.0]).contains("loss 0.500, which lies on other ground; faded"));
        assert!(drawn([0.0, 0.9]).contains("loss 0.500; faded"));
    }

    #[test]
    fn an_end_is_as_faint_as_its_path_and_leaves_the_start_seen() {
        let circles = |text: &str| text.lines().filter(|line| line.starts_with("<circle")).map(str::to_owned).collect::<Vec<_>>();
        let (far, near) = (circles(&drawn([0.0, 1.0])), circles(&drawn([0.0, 0.0])));
        assert_eq!((far.len(), near.len()), (3, 3));
        assert!(far[..2].iter().all(|end| end.contains("opacity=\"0.15\"")), "{far:?}");
        assert!(near[..2].iter().all(|end| end.contains("opacity=\"1\"")), "{near:?}");
        assert!(far[2].contains("fill=\"none\""), "the start comes last: {far:?}");
    }
}
