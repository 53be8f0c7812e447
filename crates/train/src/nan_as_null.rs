//! Numbers in JSON where NaN is `null`, for serde's `with`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes each number, `null` for those that are not finite.
pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    numbers.iter().map(|v| v.is_finite().then_some(*v)).collect::<Vec<_>>().serialize(serializer)
}

/// Reads `null` as NaN.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    Ok(Vec::<Option<f64>>::deserialize(deserializer)?.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect())
}
