//! Data: from bytes to the examples of a run.
//!
//! The way of a file, and the order in which these import each other: `files` (names and bytes), `table` (rows of cells),
//! `guess` and `columns` (labelled texts), `dataset` (split, thinned, numbered), `tokens` (texts as numbers).
//! Sets that need no file: `builtin`, `reviews`. What can be wrong with data: `error`.

pub mod builtin;
pub mod columns;
pub mod dataset;
pub mod error;
pub mod files;
mod guess;
pub mod reviews;
pub mod table;
pub mod tokens;
