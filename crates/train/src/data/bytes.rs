//! From bytes to text.
//!
//! Bytes that are no UTF-8 become `�` and a note counts their lines: one stray byte of an old encoding should not keep a
//! class waiting, and the note says what to repair. UTF-16 with a byte order mark ("Unicode text" of spreadsheets) is
//! read without ado. Letters come composed (Unicode's form NFC), so that `é` is one letter however a keyboard or a file
//! system wrote it.
//! Elsewhere: from text to rows (`table.rs`).

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::error::{DataError, counted};
use super::files::NamedBytes;

/// How much of a text tells what it is, in bytes.
pub(super) const SAMPLE: usize = 256 * 1024;

/// The text of a file, without byte order mark; what was repaired goes to `notes`.
pub(super) fn decode<'a>(file: &'a NamedBytes, notes: &mut Vec<String>) -> Result<Cow<'a, str>, DataError> {
    let bytes = &file.bytes;
    let formats: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "it is a ZIP archive, as spreadsheets are"),
        (b"\xD0\xCF\x11\xE0", "it is a spreadsheet or document of an old office program"),
        (b"\x1f\x8b", "it is compressed with gzip"),
        (b"PAR1", "it is a Parquet file"),
        (b"%PDF", "it is a PDF"),
    ];
    let not_text = |reason: &str| DataError::NotText { file: file.shown(), reason: reason.to_owned() };
    if let Some((_, reason)) = formats.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(not_text(reason));
    }
    let text = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => utf_8(file, rest, notes)?,
    };
    Ok(match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(composed(&text)),
    })
}

/// The text with composed letters.
pub(super) fn composed(text: &str) -> String {
    text.nfc().collect()
}

fn utf_8<'a>(file: &NamedBytes, bytes: &'a [u8], notes: &mut Vec<String>) -> Result<Cow<'a, str>, DataError> {
    if bytes.iter().take(SAMPLE).any(|&byte| byte == 0) {
        return Err(DataError::NotText { file: file.shown(), reason: "it has zero bytes".to_owned() });
    }
    let text = String::from_utf8_lossy(bytes);
    if let Cow::Owned(_) = text {
        let broken = bytes.split(|&byte| byte == b'\n').zip(1..).filter(|(line, _)| std::str::from_utf8(line).is_err());
        let lines: Vec<usize> = broken.map(|(_, line)| line).collect();
        notes.push(format!(
            "{}: bytes on {} are not UTF-8 and became `\u{FFFD}` (first on line {}); save the file as UTF-8",
            file.shown(),
            counted(lines.len(), "line"),
            lines.first().copied().unwrap_or(1),
        ));
    }
    Ok(text)
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, str> {
    let units = bytes.as_chunks().0.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<(String, Vec<String>), String> {
        let file = NamedBytes { name: "a.tsv".to_owned(), bytes: bytes.to_vec() };
        let mut notes = Vec::new();
        let text = decode(&file, &mut notes).map_err(|error| error.to_string())?.into_owned();
        Ok((text, notes))
    }

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        assert_eq!(text("\u{FEFF}é".as_bytes()), Ok(("é".to_owned(), vec![])));
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = "\u{FEFF}é\tb 😀\n".encode_utf16().flat_map(order).collect();
            assert_eq!(text(&bytes), Ok(("é\tb 😀\n".to_owned(), vec![])));
        }
    }

    #[test]
    fn broken_utf_8_is_replaced_and_counted() {
        let (text, notes) = text(b"1\tgood\n0\tcaf\xE9\n1\tna\xEFve \xE9\n").expect("text");
        assert_eq!(text.lines().nth(1), Some("0\tcaf\u{FFFD}"));
        assert_eq!(notes, ["a.tsv: bytes on 2 lines are not UTF-8 and became `\u{FFFD}` (first on line 2); save the file as UTF-8"]);
    }

    #[test]
    fn what_is_no_text_is_told_by_its_kind() {
        let kinds =
            [(&b"PK\x03\x04...."[..], "ZIP"), (b"\x1f\x8b\x08", "gzip"), (b"\xD0\xCF\x11\xE0\xA1", "old office"), (b"a\0b", "zero bytes")];
        for (bytes, word) in kinds {
            let error = text(bytes).expect_err("no text");
            assert!(error.contains(word) && error.contains("export it as CSV"), "{error}");
        }
    }

    #[test]
    fn letters_are_composed() {
        // U+0301 is the acute accent that joins the letter before it; Hangul composes from its parts.
        assert_eq!(text("E\u{301}ve\u{301}nement \u{1112}\u{1161}\u{11AB}".as_bytes()).expect("text").0, "Événement 한");
    }
}
