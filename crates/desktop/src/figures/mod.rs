//! Figures as SVG: the curves of a run, several runs over each other, sharpness, the loss around the lanes, a sweep, differences with
//! their intervals.
//!
//! Every figure is white with dark text, whatever shows it, has the lanes' colours of the window, and the same bytes for the
//! same numbers.

pub mod curves;
pub mod flattening;
pub mod forest;
pub mod landscape;
pub mod overlay;
mod page;
pub mod scatter;
pub mod sharpness;
pub mod sweep;
