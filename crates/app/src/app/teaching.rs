//! Lessons at work: which is opened, and what training one changes and gives back.

use basin_train::experiment::{Experiment, presets};
use basin_train::protocol::{Command, Phase};

use super::workspace::{Taught, Workspace};
use crate::choices::TimeChoice;
use crate::format;
use crate::handout::Reading;
use crate::lessons::{self, Control, Lesson, Step};
use crate::messages::{Offer, Topic};
use crate::settings::Course;

/// Faults of a lesson that are told at once.
const FAULTS: usize = 3;

impl Workspace {
    /// Opens a lesson that an address or a link names: at once, or when it has come.
    pub fn read(&mut self, reading: Reading) {
        match lessons::in_course(&reading.name) {
            Some((name, lesson)) => {
                self.settings.course.shown = true;
                self.settings.course.open(name, reading.step.min(lesson.steps.len() - 1));
            }
            None if lessons::is_address(&reading.name) => self.coming = Some(reading),
            None => {
                let names: Vec<&str> = lessons::ALL.iter().map(|lesson| lesson.name).collect();
                let name = format::cut(&reading.name, 60);
                let text = format!("There is no lesson `{name}`: use one of {}, or the address of a lesson.", names.join(", "));
                self.state.messages.notice(Topic::File, text, &[Offer::StartDefault]);
            }
        }
    }

    /// The address of the lesson that is to be fetched at once, for a page at `page`. Another host is asked only when somebody has
    /// agreed: whoever made a link has chosen it, not whoever opens it.
    pub(super) fn lesson_to_fetch(&mut self, page: &str) -> Option<String> {
        let address = self.coming.as_ref()?.name.clone();
        if lessons::is_on_host_of(&address, page) {
            return Some(address);
        }
        let text = format!(
            "This link wants a lesson from another host, {}. Fetch it only if you trust who gave you the link.",
            format::cut(&address, 120)
        );
        self.state.messages.notice(Topic::File, text, &[Offer::FetchLesson, Offer::StartDefault]);
        None
    }

    /// Where somebody who comes back to a lesson goes on; at its beginning when all of it is read, or nobody knows.
    pub fn mark(&self, name: &str) -> usize {
        lessons::in_course(name).map_or(0, |(name, lesson)| self.settings.course.mark(name, lesson.steps.len()))
    }

    /// Opens the text of a lesson beside the views, or says what is wrong with its first lines that are wrong.
    pub fn open_lesson(&mut self, name: String, bytes: &[u8]) {
        match lessons::parse(&String::from_utf8_lossy(bytes)) {
            Ok(lesson) => {
                // Another one may have been opened while that was on its way.
                let step = self.coming.take_if(|reading| name.ends_with(&reading.name)).map_or(0, |reading| reading.step);
                self.settings.course.shown = true;
                self.settings.course.open(&name, step.min(lesson.steps.len() - 1));
                self.own_lesson = Some((name, lesson));
                self.state.messages.clear(Topic::File);
            }
            Err(faults) => {
                let told: Vec<String> = faults.iter().take(FAULTS).map(ToString::to_string).collect();
                let more = if faults.len() > FAULTS { format!("; and {} more", faults.len() - FAULTS) } else { String::new() };
                self.state.messages.fail(Topic::File, format!("{name} is no lesson: {}{more}.", told.join("; ")));
            }
        }
    }

    /// Trains what a step of a lesson is about, at its pace and up to its stop. A setup that no lesson made is put aside.
    pub fn teach(&mut self, step: Step) {
        let Step { experiment, pace, stop, claim, .. } = step;
        self.choices.ending = None;
        let here = self.trains(&experiment);
        let taught = self.taught.get_or_insert(Taught { experiment: None, time: self.choices.time });
        taught.experiment = Some(experiment.clone());
        let setup = &self.settings.experiment;
        // What another step set up is nobody's own.
        let of_a_lesson = |setup: &Experiment| {
            lessons::all(self.own_lesson()).any(|(_, lesson)| lesson.steps.iter().any(|step| step.experiment == *setup))
        };
        let own = *setup != presets::start() && !of_a_lesson(setup);
        if own && self.settings.aside.is_none() {
            self.settings.aside = Some(Box::new(setup.clone()));
        }
        self.set_time(TimeChoice { pace, stop_at: stop, stop_at_fall: None, sought: None });
        if here {
            // A claim is about the end.
            if claim.is_some() && self.state.phase() == Phase::Paused {
                self.send(Command::Resume);
            }
        } else {
            self.edit(experiment);
            self.start(false);
        }
    }

    /// The lesson that the user opened, with the name of its file or its address.
    pub fn own_lesson(&self) -> Option<(&str, &Lesson)> {
        self.own_lesson.as_ref().map(|(name, lesson)| (name.as_str(), lesson))
    }

    /// The control that the step on the screen points to.
    pub fn pointed(&self) -> Option<Control> {
        let course = &self.settings.course;
        let open = course.lesson.as_deref().filter(|_| course.shown)?;
        let (_, lesson) = lessons::all(self.own_lesson()).find(|(name, _)| *name == open)?;
        lesson.steps[course.step.min(lesson.steps.len() - 1)].point
    }

    /// Whether the run that is there, or is about to be, is the one that a lesson set up last.
    pub fn trains_lesson(&self) -> bool {
        self.taught.as_ref().and_then(|taught| taught.experiment.as_ref()).is_some_and(|experiment| self.trains(experiment))
    }

    /// Whether the run that is there, or is about to be, trains this.
    fn trains(&self, experiment: &Experiment) -> bool {
        self.state.run.summary.is_some() && self.client.latest_start().is_some_and(|started| started.experiment == *experiment)
    }

    /// Turns the course to another place. Who leaves a lesson gets pace and stop back as they were before it.
    pub fn turn_course(&mut self, course: Course) {
        let left = course.lesson != self.settings.course.lesson || !course.shown;
        // Who reads a lesson has chosen his door.
        self.settings.welcome &= course.lesson.is_none();
        self.settings.course = course;
        if left && let Some(taught) = self.taught.take() {
            self.set_time(taught.time);
        }
    }

    /// Puts the setup back that a lesson or a link took the place of; the run goes on until somebody restarts.
    pub fn take_back(&mut self) {
        if let Some(experiment) = self.settings.aside.take() {
            self.edit(*experiment);
        }
    }
}
