//! The loop behind the app: takes commands, trains in slices, tells what happens.
//!
//! The shell (a thread, a worker, a test) implements [`Host`]; everything else is the same everywhere.

mod encoding;
mod going;
mod host;
mod kept;
mod look;
mod runs;
mod state;
mod sweep;
mod time;
mod vectors;

use std::collections::VecDeque;

pub use self::host::{Encoders, Fetched, Host, Rest};
use self::state::Trainer;
use self::time::{Pace, StopAt};
use crate::data::reading::{self, Chosen};
use crate::keep::{Cells, Keep, Keeper};
use crate::lost::unless_lost;
use crate::protocol::{Command, Event, Phase, RunId, Ticketed, VERSION};
use crate::report::{Budget, Side};

/// Time between two looks at what the helpers of a sweep have said, where their words do not wake anybody.
const HELPERS_SECONDS: f64 = 0.01;

/// Runs until the host goes away (which drops the future, or ends its thread), and keeps its runs in a place, if there is one.
pub async fn run(host: impl Host, place: Option<impl Keep>) {
    let clock = host.clock();
    let mut trainer = Trainer {
        host,
        keeper: Keeper::new(place).await,
        clock,
        ticket: None,
        run: RunId::default(),
        driver: None,
        phase: Phase::Idle,
        told: (0.0, 0),
        budget: Budget::default(),
        sharpness_takes: [0.0; 2],
        next_side: Side::Train,
        surveys: VecDeque::new(),
        seeking: None,
        encoding: None,
        cells: Cells::default(),
        sweep: None,
        pace: Pace::default(),
        stop_at: StopAt::default(),
    };
    let (library, memory) = (trainer.host.library(), trainer.host.memory());
    let (cores, encoder) = (trainer.host.cores_for_sweeps(), trainer.host.encoder_offer());
    // First, so that whoever hears the hello knows what there is to go on with.
    trainer.tell_kept();
    trainer.tell(Event::Hello { version: VERSION, library, memory, cores, encoder });
    if let Some(text) = trainer.keeper.unreadable() {
        trainer.tell(Event::Note { run: trainer.run, text });
    }
    loop {
        while let Some(Ticketed { ticket, message }) = trainer.host.poll() {
            trainer.ticket = ticket;
            if let Err(lost) = unless_lost(trainer.obey(message)).await {
                trainer.lose(&lost);
            }
            let ticket = trainer.ticket.take();
            trainer.close(ticket);
        }
        let work = async {
            if let Some(rest) = trainer.encode_a_slice().await {
                return rest;
            }
            let mut rest = Rest::UntilCommand;
            if trainer.phase == Phase::Running {
                rest = trainer.train_a_slice().await;
            }
            trainer.seek_a_slice().await;
            trainer.survey().await;
            trainer.fit_linear();
            trainer.sweep_a_slice().await;
            let due = [trainer.keep_when_due().await, trainer.keep_cells_when_due().await];
            match due.into_iter().flatten().reduce(f64::min) {
                Some(seconds) if rest == Rest::UntilCommand => Rest::For(seconds),
                _ => rest,
            }
        };
        let rest = match unless_lost(work).await {
            Ok(rest) => rest,
            Err(lost) => {
                trainer.lose(&lost);
                Rest::UntilCommand
            }
        };
        let works = trainer.sweeps_here() || trainer.seeking.is_some() || !trainer.surveys.is_empty() || trainer.fits_linear();
        let busy = trainer.encoding.is_none() && works;
        let rest = if trainer.sweep.is_some() { rest.at_most(HELPERS_SECONDS) } else { rest };
        trainer.host.give_turn(if busy { Rest::Not } else { rest }).await;
    }
}

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Carries a command out, or has it wait for vectors.
    async fn obey(&mut self, command: Command) {
        if let Some(command) = self.with_vectors(command).await {
            self.carry_out(command).await;
        }
    }

    async fn carry_out(&mut self, command: Command) {
        match command {
            Command::Start { run, experiment, files, device, paused } => self.start(run, *experiment, files, device, paused).await,
            Command::Restore { run, bytes, device } => self.restore(run, &bytes, device).await,
            Command::OpenKept { run, kept, device, paused } => self.open_kept(run, kept, device, paused).await,
            Command::CompareKept { kept } => self.compare_kept(kept).await,
            Command::NameKept { kept, name } => match self.keeper.name(kept, &name).await {
                Ok(()) => self.tell_kept(),
                Err(text) => self.fail(&text),
            },
            Command::NoteKept { kept, note } => match self.keeper.note(kept, &note).await {
                Ok(()) => self.tell_kept(),
                Err(text) => self.fail(&text),
            },
            Command::DeleteKept { kept } => match self.keeper.delete(kept).await {
                Ok(()) => self.tell_kept(),
                Err(text) => self.fail(&text),
            },
            Command::ListKept => {
                // What is wrong with the place is told when something is to be kept there.
                let _ = self.keeper.look(0.0).await;
                self.tell_kept();
            }
            Command::DeleteSwept => {
                self.cells.delete(&mut self.keeper).await;
                self.tell_kept();
            }
            Command::Inspect { files, columns, delimiter } => {
                let event = match reading::inspect(&files, Chosen { delimiter, columns: columns.as_ref() }) {
                    Ok(table) => Event::Table(Box::new(table)),
                    Err(error) => Event::Failed { run: self.run, text: error.to_string() },
                };
                self.tell(event);
            }
            Command::Pause | Command::Resume if self.start_waits() => self.encode_for(command == Command::Pause),
            Command::Pause if self.phase == Phase::Running => {
                // Progress is told now and then; a paused run shows where it really stands.
                self.tell_progress();
                self.enter(Phase::Paused);
            }
            Command::Resume => self.resume(),
            Command::Step => self.single_step().await,
            Command::Stop if self.encoding.is_some() => self.stop_encoding().await,
            Command::Stop => self.stop().await,
            Command::Save => {
                let Some(driver) = &mut self.driver else {
                    return self.fail("There is no run to save: start one first.");
                };
                let bytes = driver.save().await;
                self.tell(Event::Saved { run: self.run, bytes });
            }
            Command::StepToMeasurement => {
                self.stop_at.measurement = true;
                self.resume();
            }
            Command::Seek { step } => self.seek(step),
            Command::Pace { steps_per_second: Some(pace) } if !(pace > 0.0 && pace.is_finite()) => {
                self.fail(&format!("The pace is {pace} steps a second, but must be above 0."));
            }
            Command::Pace { steps_per_second } => self.pace = Pace { steps_per_second, due: (self.clock)() },
            Command::StopAt { step, fall } => self.stop_at = StopAt { step, fall, ..StopAt::default() },
            Command::Sweep { grid, files, level, cores } => self.sweep(*grid, files, level, cores).await,
            Command::StopSweep => {
                if self.sweep_waits() {
                    self.stop_encoding().await;
                }
                self.forget_sweep();
                self.keep_cells().await;
            }
            Command::Pause | Command::Ping => {}
            Command::SharpnessBudget { share } if (0.0..=1.0).contains(&share) => self.budget.share = share,
            Command::SharpnessBudget { share } => self.fail(&format!("The budget is {share}, but must be from 0 to 1.")),
            command @ (Command::Classify { .. }
            | Command::Judge
            | Command::JudgedCell { .. }
            | Command::Predict { .. }
            | Command::Export { .. }) => self.ask(command).await,
            command => self.look(command).await,
        }
    }
}
