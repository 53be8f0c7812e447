//! What runs and instruments tell: plain data, with a JSON form in which every number survives.

mod curves;
mod examples;
mod export;
mod kept;
mod landscape;
mod sharpness;
mod step;

pub use curves::{Answer, LaneMeasurement, Measurement, Progress, Summary};
pub use examples::{SentenceHistory, SentenceTable, Sentences, Visit};
pub use export::ExportFormat;
pub use kept::KeptRun;
pub use landscape::{Landscape, Line, PathOnPlane, PlaneChoice};
pub use sharpness::{Budget, Quantity, Reading, Sharpness, Side};
pub use step::{LaneTrace, StepTrace, TracedExample};
