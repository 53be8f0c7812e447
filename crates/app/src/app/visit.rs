//! A session that somebody else has set up: by a link, or by a lesson in the address.
//!
//! It lives in its address, which follows what the visitor changes, and takes nothing from what he has kept: his own settings
//! stay as they were until he leaves, but for what is his everywhere (theme, device, how far he has read). Leaving
//! shows everything, goes on with the run, and makes the setup his; the one that he had is put aside. Who has
//! never been here before finds the doors of a first visit then.

use std::borrow::Cow;

use basin_train::experiment::{Experiment, presets};

use super::workspace::{Visit, Workspace};
use crate::choices::Ending;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::handout::Handout;
use crate::locks::{Locks, Part};
use crate::settings::{Course, Settings};

/// Nobody visits.
static FREE: Locks = Locks::NONE;

impl Workspace {
    /// Begins a visit with what is handed on; the experiment is set up besides.
    pub fn visit(&mut self, handout: Handout) {
        let own = self.visit.take().map_or_else(|| self.settings.clone(), |visit| visit.own);
        // What is open or put aside at his is not part of this page.
        (self.settings.welcome, self.settings.course.shown, self.settings.aside) = (false, false, None);
        handout.apply(&mut self.settings, &mut self.choices);
        if !self.embedded.is_empty() && !self.embedded.contains(&self.settings.middle) {
            self.settings.middle = self.embedded[0];
        }
        self.visit = Some(Visit { own, handout });
    }

    /// Ends the visit.
    pub fn leave(&mut self) {
        let Some(Visit { own, .. }) = self.visit.take() else { return };
        let Settings { show_setup, show_lower, welcome, presenting, aside, experiment, .. } = own;
        let settings = &mut self.settings;
        (settings.show_setup, settings.show_lower, settings.presenting, settings.welcome) = (show_setup, show_lower, presenting, welcome);
        let differs = experiment != settings.experiment && experiment != presets::start();
        settings.aside = differs.then(|| Box::new(experiment)).or(aside).or(settings.aside.take());
    }

    /// What is hidden and locked.
    pub fn locks(&self) -> &Locks {
        self.visit.as_ref().map_or(&FREE, |visit| &visit.handout.locks)
    }

    /// The settings to keep until the next start.
    pub fn kept(&self) -> Cow<'_, Settings> {
        let Some(Visit { own, .. }) = &self.visit else { return Cow::Borrowed(&self.settings) };
        let Settings { theme, device, course, .. } = &self.settings;
        let furthest = course.furthest.clone();
        Cow::Owned(Settings { theme: *theme, device: *device, course: Course { furthest, ..own.course.clone() }, ..own.clone() })
    }

    /// What the address of a visit says by now; none where nobody visits.
    pub fn address(&self) -> Option<(Experiment, Handout)> {
        let handout = &self.visit.as_ref()?.handout;
        let paused = handout.time.as_ref().is_some_and(|time| time.paused);
        let now = Handout::of(handout.kinds(), &self.settings, &self.choices, paused, &handout.locks);
        Some((self.settings.experiment.clone(), now))
    }

    /// Whether the locks leave a view what it asks for.
    pub fn allows(&self, command: &ViewCommand) -> bool {
        let locks = self.locks();
        let alone = self.embedded.is_empty();
        match command {
            ViewCommand::Edit(edit) => permitted(locks, &self.settings.experiment, edit) == **edit,
            ViewCommand::Device(_) => locks.opens(Part::Training),
            ViewCommand::ShowSetup(_) => locks.shows(Part::Setup),
            ViewCommand::Start
            | ViewCommand::Pause
            | ViewCommand::Resume
            | ViewCommand::Step
            | ViewCommand::StepToMeasurement
            | ViewCommand::Seek(_)
            | ViewCommand::Time(_)
            | ViewCommand::Stop
            | ViewCommand::StartSweep
            | ViewCommand::AskToEnd(Some(Ending::Restart | Ending::Stop)) => locks.opens(Part::Transport),
            ViewCommand::Middle(middle) => locks.shows_middle(*middle) && (alone || self.embedded.contains(middle)),
            ViewCommand::Course(_) | ViewCommand::Help(_) | ViewCommand::Share(_) | ViewCommand::Present(_) if !alone => false,
            ViewCommand::Tab(tab) => locks.shows_tab(*tab),
            ViewCommand::Write { .. } | ViewCommand::Ask | ViewCommand::WriteList(_) | ViewCommand::AskList => locks.opens(Part::Ask),
            ViewCommand::OpenFile(FileRequest::Texts) => locks.opens(Part::Ask) && locks.opens(Part::Files),
            ViewCommand::Course(course) => {
                locks.opens(Part::Course) || (locks.shows(Part::Course) && course.lesson == self.settings.course.lesson)
            }
            ViewCommand::OpenFile(_)
            | ViewCommand::SaveRun
            | ViewCommand::SaveModel(..)
            | ViewCommand::SaveReport
            | ViewCommand::ExportCsv => locks.opens(Part::Files),
            _ => true,
        }
    }
}

/// A setup with as much of an edit as the locks permit.
fn permitted(locks: &Locks, setup: &Experiment, edit: &Experiment) -> Experiment {
    let of = |part| if locks.opens(part) { edit } else { setup };
    let mut permitted = of(Part::Training).clone();
    permitted.data = of(Part::Data).data.clone();
    permitted.data.label_noise = of(Part::Noise).data.label_noise;
    permitted.lanes.clone_from(&of(Part::Lanes).lanes);
    if permitted.lanes.len() == of(Part::Rho).lanes.len() {
        for (lane, from) in permitted.lanes.iter_mut().zip(&of(Part::Rho).lanes) {
            // Another method brings its own.
            if lane.method.word() == from.method.word() {
                lane.rho = from.rho;
            }
        }
    }
    permitted.training.epochs = of(Part::Epochs).training.epochs;
    permitted.training.batch = of(Part::Batch).training.batch;
    permitted.training.learning_rate = of(Part::Rate).training.learning_rate;
    permitted.seeds = of(Part::Seeds).seeds;
    permitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_permitted_where_all_that_it_changes_is_open() {
        let setup = presets::start();
        let changed = |change: fn(&mut Experiment)| {
            let mut edit = setup.clone();
            change(&mut edit);
            edit
        };
        let rho = changed(|edit| edit.lanes[1].rho = 3.0);
        let fewer = changed(|edit| edit.lanes.truncate(1));
        let noise = changed(|edit| edit.data.label_noise = Some(0.123));
        let seeds = changed(|edit| edit.seeds += 1);
        let hidden = changed(|edit| edit.model.hidden += 1);
        let edits = [rho, fewer, noise, seeds, hidden];
        let opens = |set: &[(Part, bool)]| {
            let mut locks = Locks::default();
            for &(part, locked) in set {
                locks.set(part, false, locked);
            }
            edits.each_ref().map(|edit| permitted(&locks, &setup, edit) == *edit)
        };
        assert_eq!(opens(&[]), [true; 5]);
        assert_eq!(opens(&[(Part::Setup, true)]), [false; 5]);
        assert_eq!(opens(&[(Part::Setup, true), (Part::Rho, false), (Part::Noise, false)]), [true, false, true, false, false]);
        assert_eq!(opens(&[(Part::Training, true), (Part::Seeds, false)]), [true, true, true, true, false]);
        assert_eq!(opens(&[(Part::Rho, true), (Part::Seeds, true)]), [false, true, true, false, true]);
    }
}
