//! The settings of the window: a file beside the data sets, which appears whole or not at all.
//!
//! Two windows keep theirs at one place, as two tabs do: neither takes back what the other has changed (`basin_app::tabs`).

use std::fs;
use std::path::PathBuf;

use basin_app::tabs::merged;

use crate::data;
use crate::disk;

/// See the file's head.
pub struct SettingsFile {
    /// None where the system tells no folder for it.
    path: Option<PathBuf>,
    /// The settings as this window has read or written them last.
    last: String,
}

impl SettingsFile {
    /// The user's.
    pub fn of_user() -> Self {
        Self::at(data::user_folder().ok().map(|folder| folder.join("settings.json")))
    }

    fn at(path: Option<PathBuf>) -> Self {
        Self { path, last: String::new() }
    }

    /// What was kept, if anything was.
    pub fn read(&mut self) -> Option<String> {
        let text = fs::read_to_string(self.path.as_ref()?).ok()?;
        self.last.clone_from(&text);
        Some(text)
    }

    /// Keeps what this window has changed.
    ///
    /// # Errors
    /// Why that is not possible.
    pub fn keep(&mut self, settings: String) -> Result<(), String> {
        let Some(path) = &self.path else { return Err("the system tells no folder for settings".to_owned()) };
        let stored = fs::read_to_string(path).unwrap_or_default();
        if let Some(text) = merged(&self.last, &settings, &stored) {
            let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| disk::write(path, text.as_bytes()));
            written.map_err(|error| format!("{} cannot be written ({error})", path.display()))?;
        }
        self.last = settings;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_windows_keep_what_each_has_changed() {
        let folder = std::env::temp_dir().join(format!("basin-settings-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let at = || SettingsFile::at(Some(folder.join("settings.json")));
        let mut one = at();
        assert_eq!((one.read(), one.keep(r#"{"theme":"Dark","seeds":4}"#.to_owned())), (None, Ok(())));
        let mut other = at();
        other.read();
        one.keep(r#"{"theme":"Light","seeds":4}"#.to_owned()).expect("a folder of ours");
        other.keep(r#"{"theme":"Dark","seeds":8}"#.to_owned()).expect("a folder of ours");
        let kept: serde_json::Value = serde_json::from_str(&at().read().expect("it is there")).expect("JSON");
        assert_eq!(kept, serde_json::json!({ "theme": "Light", "seeds": 8 }));
        // A file in the place of the folder.
        fs::remove_dir_all(&folder).expect("ours");
        fs::write(&folder, "").expect("ours");
        assert!(one.keep("{}".to_owned()).is_err_and(|text| text.contains("settings.json cannot be written")));
        fs::remove_file(&folder).expect("ours");
    }
}
