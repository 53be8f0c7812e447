//! A forest: differences or correlations as dots with their intervals, a row for each thing, a colour for each group.

use basin_app::svg::page::{Area, Drawn, GRAY, Panel, Words, beside, dot, page, panel, range, stroke, units, write};
use basin_train::report::{Dot, Forest};
use plotters::element::PathElement;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 20.0;
const TOP: f64 = 40.0;
/// A letter of the labels.
const LETTER: f64 = 6.0;
/// Told apart on white, also in grey and by those who do not see red and green.
const GROUPS: [RGBColor; 4] =
    [RGBColor(0x00, 0x34, 0x6E), RGBColor(0x0F, 0xA9, 0x75), RGBColor(0xE8, 0x6C, 0x0F), RGBColor(0xD6, 0x32, 0x96)];
/// What a panel has above and below its rows, and to the left of them.
const FRAME: [f64; 3] = [34.0, 46.0, 70.0];

/// The figure.
pub fn figure(forest: &Forest) -> String {
    let row = (10.0 + 6.0 * forest.groups.len() as f64).max(18.0);
    let height = FRAME[0] + FRAME[1] + row * forest.rows.len() as f64;
    let size = [WIDTH, TOP + 22.0 + height + 26.0];
    page(size, |area| {
        write(area, [LEFT, 22.0], 15.0, HPos::Left, &forest.title)?;
        legend(area, forest)?;
        let longest = forest.rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
        let margin = (LETTER * longest as f64 + LEFT - FRAME[2]).clamp(0.0, WIDTH / 2.0);
        let part = area.clone().shrink([margin, TOP + 22.0].map(units).into(), [WIDTH - margin, height].map(units).into());
        rows(&part, area, forest)?;
        write(area, [LEFT, size[1] - 14.0], 11.0, HPos::Left, &forest.note)
    })
}

fn legend(area: &Area<'_>, forest: &Forest) -> Drawn {
    let mut x = LEFT;
    for (group, name) in forest.groups.iter().enumerate() {
        let line = vec![(units(x), units(TOP + 8.0)), (units(x + 18.0), units(TOP + 8.0))];
        area.draw(&PathElement::new(line, stroke(color(group), 4.0)))?;
        write(area, [x + 24.0, TOP + 8.0], 12.0, HPos::Left, name)?;
        x += 44.0 + 7.0 * name.chars().count() as f64;
    }
    Ok(())
}

fn rows(part: &Area<'_>, area: &Area<'_>, forest: &Forest) -> Drawn {
    let count = forest.rows.len() as f64;
    let along = range(forest.ends().into_iter());
    let words = Words { title: "", along: &forest.along, up: "" };
    let mut panel = panel(part, &words, [along, [0.0, count.max(1.0)]], [8, 0])?;
    panel.draw_series([PathElement::new(vec![(0.0, 0.0), (0.0, count)], stroke(GRAY, 1.0))])?;
    for (place, row) in forest.rows.iter().enumerate() {
        let middle = count - 0.5 - place as f64;
        beside(&panel, area, middle, &row.label)?;
        for dot in &row.dots {
            let groups = forest.groups.len() as f64;
            let up = middle + 0.7 * (0.5 - (dot.group as f64 + 0.5) / groups.max(1.0));
            one(&mut panel, dot, up, color(dot.group))?;
        }
    }
    Ok(())
}

fn one(panel: &mut Panel<'_, '_>, Dot { x, half, clear, .. }: &Dot, up: f64, color: RGBColor) -> Drawn {
    if let Some(half) = half {
        panel.draw_series([PathElement::new(vec![(x - half, up), (x + half, up)], stroke(color, 1.25))])?;
    }
    dot(panel, [*x, up], 3.0, color, !clear)
}

/// The colour of a group; those beyond begin anew.
fn color(group: usize) -> RGBColor {
    GROUPS[group % GROUPS.len()]
}

#[cfg(test)]
mod tests {
    use basin_train::report::Row;

    use super::*;

    #[test]
    fn a_dot_for_each_value_and_a_line_for_each_interval() {
        let dot = |x, group, half| Dot { x, half, group, clear: half.is_some() };
        let rows = vec![
            Row { label: "films".to_owned(), dots: vec![dot(1.0, 0, Some(0.5)), dot(-2.0, 1, None)] },
            Row { label: "<names>".to_owned(), dots: vec![dot(0.5, 1, Some(0.25))] },
        ];
        let forest = Forest {
            title: "SAM − SGD".to_owned(),
            along: "points".to_owned(),
            groups: vec!["clean".to_owned(), "20 % noise".to_owned()],
            rows,
            note: "Interval: 95 %.".to_owned(),
        };
        let text = figure(&forest);
        assert_eq!(text.matches("<circle").count(), 3, "{text}");
        assert!(text.contains("&lt;names&gt;") && text.contains("20 % noise") && text.contains("Interval"), "{text}");
        let empty = figure(&Forest { rows: Vec::new(), groups: Vec::new(), ..forest });
        assert!(empty.contains("SAM − SGD"));
    }
}
