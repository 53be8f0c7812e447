//! Every quantity of every rule against known numbers from an independent program.
//!
//! A file of known numbers (the golden format; `tests/golden/make_golden.py` writes it) holds a small
//! problem, weights, a batch and a noise vector, and what each rule makes of them. Here the same rules
//! run on any device, and the largest relative error of each quantity is told.
//! Elsewhere: reading the file ([`mod@file`]), the problems ([`problem`]), what is run
//! (`rules`, `relatives`, `flattening`), which errors are small enough (the tests).

mod bench;
pub mod file;
mod flattening;
pub mod problem;
mod regularisers;
mod relatives;
mod rules;

use std::fmt;

use basin_optim::population::Weights;
use burn::tensor::{DType, Device, Tensor};
use serde::Serialize;

use bench::Value;
use file::{Fields, VerifyError};
use flattening::Pair;
use problem::Problem;
use rules::Computed;

/// How far this device is from the known numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The problem's name.
    pub problem: String,
    /// One row per quantity.
    pub rows: Vec<Row>,
    /// What the file holds and nothing here computes, by name.
    pub skipped: Vec<String>,
}

/// One quantity of one rule.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The rule, by its name in the file; `batch` for what belongs to none.
    pub rule: String,
    /// The quantity, by its name in the file.
    pub quantity: String,
    /// Largest error, relative to the largest magnitude of the expected vector (absolute where that is
    /// zero); infinite when a number is not finite.
    pub error: f64,
}

impl Report {
    /// The row with the largest error; none when nothing was compared.
    pub fn worst(&self) -> Option<&Row> {
        self.rows.iter().max_by(|a, b| a.error.total_cmp(&b.error))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Row) -> &str| self.rows.iter().map(|row| of(row).len()).max().unwrap_or(0);
        let (rule, quantity) = (width(|row| &row.rule), width(|row| &row.quantity));
        writeln!(f, "{}", self.problem)?;
        for row in &self.rows {
            writeln!(f, "  {:rule$}  {:quantity$}  {:8.1e}", row.rule, row.quantity, row.error)?;
        }
        for name in &self.skipped {
            writeln!(f, "  {name:rule$}  skipped: nothing here computes it")?;
        }
        Ok(())
    }
}

/// Runs what the golden file `json` holds on `device` in numbers of type `float`.
///
/// # Errors
/// When the file is no JSON, lacks a field, or a field has the wrong length or kind; the error names it.
pub async fn verify(json: &str, device: &Device, float: DType) -> Result<Report, VerifyError> {
    let root: serde_json::Value = serde_json::from_str(json).map_err(|error| VerifyError::Json { reason: error.to_string() })?;
    let file = Fields::root(&root)?;
    if file.text("problem")? == flattening::NAME {
        let row = |Pair { rule, quantity, found, expected }: Pair| Row {
            rule,
            quantity: quantity.to_owned(),
            error: relative_error(&found, &expected),
        };
        let rows = flattening::pairs(&file)?.into_iter().map(row).collect();
        return Ok(Report { problem: flattening::NAME.to_owned(), rows, skipped: flattening::skipped(&file) });
    }
    let problem = Problem::read(&file, device, float)?;
    let mut rows = Vec::new();
    let mut skipped = Vec::new();
    for computed in rules::run(&file, &problem, &mut skipped)? {
        compare(computed, &problem, &mut rows, &mut skipped).await?;
    }
    Ok(Report { problem: problem.name().to_owned(), rows, skipped })
}

/// Reads the numbers back and puts them beside those of the file.
async fn compare(computed: Computed<'_>, problem: &Problem, rows: &mut Vec<Row>, skipped: &mut Vec<String>) -> Result<(), VerifyError> {
    let Computed { rule, expected, quantities } = computed;
    if rule != rules::BATCH {
        let known = |name: &str| quantities.iter().any(|(quantity, _)| *quantity == name) || rules::NOT_QUANTITIES.contains(&name);
        skipped.extend(expected.names().filter(|name| !known(name)).map(|name| format!("{rule}.{name}")));
    }
    for (quantity, value) in quantities {
        let error = match value {
            Value::Number(tensor) => {
                let found = read(tensor).await?;
                relative_error(&found, &[expected.number(quantity)?])
            }
            Value::Examples(tensor) => {
                let found = read(tensor).await?;
                relative_error(&found, &expected.vector(quantity, found.len())?)
            }
            Value::Flat(weights) => {
                let found = read_flat(problem, &weights).await?.remove(0);
                relative_error(&found, &expected.vector(quantity, found.len())?)
            }
            Value::Stack(weights) => {
                let found = read_flat(problem, &weights).await?;
                let expected = expected.matrix(quantity, found.len(), problem.count())?;
                found.iter().zip(&expected).map(|(found, expected)| relative_error(found, expected)).fold(0.0, f64::max)
            }
        };
        rows.push(Row { rule: rule.clone(), quantity: quantity.to_owned(), error });
    }
    Ok(())
}

/// Each member's weights in the file's layout.
async fn read_flat(problem: &Problem, weights: &Weights) -> Result<Vec<Vec<f64>>, VerifyError> {
    let mut leaves = Vec::new();
    for leaf in weights.leaves() {
        leaves.push(read(leaf.value.clone()).await?);
    }
    Ok(problem.to_flat(&leaves, weights.members()))
}

async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, VerifyError> {
    let data = tensor.into_data_async().await.map_err(|error| VerifyError::Device { reason: format!("{error:?}") })?;
    Ok(data.iter::<f64>().collect())
}

/// Largest |found − expected| over the largest |expected|, or that difference itself where all expected
/// numbers are zero; infinite when anything is not finite.
fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "the file's fields were read with the lengths of what was computed");
    if found.iter().chain(expected).any(|number| !number.is_finite()) {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    let error = found.iter().zip(expected).fold(0.0, |largest: f64, (a, b)| largest.max((a - b).abs()));
    if scale > 0.0 { error / scale } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative_to_the_largest_expected_number() {
        // |3.9 − 4| = 0.1 and the largest is 4.
        assert!((relative_error(&[1.0, 3.9], &[1.0, 4.0]) - 0.025).abs() < 1e-15);
        assert!((relative_error(&[0.5], &[0.0]) - 0.5).abs() < 1e-15);
        assert!(relative_error(&[f64::NAN], &[1.0]).is_infinite());
    }
}
