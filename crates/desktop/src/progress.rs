//! How far a run is, on standard error: a bar on a terminal, a line at each tenth otherwise.

use std::io::{IsTerminal, stderr};
use std::time::Instant;

use basin_app::state::{Metric, State};
use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::tell;

/// Tells how far something is.
pub struct Progress {
    /// On a terminal.
    bar: Option<ProgressBar>,
    started: Instant,
    /// What is counted.
    unit: &'static str,
    /// Of them, those that were done when this program started.
    first: usize,
    /// 0 where nobody knows how many.
    all: usize,
    /// Tenths that were told; of nobody knows how many, stretches of [`SECONDS`].
    tenth: usize,
}

/// Between two lines on something whose end nobody knows.
const SECONDS: u64 = 10;

impl Progress {
    /// Where `done` of `all` are done, 0 where nobody knows how many; `unit` is what is counted, such as `steps`.
    pub fn new(unit: &'static str, done: usize, all: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let template = if all == 0 {
                format!("{{spinner}} {{pos}} {unit}, {{per_sec}}  {{msg}}")
            } else {
                format!("{{bar:32}} {{pos}} of {{len}} {unit}, {{per_sec}}, {{eta}} left  {{msg}}")
            };
            let style = ProgressStyle::with_template(&template).expect("the template is ours");
            let bar = ProgressBar::new(all as u64).with_style(style);
            bar.reset_eta();
            bar.set_position(done as u64);
            bar
        });
        Self { bar, started: Instant::now(), unit, first: done, all, tenth: if all == 0 { 0 } else { tenth(done, all) } }
    }

    /// One of those that are done was so before: it is no part of the speed.
    pub fn skip_one(&mut self) {
        self.first += 1;
        if let Some(bar) = &self.bar {
            bar.reset_eta();
        }
    }

    /// So many are done; what else is to be told.
    pub fn tell(&mut self, done: usize, more: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(more());
            return;
        }
        let tenth = if self.all == 0 { (self.started.elapsed().as_secs() / SECONDS) as usize } else { tenth(done, self.all) };
        if tenth > self.tenth {
            self.tenth = tenth;
            let Self { started, unit, first, all, .. } = self;
            let speed = done.saturating_sub(*first) as f64 / started.elapsed().as_secs_f64().max(1e-9);
            let one = unit.trim_end_matches('s');
            let more = Some(more()).filter(|more| !more.is_empty()).map_or_else(String::new, |more| format!("; {more}"));
            let of_all = (100 * done).checked_div(*all).map_or_else(String::new, |percent| format!(" of {all} ({percent} %)"));
            tell(format_args!("{one} {done}{of_all}, {speed:.1} {unit} a second{more}"));
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

/// Tenths that are done.
pub fn tenth(done: usize, all: usize) -> usize {
    done * 10 / all.max(1)
}

/// The latest test losses, lane by lane.
pub fn losses(state: &State) -> String {
    let of_lane = |lane: usize| match state.run.spread(lane, Metric::TestLoss) {
        Some(spread) => format!("{} {:.3}", state.run.lanes[lane].title, spread.mean),
        None => format!("{} diverged", state.run.lanes[lane].title),
    };
    format!("test loss {}", (0..state.run.lanes.len()).map(of_lane).collect::<Vec<_>>().join(", "))
}
