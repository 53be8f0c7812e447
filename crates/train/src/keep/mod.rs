//! Runs that are kept as they go, so that the end of a tab, of a process or of a trainer loses none.

mod cells;
mod keeper;
mod place;
mod vector_form;
mod vectors;

pub(crate) use cells::Cells;
pub(crate) use keeper::Keeper;
pub use place::{Keep, NotWritten, Nowhere};
pub use vector_form::{Key, VectorForm};
