//! Images of what is on the screen, as PNG files.

use std::sync::mpsc::{Receiver, Sender, channel};

use egui::{ColorImage, Context, Rect};

use crate::command::Figure;
use crate::figures;
use crate::files::FileRequest;

/// The images that were asked for, until they are files to save.
pub struct Images {
    /// Where on the screen the figure lies, in points.
    wanted: Option<(Figure, Rect)>,
    /// The figure whose image is taken: shells need one or two frames for it.
    taken: Option<Figure>,
    files: (Sender<FileRequest>, Receiver<FileRequest>),
}

impl Default for Images {
    fn default() -> Self {
        Self { wanted: None, taken: None, files: channel() }
    }
}

impl Images {
    /// Asks for an image of the next frame, when the menu that asked for it is gone.
    pub fn want(&mut self, figure: Figure, rect: Rect) {
        self.wanted = Some((figure, rect));
    }

    /// The figure whose image is taken.
    pub fn taken(&self) -> Option<Figure> {
        self.taken
    }

    /// Takes the image that is wanted, of the frame that begins.
    pub fn take_wanted(&mut self, ctx: &Context) {
        let Some((figure, rect)) = self.wanted.take() else { return };
        self.taken = Some(figure);
        let name = format!("{}.png", figures::name(figure));
        let (sender, wake, scale) = (self.files.0.clone(), ctx.clone(), ctx.pixels_per_point());
        ctx.request_screenshot(move |image| {
            // The app that asked may be gone; then nobody wants it.
            let _ = sender.send(FileRequest::Save { name, bytes: png(&image, rect, scale) });
            wake.request_repaint();
        });
    }

    /// The images that have arrived, as files to save.
    pub fn arrived(&mut self) -> impl Iterator<Item = FileRequest> {
        self.files.1.try_iter().inspect(|_| self.taken = None)
    }
}

/// The part of an image under `rect`, in points of `scale` pixels, as a PNG file.
fn png(image: &ColorImage, rect: Rect, scale: f32) -> Vec<u8> {
    let [width, height] = image.size;
    // As far as it lies on the screen.
    let edge = |points: f32, most: usize| ((points * scale).round().max(0.0) as usize).min(most);
    let (left, right) = (edge(rect.left(), width), edge(rect.right(), width));
    let (top, bottom) = (edge(rect.top(), height), edge(rect.bottom(), height));
    let rows = (top..bottom).flat_map(|y| &image.pixels[y * width + left..y * width + right]);
    let bytes: Vec<u8> = rows.flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    let mut file = Vec::new();
    if bytes.is_empty() {
        return file;
    }
    let mut encoder = png::Encoder::new(&mut file, (right - left) as u32, (bottom - top) as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a size above zero and a vector that takes everything");
    writer.write_image_data(&bytes).expect("three bytes a pixel");
    writer.finish().expect("a vector takes everything");
    file
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use egui::{Color32, pos2};

    use super::*;

    #[test]
    fn the_part_under_the_rectangle_is_kept() {
        // 4 × 3 pixels, red = 10 x, green = 10 y; two pixels a point, so points 0.5 to 1.5 are pixels 1 and 2.
        let pixels = (0..3).flat_map(|y| (0..4).map(move |x| Color32::from_rgb(10 * x, 10 * y, 0))).collect();
        let image = ColorImage::new([4, 3], pixels);
        let file = png(&image, Rect::from_min_max(pos2(0.5, 0.5), pos2(1.5, 9.0)), 2.0);
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().expect("a PNG file");
        let mut bytes = vec![0; reader.output_buffer_size().expect("a small image")];
        let info = reader.next_frame(&mut bytes).expect("its pixels");
        assert_eq!((info.width, info.height), (2, 2));
        assert_eq!(bytes, [10, 10, 0, 20, 10, 0, 10, 20, 0, 20, 20, 0]);
    }
}
