//! What becomes of a run whose trainer has ended, and of the one that was here last time.
//!
//! A trainer that ends is replaced by its link; here the run goes on in the next one, from where it was kept last: by the trainer
//! itself, else by this app, else from its first step. A run repeats itself, so nothing of it is lost. One that ends its
//! trainer again and again at one place is not tried for ever.

use basin_train::experiment::{DataSource, Experiment, link};
use basin_train::protocol::{Command, DeviceChoice, Files, Phase};
use basin_train::report::KeptRun;

use super::kept::{Fallen, Held, LastRun, Survival, Waiting};
use super::workspace::Workspace;
use crate::client::{Asked, Started, Why};
use crate::files::ContentId;
use crate::format;
use crate::life::Silence;
use crate::messages::{Offer, Topic};

/// Ends at one place after which nobody tries again.
const MOST_ENDS: usize = 3;

impl Workspace {
    /// The kept run that is to go on at the first hello.
    pub(super) fn last_run(&self, last: &LastRun) -> Option<u64> {
        let free = |run: &&KeptRun| !run.elsewhere;
        // A page that is loaded again may have come before its worker has ended: whoever takes the run waits for that.
        let own = self.state.kept.iter().find(|run| Some(run.number) == self.survival.own);
        let latest = own.or_else(|| self.state.kept.first().filter(free))?;
        match last {
            LastRun::Left => None,
            LastRun::Same(setup) => (latest.setup == *setup).then_some(latest.number),
            LastRun::Wanted => Some(latest.number),
        }
    }

    /// What is here that nobody keeps: a run that has come further than its first step, or a sweep.
    pub fn not_kept(&self) -> Option<&'static str> {
        let run = self.state.phase() != Phase::Idle && !self.is_run_kept() && self.state.run.progress.furthest > 0;
        // One that is under way does not go on by itself.
        let sweep =
            self.state.sweep.is_some() && (self.state.kept_cells != Some(true) || self.client.is_pending(|asked| *asked == Asked::Sweep));
        if run { Some("run") } else { sweep.then_some("sweep") }
    }

    /// Whether the run is kept, as it was a moment ago.
    pub fn is_run_kept(&self) -> bool {
        self.state.open_kept.is_some() && self.held().is_none()
    }

    /// The run as it was a moment ago, where what is kept of it is older.
    pub fn held(&self) -> Option<&Held> {
        self.survival.snapshot.as_ref().filter(|held| held.after == self.turn_of_open_run())
    }

    fn turn_of_open_run(&self) -> Option<u64> {
        let open = self.state.open_kept?;
        self.state.kept.iter().find(|run| run.number == open).map(|run| run.turn)
    }

    /// Whether a run or a sweep is under way.
    pub fn works(&self) -> bool {
        self.state.trains() || self.client.is_pending(|asked| *asked == Asked::Sweep)
    }

    /// Whether who leaves now loses a run or a sweep on its way: nobody keeps it.
    pub fn loses_by_leaving(&self) -> bool {
        let run = !self.is_run_kept() && self.state.loses_work();
        run || (self.state.kept_cells != Some(true) && self.client.is_pending(|asked| *asked == Asked::Sweep))
    }

    /// Somebody has asked for another run: the one whose trainer has ended does not take its place.
    pub(super) fn let_it_rest(&mut self) {
        (self.survival.fallen, self.survival.cause) = (None, None);
    }

    /// Goes on with a run that is kept.
    pub fn open_kept(&mut self, kept: u64, paused: bool, why: Why) {
        if why == Why::Chosen {
            self.let_it_rest();
        }
        // Who finds the run that he left has been here.
        self.settings.welcome &= !matches!(why, Why::Last { .. });
        let run = self.client.open_kept(kept, self.settings.device, paused, why);
        self.await_run(run);
    }

    /// A kept run comes next.
    pub(super) fn kept_is_read(&mut self, kept: Box<KeptRun>, files: Option<Files>) {
        self.survival.opened = Some((kept, files));
    }

    /// The trainer cannot keep the run: this app does, as long as it lives.
    pub(super) fn hold(&mut self, bytes: Vec<u8>) {
        self.survival.snapshot = Some(Held { bytes, after: self.turn_of_open_run() });
    }

    /// The trainer has ended, or its device has, for this reason; `gone` if the trainer itself is, and another one will say
    /// hello. Call it before the state forgets the run.
    pub(super) fn fall(&mut self, text: &str, gone: bool) {
        let (running, step) = (self.state.trains(), self.state.run.progress.furthest);
        // A run that somebody has ended stays so.
        let idle = self.state.phase() == Phase::Idle;
        let started = self.client.latest_start().filter(|_| !idle).cloned();
        let device = if gone { self.settings.device } else { DeviceChoice::Cpu };
        if gone {
            self.survival.silence = Silence::default();
            self.choices.time.sought = None;
            self.client.forget();
            self.planes.clear();
        }
        let newer = self.held().is_some();
        let survival = &mut self.survival;
        survival.ends = if step > survival.furthest { 1 } else { survival.ends + 1 };
        survival.furthest = survival.furthest.max(step);
        let kept = self.state.open_kept.take().filter(|_| !idle);
        survival.snapshot.take_if(|_| idle || !newer);
        if kept.is_none() && survival.snapshot.is_none() && started.is_none() {
            let text = format!("{text} Another trainer takes its place; the setup is kept: press Train.");
            return self.state.messages.fail(Topic::Trainer, text);
        }
        if survival.ends >= MOST_ENDS {
            let is_kept = if kept.is_some() { " The run is kept as it was before." } else { "" };
            let text = format!(
                "{text} That was the third time at step {}, so it is not tried again.{is_kept} Use fewer seeds, fewer lanes, a smaller model \
                 or shorter texts, or train on the CPU.",
                format::count(step)
            );
            survival.cause = None;
            let offers: &[Offer] = if survival.snapshot.is_some() { &[Offer::SaveHeld, Offer::StartAnew] } else { &[Offer::StartAnew] };
            return self.state.messages.notice(Topic::Trainer, text, offers);
        }
        survival.fallen = Some(Fallen { kept, running, started, device });
        survival.cause = Some(text.to_owned());
        let on = if gone { "in another one" } else { "on the CPU" };
        self.state.messages.fail(Topic::Trainer, format!("{text} The run goes on {on}."));
        if !gone {
            self.revive();
        }
    }

    /// Goes on with the run whose trainer has ended, if there is one: from what was kept last, else from its first step.
    pub(super) fn revive(&mut self) {
        let Some(Fallen { kept, running, started, device }) = self.survival.fallen.take() else { return };
        let next = |kept, started| Some(Fallen { kept, running, started, device });
        // Where it is there it is later than what is kept.
        if let Some(Held { bytes, .. }) = self.survival.snapshot.take() {
            self.survival.fallen = next(kept, started);
            self.restore(bytes, device);
            if running {
                self.send(Command::Resume);
            }
            return;
        }
        if let Some(kept) = kept {
            self.survival.fallen = next(None, started);
            let run = self.client.open_kept(kept, device, !running, Why::Ended);
            return self.await_run(run);
        }
        let Some(started) = started else { return };
        let files = match &started.experiment.data.source {
            DataSource::File { name } if started.files != self.files.id() => {
                let text = format!("The run learned from {name} as it was then, which is not what is open now: open that file again.");
                self.survival.cause = None;
                return self.state.messages.notice(Topic::File, text, &[Offer::OpenFile]);
            }
            DataSource::File { .. } => self.files.get().cloned(),
            _ => None,
        };
        let run = self.client.start(Started { device, ..started }, files, !running);
        self.await_run(run);
    }

    /// Whether a run goes on whose trainer has ended.
    pub(super) fn revives(&self) -> bool {
        self.survival.cause.is_some()
    }

    /// A kept run is prepared: it becomes the setup if somebody has chosen it, and its files are those that are open.
    pub(super) fn show_kept(&mut self, prepared: &Experiment, why: Why) {
        let Some((kept, files)) = &mut self.survival.opened else { return };
        let experiment = link::decode(&kept.setup).unwrap_or_else(|_| prepared.clone());
        let files = files.take();
        if why == Why::Chosen {
            self.settings.experiment = experiment.clone();
        }
        if let (Some(files), false) = (files, why == Why::Ended) {
            self.open_files(files);
        }
        let files = if why == Why::Ended { self.files_before() } else { self.files.id() };
        self.client.started = Some(Started { experiment, files, ..self.setup() });
    }

    /// The files of the run that was here, which goes on: others may be open by now.
    pub(super) fn files_before(&self) -> ContentId {
        self.client.started.as_ref().map_or(self.files.id(), |started| started.files)
    }

    /// A run is shown: one that goes on says so, with a way to begin anew.
    pub(super) fn say_how_it_goes_on(&mut self, why: Option<Why>) {
        let Survival { opened, cause, .. } = &mut self.survival;
        let kept = opened.take().map(|(kept, _)| kept);
        let at = kept.as_ref().map(|kept| format!("step {} of {}", format::count(kept.step), format::count(kept.steps)));
        let text = match (cause.take(), why) {
            (Some(cause), _) => match at {
                Some(at) => format!("{cause} The run goes on in another one, from {at}."),
                None => format!("{cause} The run goes on in another one; it repeats what it has done since it was kept last."),
            },
            (None, why) => {
                // Somebody has begun it: whatever ended trainers before has nothing to do with it.
                let waiting = self.survival.waiting.take();
                let refused = self.survival.refused.take();
                self.survival = Survival { refused, waiting, ..Survival::default() };
                match (at, why, kept) {
                    (Some(at), Some(Why::Last { .. }), Some(kept)) if kept.running => {
                        format!("This run was here last time: it goes on from {at}, where it was kept.")
                    }
                    (Some(at), Some(Why::Last { .. }), _) => format!("This run was here last time, and is as you left it: at {at}."),
                    _ => match self.survival.refused.take() {
                        Some(text) => {
                            let text = format!("{text} What is set up is trained anew instead.");
                            return self.state.messages.notice(Topic::Kept, text, &[]);
                        }
                        None => return self.state.messages.clear(Topic::Kept),
                    },
                }
            }
        };
        self.survival.fallen = None;
        self.state.messages.tell(Topic::Kept, text, &[Offer::StartAnew]);
    }

    /// Opens a saved run; one that would take the place of a run that somebody would miss waits for an answer.
    pub(super) fn open_run(&mut self, name: &str, bytes: Vec<u8>) {
        // What is no saved run goes nowhere: the trainer of a page would have to take all of it in.
        if let Err(error) = basin_train::run::checkpoint::files(&bytes) {
            return self.state.messages.fail(Topic::Start, format!("{name}: {error}"));
        }
        if self.state.loses_work() {
            return self.ask_to_open(name, Waiting::Saved(bytes));
        }
        self.let_it_rest();
        self.restore(bytes, self.settings.device);
    }

    /// Opens a kept run that somebody chose; a run that is not kept itself does not go for it without a question.
    pub(super) fn open_chosen(&mut self, kept: u64) {
        if self.state.loses_work() && !self.is_run_kept() {
            return self.ask_to_open("the kept run", Waiting::Kept(kept));
        }
        self.open_kept(kept, false, Why::Chosen);
    }

    fn ask_to_open(&mut self, name: &str, waiting: Waiting) {
        let progress = self.state.run.progress;
        let (step, steps) = (format::count(progress.step), format::count(progress.steps));
        let text = format!("Open {name}? It takes the place of the run that is at step {step} of {steps}.");
        self.survival.waiting = Some(waiting);
        self.state.messages.tell(Topic::Replace, text, &[Offer::OpenRun]);
    }

    /// Opens the run that waits for an answer.
    pub(super) fn open_waiting(&mut self) {
        match self.survival.waiting.take() {
            Some(Waiting::Saved(bytes)) => {
                self.let_it_rest();
                self.restore(bytes, self.settings.device);
            }
            Some(Waiting::Kept(kept)) => self.open_kept(kept, false, Why::Chosen),
            None => {}
        }
    }
}
