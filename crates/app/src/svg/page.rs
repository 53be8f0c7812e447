//! What all figures are made of: a white page, text, the legend of the lanes, panels with axes.
//!
//! plotters places everything on whole units. A page has four of them a point, so that curves are smooth, and shows at its
//! size in points. Lengths here are in points.

use std::io;

use basin_train::experiment::{LaneConfig, titles};
use egui::Color32;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, DashedPathElement, PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, IntoFont, RGBColor, ShapeStyle, TRANSPARENT, TextStyle, WHITE};

use super::backend::Backend;
use crate::theme::{self, LaneMark};

/// A part of a page.
pub type Area<'a> = DrawingArea<Backend<'a>, Shift>;
/// Whether it worked; a page is a text in memory, which takes everything.
pub type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;
/// A panel with its axes.
pub type Panel<'a, 'b> = ChartContext<'a, Backend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Units of a page in a point.
const FINE: f64 = 4.0;

/// Text and axes.
pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Lines of a grid.
pub const FAINT: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
/// Between the two.
pub const GRAY: RGBColor = RGBColor(0x77, 0x77, 0x77);

/// A length in units of a page.
pub fn units(points: f64) -> i32 {
    (points * FINE).round() as i32
}

/// A page of a size.
pub fn page([width, height]: [f64; 2], draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let size = [width, height].map(|length| units(length) as u32);
    let mut text = String::new();
    let area = Backend::new(&mut text, size).into_drawing_area();
    area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present()).expect("a text takes every shape");
    drop(area);
    let words = |[width, height]: [u32; 2]| format!("width=\"{width}\" height=\"{height}\"");
    text.replacen(&words(size), &words([width, height].map(|length| length as u32)), 1)
}

/// A colour of the window.
pub fn rgb(color: Color32) -> RGBColor {
    RGBColor(color.r(), color.g(), color.b())
}

/// A line of a width.
pub fn stroke(color: impl Color, width: f64) -> ShapeStyle {
    ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: units(width) as u32 }
}

/// Text of a size.
pub fn font(size: f64) -> TextStyle<'static> {
    // The size of plotters is that of a line, 1.24 times as high as its letters.
    TextStyle::from((FontFamily::SansSerif, size * 1.24 * FINE).into_font()).color(&INK)
}

/// Writes a text that begins at a place, or ends there or is centred, with its middle at that height.
pub fn write(area: &Area<'_>, [x, y]: [f64; 2], size: f64, side: HPos, text: &str) -> Drawn {
    // XML has no place for control characters, which names of files may hold.
    let text = text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ");
    area.draw(&Text::new(text, (units(x), units(y)), font(size).pos(Pos::new(side, VPos::Center))))
}

/// Length of the sample of a line in a legend.
const SAMPLE: f64 = 26.0;

/// A line of a legend: a sample of the mark that begins at a place, and a text.
pub fn sample(area: &Area<'_>, [x, y]: [f64; 2], mark: LaneMark, text: &str) -> Drawn {
    let ends = [x, x + SAMPLE].map(|x| (units(x), units(y)));
    line(area, &ends, mark, 3.0)?;
    write(area, [x + SAMPLE + 6.0, y], 12.0, HPos::Left, text)
}

/// The lanes with their marks.
pub struct Legend {
    marks: Vec<LaneMark>,
    texts: Vec<String>,
    columns: usize,
    /// Of a column.
    width: f64,
}

impl Legend {
    const LINE: f64 = 18.0;
    /// The lanes' titles, each followed by what `more` says of its lane, in as many columns as a width takes.
    pub fn new(lanes: &[LaneConfig], more: impl Fn(usize) -> String, width: f64) -> Self {
        let texts: Vec<String> = titles(lanes).into_iter().enumerate().map(|(i, title)| title + &more(i)).collect();
        let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        // A letter of 12 points is about 6.5 wide.
        let column = SAMPLE + 24.0 + 6.5 * longest as f64;
        Self { marks: theme::marks(lanes), texts, columns: ((width / column) as usize).max(1), width: column }
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        self.texts.len().div_ceil(self.columns) as f64 * Self::LINE
    }

    /// Draws it with its upper left corner at a place.
    pub fn draw(&self, area: &Area<'_>, [left, top]: [f64; 2]) -> Drawn {
        for (i, (mark, text)) in self.marks.iter().zip(&self.texts).enumerate() {
            let (x, y) = (left + (i % self.columns) as f64 * self.width, top + ((i / self.columns) as f64 + 0.5) * Self::LINE);
            sample(area, [x, y], *mark, text)?;
        }
        Ok(())
    }
}

/// Draws the line of a lane, broken where its mark is.
fn line(area: &Area<'_>, points: &[(i32, i32)], mark: LaneMark, width: f64) -> Drawn {
    let style = stroke(rgb(mark.color), width);
    if mark.is_broken() {
        area.draw(&DashedPathElement::new(points.to_vec(), units(6.0), units(4.0), style))
    } else {
        area.draw(&PathElement::new(points.to_vec(), style))
    }
}

/// Draws the line of a lane into a panel.
pub fn curve(panel: &mut Panel<'_, '_>, points: &[[f64; 2]], mark: LaneMark) -> Drawn {
    if points.is_empty() {
        return Ok(());
    }
    let (points, style): (Vec<(f64, f64)>, _) = (points.iter().copied().map(Into::into).collect(), stroke(rgb(mark.color), 2.0));
    if mark.is_broken() {
        panel.draw_series([DashedPathElement::new(points, units(6.0), units(4.0), style)]).map(drop)
    } else {
        panel.draw_series([PathElement::new(points, style)]).map(drop)
    }
}

/// Draws a dot into a panel, filled or hollow.
pub fn dot(panel: &mut Panel<'_, '_>, [x, y]: [f64; 2], radius: f64, color: RGBColor, hollow: bool) -> Drawn {
    let style = if hollow { stroke(color, 1.5) } else { color.mix(0.75).filled() };
    panel.draw_series([Circle::new((x, y), units(radius), style)]).map(drop)
}

/// Writes a text to the left of a panel on `area`, at a height.
pub fn beside(panel: &Panel<'_, '_>, area: &Area<'_>, y: f64, text: &str) -> Drawn {
    let place = panel.backend_coord(&(panel.x_range().start, y));
    let base = area.get_base_pixel();
    let [x, y] = [place.0 - base.0, place.1 - base.1].map(|length| f64::from(length) / FINE);
    write(area, [x - 6.0, y], 10.5, HPos::Right, text)
}

/// Writes a text below a panel on `area`, at a place along it.
pub fn below(panel: &Panel<'_, '_>, area: &Area<'_>, x: f64, text: &str) -> Drawn {
    let place = panel.backend_coord(&(x, panel.y_range().start));
    let base = area.get_base_pixel();
    let [x, y] = [place.0 - base.0, place.1 - base.1].map(|length| f64::from(length) / FINE);
    write(area, [x, y + 10.0], 10.5, HPos::Center, text)
}

/// The words around a panel.
#[derive(Default)]
pub struct Words<'a> {
    /// Above it.
    pub title: &'a str,
    /// What lies along.
    pub along: &'a str,
    /// What goes up.
    pub up: &'a str,
}

/// A panel with axes and grid, of a range along and one upwards, with about so many marks on each.
pub fn panel<'a, 'b>(
    area: &'a Area<'b>,
    words: &Words<'_>,
    [along, up]: [[f64; 2]; 2],
    marks: [usize; 2],
) -> Result<Panel<'a, 'b>, DrawingAreaErrorKind<io::Error>> {
    let mut panel = ChartBuilder::on(area)
        .caption(words.title, font(13.0))
        .margin(units(8.0))
        .margin_right(units(18.0))
        .x_label_area_size(units(38.0))
        .y_label_area_size(units(62.0))
        .build_cartesian_2d(along[0]..along[1], up[0]..up[1])?;
    panel
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(stroke(FAINT, 0.75))
        .axis_style(stroke(GRAY, 0.75))
        .x_labels(marks[0])
        .y_labels(marks[1])
        .set_all_tick_mark_size(units(4.0))
        .label_style(font(10.5))
        .axis_desc_style(font(11.0))
        .x_desc(words.along)
        .y_desc(words.up)
        .x_label_formatter(&|value| number(*value, along))
        .y_label_formatter(&|value| number(*value, up))
        .draw()?;
    Ok(panel)
}

/// A mark of an axis, with as many decimals as its range needs.
pub fn number(value: f64, [low, high]: [f64; 2]) -> String {
    let size = low.abs().max(high.abs());
    if size >= 1e6 {
        return format!("{value:.1e}");
    }
    // Marks are not closer than a twelfth of the range.
    let decimals = (1.0 - ((high - low) / 1.2).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

/// A range around values with room at both ends; around zero where there are none.
pub fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let finite = values.filter(|value| value.is_finite());
    let [low, high] = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    let room = match high - low {
        wide if wide > 0.0 => 0.05 * wide,
        // One value, or none.
        _ if low.is_finite() && low != 0.0 => 0.1 * low.abs(),
        _ => 1.0,
    };
    if low <= high { [low - room, high + room] } else { [-room, room] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_users_are_escaped_and_pages_show_at_their_size() {
        let text = page([300.0, 100.0], |area| write(area, [10.0, 20.0], 12.0, HPos::Left, "<a & \"b\">\u{1}.csv"));
        assert!(text.starts_with("<svg width=\"300\" height=\"100\" viewBox=\"0 0 1200 400\""), "{text}");
        assert!(text.contains("&lt;a &amp; &quot;b&quot;&gt; .csv"), "{text}");
    }

    #[test]
    fn marks_have_the_decimals_of_their_range() {
        let texts = [number(0.1 + 0.2, [0.0, 1.0]), number(-0.0005, [-0.001, 0.001]), number(-0.0, [-1.0, 1.0])];
        assert_eq!(texts, ["0.3", "−0.0005", "0"]);
        assert_eq!([number(20.0, [0.0, 60.0]), number(2e9, [0.0, 1e10])], ["20", "2.0e9"]);
    }

    #[test]
    fn a_range_has_room() {
        let words = |values: &[f64]| format!("{:?}", range(values.iter().copied()));
        assert_eq!(words(&[0.0, 10.0, f64::NAN]), "[-0.5, 10.5]");
        assert_eq!((words(&[2.0]), words(&[])), ("[1.8, 2.2]".to_owned(), "[-1.0, 1.0]".to_owned()));
    }
}
