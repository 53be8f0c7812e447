//! Runs in one file of HTML, from the app or from the folders that hold them.
//!
//! From the ground up: `results` (the rows of a run), `told` (a run, and what is told of it), `compare` (which does better), `page`
//! (the file). Its figures are of `svg`.

pub mod compare;
mod page;
mod results;
mod told;

pub use page::page;
pub use results::{Context, against, below, examples, last_values, plus_minus, reference, rows};
pub use told::{Told, UsersFile};
