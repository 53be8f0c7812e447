//! From bytes to text.
//!
//! Lines that are no UTF-8 are read as Windows-1252, in which every byte is a letter of its own: one stray byte of an old
//! encoding should not keep a class waiting, no two labels become one, and a note says what to repair. UTF-16 with a byte
//! order mark ("Unicode text" of spreadsheets) is read without ado. Letters come composed (Unicode's form NFC), so that `é` is one
//! letter however a keyboard or a file system wrote it.
//! Elsewhere: from text to rows (`table.rs`).

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::error::{DataError, counted, cut};
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
        [0xFF, 0xFE, 0, 0, ..] => return Err(not_text("it is UTF-32")),
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
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let (mut text, mut others, mut first) = (String::with_capacity(bytes.len()), 0, None);
    for (line, number) in bytes.split_inclusive(|&byte| byte == b'\n').zip(1_usize..) {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(error) => {
                others += 1;
                let start = text.len();
                text.extend(line.iter().map(|&byte| windows_1252(byte)));
                // As many bytes before the first strange one are as many characters.
                let near = text[start..].chars().skip(error.valid_up_to().saturating_sub(8)).take(16).collect::<String>();
                first.get_or_insert((number, near));
            }
        }
    }
    let (line, near) = first.unwrap_or_default();
    notes.push(format!(
        "{}: {} {} not UTF-8 and read as Windows-1252 (first line {line}: `{}`); if letters are wrong there, save the file as UTF-8",
        file.shown(),
        counted(others, "line"),
        if others == 1 { "was" } else { "were" },
        cut(&near, 16),
    ));
    Ok(Cow::Owned(text))
}

/// The character of a byte in Windows-1252; of the five bytes that have none, the control character of that number.
fn windows_1252(byte: u8) -> char {
    const FROM_0X80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    if (0x80..0xA0).contains(&byte) { FROM_0X80[usize::from(byte) - 0x80] } else { char::from(byte) }
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
    fn lines_of_an_old_encoding_are_read_letter_by_letter() {
        let (text, notes) = text(b"1\tgood \xC3\xA9\n0\tcaf\xE9 \x80\n1\tna\xEFve \xE9\n").expect("text");
        assert_eq!(text.lines().collect::<Vec<_>>(), ["1\tgood é", "0\tcafé €", "1\tnaïve é"]);
        assert_eq!(
            notes,
            [
                "a.tsv: 2 lines were not UTF-8 and read as Windows-1252 (first line 2: `0 café €`); if letters are wrong there, save the file as UTF-8"
            ]
        );
        // No two bytes are one letter: no two classes become one.
        let letters: std::collections::BTreeSet<char> = (0..=u8::MAX).map(windows_1252).collect();
        assert_eq!(letters.len(), 256);
    }

    #[test]
    fn what_is_no_text_is_told_by_its_kind() {
        let kinds = [
            (&b"PK\x03\x04...."[..], "ZIP"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\xD0\xCF\x11\xE0\xA1", "old office"),
            (b"a\0b", "zero bytes"),
            (b"\xFF\xFE\0\0a\0\0\0", "UTF-32"),
        ];
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
