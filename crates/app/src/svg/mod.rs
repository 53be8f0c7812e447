//! Figures as SVG: the curves of a run, several runs over each other, sharpness; and what the other figures of Basin are made of.
//!
//! Every figure is white with dark text, whatever shows it, has the lanes' colours of the window, and the same bytes for the
//! same numbers.

mod backend;
pub mod curves;
pub mod overlay;
pub mod page;
pub mod sharpness;
