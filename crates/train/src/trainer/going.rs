//! How a run goes on: in slices, by single steps, to a step that was asked for.

use super::host::{Host, Rest};
use super::state::Trainer;
use super::time::SLICE_SECONDS;
use crate::experiment::titles;
use crate::keep::Keep;
use crate::protocol::{Event, Phase};
use crate::report::Side;

/// Time between two progress events.
const PROGRESS_SECONDS: f64 = 0.25;

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Trains for a moment; how long there is nothing to do then.
    pub(super) async fn train_a_slice(&mut self) -> Rest {
        let Some(driver) = &mut self.driver else { return Rest::UntilCommand };
        let before = driver.steps_done();
        let stop = self.stop_at.step.filter(|step| *step > before).unwrap_or(usize::MAX);
        let steps = match self.pace.allow((self.clock)()) {
            Ok(steps) => steps,
            Err(seconds) => return Rest::For(seconds),
        };
        let mut measured = driver.advance(SLICE_SECONDS, stop.min(before.saturating_add(steps))).await;
        let stopped = driver.steps_done() == stop;
        if measured.is_none() && (stopped || self.pace.shows_each()) {
            measured = Some(driver.measure().await);
        }
        let (done, seconds) = (driver.finished(), driver.seconds());
        let why = match &measured {
            Some(_) if stopped => Some(format!("Paused at step {stop}, as asked.")),
            Some(measurement) => self.stop_at.fallen(measurement).map(|(lane, [best, now])| {
                let title = titles(&driver.summary().experiment.lanes).swap_remove(lane);
                format!("Paused: {title} is at {:.1} % on the test set, and was at {:.1} %.", now * 100.0, best * 100.0)
            }),
            None => None,
        };
        let pause = why.is_some() || measured.is_some() && std::mem::take(&mut self.stop_at.measurement);
        let new_point = measured.is_some();
        if let Some(measurement) = measured {
            self.tell(Event::Measured { run: self.run, measurement });
        }
        if done || pause || self.pace.shows_each() || seconds - self.told.0 > PROGRESS_SECONDS {
            self.tell_progress();
        }
        if let Some(text) = why {
            self.tell(Event::Note { run: self.run, text });
        }
        if !done && pause {
            self.enter(Phase::Paused);
            return Rest::Not;
        }
        if !done {
            self.try_gpu_when_due().await;
            // The first sharpness, whose time nobody knows yet, waits until the curves have moved.
            if new_point || self.budget.sharpness_seconds > 0.0 {
                self.spend_the_budget().await;
            }
            return Rest::Not;
        }
        // The end is always measured: it is no longer training time.
        if self.budget.share > 0.0 {
            self.measure_sharpness(Side::Train, false).await;
            self.measure_sharpness(Side::HeldOut, false).await;
        }
        self.stop_at.measurement = false;
        self.tell_best().await;
        self.enter(Phase::Finished);
        Rest::Not
    }

    /// Says which epochs are the best, where that is kept.
    pub(super) async fn tell_best(&mut self) {
        let Some(driver) = &self.driver else { return };
        if let Some(best) = driver.best().await {
            self.tell(Event::Best { run: self.run, best });
        }
    }

    /// Tries the GPU where that is due, and moves there if it is faster.
    pub(super) async fn try_gpu_when_due(&mut self) {
        let (run, Some(driver)) = (self.run, &mut self.driver) else { return };
        let Some(lap) = driver.lap().await else { return };
        self.host.emit(Event::Note { run, text: "Trying whether the GPU is faster…".to_owned() }.into());
        self.host.give_turn(Rest::Not).await;
        let host = &mut self.host;
        match driver.try_gpu(&lap, async || host.give_turn(Rest::Not).await).await {
            Ok((words, moved)) => {
                self.tell(Event::Note { run, text: words });
                if let Some(device) = moved {
                    self.tell(Event::Moved { run, device });
                }
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    pub(super) async fn single_step(&mut self) {
        let Some(driver) = &mut self.driver else {
            return self.fail("There is no run to step through: start one first.");
        };
        if driver.finished() {
            match driver.extend(None) {
                Ok(text) => self.host.emit(Event::Note { run: self.run, text }.into()),
                Err(error) => return self.fail(&error.to_string()),
            }
        }
        driver.step();
        let measurement = driver.measure().await;
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(Phase::Paused);
    }

    pub(super) fn resume(&mut self) {
        match (&mut self.driver, self.phase) {
            (Some(driver), Phase::Paused | Phase::Finished) => {
                // Also paused: by a single step, or as it was saved.
                if driver.finished() {
                    match driver.extend(None) {
                        Ok(text) => self.tell(Event::Note { run: self.run, text }),
                        Err(error) => return self.fail(&error.to_string()),
                    }
                    self.tell_progress();
                }
                self.enter(Phase::Running);
            }
            (None, _) => self.fail("There is no run to resume: start one first."),
            _ => {}
        }
    }

    pub(super) fn seek(&mut self, step: usize) {
        if self.driver.is_none() {
            return self.fail("There is no run to go back in: start one first.");
        }
        let ticket = self.ticket.take();
        self.forget_seek();
        self.seeking = Some((ticket, step));
        if self.phase == Phase::Running {
            self.enter(Phase::Paused);
        }
    }

    /// Goes on towards the step that was asked for; there it is measured.
    pub(super) async fn seek_a_slice(&mut self) {
        let (Some(driver), Some((ticket, step))) = (&mut self.driver, self.seeking) else { return };
        if !driver.seek(step, SLICE_SECONDS) {
            return self.tell_progress();
        }
        let measurement = driver.measure().await;
        let done = driver.finished();
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(if done { Phase::Finished } else { Phase::Paused });
        self.seeking = None;
        self.close(ticket);
    }

    pub(super) fn forget_seek(&mut self) {
        if let Some((ticket, _)) = self.seeking.take() {
            self.close(ticket);
        }
    }
}
