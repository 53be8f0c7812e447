//! basin
fn main() {}
