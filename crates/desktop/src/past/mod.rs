//! Runs of the past, as the folders of `--out` hold them: a list of them, and a report on some.
//!
//! From the ground up: `run` (one, read), `list` (`basin runs`), `report` (`basin report`).

mod list;
mod report;
mod run;

pub use list::{RunsArgs, runs};
pub use report::{ReportArgs, report};
