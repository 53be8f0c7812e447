//! Letters of the user's data that the fonts of the program lack: a font of the system that has them.
//!
//! egui asks once for each letter that it cannot draw. Nothing of the system is looked at before.

use std::sync::{Arc, OnceLock};

use egui::{FallbackRequest, FontData, FontInsert, FontProvider};
use fontdb::{Database, FaceInfo, ID, Stretch, Style};
use ttf_parser::Face;

/// The fonts of the system; their names are read at the first letter that is missing.
#[derive(Default)]
pub struct SystemFonts(OnceLock<Database>);

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let letter = request.cluster.chars().next()?;
        let fonts = self.0.get_or_init(|| {
            let mut fonts = Database::new();
            fonts.load_system_fonts();
            fonts
        });
        let id = font_with(fonts, letter)?;
        let name = format!("system: {}", fonts.face(id)?.post_script_name);
        let (bytes, index) = fonts.with_face_data(id, |bytes, index| (bytes.to_vec(), index))?;
        // Where it stands among the fonts is egui's to say: behind its own.
        Some(FontInsert::new(&name, FontData::from_blob(Arc::new(bytes), index), Vec::new()))
    }
}

/// The font that has a letter and is most like plain text.
fn font_with(fonts: &Database, letter: char) -> Option<ID> {
    let mut faces: Vec<&FaceInfo> = fonts.faces().collect();
    faces.sort_by_key(|face| (face.style != Style::Normal, face.stretch != Stretch::Normal, face.weight.0.abs_diff(400), face.monospaced));
    let has = |face: &&&FaceInfo| {
        let found =
            fonts.with_face_data(face.id, |bytes, index| Face::parse(bytes, index).is_ok_and(|face| face.glyph_index(letter).is_some()));
        found == Some(true)
    };
    faces.iter().find(has).map(|face| face.id)
}

#[cfg(test)]
mod tests {
    use egui::FontDefinitions;

    use super::*;

    #[test]
    fn the_font_that_has_the_letter_is_found() {
        let own = FontDefinitions::default();
        let mut fonts = Database::new();
        assert_eq!(font_with(&fonts, 'a'), None);
        fonts.load_font_data(own.font_data["Hack"].bytes().to_vec());
        let name = |letter| font_with(&fonts, letter).and_then(|id| fonts.face(id)).map(|face| face.families[0].0.clone());
        assert_eq!(name('Ж').as_deref(), Some("Hack"));
        assert_eq!(name('中'), None);
    }
}
