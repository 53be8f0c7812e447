//! What a shell knows when it opens the app, and what becomes of it.

use basin_train::experiment::link::{decode, encode};
use basin_train::experiment::{DataSource, Experiment};
use basin_train::protocol::{DeviceChoice, Files};

use super::kept::LastRun;
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
    /// Whether the page was loaded again: a run that its link has set up goes on then.
    pub reloaded: bool,
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
        let mut work = Self::new(link, First::Start { paused: opening.paused, last: LastRun::Wanted });
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
        if let Some(experiment) = opening.experiment {
            work.first_is(LastRun::Left);
            work.settings.experiment = experiment;
            opening.files.into_iter().for_each(|files| work.files.set(files));
        } else if let Some(link) = opening.link.as_deref().filter(|link| !link.is_empty()) {
            match decode(link) {
                Ok(experiment) => {
                    work.first_is(if opening.reloaded { LastRun::Same(encode(&experiment)) } else { LastRun::Left });
                    work.settings.experiment = experiment;
                }
                Err(error) => work.wait(Topic::Link, format::sentence(&error.to_string()), &[Offer::StartDefault]),
            }
        }
        work
    }

    /// What becomes of the run that was kept last, where one starts at all.
    fn first_is(&mut self, this: LastRun) {
        if let First::Start { last, .. } = &mut self.first {
            *last = this;
        }
    }

    /// Starts what is set up, unless its file is not there.
    pub(super) fn start_first(&mut self, paused: bool) {
        match &self.settings.experiment.data.source {
            DataSource::File { name } if self.files.get().is_none() => {
                let text =
                    format!("This setup learns from your file {name}, which only you have: open it, or train on the help desk instead.");
                self.state.messages.notice(Topic::File, text, &[Offer::OpenFile, Offer::HelpDesk]);
            }
            _ => {
                // Files of the command line have not been looked at.
                self.inspect();
                self.start(paused);
            }
        }
    }

    /// Says what cannot be had, and starts nothing else in its place.
    fn wait(&mut self, topic: Topic, text: String, offers: &[Offer]) {
        self.state.messages.notice(topic, text, offers);
        self.first = First::Wait;
    }
}
