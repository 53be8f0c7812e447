//! How far a run is, on standard error: a bar on a terminal, a line at each tenth otherwise.

use std::io::{IsTerminal, stderr};
use std::time::Instant;

use basin_app::state::{Metric, State};
use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::tell;

/// Tells how far a run is.
pub struct Progress {
    /// On a terminal.
    bar: Option<ProgressBar>,
    started: Instant,
    /// Steps that were done when this program started.
    first: usize,
    steps: usize,
    tenth: usize,
}

impl Progress {
    /// A run that has done `done` of `steps` steps.
    pub fn new(done: usize, steps: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{bar:32} {pos} of {len} steps, {per_sec}, {eta} left  {msg}").expect("the template is ours");
            let bar = ProgressBar::new(steps as u64).with_style(style);
            bar.reset_eta();
            bar.set_position(done as u64);
            bar
        });
        Self { bar, started: Instant::now(), first: done, steps, tenth: tenth(done, steps) }
    }

    /// After each step.
    pub fn tell(&mut self, done: usize, state: &State) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(losses(state));
            return;
        }
        let tenth = tenth(done, self.steps);
        if tenth > self.tenth {
            self.tenth = tenth;
            let speed = (done - self.first) as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
            tell(format_args!("step {done} of {} ({} %), {speed:.1} steps a second; {}", self.steps, tenth * 10, losses(state)));
        }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(text)),
            None => tell(text),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Tenths of the run that are done.
pub fn tenth(done: usize, steps: usize) -> usize {
    done * 10 / steps.max(1)
}

/// The latest test losses, lane by lane.
fn losses(state: &State) -> String {
    let of_lane = |lane: usize| match state.run.spread(lane, Metric::TestLoss) {
        Some(spread) => format!("{} {:.3}", state.run.lanes[lane].title, spread.mean),
        None => format!("{} diverged", state.run.lanes[lane].title),
    };
    format!("test loss {}", (0..state.run.lanes.len()).map(of_lane).collect::<Vec<_>>().join(", "))
}
