//! What a shell knows when it opens the app, and what becomes of it.

use basin_train::experiment::{DataSource, Experiment};
use basin_train::protocol::{DeviceChoice, Files};

use super::workspace::{First, Workspace};
use crate::format;
use crate::link::TrainerLink;
use crate::messages::{Offer, Topic};
use crate::settings::Settings;

/// What a shell knows when it opens the app.
#[derive(Debug, Default)]
pub struct Opening {
    /// The text of a link ([`basin_train::experiment::link`]); it wins over the settings.
    pub link: Option<String>,
    /// An experiment of the command line; it wins over link and settings.
    pub experiment: Option<Experiment>,
    /// The files that the experiment's source [`DataSource::File`] means.
    pub files: Option<Files>,
    /// Where to train, if the shell was told; or what is wrong with what it was told.
    pub device: Option<Result<DeviceChoice, String>>,
    /// Prepare the first run and wait instead of training at once.
    pub paused: bool,
    /// What `Copy link` puts before the text of the link: `https://…/#`, or a command line.
    pub link_prefix: String,
    /// Whether the clipboard cannot be written: the shell then shows what was to be copied.
    pub no_clipboard: bool,
}

impl Workspace {
    /// Sets up what was asked for. What of it cannot be had is said, and nothing else starts in its place.
    pub fn open(link: Box<dyn TrainerLink>, saved: Option<&str>, opening: Opening) -> Self {
        let mut work = Self::new(link, First::Start { paused: opening.paused });
        if let Some(json) = saved {
            let (settings, lost) = Settings::read(json);
            work.settings = settings;
            if !lost.is_empty() {
                let text = format!(
                    "Of the settings of the last session, these could not be read and have their defaults: {}.",
                    format::cut(&lost.join(", "), 120)
                );
                work.state.messages.fail(Topic::Settings, text);
            }
        }
        // Who comes by a link, with data or to a page that waits knows what for.
        let bare = opening.link.as_ref().is_none_or(String::is_empty) && opening.experiment.is_none() && !opening.paused;
        work.settings.welcome = bare && (saved.is_none() || work.settings.welcome);
        match opening.device {
            Some(Ok(device)) => work.settings.device = device,
            Some(Err(text)) => work.wait(Topic::Device, text, &[Offer::Start]),
            None => {}
        }
        let given = opening.experiment.is_some();
        if let Some(experiment) = opening.experiment {
            work.settings.experiment = experiment;
            opening.files.into_iter().for_each(|files| work.files.set(files));
        } else if let Some(link) = opening.link.as_deref().filter(|link| !link.is_empty()) {
            match basin_train::experiment::link::decode(link) {
                Ok(experiment) => work.settings.experiment = experiment,
                Err(error) => work.wait(Topic::Link, format::sentence(&error.to_string()), &[Offer::StartDefault]),
            }
        }
        if let (DataSource::File { name }, false) = (&work.settings.experiment.data.source, given) {
            let text = format!("This setup learns from your file {name}, which only you have: open it, or train on the help desk instead.");
            work.wait(Topic::File, text, &[Offer::OpenFile, Offer::HelpDesk]);
        }
        work
    }

    /// Says what cannot be had, and starts nothing else in its place.
    fn wait(&mut self, topic: Topic, text: String, offers: &[Offer]) {
        self.state.messages.notice(topic, text, offers);
        self.first = First::Wait;
    }
}
