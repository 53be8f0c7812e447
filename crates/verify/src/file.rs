//! Fields of a golden file, and why they cannot be read: every error names its field.

use serde_json::{Map, Value};

/// Why a golden file cannot be checked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// Not JSON at all.
    #[error("the golden file is no JSON object ({reason}): write it with make_golden.py")]
    Json {
        /// What the parser says.
        reason: String,
    },
    /// A field is not there.
    #[error("the golden file has no field `{field}`: write it anew with make_golden.py")]
    Missing {
        /// Its path.
        field: String,
    },
    /// A field is of another kind or out of range.
    #[error("`{field}` in the golden file must be {expected}")]
    Wrong {
        /// Its path.
        field: String,
        /// What belongs there.
        expected: String,
    },
    /// A list has the wrong number of entries.
    #[error("`{field}` in the golden file has {found} entries, and needs {expected}")]
    Length {
        /// Its path.
        field: String,
        /// Entries found.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// The device gave no numbers.
    #[error("the numbers cannot be read back from the device ({reason}); choose another device")]
    Device {
        /// What it says.
        reason: String,
    },
}

/// A JSON object and its path in the file.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The whole file.
    pub fn root(value: &'a Value) -> Result<Self, VerifyError> {
        let map = value.as_object().ok_or_else(|| VerifyError::Json { reason: "it is something else".to_owned() })?;
        Ok(Self { map, path: String::new() })
    }

    /// Names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.map.keys().map(String::as_str)
    }

    /// Whether there is a field `name`.
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Whether the field `name` is there and says nothing.
    pub fn is_null(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(Value::is_null)
    }

    /// Path of the field `name`.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The error that `name` should be `expected`.
    pub fn wrong(&self, name: &str, expected: &str) -> VerifyError {
        VerifyError::Wrong { field: self.path(name), expected: expected.to_owned() }
    }

    fn value(&self, name: &str) -> Result<&'a Value, VerifyError> {
        self.map.get(name).ok_or_else(|| VerifyError::Missing { field: self.path(name) })
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<&'a str, VerifyError> {
        self.value(name)?.as_str().ok_or_else(|| self.wrong(name, "a text"))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, VerifyError> {
        self.value(name)?.as_f64().ok_or_else(|| self.wrong(name, "a number"))
    }

    /// A whole number below `bound`.
    pub fn below(&self, name: &str, bound: usize) -> Result<usize, VerifyError> {
        let expected = || self.wrong(name, &format!("a whole number from 0 to {}", bound - 1));
        whole_below(self.value(name)?, bound).ok_or_else(expected)
    }

    /// At least one whole number, each below `bound`.
    pub fn all_below(&self, name: &str, bound: usize) -> Result<Vec<usize>, VerifyError> {
        let expected = || self.wrong(name, &format!("a list of whole numbers from 0 to {}, at least one", bound - 1));
        let list = self.value(name)?.as_array().filter(|list| !list.is_empty()).ok_or_else(expected)?;
        list.iter().map(|value| whole_below(value, bound).ok_or_else(expected)).collect()
    }

    /// `length` numbers.
    pub fn vector(&self, name: &str, length: usize) -> Result<Vec<f64>, VerifyError> {
        numbers(self.value(name)?, &self.path(name), Some(length))
    }

    /// Numbers, however many.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, VerifyError> {
        numbers(self.value(name)?, &self.path(name), None)
    }

    /// `rows` lists of `cols` numbers.
    pub fn matrix(&self, name: &str, rows: usize, cols: usize) -> Result<Vec<Vec<f64>>, VerifyError> {
        let list = self.list(name)?;
        check_length(list.len(), rows, &self.path(name))?;
        list.iter().enumerate().map(|(i, row)| numbers(row, &format!("{}[{i}]", self.path(name)), Some(cols))).collect()
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Self, VerifyError> {
        let map = self.value(name)?.as_object().ok_or_else(|| self.wrong(name, "an object"))?;
        Ok(Self { map, path: self.path(name) })
    }

    /// A list of objects, at least one.
    pub fn objects(&self, name: &str) -> Result<Vec<Self>, VerifyError> {
        let list = self.list(name)?;
        if list.is_empty() {
            return Err(self.wrong(name, "a list of objects, at least one"));
        }
        let object = |(i, value): (usize, &'a Value)| {
            let path = format!("{}[{i}]", self.path(name));
            match value.as_object() {
                Some(map) => Ok(Self { map, path }),
                None => Err(VerifyError::Wrong { field: path, expected: "an object".to_owned() }),
            }
        };
        list.iter().enumerate().map(object).collect()
    }

    fn list(&self, name: &str) -> Result<&'a Vec<Value>, VerifyError> {
        self.value(name)?.as_array().ok_or_else(|| self.wrong(name, "a list"))
    }
}

/// Fails unless `found` is `expected`.
fn check_length(found: usize, expected: usize, field: &str) -> Result<(), VerifyError> {
    if found == expected { Ok(()) } else { Err(VerifyError::Length { field: field.to_owned(), found, expected }) }
}

fn numbers(value: &Value, path: &str, length: Option<usize>) -> Result<Vec<f64>, VerifyError> {
    let wrong = || VerifyError::Wrong { field: path.to_owned(), expected: "a list of numbers".to_owned() };
    let list = value.as_array().ok_or_else(wrong)?;
    if let Some(length) = length {
        check_length(list.len(), length, path)?;
    }
    list.iter().map(|number| number.as_f64().ok_or_else(wrong)).collect()
}

fn whole_below(value: &Value, bound: usize) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).filter(|&number| number < bound)
}
