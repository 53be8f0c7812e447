//! All measurements of a run as one table, one row per step, lane and seed, and back.
//!
//! A member that diverged has empty cells. Elsewhere: the dialect (`table.rs`), the values of one chart (`figures.rs`).

use basin_train::report::{LaneMeasurement, Measurement};
use csv::{ReaderBuilder, StringRecord};

use crate::state::{Metric, State};
use crate::table::Table;

/// The columns before those of the metrics.
const HEAD: [&str; 8] = ["step", "epoch", "lane", "lane_words", "seed", "gradient_evaluations", "lane_seconds", "diverged"];

/// Columns that every version has written.
const FEWEST: usize = HEAD.len() + 5;

fn head() -> Vec<&'static str> {
    HEAD.into_iter().chain(Metric::ALL.map(Metric::word)).collect()
}

/// The table.
pub fn csv(state: &State, first_seed: u64) -> String {
    let mut table = Table::new(&head());
    for measurement in &state.run.measurements {
        for (series, lane) in state.run.lanes.iter().zip(&measurement.lanes) {
            for member in 0..lane.test_loss.len() {
                table.row(&[
                    &measurement.step,
                    &measurement.epoch,
                    &series.title,
                    &series.config.to_string(),
                    &(first_seed + member as u64),
                    &lane.gradient_evaluations,
                    &lane.seconds,
                    &lane.diverged.get(member).copied().unwrap_or(false),
                    &Metric::ALL.map(|metric| metric.values(lane).get(member).copied()),
                ]);
            }
        }
    }
    table.finish()
}

/// The measurements of a table that [`csv()`] wrote, but for what it does not tell: a class that a lane answers alone. A table
/// of an earlier version lacks the last columns.
///
/// # Errors
/// The number of the row, from 1 at the header, that is none of such a table.
pub fn read(text: &str) -> Result<Vec<Measurement>, usize> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let (mut measurements, mut title) = (Vec::new(), String::new());
    for (index, row) in reader.records().enumerate() {
        let number = index + 1;
        let row = row.map_err(|_| number)?;
        let good = if index == 0 {
            row.len() >= FEWEST && row.iter().eq(head().into_iter().take(row.len()))
        } else {
            add(&mut measurements, &mut title, &row).is_some()
        };
        if !good {
            return Err(number);
        }
    }
    Ok(measurements)
}

/// Adds one member to the measurement and the lane of the row before (`title`), or to the next; none if a cell is not as it should be.
fn add(measurements: &mut Vec<Measurement>, title: &mut String, row: &StringRecord) -> Option<()> {
    let number = |column: usize| match row.get(column) {
        None | Some("") => Some(f64::NAN),
        Some(cell) => cell.parse().ok(),
    };
    let step = row[0].parse().ok()?;
    if measurements.last().is_none_or(|last| last.step != step) {
        measurements.push(Measurement { step, epoch: number(1)?, lanes: Vec::new() });
        title.clear();
    }
    let lanes = &mut measurements.last_mut()?.lanes;
    if row[2] != **title {
        row[2].clone_into(title);
        let seconds = Some(number(6)?).filter(|seconds| seconds.is_finite());
        lanes.push(LaneMeasurement { gradient_evaluations: number(5)?, seconds, ..LaneMeasurement::default() });
    }
    let lane = lanes.last_mut()?;
    lane.diverged.push(row[7].parse().ok()?);
    // In the order of `Metric::ALL`.
    let LaneMeasurement { test_accuracy, test_loss, train_loss, gap, train_accuracy, .. } = lane;
    let LaneMeasurement { gap_held_out, train_accuracy_flipped, train_accuracy_kept, .. } = lane;
    let values = [test_accuracy, test_loss, train_loss, gap, train_accuracy, gap_held_out, train_accuracy_flipped, train_accuracy_kept];
    for (values, column) in values.into_iter().zip(HEAD.len()..) {
        values.push(number(column)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};

    use super::*;

    /// A run of two lanes with two members at two steps; a member of the second lane diverges.
    fn state() -> State {
        let mut state = State::default();
        let lanes = ["delta-sam:rule=random", "sam:rho=0.3"].map(|words| words.parse().expect("lane words")).to_vec();
        state.begin(RunId(1), &Experiment { lanes, ..Experiment::default() });
        let lane = |gone: f64, seconds| LaneMeasurement {
            gradient_evaluations: 20.0,
            seconds,
            train_loss: vec![0.25, gone],
            train_accuracy: vec![0.75, gone],
            test_loss: vec![0.5, gone],
            test_accuracy: vec![0.625, gone],
            gap: vec![0.1 + 0.2, gone],
            gap_held_out: vec![0.375, gone],
            train_accuracy_flipped: vec![0.875, gone],
            train_accuracy_kept: vec![1.0, gone],
            diverged: vec![false, gone.is_nan()],
            only_answer: Vec::new(),
        };
        for (step, gone) in [(0, 1.0), (10, f64::NAN)] {
            let lanes = vec![lane(2.0, Some(0.5)), lane(gone, None)];
            state.apply(Event::Measured { run: RunId(1), measurement: Measurement { step, epoch: step as f64 / 20.0, lanes } });
        }
        state
    }

    #[test]
    fn a_row_per_step_lane_and_seed() {
        let text = csv(&state(), 3);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 1 + 2 * 2 * 2);
        let words = &state().run.lanes[0].config;
        assert_eq!(
            rows[5],
            format!("10,0.5,placebo (random weights),{words},3,20,0.5,false,0.625,0.5,0.25,0.30000000000000004,0.75,0.375,0.875,1")
        );
        assert_eq!(rows[8], "10,0.5,SAM,sam:rho=0.3,4,20,,true,,,,,,,,");
    }

    #[test]
    fn what_is_read_back_is_what_was_measured() {
        let mut state = state();
        let text = csv(&state, 3);
        state.run.measurements = read(&text).expect("our own table");
        assert_eq!((state.run.measurements.len(), state.run.measurements[1].lanes[1].seconds), (2, None));
        assert_eq!(csv(&state, 3), text);
        let old: Vec<String> = text.lines().map(|row| row.split(',').take(FEWEST).collect::<Vec<_>>().join(",")).collect();
        let old = read(&old.join("\n")).expect("a table of an earlier version");
        assert!(old[1].lanes[0].gap[0] > 0.3 && old[1].lanes[0].gap_held_out[0].is_nan());
    }

    #[test]
    fn what_is_no_such_table_is_told_with_its_row() {
        let text = csv(&state(), 3);
        assert_eq!(read("step,lane\n"), Err(1), "another header");
        assert_eq!(read(&text.replace("true", "perhaps")), Err(9));
        assert_eq!(read(&format!("{text}7,cut")), Err(10));
    }
}
