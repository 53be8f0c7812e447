//! Figures as SVG that only the command line has: the loss around the lanes, a sweep, differences with their intervals.
//!
//! Elsewhere: what they are made of, and the curves and the sharpness of runs (`basin_app::svg`).

pub mod flattening;
pub mod forest;
pub mod landscape;
pub mod scatter;
pub mod sweep;
