//! What is bounded so that a run's memory is known: records, places, snapshots, and how much is computed at once.

use super::network::{DataSizes, F32, Network};
use crate::experiment::ModelConfig;

/// Bytes that the visits of all examples in all lanes may take.
pub const VISITS_BYTES: u64 = 128 << 20;

/// Bytes that reports of steps may take until a measurement reads them.
pub const REPORTS_BYTES: u64 = 64 << 20;

/// Bytes that remembered weights may take, all lanes together.
pub const TRAJECTORY_BYTES: u64 = 128 << 20;

/// Most places that are remembered of a path.
pub const TRAJECTORY_PLACES: u64 = 64;

/// Bytes that snapshots of past steps may take, all lanes together.
pub const SNAPSHOTS_BYTES: u64 = 192 << 20;

/// Most snapshots of a run.
pub const MOST_SNAPSHOTS: u64 = 64;

/// Bytes of a saved run that visits of examples may take, and as many that the lanes' paths may take.
pub const SAVED_BYTES: u64 = 8 << 20;

/// Bytes that the measurements of a run may take, and those of its sharpness.
pub const TOLD_BYTES: u64 = 8 << 20;

/// Bytes of activations that a forward pass over examples of our choice may take, unless one example takes more.
pub const FORWARD_BYTES: u64 = 128 << 20;

/// Most examples of such a pass: few enough that a batch's own rows stay few, too.
pub const MOST_EXAMPLES: usize = 64;

/// Bytes of one visit of an example.
pub(super) const VISIT: u64 = 64;

/// Points of a line between lanes, which are more than those of a landscape that are computed at once.
const POINTS: usize = 41;

/// Places along a step that are looked at under the microscope.
const PLACES: u64 = 17;

/// Training examples that are kept track of (see `sentences.rs`).
pub const MOST_KEPT: u64 = 20_000;

/// Places that are remembered of paths whose weights take `bytes`, all lanes together.
pub fn trajectory_places(bytes: u64) -> u64 {
    (TRAJECTORY_BYTES / bytes.max(1)).min(TRAJECTORY_PLACES)
}

/// Snapshots that are kept of a run whose weights and moments take `bytes`.
pub fn snapshots(bytes: u64) -> u64 {
    (SNAPSHOTS_BYTES / bytes.max(1)).min(MOST_SNAPSHOTS)
}

/// Visits that are kept of one of `examples` examples in one of `lanes` lanes: a power of two, 8 at least.
pub fn most_visits(examples: usize, lanes: usize) -> usize {
    let each = VISITS_BYTES / (VISIT * (examples * lanes).max(1) as u64);
    1 << each.clamp(8, 256).ilog2()
}

/// Measurements that are remembered of a run of so many lanes and members: in f64, ten series of each member and two of a lane.
pub fn most_measurements(lanes: usize, members: usize) -> usize {
    (TOLD_BYTES as usize / (8 * (2 + lanes * (2 + 10 * members)))).max(64)
}

/// Measurements of sharpness that are remembered: as JSON, nine readings of a lane with values and errors of each member.
pub fn most_sharpness(lanes: usize, members: usize) -> usize {
    (TOLD_BYTES as usize / (20 * 9 * 2 * (lanes * members).max(1))).clamp(32, 4096)
}

/// Steps whose reports may wait for a measurement, of `lanes` lanes with as many numbers as members × batch.
pub fn most_reports(lanes: usize, numbers: usize) -> usize {
    // Losses, losses up there and weights; and what it takes to keep a tensor.
    let each = 3 * (F32 * numbers as u64 + 400) * lanes as u64;
    (REPORTS_BYTES / each.max(1)).clamp(1, 8192) as usize
}

/// Examples of one forward pass, with the longest text as long as that of the data, for a population of `members`.
pub fn chunk(config: &ModelConfig, data: &DataSizes, members: u64) -> usize {
    let network = Network { config: *config, data: *data };
    let each = network.forward_bytes(members, 1).max(1);
    (FORWARD_BYTES / each).clamp(1, MOST_EXAMPLES as u64) as usize
}

/// Points of a landscape or a line that are computed at once, at most.
pub fn points_at_once(config: &ModelConfig) -> usize {
    // Each has the weights of a member, which layers of an encoder have many of.
    if config.tune.is_some() { 4 } else { POINTS }
}

/// Members of one forward pass over `examples`.
pub fn members_at_once(config: &ModelConfig, data: &DataSizes, examples: usize) -> usize {
    let network = Network { config: *config, data: *data };
    let each = network.forward_bytes(1, examples as u64).max(1);
    (FORWARD_BYTES / each).clamp(1, PLACES) as usize
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::data;
    use super::*;
    use crate::experiment::ModelKind;

    #[test]
    fn long_texts_come_in_smaller_chunks() {
        let config = |kind| ModelConfig { kind, ..ModelConfig::default() };
        let long = DataSizes { longest: 1024, ..data() };
        assert_eq!(chunk(&config(ModelKind::Attention), &data(), 4), MOST_EXAMPLES);
        assert_eq!(chunk(&config(ModelKind::Bag), &long, 4), MOST_EXAMPLES);
        let few = chunk(&config(ModelKind::Attention), &long, 4);
        // Scores alone are 3 · 1024² numbers of 4 bytes in 4 members: 50 MB of 134 MB.
        assert!((1..=2).contains(&few), "{few}");
        assert_eq!(chunk(&config(ModelKind::Attention), &long, 64), 1);
    }

    #[test]
    fn records_are_bounded_by_bytes() {
        // 128 MiB over 48 bytes · 20,000 examples · 12 lanes = 11.6 visits.
        assert_eq!((most_visits(20_000, 12), most_visits(100, 3)), (8, 256));
        // 64 MiB over 3 · (4 · 65,536 + 400) bytes · 12 lanes = 7.1 steps.
        assert_eq!((most_reports(12, 64 * 1024), most_reports(1, 1)), (7, 8192));
    }
}
