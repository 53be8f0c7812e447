//! What a knob may be.

use crate::brief::brief;

/// A knob with a value that cannot be trained with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{knob} is {value}, but must be {allowed}")]
pub struct ConfigError {
    /// Name of the knob, as in the experiment's JSON.
    pub knob: &'static str,
    /// What was asked for.
    pub value: String,
    /// What can be.
    pub allowed: String,
}

/// `Ok` if `value` lies in `low..=high`; not-a-number never does.
pub(crate) fn within<T: PartialOrd + Copy + std::fmt::Display>(knob: &'static str, value: T, low: T, high: T) -> Result<(), ConfigError> {
    if value >= low && value <= high {
        Ok(())
    } else {
        // A number may have 309 digits.
        Err(ConfigError { knob, value: brief(&value.to_string(), 24), allowed: format!("from {low} to {high}") })
    }
}
