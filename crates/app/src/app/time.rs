//! The time of a run: where in it somebody wants to be, and how fast it goes.

use basin_train::protocol::Command;

use super::workspace::Workspace;
use crate::choices::TimeChoice;
use crate::client::Asked;
use crate::settings::Middle;

impl Workspace {
    /// Goes to a step that the run has been at. While one is sought, only the last of those that are asked for meanwhile is
    /// sought next: a slider asks for hundreds.
    pub fn seek(&mut self, step: usize) {
        self.choices.time.sought = Some(step);
        if !self.client.is_pending(|asked| *asked == Asked::Seek) {
            self.client.request(Command::Seek { step }, Asked::Seek);
        }
    }

    /// The run is at a step that was sought: it is shown there, unless another one is wanted by now.
    pub fn sought(&mut self) {
        let Some(step) = self.choices.time.sought.take() else { return };
        let progress = self.state.run.progress;
        if step != progress.step && (progress.first..=progress.furthest).contains(&step) {
            return self.seek(step);
        }
        let run = &self.state.run;
        match self.settings.middle {
            Middle::Step if run.trace.is_some() => self.send(Command::Trace { member: self.choices.step.member }),
            Middle::Sharpness if run.sharpness.iter().all(|sharpness| sharpness.step != progress.step) => {
                self.send(Command::MeasureSharpness);
            }
            Middle::Landscape if run.landscapes.planes[0].1.is_some() => self.measure_landscape(),
            // Answers and sentences follow every measurement.
            _ => {}
        }
    }

    /// Sets how fast the run goes, and where it pauses.
    pub fn set_time(&mut self, choice: TimeChoice) {
        if choice != self.choices.time {
            self.choices.time = choice;
            self.send_time();
        }
    }

    pub(super) fn send_time(&mut self) {
        let TimeChoice { pace, stop_at, stop_at_fall, .. } = self.choices.time;
        self.send(Command::Pace { steps_per_second: pace });
        self.send(Command::StopAt { step: stop_at, fall: stop_at_fall });
    }
}
