//! Random texts near messages.

use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::Ticketed;
use crate::random::{Purpose, below, stream};

/// Random choices from one seed.
pub(super) struct Dice(rand_chacha::ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(stream(seed, Purpose::Noise))
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        below(&mut self.0, bound)
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Something that may stand where nobody expects it.
    pub(super) fn anything(&mut self) -> Value {
        match self.below(20) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(0),
            3 => json!(-1),
            4 => json!(u64::MAX),
            5 => json!(1e308),
            6 => json!(0.5),
            7 => json!(""),
            8 => json!("nan"),
            9 => json!("-inf"),
            10 => json!([]),
            11 => json!({}),
            12 => json!("ü\u{0}\u{202e}😀"),
            13 => json!("x".repeat(3_000)),
            14 => (0..100).fold(json!(1), |inner, _| json!([inner])),
            15 => json!(i64::MIN),
            16 => json!({"plane": "random", "seed": 1}),
            17 => json!(["sgd", "sam:rho=nan"]),
            18 => json!(1),
            _ => json!(2),
        }
    }

    /// Changes one place of a message.
    pub(super) fn mutate(&mut self, value: &mut Value) {
        let go_on = self.below(4) > 0;
        match value {
            Value::Object(fields) if go_on && !fields.is_empty() => {
                let keys: Vec<String> = fields.keys().cloned().collect();
                let key = self.pick(&keys).clone();
                match self.below(12) {
                    0 => drop(fields.remove(&key)),
                    1 => drop(fields.insert(format!("{key}_"), json!(1))),
                    2 => {
                        let other = self.pick(&keys).clone();
                        let copy = fields[&other].clone();
                        fields.insert(key, copy);
                    }
                    _ => self.mutate(&mut fields[&key]),
                }
            }
            Value::Array(items) if go_on && !items.is_empty() => {
                let place = self.below(items.len());
                match self.below(8) {
                    0 => drop(items.remove(place)),
                    1 => items.push(items[place].clone()),
                    _ => self.mutate(&mut items[place]),
                }
            }
            Value::Number(number) if go_on => {
                let number = number.as_f64().unwrap_or_default();
                *value = match self.below(4) {
                    0 => json!(number + 1.0),
                    1 => json!(-number),
                    2 => json!(number as u64 + 1),
                    _ => json!(number * 1e3),
                };
            }
            value => *value = self.anything(),
        }
    }

    /// A message that is like one of `valid`, as text.
    pub(super) fn text(&mut self, valid: &[Value]) -> String {
        let mut value = self.pick(valid).clone();
        for _ in 0..self.below(4) {
            self.mutate(&mut value);
        }
        let text = value.to_string();
        if self.below(4) > 0 {
            return text;
        }
        let mut bytes = text.into_bytes();
        for _ in 0..=self.below(3) {
            if bytes.is_empty() {
                break;
            }
            let place = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[place] = self.below(256) as u8,
                1 => bytes.truncate(place),
                _ => bytes.insert(place, *self.pick(b"{}[],:\"0-e")),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Messages as what their texts say.
pub(super) fn values<T: Serialize>(messages: Vec<T>) -> Vec<Value> {
    messages.into_iter().map(|message| serde_json::to_value(Ticketed { ticket: Some(1), message }).expect("plain data")).collect()
}

/// How many texts are read: `BASIN_FUZZ`, or so many that it takes a moment.
pub(super) fn rounds() -> u64 {
    std::env::var("BASIN_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}
