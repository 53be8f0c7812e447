//! What is kept, where and when.
//!
//! A run has a number and three files: `N.a` and `N.b`, saved runs that are written in turn, so that the last good one is
//! never overwritten, and `N.about`, a [`KeptRun`] that says which of them is the later one. That stands in each of the two
//! as well, for the case that the end came while it was written. Keeping takes one part in twenty of the time at most: what it
//! took last decides when it is next.

use super::place::{Keep, NotWritten};
use crate::driver::Driver;
use crate::limits::in_words;
use crate::report::KeptRun;
use crate::run::{Extra, checkpoint};

/// Training time after which a run is kept for the first time, in seconds.
const FIRST_SECONDS: f64 = 2.0;

/// Least time from one time to the next while it trains, in seconds.
const EVERY_SECONDS: f64 = 5.0;

/// Time between two times, over what one takes: 19 to 1 is a share of 5 %.
const SHARE: f64 = 19.0;

/// Most time that a run which does not train waits: it has nothing else to do.
const IDLE_SECONDS: f64 = 1.0;

/// For how long the run that was kept last is waited for: a page that is loaded again may come before its worker has ended.
const PATIENCE_SECONDS: f64 = 1.0;

/// Most runs that are kept.
const MOST_RUNS: usize = 12;

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
}

/// What keeps the runs of a trainer. See the file's head.
pub(crate) struct Keeper<K> {
    /// None where nothing is kept at all.
    place: Option<K>,
    /// Whether the place can be used.
    usable: bool,
    runs: Vec<KeptRun>,
    /// The run of this trainer, once it has been kept.
    open: Option<KeptRun>,
    /// As the run was set up, the text of a link.
    setup: String,
    /// As the run was kept last.
    last: Option<Stand>,
    /// When that was over, or when the run began, and how long it took.
    over: f64,
    took: f64,
    /// What is to be told of trouble, and whether it has been.
    trouble: Option<String>,
    troubled: bool,
}

impl<K: Keep> Keeper<K> {
    /// Looks at what is there.
    pub(crate) async fn new(place: Option<K>) -> Self {
        let mut keeper = Self {
            usable: place.is_some(),
            place,
            runs: Vec::new(),
            open: None,
            setup: String::new(),
            last: None,
            over: 0.0,
            took: 0.0,
            trouble: None,
            troubled: false,
        };
        keeper.look().await;
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

    /// What went wrong, once.
    pub(crate) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Takes note of which runs are there.
    async fn look(&mut self) {
        let Some(place) = &mut self.place else { return };
        let names = match place.names().await {
            Ok(names) => names,
            Err(error) => {
                self.usable = false;
                return self.tell(&error);
            }
        };
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.split('.').next()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            match about(place, number).await {
                Some(run) => self.runs.push(run),
                // The end came while it was kept for the first time.
                None if place.claim(number, 0.0).await => {
                    remove(place, number).await;
                    place.release(number);
                }
                None => {}
            }
        }
        let latest = self.runs.iter().map(|run| run.turn).max();
        for run in &mut self.runs {
            let patience = if Some(run.turn) == latest { PATIENCE_SECONDS } else { 0.0 };
            let free = place.claim(run.number, patience).await;
            run.elsewhere = !free;
            if free {
                place.release(run.number);
            }
        }
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
            Some(last) if *last == stand => return None,
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
        let mut run = self.next(driver, &stand).await;
        let about = serde_json::to_string(&run).expect("it is plain data");
        let bytes = driver.save_with(Some(Extra::text(ABOUT, about))).await;
        run.bytes = 2 * bytes.len() as u64;
        let written = self.write(&run, &bytes).await;
        self.last = Some(stand);
        self.over = clock();
        self.took = self.over - began;
        match written {
            Ok(()) => {
                self.runs.retain(|before| before.number != run.number);
                self.runs.push(run.clone());
                self.open = Some(run);
                None
            }
            Err(error) => {
                if let (Some(place), true, None) = (&mut self.place, self.usable, &self.open) {
                    remove(place, run.number).await;
                    place.release(run.number);
                }
                self.tell(&error);
                Some(bytes)
            }
        }
    }

    /// What a run is kept as.
    async fn next(&mut self, driver: &Driver, stand: &Stand) -> KeptRun {
        let turn = 1 + self.runs.iter().map(|run| run.turn).max().unwrap_or(0);
        let (number, slot) = match &self.open {
            Some(open) => (open.number, 1 - open.slot.min(1)),
            None => (self.new_number().await, 0),
        };
        let summary = driver.summary();
        let (data, lanes, seeds) = (summary.data.clone(), summary.experiment.lanes.len(), summary.experiment.seeds);
        let (Stand { step, steps, running, .. }, setup) = (*stand, self.setup.clone());
        let at = self.place.as_ref().map_or(0.0, Keep::now);
        KeptRun { number, turn, slot, data, setup, lanes, seeds, step, steps, running, at, ..KeptRun::default() }
    }

    /// A number that nobody has, claimed.
    async fn new_number(&mut self) -> u64 {
        let mut number = 1 + self.runs.iter().map(|run| run.number).max().unwrap_or(0);
        if let (Some(place), true) = (&mut self.place, self.usable) {
            while !place.claim(number, 0.0).await {
                number += 1;
            }
        }
        number
    }

    async fn write(&mut self, run: &KeptRun, bytes: &[u8]) -> Result<(), String> {
        let (Some(place), true) = (&self.place, self.usable) else { return Err("there is no place for it".to_owned()) };
        let space = place.space();
        if run.bytes > space {
            return Err(format!("it takes {}, and there are {}", in_words(run.bytes), in_words(space)));
        }
        loop {
            let others = || self.runs.iter().filter(|other| other.number != run.number);
            let taken: u64 = others().map(|other| other.bytes).sum();
            if (taken + run.bytes <= space && others().count() < MOST_RUNS) || !self.forget_oldest(run.number).await {
                break;
            }
        }
        let about = serde_json::to_vec(run).expect("it is plain data");
        loop {
            let Some(place) = &mut self.place else { return Ok(()) };
            let written = match place.write(&file(run.number, run.slot), bytes).await {
                Ok(()) => place.write(&format!("{}.about", run.number), &about).await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => return Ok(()),
                Err(NotWritten::Failed(error)) => return Err(error),
                Err(NotWritten::Full(error)) if !self.forget_oldest(run.number).await => return Err(error),
                Err(NotWritten::Full(_)) => {}
            }
        }
    }

    /// Makes room: the run that was kept longest ago goes, unless somebody has it open. False where there is none.
    async fn forget_oldest(&mut self, but: u64) -> bool {
        let Some(place) = &mut self.place else { return false };
        let mut others: Vec<(u64, u64)> = self.runs.iter().filter(|run| run.number != but).map(|run| (run.turn, run.number)).collect();
        others.sort_unstable();
        for (_, number) in others {
            if place.claim(number, 0.0).await {
                remove(place, number).await;
                place.release(number);
                self.runs.retain(|run| run.number != number);
                return true;
            }
        }
        false
    }

    /// A run that is kept, and its bytes, for this trainer alone.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    pub(crate) async fn take(&mut self, number: u64) -> Result<(KeptRun, Vec<u8>), String> {
        let here = self.open.as_ref().is_some_and(|open| open.number == number);
        let Some(place) = &mut self.place else { return Err("No runs are kept here.".to_owned()) };
        if !here && !place.claim(number, PATIENCE_SECONDS).await {
            return Err("Another tab or window has this run open: go on there, or close it first.".to_owned());
        }
        let first = about(place, number).await.map_or(0, |run| run.slot.min(1));
        for slot in [first, 1 - first] {
            if let Some(taken) = whole(place, number, slot).await {
                return Ok(taken);
            }
        }
        if !here {
            place.release(number);
        }
        Err("This run was kept, but both of its copies are damaged or gone.".to_owned())
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
        if !place.claim(number, 0.0).await {
            return Err("Another tab or window has this run open.".to_owned());
        }
        remove(place, number).await;
        place.release(number);
        self.runs.retain(|run| run.number != number);
        Ok(())
    }

    fn tell(&mut self, error: &str) {
        if !std::mem::replace(&mut self.troubled, true) {
            self.trouble = Some(format!(
                "This run is not kept ({error}): when this page or window is closed it is gone, unless you save it. Training goes on."
            ));
        }
    }
}

/// The name of a run's file.
fn file(number: u64, slot: u8) -> String {
    format!("{number}.{}", if slot == 0 { 'a' } else { 'b' })
}

/// What is said of a run: beside it, or in the later of its copies that are whole.
async fn about<K: Keep>(place: &mut K, number: u64) -> Option<KeptRun> {
    if let Ok(bytes) = place.read(&format!("{number}.about")).await
        && let Ok(run) = serde_json::from_slice::<KeptRun>(&bytes)
    {
        return Some(KeptRun { number, ..run });
    }
    let mut copies = Vec::new();
    for slot in [0, 1] {
        copies.extend(whole(place, number, slot).await.map(|(run, _)| run));
    }
    copies.into_iter().max_by_key(|run| run.turn)
}

/// A copy of a run, if it is whole.
async fn whole<K: Keep>(place: &mut K, number: u64, slot: u8) -> Option<(KeptRun, Vec<u8>)> {
    let bytes = place.read(&file(number, slot)).await.ok()?;
    let text = checkpoint::text(&bytes, ABOUT).ok()??;
    let run: KeptRun = serde_json::from_str(&text).ok()?;
    Some((KeptRun { number, slot, bytes: 2 * bytes.len() as u64, ..run }, bytes))
}

/// Removes the files of a run; what cannot be removed stays.
async fn remove<K: Keep>(place: &mut K, number: u64) {
    for name in [format!("{number}.about"), file(number, 0), file(number, 1)] {
        let _ = place.remove(&name).await;
    }
}
