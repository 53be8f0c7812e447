//! Data: from bytes to the examples of a run.
//!
//! The way of a file, which is also the order in which these files import each other:
//!
//! - `files` (names and bytes), `bytes` (text), `foreign` (text that is no table), `rows` (rows of cells) from `delimited` (in the
//!   dialect that `dialect` finds), `json` or `fasttext`: all of it is `table`;
//! - `profile`, `names` and `header` (what columns and their names look like), `guess` (which of them are used), `labels`
//!   (what is a class), `columns` and `test_file` (labelled texts), `doubts` (what a person would frown at), `taken` (the
//!   statement of all that): the whole is `reading`;
//! - `shape` (split, thinned, noisy), `tokens` (texts as numbers), `encoder` (texts as vectors), `dataset` (the steps in order).
//!
//! Texts that are answered and not learned from stream through `texts`; `alike` tells tables of them from sentences with commas.
//!
//! Sets that need no file: `builtin`, `reviews`, `films`. What can be wrong with data: `error`.

mod alike;
pub mod builtin;
mod bytes;
mod columns;
pub mod dataset;
mod delimited;
mod dialect;
mod doubts;
pub mod encoder;
pub mod error;
mod examples;
mod fasttext;
pub mod files;
mod films;
mod foreign;
mod guess;
mod header;
mod json;
mod labels;
mod names;
mod profile;
pub mod reading;
pub mod reviews;
mod rows;
mod shape;
mod source;
mod table;
pub mod taken;
mod test_file;
pub mod texts;
pub mod tokens;
mod warnings;

pub use columns::Wish;
pub use dialect::delimiter_word;
pub use examples::MOST_CLASSES;
pub use rows::{Format, MOST_ROWS};
