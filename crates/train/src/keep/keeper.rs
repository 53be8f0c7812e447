//! What is kept, where and when.
//!
//! A run has a number and three files: `N.a` and `N.b`, saved runs that are written in turn, so that the last good one is
//! never overwritten, and `N.about`, a [`KeptRun`] that says which of them is the later one. That stands in each of the two
//! as well, for the case that the end came while it was written. Keeping takes one part in twenty of the time at most: what it
//! took last decides when it is next. What sweeps have trained is beside them (`cells.rs`), and in a page vectors of texts (`vectors.rs`).

use super::place::{Keep, NotWritten};
use super::vector_form::{Key, VectorForm};
use super::vectors::{self, Recalled};
use crate::brief::{brief, counted};
use crate::data::encoder::Vector;
use crate::driver::Driver;
use crate::limits::in_words;
use crate::report::KeptRun;
use crate::run::{Extra, RunError, checkpoint};

/// Training time after which a run is kept for the first time, in seconds.
const FIRST_SECONDS: f64 = 2.0;

/// Least time from one time to the next while it trains, in seconds.
pub(super) const EVERY_SECONDS: f64 = 5.0;

/// Time between two times, over what one takes: 19 to 1 is a share of 5 %.
pub(super) const SHARE: f64 = 19.0;

/// Most time that a run which does not train waits: it has nothing else to do.
const IDLE_SECONDS: f64 = 1.0;

/// For how long the run that was kept last is waited for: a page that is loaded again may come before its worker has ended.
const PATIENCE_SECONDS: f64 = 1.0;

/// …and a run that somebody has asked for: a worker in the middle of something long is ended after a while only.
const TAKE_SECONDS: f64 = 3.0;

/// …and one that would make room: it may be given back at this moment.
const MOMENT_SECONDS: f64 = 0.1;

/// Most runs that are kept.
const MOST_RUNS: usize = 12;

/// Characters of a run's name.
const MOST_NAME: usize = 40;

/// …and of what is noted of it.
const MOST_NOTE: usize = 200;

/// The files of what sweeps have trained, written in turn.
const CELLS: [&str; 2] = ["sweeps.a", "sweeps.b"];

const NO_PLACE: &str = "there is no place for it";

/// Under this name it stands in a saved run.
const ABOUT: &str = "kept";

/// Training time after which a run that ends is worth keeping, in seconds.
const WORTH_SECONDS: f64 = 2.0;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stand {
    step: usize,
    steps: usize,
    furthest: usize,
    running: bool,
}

impl Stand {
    fn of(driver: &Driver, running: bool) -> Self {
        Self { step: driver.steps_done(), steps: driver.steps_planned(), furthest: *driver.past().end(), running }
    }

    /// Whether it looks back at what another one has already got past: to keep it in the place of that would lose the rest.
    fn looks_back_from(&self, other: &Self) -> bool {
        self.furthest == other.furthest && self.step < other.step
    }
}

/// What keeps the runs of a trainer. See the file's head.
pub(crate) struct Keeper<K> {
    /// None where nothing is kept at all.
    place: Option<K>,
    /// Whether the place can be used.
    usable: bool,
    runs: Vec<KeptRun>,
    /// Bytes of the files of what sweeps have trained.
    swept: [u64; 2],
    /// Whether those have made room for a run.
    gave_up_cells: bool,
    /// Runs that are there and cannot be read: another version of Basin may.
    unreadable: usize,
    /// The run of this trainer, once it has been kept.
    open: Option<KeptRun>,
    /// Whether others went and there was no room all the same.
    in_vain: bool,
    /// As the run was set up, the text of a link.
    setup: String,
    /// As the run was kept last.
    last: Option<Stand>,
    /// When that was over, or when the run began, and how long it took.
    over: f64,
    took: f64,
    trouble: Trouble,
}

/// Why the last run that was to be kept is not.
enum Trouble {
    None,
    ToBeTold(String),
    Told,
}

impl<K: Keep> Keeper<K> {
    /// Looks at what is there.
    pub(crate) async fn new(place: Option<K>) -> Self {
        let mut keeper = Self {
            usable: place.is_some(),
            place,
            runs: Vec::new(),
            swept: [0; 2],
            gave_up_cells: false,
            unreadable: 0,
            open: None,
            in_vain: false,
            setup: String::new(),
            last: None,
            over: 0.0,
            took: 0.0,
            trouble: Trouble::None,
        };
        if let Err(error) = keeper.look(PATIENCE_SECONDS).await {
            keeper.usable = false;
            keeper.tell(&error);
        }
        keeper
    }

    /// The runs that are kept, the latest first, and the number of that which is open here.
    pub(crate) fn runs(&self) -> (Vec<KeptRun>, Option<u64>) {
        let now = self.place.as_ref().map_or(0.0, Keep::now);
        let mut runs = self.runs.clone();
        runs.sort_by_key(|run| std::cmp::Reverse(run.turn));
        for run in &mut runs {
            run.age = (now - run.at).max(0.0);
            run.seconds = if self.open.as_ref().is_some_and(|open| open.number == run.number) { self.took } else { 0.0 };
        }
        (runs, self.open.as_ref().map(|run| run.number))
    }

    /// Whether cells of sweeps are kept.
    pub(crate) fn keeps_cells(&self) -> bool {
        self.swept != [0; 2]
    }

    /// Whether anything can be kept.
    pub(crate) fn is_usable(&self) -> bool {
        self.place.is_some() && self.usable
    }

    /// The files of the cells of sweeps, as far as they are there.
    pub(crate) async fn read_cells(&mut self) -> [Option<Vec<u8>>; 2] {
        let mut read = [None, None];
        if let Some(place) = self.place.as_mut().filter(|_| self.usable) {
            for (bytes, name) in read.iter_mut().zip(CELLS) {
                *bytes = place.read(name).await.ok();
            }
        }
        read
    }

    /// Writes one of the two files. False where that is not possible: no run makes room for it.
    pub(crate) async fn write_cells(&mut self, slot: usize, bytes: &[u8]) -> bool {
        let Some(place) = self.place.as_mut().filter(|_| self.usable) else { return false };
        let written = match place.write(CELLS[slot], bytes).await {
            Err(NotWritten::Full(_)) if vectors::forget_oldest(place).await => place.write(CELLS[slot], bytes).await.is_ok(),
            written => written.is_ok(),
        };
        self.swept[slot] = if written { bytes.len() as u64 } else { self.swept[slot] };
        written
    }

    /// Forgets the cells of sweeps.
    pub(crate) async fn remove_cells(&mut self) {
        let Some(place) = &mut self.place else { return };
        for (bytes, name) in self.swept.iter_mut().zip(CELLS) {
            if place.remove(name).await.is_ok() {
                *bytes = 0;
            }
        }
    }

    /// What is kept of the vectors of these texts; none where none are kept.
    pub(crate) async fn recall_vectors(&mut self, form: &VectorForm, texts: &[&str]) -> Option<Recalled> {
        vectors::recall(self.place.as_mut().filter(|_| self.usable)?, form, texts).await
    }

    /// Keeps vectors, if that can be done.
    pub(crate) async fn keep_vectors(&mut self, form: &VectorForm, vectors: &[(Key, Vector)]) {
        if let Some(place) = self.place.as_mut().filter(|_| self.usable) {
            vectors::keep(place, form, vectors).await;
        }
    }

    /// What is to be said of runs that are there and cannot be read.
    pub(crate) fn unreadable(&self) -> Option<String> {
        let them = counted(self.unreadable, "kept run");
        let stay = if self.unreadable > 1 { "they stay as they are" } else { "it stays as it is" };
        (self.unreadable > 0).then(|| format!("{them} cannot be read here, perhaps by another version of Basin: {stay}."))
    }

    /// What went wrong, once until a run is kept again.
    pub(crate) fn take_trouble(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.trouble, Trouble::Told) {
            Trouble::ToBeTold(text) => Some(text),
            before => {
                self.trouble = before;
                None
            }
        }
    }

    /// Takes note of what is there. The run that was kept last is waited for so many seconds, should another trainer have it.
    ///
    /// # Errors
    /// Why nothing can be kept.
    pub(crate) async fn look(&mut self, patience: f64) -> Result<(), String> {
        let Some(place) = self.place.as_mut().filter(|_| self.usable) else { return Ok(()) };
        let names = place.names().await?;
        for (bytes, name) in self.swept.iter_mut().zip(CELLS) {
            if !names.iter().any(|there| there == name) {
                *bytes = 0;
            } else if *bytes == 0 {
                *bytes = place.read(name).await.map_or(0, |read| read.len() as u64);
            }
        }
        let open = self.open.as_ref().map(|run| run.number);
        self.runs.retain(|run| Some(run.number) == open);
        self.unreadable = 0;
        for number in numbers(&names).into_iter().filter(|number| Some(*number) != open) {
            match about(place, number, &names).await {
                About::Run(run) => self.runs.push(run),
                // The end came while it was kept for the first time.
                About::Begun if place.claim(number, 0.0).await.unwrap_or(false) => {
                    remove(place, number).await;
                    place.release(number);
                }
                About::Begun => {}
                About::Unreadable => self.unreadable += 1,
            }
        }
        let latest = self.runs.iter().map(|run| run.turn).max();
        for run in self.runs.iter_mut().filter(|run| Some(run.number) != open) {
            // What cannot be claimed is somebody else's, and no reason to keep nothing.
            let free = place.claim(run.number, if Some(run.turn) == latest { patience } else { 0.0 }).await.unwrap_or(false);
            run.elsewhere = !free;
            if free {
                place.release(run.number);
            }
        }
        Ok(())
    }

    /// A run begins at this time that has not been kept, set up so (the text of a link).
    pub(crate) fn begin(&mut self, setup: String, now: f64) {
        self.close();
        (self.setup, self.last, self.over, self.took) = (setup, None, now, 0.0);
    }

    /// The run that was open is another trainer's if it wants it.
    fn close(&mut self) {
        if let (Some(place), Some(run)) = (&mut self.place, self.open.take()) {
            place.release(run.number);
        }
    }

    /// A run that was taken goes on here, as it was.
    pub(crate) fn adopt(&mut self, run: KeptRun, driver: &Driver, now: f64) {
        if self.open.as_ref().is_some_and(|open| open.number != run.number) {
            self.close();
        }
        self.last = Some(Stand::of(driver, run.running));
        (self.setup, self.over, self.took) = (run.setup.clone(), now, 0.0);
        self.runs.retain(|before| before.number != run.number);
        self.runs.push(run.clone());
        self.open = Some(run);
    }

    /// In how many seconds a run that trains, or waits, is to be kept: at once where that is not above zero, never where it is.
    pub(crate) fn wait(&self, driver: &Driver, running: bool, now: f64) -> Option<f64> {
        self.place.as_ref()?;
        let stand = Stand::of(driver, running);
        let pause = match &self.last {
            Some(last) if *last == stand || stand.looks_back_from(last) => return None,
            None if !stand.running && stand.step == 0 => return None,
            _ if !stand.running => (SHARE * self.took).min(IDLE_SECONDS),
            None => FIRST_SECONDS,
            Some(_) => (SHARE * self.took).max(EVERY_SECONDS),
        };
        Some(self.over + pause - now)
    }

    /// Whether a run that ends is to be kept before.
    pub(crate) fn is_worth(&self, driver: &Driver, now: f64) -> bool {
        (self.open.is_some() || driver.seconds() > WORTH_SECONDS) && self.wait(driver, false, now).is_some()
    }

    /// Keeps a run that trains, or waits. Where there is no place for it, its bytes are for somebody else to hold.
    pub(crate) async fn keep(&mut self, driver: &mut Driver, running: bool, clock: &dyn Fn() -> f64) -> Option<Vec<u8>> {
        let began = clock();
        let stand = Stand::of(driver, running);
        let place = match &self.open {
            Some(open) => Ok((open.number, 1 - open.slot.min(1))),
            None => self.new_number().await.map(|number| (number, 0)),
        };
        let turn = 1 + self.highest_turn().await;
        let mut run = KeptRun { turn, ..self.describe(driver, &stand, place.clone().unwrap_or_default()) };
        let about = serde_json::to_string(&run).expect("it is plain data");
        let bytes = driver.save_with(Some(Extra::text(ABOUT, about))).await;
        run.bytes = 2 * bytes.len() as u64;
        let written = match &place {
            Ok(_) => self.write(&run, &bytes).await,
            Err(error) => Err(error.clone()),
        };
        self.last = Some(stand);
        self.over = clock();
        self.took = self.over - began;
        match written {
            Ok(()) => {
                self.runs.retain(|before| before.number != run.number);
                self.runs.push(run.clone());
                self.open = Some(run);
                self.trouble = Trouble::None;
                None
            }
            Err(error) => {
                // What of it has been written is nobody's.
                if let (Some(place), Ok((number, _)), None) = (&mut self.place, place, &self.open) {
                    remove(place, number).await;
                    place.release(number);
                }
                self.tell(&error);
                Some(bytes)
            }
        }
    }

    /// What a run is kept as, under a number and in a slot.
    fn describe(&self, driver: &Driver, stand: &Stand, (number, slot): (u64, u8)) -> KeptRun {
        let summary = driver.summary();
        let (data, lanes, seeds) = (summary.data.clone(), summary.experiment.lanes.len(), summary.experiment.seeds);
        let (Stand { step, steps, running, .. }, setup) = (*stand, self.setup.clone());
        let at = self.place.as_ref().map_or(0.0, Keep::now);
        let (name, note) = self.open.as_ref().map(|open| (open.name.clone(), open.note.clone())).unwrap_or_default();
        KeptRun { number, slot, name, note, data, setup, lanes, seeds, step, steps, running, at, ..KeptRun::default() }
    }

    /// The highest turn of all runs, those of others among them as far as they are told.
    async fn highest_turn(&mut self) -> u64 {
        let mut highest = self.runs.iter().map(|run| run.turn).max().unwrap_or(0);
        let Some(place) = self.place.as_mut().filter(|_| self.usable) else { return highest };
        for number in numbers(&place.names().await.unwrap_or_default()) {
            if let Some(run) = told(place, number).await {
                highest = highest.max(run.turn);
            }
        }
        highest
    }

    /// A number that no run has, here or elsewhere, claimed.
    async fn new_number(&mut self) -> Result<u64, String> {
        let Some(place) = self.place.as_mut().filter(|_| self.usable) else { return Err(NO_PLACE.to_owned()) };
        let mut taken = 0;
        loop {
            // Others keep runs meanwhile, so what was there at the start says nothing.
            let number = 1 + numbers(&place.names().await?).into_iter().fold(taken, u64::max);
            if !place.claim(number, 0.0).await? {
                // Somebody has it and has written nothing yet.
                taken = number;
            } else if numbers(&place.names().await?).contains(&number) {
                place.release(number);
            } else {
                return Ok(number);
            }
        }
    }

    async fn write(&mut self, run: &KeptRun, bytes: &[u8]) -> Result<(), String> {
        let (Some(place), true) = (&self.place, self.usable) else { return Err(NO_PLACE.to_owned()) };
        let space = place.space();
        if run.bytes > space {
            return Err(format!("it takes {}, and there are {}", in_words(run.bytes), in_words(space)));
        }
        if !self.has_room(run, space) {
            // Who has been kept last may be somebody else's by now.
            self.look(0.0).await?;
        }
        if !self.has_room(run, space) && self.has_room_without_cells(run, space) {
            self.give_up_cells().await;
        }
        while !self.has_room(run, space) && self.forget_oldest(run.number).await > 0 {}
        let about = serde_json::to_vec(run).expect("it is plain data");
        let others = || self.runs.iter().filter(|other| other.number != run.number && !other.elsewhere).map(|other| other.bytes);
        let (evictable, mut freed) = (others().chain(self.swept).sum::<u64>(), 0);
        loop {
            let Some(place) = &mut self.place else { return Ok(()) };
            let written = match place.write(&file(run.number, run.slot), bytes).await {
                Ok(()) => place.write(&format!("{}.about", run.number), &about).await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => {
                    self.in_vain = false;
                    return Ok(());
                }
                Err(NotWritten::Failed(error)) => return Err(error),
                // Those that are gone are made again when somebody wants them.
                Err(NotWritten::Full(_)) if vectors::forget_oldest(place).await => {}
                // Somebody else fills the disk: the other runs would go for nothing.
                Err(NotWritten::Full(error))
                    if self.in_vain || freed >= run.bytes || self.lacks(bytes).await > evictable.saturating_sub(freed) =>
                {
                    self.in_vain = true;
                    return Err(error);
                }
                Err(NotWritten::Full(_)) if self.keeps_cells() => {
                    freed += self.swept.iter().sum::<u64>();
                    self.give_up_cells().await;
                }
                Err(NotWritten::Full(error)) => match self.forget_oldest(run.number).await {
                    0 => return Err(error),
                    bytes => freed += bytes,
                },
            }
        }
    }

    /// Bytes for which there is no room now; 0 where nobody knows.
    async fn lacks(&mut self, bytes: &[u8]) -> u64 {
        let Some(place) = &mut self.place else { return 0 };
        place.room().await.map_or(0, |room| (bytes.len() as i64).saturating_sub(room).max(0) as u64)
    }

    /// Whether a run finds room beside all others, and the cells of sweeps.
    fn has_room(&self, run: &KeptRun, space: u64) -> bool {
        let cells: u64 = self.swept.iter().sum();
        cells <= space && self.has_room_without_cells(run, space - cells)
    }

    fn has_room_without_cells(&self, run: &KeptRun, space: u64) -> bool {
        let others = || self.runs.iter().filter(|other| other.number != run.number);
        others().map(|other| other.bytes).sum::<u64>() + run.bytes <= space && others().count() < MOST_RUNS
    }

    /// Makes room: what sweeps have trained goes before a run does.
    async fn give_up_cells(&mut self) {
        self.gave_up_cells = self.keeps_cells();
        self.remove_cells().await;
        self.swept = [0; 2];
    }

    /// Whether the cells of sweeps have made room since this was asked last: then nobody has deleted them.
    pub(super) fn take_gave_up_cells(&mut self) -> bool {
        std::mem::take(&mut self.gave_up_cells)
    }

    /// Makes room: the run that was kept longest ago goes, unless somebody has it open. Its bytes, at least 1; 0 where there is none.
    async fn forget_oldest(&mut self, but: u64) -> u64 {
        let Some(place) = &mut self.place else { return 0 };
        let mut others: Vec<(u64, u64, u64)> =
            self.runs.iter().filter(|run| run.number != but).map(|run| (run.turn, run.number, run.bytes)).collect();
        others.sort_unstable();
        for (_, number, bytes) in others {
            if place.claim(number, MOMENT_SECONDS).await.unwrap_or(false) {
                remove(place, number).await;
                place.release(number);
                self.runs.retain(|run| run.number != number);
                return bytes.max(1);
            }
        }
        0
    }

    /// A run that is kept, and its bytes, for this trainer alone.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    pub(crate) async fn take(&mut self, number: u64) -> Result<(KeptRun, Vec<u8>), String> {
        let here = self.open.as_ref().is_some_and(|open| open.number == number);
        let Some(place) = &mut self.place else { return Err("No runs are kept here.".to_owned()) };
        let names = place.names().await?;
        if !here && !place.claim(number, TAKE_SECONDS).await? {
            return Err("Another tab or window has this run open: go on there, or close it first.".to_owned());
        }
        let copy = later_copy(place, number, &names).await;
        if copy.is_err() && !here {
            place.release(number);
        }
        copy
    }

    /// The bytes of a run that is kept, here or elsewhere, to look at.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    pub(crate) async fn read(&mut self, number: u64) -> Result<Vec<u8>, String> {
        let Some(place) = &mut self.place else { return Err("No runs are kept here.".to_owned()) };
        let names = place.names().await?;
        later_copy(place, number, &names).await.map(|(_, bytes)| bytes)
    }

    /// Names a run that is kept.
    ///
    /// # Errors
    /// It is gone, or open elsewhere, or cannot be written.
    pub(crate) async fn name(&mut self, number: u64, name: &str) -> Result<(), String> {
        self.write_down(number, "name", |run| run.name = brief(name.trim(), MOST_NAME)).await
    }

    /// Notes something of a run that is kept.
    ///
    /// # Errors
    /// It is gone, or open elsewhere, or cannot be written.
    pub(crate) async fn note(&mut self, number: u64, note: &str) -> Result<(), String> {
        self.write_down(number, "note", |run| run.note = brief(note.trim(), MOST_NOTE)).await
    }

    /// Changes what somebody has written of a run that is kept, its name or its note: `what`.
    async fn write_down(&mut self, number: u64, what: &str, change: impl FnOnce(&mut KeptRun)) -> Result<(), String> {
        let here = self.open.as_ref().is_some_and(|open| open.number == number);
        let Some(place) = &mut self.place else { return Err("No runs are kept here.".to_owned()) };
        let Some(run) = self.runs.iter_mut().find(|run| run.number == number) else { return Err("This run is not kept.".to_owned()) };
        if !here && !place.claim(number, MOMENT_SECONDS).await? {
            return Err(format!("Another tab or window has this run open: {what} it there."));
        }
        // Who had it before may have kept it since the list was read.
        *run = told(place, number).await.unwrap_or_else(|| run.clone());
        change(run);
        let about = serde_json::to_vec(run).expect("it is plain data");
        let written = place.write(&format!("{number}.about"), &about).await;
        if here {
            self.open = Some(run.clone());
        } else {
            place.release(number);
        }
        written.map_err(|error| match error {
            NotWritten::Full(error) | NotWritten::Failed(error) => format!("The {what} cannot be kept: {error}"),
        })
    }

    /// It was taken and cannot be gone on with.
    pub(crate) fn give_back(&mut self, number: u64) {
        if self.open.as_ref().is_none_or(|open| open.number != number)
            && let Some(place) = &mut self.place
        {
            place.release(number);
        }
    }

    /// Forgets a run that is kept.
    ///
    /// # Errors
    /// It is open here or elsewhere.
    pub(crate) async fn delete(&mut self, number: u64) -> Result<(), String> {
        if self.open.as_ref().is_some_and(|open| open.number == number) {
            return Err("This run is open: begin another one first.".to_owned());
        }
        let Some(place) = &mut self.place else { return Ok(()) };
        if !place.claim(number, 0.0).await? {
            return Err("Another tab or window has this run open.".to_owned());
        }
        remove(place, number).await;
        place.release(number);
        self.runs.retain(|run| run.number != number);
        Ok(())
    }

    fn tell(&mut self, error: &str) {
        if let Trouble::None = self.trouble {
            self.trouble = Trouble::ToBeTold(format!(
                "This run is not kept ({error}): when this page or window is closed it is gone, unless you save it. Training goes on."
            ));
        }
    }
}

/// The name of a run's file.
fn file(number: u64, slot: u8) -> String {
    format!("{number}.{}", if slot == 0 { 'a' } else { 'b' })
}

/// Numbers of the runs that have files of these names, in order.
fn numbers(names: &[String]) -> Vec<u64> {
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.split('.').next()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// What is known of a run whose files are there.
enum About {
    Run(KeptRun),
    /// Its first copy was begun and never came to its end: it was never kept.
    Begun,
    /// Something is in the way of reading it, or somebody else has written it.
    Unreadable,
}

/// What is said of a run beside it.
async fn told<K: Keep>(place: &mut K, number: u64) -> Option<KeptRun> {
    let run: KeptRun = serde_json::from_slice(&place.read(&format!("{number}.about")).await.ok()?).ok()?;
    Some(KeptRun { number, ..run })
}

/// What is said of a run: beside it, or in the later of its copies that are whole.
async fn about<K: Keep>(place: &mut K, number: u64, names: &[String]) -> About {
    if let Some(run) = told(place, number).await {
        return About::Run(run);
    }
    let mut copies = Vec::new();
    for slot in [0, 1] {
        copies.extend(whole(place, number, slot).await.ok().map(|(run, _)| run));
    }
    if let Some(run) = copies.into_iter().max_by_key(|run| run.turn) {
        return About::Run(run);
    }
    // It is kept once both its first copy and what is said of it are there.
    let there = |name: &str| names.iter().any(|there| there == name);
    let begun = !there(&format!("{number}.about")) && !there(&file(number, 1)) && place.read(&file(number, 0)).await.is_ok();
    if begun { About::Begun } else { About::Unreadable }
}

/// The later of a run's copies that are whole.
async fn later_copy<K: Keep>(place: &mut K, number: u64, names: &[String]) -> Result<(KeptRun, Vec<u8>), String> {
    let told = if let About::Run(run) = about(place, number, names).await { run } else { KeptRun::default() };
    let first = told.slot.min(1);
    let mut newer = None;
    for slot in [first, 1 - first] {
        match whole(place, number, slot).await {
            // A name or a note may have come after it was written.
            Ok((run, bytes)) => return Ok((KeptRun { name: told.name, note: told.note, ..run }, bytes)),
            Err(Unread::Newer(error)) => newer = Some(error),
            Err(Unread::Damaged) => {}
        }
    }
    Err(match newer {
        Some(error) => format!("This run is kept, but cannot be read here ({error})."),
        None => "This run was kept, but both of its copies are damaged or gone.".to_owned(),
    })
}

/// Why a copy cannot be read.
enum Unread {
    /// It is damaged, or not there.
    Damaged,
    /// A later version of Basin has written it.
    Newer(RunError),
}

/// A copy of a run, if it is whole.
async fn whole<K: Keep>(place: &mut K, number: u64, slot: u8) -> Result<(KeptRun, Vec<u8>), Unread> {
    let damaged = |_| Unread::Damaged;
    let bytes = place.read(&file(number, slot)).await.map_err(damaged)?;
    let text = checkpoint::text(&bytes, ABOUT).map_err(|error| match error {
        RunError::Newer { .. } => Unread::Newer(error),
        _ => Unread::Damaged,
    })?;
    let run: KeptRun = serde_json::from_str(&text.ok_or(Unread::Damaged)?).map_err(|_| Unread::Damaged)?;
    Ok((KeptRun { number, slot, bytes: 2 * bytes.len() as u64, ..run }, bytes))
}

/// Removes the files of a run; what cannot be removed stays.
async fn remove<K: Keep>(place: &mut K, number: u64) {
    for name in [format!("{number}.about"), file(number, 0), file(number, 1)] {
        let _ = place.remove(&name).await;
    }
}
