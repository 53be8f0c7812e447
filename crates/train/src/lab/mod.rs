//! The lab: methods that are compared each at its own best ρ, over a grid of knobs.
//!
//! In reading order: what is compared (`grid.rs`), what one run of it gives (`outcome.rs`) and what a study asks besides (`detail.rs`), how some of them are trained
//! together (`work.rs`), who does so (`crew.rs`), what still waits (`pieces.rs`), what is known from before (`known.rs`) and all of them a slice at a time (`sweeping.rs`), which ρ is the best and what it is worth (`choice.rs`), what its sharpness says of it (`relation.rs`), and all of it in sentences (`words.rs`). No
//! threads, no files: who trains where and what is kept is for the command line, the trainer and the shells.

pub mod choice;
pub mod crew;
pub mod detail;
pub mod grid;
mod known;
pub mod outcome;
mod pieces;
pub mod relation;
pub mod sweeping;
pub mod words;
pub mod work;

pub use known::Known;
