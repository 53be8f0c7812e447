//! What a shell knows when it opens the app, and what becomes of it.

use basin_train::experiment::link::encode;
use basin_train::experiment::{DataSource, Experiment, presets};
use basin_train::protocol::{DeviceChoice, Files};

use super::kept::LastRun;
use super::workspace::{First, Workspace};
use crate::format;
use crate::handout::{Handout, Reading};
use crate::lessons;
use crate::link::TrainerLink;
use crate::messages::{Offer, Topic};
use crate::settings::{Middle, Settings};

/// What a shell knows when it opens the app.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Opening {
    /// The text of a link ([`crate::handout`]); it wins over the settings.
    pub link: Option<String>,
    /// A lesson to open: the name of one that Basin brings along, or the address of another.
    pub lesson: Option<String>,
    /// The views that a page around this one wants of it, as `curves,landscape`: only those are shown, without bars.
    pub embed: Option<String>,
    /// An experiment of the command line; it wins over link and settings.
    pub experiment: Option<Experiment>,
    /// The files that the experiment's source [`DataSource::File`] means.
    pub files: Option<Files>,
    /// Where to train, if the shell was told; or what is wrong with what it was told.
    pub device: Option<Result<DeviceChoice, String>>,
    /// Whether the page was loaded again: a run that its link has set up goes on then.
    pub reloaded: bool,
    /// The number of the kept run that this tab showed before.
    pub own_run: Option<u64>,
    /// Prepare the first run and wait instead of training at once.
    pub paused: bool,
    /// What stands before the text of a link: `https://…/#`, or a command line.
    pub link_prefix: String,
    /// Whether the system asks for less motion.
    pub still: bool,
    /// Whether the system asks for strong contrast.
    pub strong: bool,
    /// Whether all lines are drawn from left to right, also those of Arabic and Hebrew.
    pub left_to_right: bool,
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
        if let Some(words) = opening.embed {
            work.embed(&words);
        }
        work.survival.own = opening.own_run;
        let (link, lesson) = (opening.link.filter(|link| !link.is_empty()), opening.lesson);
        // Who comes with data or to a page that waits knows what for; who comes by a link meets the doors when he leaves it.
        let bare = opening.experiment.is_none() && (!opening.paused || link.is_some() || lesson.is_some());
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
        } else {
            work.come_by(link.as_deref(), lesson, opening.reloaded);
        }
        work
    }

    /// Shows only these views, as a part of another page.
    fn embed(&mut self, words: &str) {
        let known = |word: &str| Middle::ALL.into_iter().find(|middle| middle.word() == word);
        let words: Vec<&str> = words.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if let Some(word) = words.iter().find(|word| known(word).is_none()) {
            let all = Middle::ALL.map(Middle::word).join(", ");
            let text = format!("The address says `?embed={}`: it can be any of {all}, with commas between.", format::cut(word, 30));
            self.state.messages.fail(Topic::Link, text);
        }
        self.embedded = words.into_iter().filter_map(known).collect();
        if self.embedded.is_empty() {
            self.embedded = vec![Middle::Curves];
        }
        self.settings.middle = self.embedded[0];
        self.visit(Handout::default());
        self.first_is(LastRun::Left);
    }

    /// Begins a visit, where a link or a lesson is in the address. The run that the link has set up goes on if the page was
    /// `reloaded`.
    fn come_by(&mut self, link: Option<&str>, lesson: Option<String>, reloaded: bool) {
        let mut reading = lesson.map(|name| Reading { step: self.mark(&name), name });
        match link.map(Handout::decode) {
            Some(Ok((experiment, handout))) => {
                self.first_is(if reloaded { LastRun::Same(encode(&experiment)) } else { LastRun::Left });
                if let First::Start { paused, .. } = &mut self.first {
                    *paused |= handout.time.as_ref().is_some_and(|time| time.paused);
                }
                reading = reading.or(handout.lesson.clone());
                self.visit(handout);
                self.settings.experiment = experiment;
            }
            Some(Err(error)) => {
                self.settings.welcome = false;
                self.wait(Topic::Link, format::sentence(&error.to_string()), &[Offer::StartDefault]);
            }
            None if reading.is_some() && !self.embedded.is_empty() => {
                // A frame has no course beside its views: it shows what the lesson trains.
                let lesson = reading.take().and_then(|reading| {
                    let (_, lesson) = lessons::in_course(&reading.name)?;
                    Some((lesson, reading.step))
                });
                if let Some((lesson, step)) = lesson {
                    self.settings.experiment = lesson.steps[step.min(lesson.steps.len() - 1)].experiment.clone();
                } else {
                    let text = "A page within another one shows lessons of Basin's own course alone: open the address by itself.";
                    self.wait(Topic::Link, text.to_owned(), &[Offer::StartDefault]);
                }
            }
            None if reading.is_some() => {
                self.visit(Handout::default());
                self.settings.experiment = presets::start();
                // First the prediction: nothing trains before the lesson says what.
                self.first = First::Wait;
            }
            None => {}
        }
        if let Some(reading) = reading.filter(|_| self.embedded.is_empty()) {
            self.read(reading);
        }
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
