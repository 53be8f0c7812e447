//! A sweep beside everything else that a window or a page does: its cells go to helpers as these are free, or are trained here, a
//! slice at a time, where there are none.

use std::collections::BTreeMap;

use super::crew::{Clock, Crew, Task, Word};
use super::grid::{Grid, climbs};
use super::known::Known;
use super::outcome::Outcome;
use super::pieces::{MOST_DEATHS, Pieces};
use super::work::{self, Shelf, Work};
use crate::brief::counted;
use crate::data::files::Files;
use crate::limits::in_words;
use crate::run::Compute;

/// Seconds after which helpers that wait are ended: they hold memory.
const IDLE_SECONDS: f64 = 30.0;

/// Seconds without a word after which a helper that is at a piece is given up. Ten words a second are usual; reading a large data
/// set, and the last look at its cells, take seconds on a slow machine.
const SILENCE_SECONDS: f64 = 60.0;

/// Of the time between two moments, so much counts as silence: a machine that slept has heard nobody.
const HEARING_SECONDS: f64 = 1.0;

/// A sweep on its way.
pub struct Sweeping {
    task: Task,
    pieces: Pieces,
    /// Without one everything is trained here.
    crew: Option<Box<dyn Crew>>,
    /// Helpers, at most.
    most: usize,
    helpers: BTreeMap<usize, Helper>,
    /// Numbers of helpers that were given away.
    numbers: usize,
    /// What is trained here.
    work: Option<Work>,
    /// Bytes that the largest piece takes.
    piece: u64,
    /// Cells that have come to their end, and that were left out.
    done: usize,
    /// When it went on last.
    now: Option<f64>,
    /// When the last of the helpers had nothing to do.
    idle_since: Option<f64>,
    /// What was not told yet.
    notes: Vec<String>,
    /// Cells that were known before, until they are told.
    recalled: Vec<(usize, Outcome)>,
}

#[derive(Default)]
struct Helper {
    ready: bool,
    /// Whether it has done something.
    proved: bool,
    /// What it is at.
    cells: Vec<usize>,
    share: f64,
    /// Seconds since it said something.
    silent: f64,
}

/// What has become of a sweep in a moment.
#[derive(Debug, Default)]
pub struct News {
    /// Cells at their end, with their numbers.
    pub cells: Vec<(usize, Outcome)>,
    /// What is worth knowing, for people.
    pub notes: Vec<String>,
    /// What is missing for good, for people.
    pub failures: Vec<String>,
}

impl Sweeping {
    /// Checks the grid and its data; with `level`, every method spends as many gradients as SAM. Of what is `known` nothing is trained
    /// again. A crew has `helpers` at most, and no more than there is memory for.
    ///
    /// # Errors
    /// What is wrong with the grid or the data, or more memory than there is.
    pub fn new(
        mut grid: Grid,
        files: Option<Files>,
        level: bool,
        known: &Known,
        compute: &Compute,
        crew: Option<Box<dyn Crew>>,
        helpers: usize,
    ) -> Result<Self, String> {
        grid.check().map_err(|error| error.to_string())?;
        let mut shelf = Shelf::new(files);
        let piece = work::fits(&grid, &mut shelf, compute).map_err(|error| error.to_string())?.total().max(1);
        if level {
            work::level(&mut grid, &mut shelf, compute).map_err(|error| error.to_string())?;
        }
        let wanted = if crew.is_some() { helpers.clamp(1, grid.cells()) } else { 1 };
        let memory = compute.limits.memory;
        let most = wanted.min(memory.map_or(wanted, |memory| (memory / piece).max(1) as usize));
        let mut notes = work::idle_lanes(&grid, &mut shelf).map_err(|error| error.to_string())?;
        if most < wanted {
            let (cores, each) = (counted(most, "core"), in_words(piece));
            notes.push(format!("The sweep goes on {cores}, not on {wanted}: each takes up to {each} of memory."));
        }
        let recalled = known.of(&grid, shelf.files());
        let pieces = Pieces::new(&grid, |cell| recalled.binary_search_by_key(&cell, |(known, _)| *known).is_err());
        let done = recalled.len();
        if done > 0 {
            notes.push(format!("{} of this sweep {} known from before.", counted(done, "run"), if done > 1 { "are" } else { "is" }));
        }
        let task = Task::new(grid, shelf, memory);
        let (helpers, numbers, work, now, idle_since) = (BTreeMap::new(), 0, None, None, None);
        Ok(Self { task, pieces, crew, most, helpers, numbers, work, piece, done, now, idle_since, notes, recalled })
    }

    /// Takes note of cells of it that have come to their end.
    pub fn note_in(&self, known: &mut Known, cells: &[(usize, Outcome)]) {
        self.task.note_in(known, cells);
    }

    /// What is compared, with the passes of each method.
    pub fn grid(&self) -> &Grid {
        &self.task.grid
    }

    /// Cores that it takes, at most.
    pub fn cores(&self) -> usize {
        self.most
    }

    /// Bytes that it takes on them together, at most.
    pub fn memory(&self) -> u64 {
        self.piece.saturating_mul(self.most as u64)
    }

    /// Whether others train its cells, so that there is nothing to do here but to listen.
    pub fn is_helped(&self) -> bool {
        self.crew.is_some()
    }

    /// Whether all cells are done.
    pub fn is_over(&self) -> bool {
        self.work.is_none()
            && self.recalled.is_empty()
            && self.pieces.cells() == 0
            && self.helpers.values().all(|helper| helper.cells.is_empty())
    }

    /// The share of the cells that are done, 0 to 1.
    pub fn share_done(&self) -> f64 {
        let here = self.work.as_ref().map_or(0.0, |work| work.share_done() * work.cells() as f64);
        let elsewhere: f64 = self.helpers.values().map(|helper| helper.share * helper.cells.len() as f64).sum();
        (self.done as f64 + here + elsewhere) / self.grid().cells().max(1) as f64
    }

    /// Goes on, at `now` on some clock in seconds: listens to the helpers and gives them what they are free for, or trains here for about
    /// `seconds`, on the clock that `clock` makes. While it `waits`, nothing is begun.
    ///
    /// # Errors
    /// What is wrong with the data of a setting.
    pub async fn go_on(&mut self, waits: bool, now: f64, seconds: f64, clock: impl FnOnce() -> Clock) -> Result<News, String> {
        let (cells, notes) = (std::mem::take(&mut self.recalled), std::mem::take(&mut self.notes));
        let mut news = News { cells, notes, ..News::default() };
        let passed = (now - self.now.replace(now).unwrap_or(now)).min(HEARING_SECONDS);
        self.listen(&mut news)?;
        self.miss(passed, &mut news);
        if waits {
            self.rest(now);
        } else {
            self.idle_since = None;
            self.employ(&mut news);
            if self.crew.is_none() {
                news.cells.extend(self.train_here(seconds, clock).await?);
            }
        }
        Ok(news)
    }

    /// Trains here for a moment; the cells of a piece that has come to its end.
    async fn train_here(&mut self, seconds: f64, clock: impl FnOnce() -> Clock) -> Result<Vec<(usize, Outcome)>, String> {
        let Some(work) = &mut self.work else {
            if let Some(cells) = self.pieces.take(1) {
                let mut work = self.task.prepare(&cells)?;
                work.set_clock(clock());
                self.work = Some(work);
            }
            return Ok(Vec::new());
        };
        if !work.advance(seconds).await {
            return Ok(Vec::new());
        }
        let Some(work) = self.work.take() else { return Ok(Vec::new()) };
        self.done += work.cells();
        Ok(Box::pin(work.outcomes()).await)
    }

    /// Takes in what the helpers have said.
    fn listen(&mut self, news: &mut News) -> Result<(), String> {
        while let Some((number, word)) = self.crew.as_mut().and_then(|crew| crew.hear()) {
            let Some(helper) = self.helpers.get_mut(&number) else { continue };
            helper.silent = 0.0;
            match word {
                Word::Ready => helper.ready = true,
                Word::Share { share } => helper.share = share,
                Word::Done { cells } => {
                    *helper = Helper { ready: true, proved: true, ..Helper::default() };
                    self.done += cells.len();
                    news.cells.extend(cells);
                }
                Word::Failed { text } => return Err(text),
                Word::Died { text } => self.lose(number, &text, news),
            }
        }
        Ok(())
    }

    /// So many seconds have passed: a helper that was at a piece and said nothing for too long has ended as well.
    fn miss(&mut self, passed: f64, news: &mut News) {
        for helper in self.helpers.values_mut().filter(|helper| !helper.cells.is_empty()) {
            helper.silent += passed;
        }
        let silent = |(number, helper): (&usize, &Helper)| (helper.silent > SILENCE_SECONDS).then_some(*number);
        let gone: Vec<usize> = self.helpers.iter().filter_map(silent).collect();
        for number in gone {
            if let Some(crew) = &mut self.crew {
                crew.end(number);
            }
            self.lose(number, &format!("it said nothing for {SILENCE_SECONDS} seconds"), news);
        }
    }

    /// A helper has ended: what it was at is trained again by another, but not for ever.
    fn lose(&mut self, number: usize, text: &str, news: &mut News) {
        let Some(Helper { proved, cells, .. }) = self.helpers.remove(&number) else { return };
        if cells.is_empty() && !proved {
            // The next one would end as this one did.
            self.do_without(text, news);
        }
        for cell in self.pieces.take_back(&cells) {
            self.done += 1;
            let run = self.words_of(cell);
            news.failures.push(format!(
                "{run} is left out of the sweep: {MOST_DEATHS} workers have ended at it, the last one because {text}. If memory is short, \
                 take fewer cores or a smaller model."
            ));
        }
    }

    /// One helper less, from now on; without any, everything is trained here.
    fn do_without(&mut self, text: &str, news: &mut News) {
        let on = if self.most > 1 {
            self.most -= 1;
            format!("on {}", counted(self.most, "core"))
        } else {
            self.crew = None;
            "where the run trains".to_owned()
        };
        news.notes.push(format!("A worker could not begin ({text}): the sweep goes on {on}."));
    }

    /// Begins as many helpers as there is work for, and gives it to those that are ready.
    fn employ(&mut self, news: &mut News) {
        let free = |helpers: &BTreeMap<usize, Helper>| helpers.values().filter(|helper| helper.cells.is_empty()).count();
        while self.helpers.len() < self.most && free(&self.helpers) < self.pieces.cells() {
            let Some(crew) = &mut self.crew else { return };
            self.numbers += 1;
            match crew.hire(self.numbers, &self.task) {
                Ok(()) => drop(self.helpers.insert(self.numbers, Helper::default())),
                Err(text) => self.do_without(&text, news),
            }
        }
        let Some(crew) = &mut self.crew else { return };
        for (number, helper) in self.helpers.iter_mut().filter(|(_, helper)| helper.ready && helper.cells.is_empty()) {
            let Some(cells) = self.pieces.take(self.most) else { return };
            crew.give(*number, &cells);
            helper.cells = cells;
        }
    }

    /// While the sweep waits: helpers end when they have had nothing to do for a while.
    fn rest(&mut self, now: f64) {
        let Some(crew) = &mut self.crew else { return };
        if self.helpers.is_empty() || self.helpers.values().any(|helper| !helper.cells.is_empty()) {
            self.idle_since = None;
        } else if now - *self.idle_since.get_or_insert(now) > IDLE_SECONDS {
            crew.dismiss();
            self.helpers.clear();
        }
    }

    /// A cell for people.
    fn words_of(&self, cell: usize) -> String {
        let (grid, point) = (self.grid(), self.grid().point_of(cell));
        let at = if climbs(&grid.experiment.lanes[point.lane]) { format!(" at ρ {}", point.rho) } else { String::new() };
        format!("{}{at}, seed {},", grid.titles()[point.lane], grid.seed(cell))
    }
}
