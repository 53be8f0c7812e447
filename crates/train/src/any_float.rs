//! Floats in JSON, whatever they are, for serde's `with`: JSON has no word for NaN and the infinities, and a reader that
//! expects a number refuses the `null` that serde_json writes for them.
//!
//! NaN is `null`, the infinities are `"inf"` and `"-inf"`; NaN where there could be nothing is `"nan"`. Every float of a
//! message goes this way; `tests/json.rs` fails for one that does not.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a number, or numbers.
pub fn serialize<T: Floats, S: Serializer>(floats: &T, serializer: S) -> Result<S::Ok, S::Error> {
    floats.written().serialize(serializer)
}

/// Reads what [`serialize`] wrote.
pub fn deserialize<'de, T: Floats, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Written::deserialize(deserializer).map(T::read)
}

/// A number, or numbers in the forms that messages have.
pub trait Floats {
    /// Its form in JSON.
    type Written: Serialize + for<'de> Deserialize<'de>;
    /// To JSON.
    fn written(&self) -> Self::Written;
    /// From JSON.
    fn read(written: Self::Written) -> Self;
}

impl Floats for f64 {
    type Written = Number;

    fn written(&self) -> Number {
        Number(*self)
    }

    fn read(written: Number) -> Self {
        written.0
    }
}

impl<T: Floats> Floats for Vec<T> {
    type Written = Vec<T::Written>;

    fn written(&self) -> Self::Written {
        self.iter().map(T::written).collect()
    }

    fn read(written: Self::Written) -> Self {
        written.into_iter().map(T::read).collect()
    }
}

impl Floats for [f64; 2] {
    type Written = [Number; 2];

    fn written(&self) -> Self::Written {
        self.map(Number)
    }

    fn read(written: Self::Written) -> Self {
        written.map(|number| number.0)
    }
}

impl Floats for Option<f64> {
    type Written = Option<Spelled>;

    fn written(&self) -> Self::Written {
        self.map(|value| Spelled(Number(value)))
    }

    fn read(written: Self::Written) -> Self {
        written.map(|number| number.0.0)
    }
}

/// A float that JSON can hold.
pub struct Number(f64);

/// The same where `null` means that there is none.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Spelled(Number);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_finite() => serializer.serialize_f64(v),
            v if v.is_nan() => serializer.serialize_unit(),
            v => serializer.serialize_str(if v > 0.0 { "inf" } else { "-inf" }),
        }
    }
}

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.0.is_nan() { serializer.serialize_str("nan") } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_unit<E: Error>(self) -> Result<Number, E> {
        Ok(Number(f64::NAN))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Number, E> {
        match word {
            "nan" => Ok(Number(f64::NAN)),
            "inf" => Ok(Number(f64::INFINITY)),
            "-inf" => Ok(Number(f64::NEG_INFINITY)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(word), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Serialize)]
    struct Example {
        #[serde(with = "super")]
        one: f64,
        #[serde(with = "super")]
        many: Vec<f64>,
        #[serde(with = "super")]
        pairs: Vec<[f64; 2]>,
        #[serde(with = "super")]
        perhaps: Vec<Option<f64>>,
    }

    #[test]
    fn each_form_has_its_words() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let example = Example { one: -inf, many: vec![nan, 0.5], pairs: vec![[inf, 2.0]], perhaps: vec![None, Some(nan), Some(1.0)] };
        let json = r#"{"one":"-inf","many":[null,0.5],"pairs":[["inf",2.0]],"perhaps":[null,"nan",1.0]}"#;
        assert_eq!(serde_json::to_string(&example).expect("plain data"), json);
        let read: Example = serde_json::from_str(json).expect("its own words");
        assert!(read.many[0].is_nan() && read.perhaps[0].is_none() && read.perhaps[1].is_some_and(f64::is_nan));
        assert_eq!(serde_json::to_string(&read).expect("plain data"), json);
    }

    #[test]
    fn whole_numbers_are_numbers_and_other_words_are_not() {
        let read: Example = serde_json::from_str(r#"{"one":-3,"many":[4],"pairs":[],"perhaps":[]}"#).expect("numbers");
        assert_eq!((read.one.to_bits(), read.many[0].to_bits()), ((-3.0_f64).to_bits(), 4.0_f64.to_bits()));
        let error = serde_json::from_str::<Example>(r#"{"one":"five","many":[],"pairs":[],"perhaps":[]}"#).err().expect("no number");
        assert!(error.to_string().contains("invalid type: string \"five\", expected a number"), "{error}");
    }
}
