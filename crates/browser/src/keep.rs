//! Runs in the browser's own file system, which only workers may write to without waiting, and vectors of texts beside them.
//!
//! Elsewhere: what is kept, where and when (`basin_train::keep`), the calls of the browser (`web/keep.js`).

use basin_train::keep::{Keep, Key, NotWritten};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::host::{Files, OpenFile, words_of};

/// See the file's head.
pub struct BrowserFiles(pub Files);

async fn done(promise: Promise) -> Result<JsValue, String> {
    JsFuture::from(promise).await.map_err(|error| words_of(&error))
}

fn not_written(error: &JsValue) -> NotWritten {
    let full = error.dyn_ref::<js_sys::Error>().is_some_and(|error| error.name() == "QuotaExceededError");
    if full { NotWritten::Full(words_of(error)) } else { NotWritten::Failed(words_of(error)) }
}

impl Keep for BrowserFiles {
    async fn names(&mut self) -> Result<Vec<String>, String> {
        if let Some(trouble) = self.0.trouble() {
            return Err(trouble);
        }
        let names: Array = done(self.0.names()).await?.unchecked_into();
        Ok(names.iter().filter_map(|name| name.as_string()).collect())
    }

    async fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let bytes: Uint8Array = done(self.0.read(name)).await?.unchecked_into();
        Ok(bytes.to_vec())
    }

    async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
        let file: OpenFile = JsFuture::from(self.0.open(name)).await.map_err(|error| not_written(&error))?.unchecked_into();
        file.put(bytes).map_err(|error| not_written(&error))
    }

    async fn remove(&mut self, name: &str) -> Result<(), String> {
        done(self.0.remove(name)).await.map(drop)
    }

    async fn claim(&mut self, run: u64, patience: f64) -> Result<bool, String> {
        Ok(done(self.0.claim(run as f64, patience)).await?.is_truthy())
    }

    fn release(&mut self, run: u64) {
        self.0.release(run as f64);
    }

    fn space(&self) -> u64 {
        self.0.space() as u64
    }

    async fn room(&mut self) -> Option<i64> {
        let room = done(self.0.room()).await.ok()?.as_f64()?;
        Some(room as i64)
    }

    fn now(&self) -> f64 {
        js_sys::Date::now() / 1e3
    }

    async fn keys(&mut self, texts: &[&str]) -> Option<Vec<Key>> {
        let texts: Array = texts.iter().copied().map(JsValue::from_str).collect();
        let keys: Uint8Array = done(self.0.keys(&texts)).await.ok()?.unchecked_into();
        Some(keys.to_vec().as_chunks().0.to_vec())
    }
}
