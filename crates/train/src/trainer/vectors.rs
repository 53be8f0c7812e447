//! Before a run of the model `sentence`: its encoder is fetched where it is not here, and the texts get their vectors. Meanwhile
//! commands are heard, and what else there is to do waits.

use super::encoding::Encoding;
use super::host::{Fetched, Host, Rest};
use super::state::Trainer;
use crate::experiment::{Experiment, link};
use crate::keep::Keep;
use crate::protocol::{Command, Event, Files, RunId, Ticketed};
use crate::run::{Plan, RunError, checkpoint};

/// Seconds between two looks at what is fetched.
const LOOK_SECONDS: f64 = 0.1;

/// Texts that a command wants vectors of, and the hash of the encoder if only that one will do; none if it needs none.
type Wanted = Result<Option<(RunId, Vec<String>, Option<String>)>, RunError>;

impl<H: Host, K: Keep> Trainer<H, K> {
    /// The command, unless it has to wait for vectors.
    pub(super) async fn with_vectors(&mut self, command: Command) -> Option<Command> {
        if matches!(command, Command::Start { .. } | Command::Restore { .. } | Command::OpenKept { .. }) {
            self.forget_encoding().await;
        }
        // What is wrong with a command is told when it is carried out.
        let Ok(Some((run, texts, wanted))) = self.wanted(&command).await else { return Some(command) };
        self.forget_encoding().await;
        self.encoding = Some(Box::new(Encoding::new(self.ticket.take(), command, run, texts, wanted)));
        None
    }

    async fn wanted(&mut self, command: &Command) -> Wanted {
        // Who trains layers of the encoder needs what the layers below make of the texts, of which nothing is kept.
        let learns = |experiment: &Experiment| experiment.model.kind.learns_from_vectors() && experiment.model.tune.is_none();
        match command {
            Command::Start { run, experiment, files, .. } if learns(experiment) => self.texts_of(*run, experiment, files.clone()),
            Command::Sweep { grid, files, .. } if learns(&grid.experiment) => self.texts_of(self.run, &grid.experiment, files.clone()),
            Command::Restore { run, bytes, .. } => of_saved(*run, bytes),
            Command::OpenKept { run, kept, .. } => {
                let (runs, open) = self.keeper.runs();
                let setup = runs.iter().find(|run| run.number == *kept && open != Some(*kept)).map(|run| &run.setup);
                if !setup.and_then(|setup| link::decode(setup).ok()).is_some_and(|experiment| learns(&experiment)) {
                    return Ok(None);
                }
                let Ok((_, bytes)) = self.keeper.take(*kept).await else { return Ok(None) };
                self.keeper.give_back(*kept);
                of_saved(*run, &bytes)
            }
            Command::Predict { file } => {
                Ok(self.driver.as_ref().and_then(|driver| driver.wanted(file)).map(|(texts, hash)| (self.run, texts, Some(hash))))
            }
            _ => Ok(None),
        }
    }

    fn texts_of(&mut self, run: RunId, experiment: &Experiment, files: Option<Files>) -> Wanted {
        let Ok(files) = self.files_of(experiment, files) else { return Ok(None) };
        Ok(Some((run, Plan::texts(experiment, files.as_ref())?, None)))
    }

    /// Goes on for a moment with what waits for vectors; how long there is nothing to do then. None where nothing waits.
    pub(super) async fn encode_a_slice(&mut self) -> Option<Rest> {
        let encoding = self.encoding.as_mut()?;
        if encoding.wants_encoder() {
            match self.host.fetch_encoder() {
                Fetched::Here => {
                    if let Err(error) = encoding.open(&mut self.keeper, |texts| self.host.encoders(texts)).await {
                        self.refuse_encoding(|run| Event::Failed { run, text: error.to_string() });
                        return Some(Rest::Not);
                    }
                }
                Fetched::Coming { bytes, of } => {
                    let megabytes = |bytes: u64| bytes as f64 / 1e6;
                    let what = format!("Fetching the encoder: {:.1} of {:.1} MB", megabytes(bytes), megabytes(of));
                    self.tell_encoding(what, bytes as f64 / of.max(1) as f64);
                    return Some(Rest::For(LOOK_SECONDS));
                }
                Fetched::Failed(text) => {
                    self.refuse_encoding(|run| Event::Failed { run, text });
                    return Some(Rest::Not);
                }
            }
        } else {
            encoding.go_on(&*self.clock);
            encoding.store_a_batch(&mut self.keeper).await;
        }
        if let Some(mut over) = self.encoding.take_if(|encoding| encoding.is_over()) {
            over.store(&mut self.keeper).await;
            self.ticket = over.ticket;
            self.carry_out(over.command).await;
            if over.goes_on && self.run == over.run {
                self.resume();
            }
            let ticket = self.ticket.take();
            // What was told of the encoding is over, whatever came of the command.
            self.enter(self.phase);
            self.close(ticket);
        } else if let Some((what, share)) = self.encoding.as_mut().and_then(|encoding| encoding.news(&*self.clock)) {
            self.tell_encoding(what, share);
        }
        Some(Rest::Not)
    }

    fn tell_encoding(&mut self, what: String, share: f64) {
        let Some(encoding) = &self.encoding else { return };
        let (run, ticket) = (encoding.run, encoding.ticket);
        self.host.emit(Ticketed { ticket, message: Event::Preparing { run, what, share: Some(share) } });
    }

    /// Somebody has had enough of waiting, which is no failure: what is encoded is kept.
    pub(super) async fn stop_encoding(&mut self) {
        let Some(encoding) = &mut self.encoding else { return };
        encoding.store(&mut self.keeper).await;
        let (what, next) = match encoding.command {
            Command::Predict { .. } => ("the texts were answered", "the next time"),
            Command::Sweep { .. } => ("the sweep began", "the next one"),
            _ => ("the run began", "the next start"),
        };
        let far = if encoding.wants_encoder() { String::new() } else { format!(" {}; they are kept for {next}.", encoding.how_far().0) };
        self.host.stop_fetching();
        self.refuse_encoding(|run| Event::LeftOff { run, text: format!("Stopped before {what}.{far}") });
    }

    /// Whether a sweep that is to begin waits for vectors.
    pub(super) fn sweep_waits(&self) -> bool {
        self.encoding.as_ref().is_some_and(|encoding| matches!(encoding.command, Command::Sweep { .. }))
    }

    /// Whether a run that is to begin waits for vectors; beside other commands that do, the run that is there is paused as ever.
    pub(super) fn start_waits(&self) -> bool {
        let begins = |command: &Command| matches!(command, Command::Start { .. } | Command::Restore { .. } | Command::OpenKept { .. });
        self.encoding.as_ref().is_some_and(|encoding| begins(&encoding.command))
    }

    /// The run that waits for vectors begins `paused`, or not.
    pub(super) fn encode_for(&mut self, paused: bool) {
        let Some(encoding) = &mut self.encoding else { return };
        if let Command::Start { paused: begins, .. } | Command::OpenKept { paused: begins, .. } = &mut encoding.command {
            *begins = paused;
        }
        // A saved run waits by itself, and a kept one as it was left.
        encoding.goes_on = !paused && !matches!(encoding.command, Command::Start { .. });
        let run = encoding.run;
        let how = if paused { "It waits for you then" } else { "It trains then" };
        self.tell(Event::Note { run, text: format!("The run begins when its texts are encoded. {how}.") });
    }

    /// What waits for vectors gets none; `told` is said of its run.
    fn refuse_encoding(&mut self, told: impl FnOnce(RunId) -> Event) {
        let Some(encoding) = self.encoding.take() else { return };
        let before = std::mem::replace(&mut self.ticket, encoding.ticket);
        self.tell(told(encoding.run));
        self.enter(self.phase);
        self.close(encoding.ticket);
        self.ticket = before;
    }

    /// Something else was asked for meanwhile.
    async fn forget_encoding(&mut self) {
        if let Some(mut encoding) = self.encoding.take() {
            encoding.store(&mut self.keeper).await;
            self.close(encoding.ticket);
        }
    }
}

fn of_saved(run: RunId, bytes: &[u8]) -> Wanted {
    Ok(checkpoint::texts(bytes)?.map(|(texts, hash)| (run, texts, Some(hash))))
}
