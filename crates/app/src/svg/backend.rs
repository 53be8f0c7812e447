//! plotters' writer of SVG, which asks nobody how wide a text is.
//!
//! In a browser plotters would put the text into the page to measure it, which the page's rules for styles forbid; and whoever shows the
//! figure has other fonts. So widths are estimated, the same ones everywhere, and a figure has the same bytes everywhere.

use std::io;

use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use plotters_svg::SVGBackend;

/// Whether it worked.
type Written = Result<(), DrawingErrorKind<io::Error>>;

/// See the file's head.
pub struct Backend<'a>(SVGBackend<'a>);

impl<'a> Backend<'a> {
    /// Writes into a text.
    pub fn new(text: &'a mut String, size: [u32; 2]) -> Self {
        Self(SVGBackend::with_string(text, size.into()))
    }
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.0.get_size()
    }

    fn ensure_prepared(&mut self) -> Written {
        self.0.ensure_prepared()
    }

    fn present(&mut self) -> Written {
        self.0.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Written {
        self.0.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Written {
        self.0.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, upper_left: BackendCoord, bottom_right: BackendCoord, style: &S, fill: bool) -> Written {
        self.0.draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Written {
        self.0.draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Written {
        self.0.draw_circle(center, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Written {
        self.0.fill_polygon(corners, style)
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, place: BackendCoord) -> Written {
        self.0.draw_text(text, style, place)
    }

    fn estimate_text_size<T: BackendTextStyle>(&self, text: &str, style: &T) -> Result<(u32, u32), DrawingErrorKind<io::Error>> {
        // The size of a text in plotters is that of a line, 1.24 times as high as its letters.
        let em = style.size() / 1.24;
        Ok(((0.55 * em * text.chars().count() as f64).round() as u32, em.round() as u32))
    }
}
