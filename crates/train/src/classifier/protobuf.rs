//! Messages of Protocol Buffers, written: all that a file of ONNX takes of them.
//!
//! A message is a row of fields, each a key (number · 8 + type) and its value; integers are in base 128, least first. That is
//! all there is to the format, and shorter than a library with the twelve messages of ONNX as its structs.
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

use std::borrow::Borrow;

/// A message that is being written.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// With a field that holds a number; negative ones are written as their two's complement in 64 bits.
    #[must_use]
    pub fn int(mut self, field: u32, value: i64) -> Self {
        self.key(field, 0);
        self.varint(value as u64);
        self
    }

    /// With a field that holds a number of 32 bits.
    #[must_use]
    pub fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// With a field that holds bytes, or a text.
    #[must_use]
    pub fn bytes(mut self, field: u32, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.key(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// With a field that holds a message.
    #[must_use]
    pub fn message(self, field: u32, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// With a field for each of some messages; those that are given away are let go of one by one.
    #[must_use]
    pub fn messages(self, field: u32, messages: impl IntoIterator<Item: Borrow<Self>>) -> Self {
        messages.into_iter().fold(self, |message, one| message.message(field, one.borrow()))
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the format's own description.
    #[test]
    fn numbers_and_texts_are_those_of_the_description() {
        assert_eq!(Message::default().int(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().bytes(2, "testing").into_bytes(), *b"\x12\x07testing");
        assert_eq!(Message::default().message(3, &Message::default().int(1, 150)).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        // One in IEEE 754 is 3f800000.
        assert_eq!(Message::default().float(1, 1.0).into_bytes(), [0x0d, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().int(1, -2).into_bytes(), [&[0x08, 0xfe][..], &[0xff; 8], &[0x01]].concat());
    }
}
