//! What runs and instruments tell: plain data, with a JSON form in which every number survives.

mod curves;
mod examples;
mod export;
mod forest;
mod judgement;
mod kept;
mod landscape;
mod predictions;
mod sharpness;
mod step;
mod thin;

pub use curves::{Answer, BestEpoch, LaneMeasurement, Measurement, Progress, Summary};
pub use examples::{SentenceHistory, SentenceTable, Sentences, Visit};
pub use export::ExportFormat;
pub use forest::{Dot, Finding, Forest, Row};
pub use judgement::{Bin, Cell, ClassFigures, Figures, Judged, JudgedCell, Judgement, LaneJudgement, PrecisionAt};
pub use kept::KeptRun;
pub use landscape::{Landscape, Line, PathOnPlane, PlaneChoice};
pub use predictions::{Predicted, Predictions};
pub use sharpness::{Budget, Quantity, Reading, Sharpness, Side};
pub use step::{LaneTrace, StepTrace, TracedExample};
pub use thin::thin;
