//! What scripts and links see of the app, and what scripts may do.

use basin_train::protocol::{self, Command};
use serde_json::{Value, json};

use crate::app::App;
use crate::{export, format};

impl App {
    /// The text of the link to this setup, without prefix: the experiment, and on somebody else's page all that its address says.
    pub fn link(&self) -> String {
        match self.address() {
            Some((experiment, handout)) => handout.encode(&experiment),
            None => basin_train::experiment::link::encode(&self.work.settings.experiment),
        }
    }

    /// The state for scripts: run, phase, step, device, the last means of each lane, messages, answers.
    pub fn state_json(&self) -> Value {
        let asked = self.work.question.asked.as_ref().map_or("", |(text, _)| text);
        let mut value = export::json(&self.work.state, asked);
        value["changed"] = Value::Bool(self.work.changed());
        value["link"] = Value::String(self.link());
        let test = self.work.files.get().and_then(|files| files.test.as_ref()).map(|file| &file.name);
        value["files"] =
            json!({ "train": self.work.files.get().map(|files| &files.train.name), "test": test, "aside": self.work.files.aside() });
        value
    }

    /// Takes a command of the protocol as JSON. Runs and tickets are numbered here: those in the command are replaced.
    ///
    /// # Errors
    /// What is wrong with the JSON, or which hyperparameter is out of bounds.
    pub fn send_json(&mut self, json: &str) -> Result<(), String> {
        let command = protocol::read_script(json).map_err(|error| {
            format!("{error}; a command looks like {{\"command\":\"start\",\"experiment\":{{\"seeds\":2}}}} or {{\"command\":\"pause\"}}")
        })?;
        if let Command::Start { experiment, .. } = &command {
            experiment.check().map_err(|error| error.to_string())?;
        }
        if let Command::Classify { text, .. } = &command {
            self.work.question.text = format::cut(text, 10_000);
        }
        self.work.settings.welcome = false;
        self.work.send(command);
        Ok(())
    }
}
