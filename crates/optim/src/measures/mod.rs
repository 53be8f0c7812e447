//! What is measured of weights and methods: sharpness, alignment with per-instance SAM, the loss around them.

pub mod alignment;
pub mod landscape;
pub mod sharpness;
pub mod split;
