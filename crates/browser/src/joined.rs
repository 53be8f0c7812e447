//! Lines whose letters join, or run from right to left, drawn by the browser as a whole.
//!
//! egui draws letter by letter, from left to right: what its fonts lack each by itself, through eframe. For Arabic, Hebrew and
//! their like that is not the word. Here each line of text that has such letters is drawn on a canvas, with the browser's
//! fonts, and its picture takes the place of egui's letters. Nothing else of the app knows of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use egui::epaint::TextShape;
use egui::epaint::text::PlacedRow;
use egui::{Color32, ColorImage, Context, FontFamily, FullOutput, Galley, Plugin, Rect, Shape, TextureHandle, TextureOptions, pos2, vec2};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Pictures that are kept.
const MOST: usize = 400;
/// Room for smooth edges, in pixels.
const EDGE: f32 = 2.0;

/// What decides how a picture looks: a row of a paragraph.
///
/// egui's rows are of no use for it: it shapes what runs from right to left glyph by glyph in the order of the eye, so their
/// letters are not the text's. The browser breaks and cuts the paragraph once more, into as many rows.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Line {
    /// The paragraph.
    text: String,
    /// Which of how many.
    row: [usize; 2],
    /// Whether the last row ends with `…` where there is more.
    cut: bool,
    /// In pixels.
    size: u32,
    /// In pixels; a longer row is drawn narrower.
    most_width: u32,
    color: Color32,
    monospace: bool,
}

struct Picture {
    texture: TextureHandle,
    /// Where it lies from the start of the baseline, in pixels.
    place: Rect,
    /// The pass that drew it last.
    used: u64,
}

/// See the file's head.
#[derive(Default)]
pub struct Joined(HashMap<Line, Option<Picture>>);

impl Plugin for Joined {
    fn debug_name(&self) -> &'static str {
        "joined letters"
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let scale = output.pixels_per_point;
        for clipped in &mut output.shapes {
            self.replace(ctx, &mut clipped.shape, scale);
        }
        if self.0.len() > MOST {
            let now = ctx.cumulative_pass_nr();
            self.0.retain(|_, picture| picture.as_ref().is_some_and(|picture| picture.used == now));
        }
    }
}

/// Whether a letter is of a script that is written from right to left.
fn is_joined(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

impl Joined {
    fn replace(&mut self, ctx: &Context, shape: &mut Shape, scale: f32) {
        match shape {
            Shape::Vec(shapes) => shapes.iter_mut().for_each(|shape| self.replace(ctx, shape, scale)),
            Shape::Text(text) if !text.galley.text().is_ascii() && text.galley.text().contains(is_joined) => {
                if let Some(shapes) = self.pictures(ctx, text, scale) {
                    *shape = Shape::Vec(shapes);
                }
            }
            _ => {}
        }
    }

    /// The rows of such paragraphs as pictures, once all of them are there, and the other rows as they were.
    fn pictures(&mut self, ctx: &Context, text: &TextShape, scale: f32) -> Option<Vec<Shape>> {
        let format = &text.galley.job.sections.first()?.format;
        let color = if format.color == Color32::PLACEHOLDER { text.fallback_color } else { format.color };
        let color = text.override_text_color.unwrap_or(color);
        let (now, most) = (ctx.cumulative_pass_nr(), ctx.input(|input| input.max_texture_side) as f32);
        let galley = &text.galley;
        let wrap = galley.job.wrap.max_width;
        let mut rest = text.clone();
        let others = &mut Arc::make_mut(&mut rest.galley).rows;
        others.clear();
        let mut shapes = Vec::new();
        let mut all = true;
        // The last row of a paragraph ends with a line end, but for the last of all.
        let groups: Vec<&[PlacedRow]> = galley.rows.split_inclusive(|row| row.ends_with_newline).collect();
        for (k, (paragraph, rows)) in paragraphs(galley).into_iter().zip(&groups).enumerate() {
            if !paragraph.contains(is_joined) {
                others.extend_from_slice(rows);
                continue;
            }
            for (i, row) in rows.iter().enumerate() {
                let Some(first) = row.glyphs.first() else { continue };
                let width = if wrap.is_finite() { wrap } else { row.size.x };
                let line = Line {
                    text: paragraph.clone(),
                    row: [i, rows.len()],
                    cut: galley.elided && k + 1 == groups.len(),
                    size: (format.font_id.size * scale).round() as u32,
                    most_width: (width * scale).ceil().min(most - 2.0 * EDGE) as u32,
                    color,
                    monospace: format.font_id.family == FontFamily::Monospace,
                };
                // A texture made here is on the graphics card with the next frame.
                let picture = self.0.entry(line).or_insert_with_key(|line| {
                    all = false;
                    ctx.request_repaint();
                    draw(ctx, line)
                });
                let picture = picture.as_mut()?;
                picture.used = now;
                let baseline = text.pos + row.pos.to_vec2() + first.pos.to_vec2();
                let place = Rect::from_min_size(baseline + picture.place.min.to_vec2() / scale, picture.place.size() / scale);
                let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                shapes.push(Shape::image(picture.texture.id(), place, whole, Color32::WHITE.gamma_multiply(text.opacity_factor)));
            }
        }
        shapes.push(Shape::Text(rest));
        all.then_some(shapes)
    }
}

/// The paragraphs of a text: where it is laid out as one line, its line ends are spaces.
fn paragraphs(galley: &Galley) -> Vec<String> {
    if galley.job.break_on_newline {
        galley.text().split('\n').map(str::to_owned).collect()
    } else {
        vec![galley.text().replace('\n', " ")]
    }
}

thread_local! {
    /// egui wants its plugins to be `Send`; a canvas is not.
    static CANVAS: RefCell<Option<(HtmlCanvasElement, CanvasRenderingContext2d)>> = const { RefCell::new(None) };
}

/// The text of one row: words as long as they fit, of a word that is longer than a row as much as fits, the rest in the last row.
fn words_of(line: &Line, width: impl Fn(&str) -> f64) -> String {
    let ([row, rows], most) = (line.row, f64::from(line.most_width));
    let mut lines: Vec<String> = Vec::new();
    for word in line.text.split(' ') {
        let full = lines.len() == rows;
        if let Some(last) = lines.last_mut() {
            let longer = format!("{last} {word}");
            if full || width(&longer) <= most {
                *last = longer;
                continue;
            }
        }
        let mut word = word;
        while lines.len() + 1 < rows && width(word) > most {
            let ends = word.char_indices().map(|(end, _)| end).skip(1).collect::<Vec<_>>();
            let fits = ends.partition_point(|end| width(&word[..*end]) <= most).max(1);
            let Some(end) = ends.get(fits - 1) else { break };
            lines.push(word[..*end].to_owned());
            word = &word[*end..];
        }
        lines.push(word.to_owned());
    }
    let mut text = lines.into_iter().nth(row).unwrap_or_default();
    if line.cut && row + 1 == rows && width(&text) > most {
        while !text.is_empty() && width(&format!("{text}…")) > most {
            text.pop();
        }
        text.push('…');
    }
    text
}

/// Has the browser draw a line; none where it cannot.
fn draw(ctx: &Context, line: &Line) -> Option<Picture> {
    let (canvas, context) = CANVAS.with_borrow_mut(|kept| {
        if kept.is_none() {
            let canvas = web_sys::window()?.document()?.create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
            let context = canvas.get_context("2d").ok()??.dyn_into::<CanvasRenderingContext2d>().ok()?;
            *kept = Some((canvas, context));
        }
        kept.clone()
    })?;
    let family = if line.monospace { "monospace" } else { "system-ui, sans-serif" };
    let font = format!("{}px {family}", line.size);
    // The first letter decides which way the line runs.
    let strong = line.text.chars().find(|letter| letter.is_alphabetic());
    let direction = if strong.is_some_and(is_joined) { "rtl" } else { "ltr" };
    let prepare = || {
        context.set_font(&font);
        // web-sys has no setter for it.
        let _ = js_sys::Reflect::set(&context, &"direction".into(), &direction.into());
        context.set_text_align("left");
        context.set_text_baseline("alphabetic");
    };
    prepare();
    let text = words_of(line, |text| context.measure_text(text).map_or(0.0, |measured| measured.width()));
    let measured = context.measure_text(&text).ok()?;
    let (above, below) = (measured.actual_bounding_box_ascent() as f32, measured.actual_bounding_box_descent() as f32);
    let width = (measured.width() as f32).min(line.most_width as f32);
    let size = vec2((width + 2.0 * EDGE).ceil().max(1.0), (above + below + 2.0 * EDGE).ceil().max(1.0));
    // A canvas of another size is clear, and has forgotten everything.
    canvas.set_width(size.x as u32);
    canvas.set_height(size.y as u32);
    prepare();
    let [r, g, b, a] = line.color.to_srgba_unmultiplied();
    context.set_fill_style_str(&format!("rgb({r} {g} {b} / {})", f32::from(a) / 255.0));
    context.fill_text_with_max_width(&text, f64::from(EDGE), f64::from(EDGE + above), f64::from(width)).ok()?;
    let pixels = context.get_image_data(0.0, 0.0, f64::from(size.x), f64::from(size.y)).ok()?.data().0;
    let image = ColorImage::from_rgba_unmultiplied([size.x as usize, size.y as usize], &pixels);
    let texture = ctx.load_texture("joined letters", image, TextureOptions::LINEAR);
    Some(Picture { texture, place: Rect::from_min_size(pos2(-EDGE, -above - EDGE), size), used: 0 })
}
