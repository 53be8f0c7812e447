//! What was measured, as a table and as JSON.

use std::fmt::Write;

use basin_train::experiment::{MethodConfig, ModelKind};
use basin_train::reference::{BATCH, CLASSES, DIM, HIDDEN, LENGTH, VOCABULARY};
use serde_json::{Value, json};

use super::measure::Row;
use crate::report;
use crate::words::told;

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

impl Row {
    /// Median over rounds of this step's time over that of `other`.
    fn over(&self, other: &Self) -> f64 {
        median(&self.step_millis.iter().zip(&other.step_millis).map(|(a, b)| a / b).collect::<Vec<_>>())
    }

    /// Gradient evaluations a second, all members together.
    fn gradients_per_second(&self) -> f64 {
        self.facts.gradients * self.case.members as f64 * 1e3 / median(&self.step_millis)
    }
}

/// SAM with as many members on the same device.
fn sam_beside<'a>(rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    rows.iter().find(|other| {
        other.case.lane.method == MethodConfig::Sam
            && other.case.members == row.case.members
            && other.case.compute.device == row.case.compute.device
    })
}

/// The same method with one member on the same device.
fn alone<'a>(rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    rows.iter()
        .find(|other| other.case.members == 1 && other.case.lane == row.case.lane && other.case.compute.device == row.case.compute.device)
}

/// A line a case, with what the columns mean below.
pub fn table(model: ModelKind, rows: &[Row]) -> String {
    let head = ["method", "device", "members", "launches", "host, ms", "step, ms", "× SAM", "× 1 member", "gradients/s", "memory, MB", ""];
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        vec![
            row.case.lane.title(),
            row.case.compute.name.clone(),
            row.case.members.to_string(),
            or_dash(row.facts.launches.map(|count| format!("{count:.0}"))),
            format!("{:.3}", median(&row.host_millis)),
            format!("{:.3}", median(&row.step_millis)),
            or_dash(sam_beside(rows, row).map(|sam| format!("{:.2}", row.over(sam)))),
            or_dash(alone(rows, row).map(|one| format!("{:.2}", row.over(one)))),
            format!("{:.0}", row.gradients_per_second()),
            or_dash(row.facts.memory.map(|bytes| format!("{:.1}", bytes as f64 / 1e6))),
            String::new(),
        ]
    }));
    let rounds = rows.first().map_or(0, |row| row.step_millis.len());
    let mut text = report::aligned(&lines);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "A training step of {}: {VOCABULARY} tokens, dim {DIM}, hidden {HIDDEN}, {CLASSES} classes, batch {BATCH} × {LENGTH}, \
         base SGD. Medians of {rounds} rounds.",
        told(model)
    );
    text.push_str(
        "host: until the calls return; step: until the work is done. × SAM: with as many members; × 1 member: of the same method.\n\
         gradients/s: evaluations of all members. memory: on a GPU what burn's pools reserve, on the CPU a whole process at its peak.\n",
    );
    text
}

/// Every round of every case.
pub fn document(model: ModelKind, rows: &[Row]) -> Value {
    let of_row = |row: &Row| {
        json!({
            "lane": row.case.lane.to_string(),
            "title": row.case.lane.title(),
            "device": row.case.compute.name,
            "members": row.case.members,
            "launches": row.facts.launches,
            "gradients": row.facts.gradients,
            "memory_bytes": row.facts.memory,
            "host_millis": { "median": median(&row.host_millis), "rounds": row.host_millis },
            "step_millis": { "median": median(&row.step_millis), "rounds": row.step_millis },
            "gradients_per_second": row.gradients_per_second(),
            "over_sam": sam_beside(rows, row).map(|sam| row.over(sam)),
            "over_one_member": alone(rows, row).map(|one| row.over(one)),
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "model": { "kind": model, "vocabulary": VOCABULARY, "dim": DIM, "hidden": HIDDEN, "classes": CLASSES },
        "batch": BATCH,
        "length": LENGTH,
        "base": "sgd",
        "rows": rows.iter().map(of_row).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use basin_train::run::Compute;

    use super::super::case::Case;
    use super::super::measure::Facts;
    use super::*;

    #[test]
    fn medians_are_those_of_the_textbook() {
        // 1, 2, 9: the middle; 1, 2, 4, 9: (2 + 4)/2.
        assert_eq!(median(&[9.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(&[9.0, 1.0, 4.0, 2.0]).to_bits(), 3.0_f64.to_bits());
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let row = |lane: &str, step_millis: [f64; 3]| Row {
            case: Case { compute: Compute::cpu(), model: ModelKind::Bag, lane: lane.parse().expect("lane words"), members: 1 },
            facts: Facts { launches: None, gradients: 2.0, memory: None },
            host_millis: step_millis.to_vec(),
            step_millis: step_millis.to_vec(),
        };
        // The machine was ten times slower in the second round. Quotients 1.5, 1.5, 2: the median is 1.5,
        // and the quotient of the medians 1.5/2 would be a slow round over a fast one.
        let rows = [row("sam", [1.0, 20.0, 2.0]), row("gsam", [1.5, 30.0, 4.0])];
        assert_eq!(rows[1].over(&rows[0]).to_bits(), 1.5_f64.to_bits());
        // Medians 2 and 4 ms: 2 gradients in 2 ms are 1000 a second.
        assert_eq!(rows[0].gradients_per_second().to_bits(), 1000.0_f64.to_bits());
        let text = table(ModelKind::Bag, &rows);
        let line = text.lines().nth(2).expect("a line for GSAM");
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["GSAM", "CPU", "1", "–", "4.000", "4.000", "1.50", "1.00", "500", "–"]);
    }
}
