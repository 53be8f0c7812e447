//! A sweep among helpers: the same results whatever their number and order, and whoever of them ends on the way.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use pollster::block_on;

use crate::experiment::{DataSource, Experiment};
use crate::lab::Known;
use crate::lab::crew::{Crew, Task, Word};
use crate::lab::grid::Grid;
use crate::lab::outcome::Outcome;
use crate::lab::sweeping::{News, Sweeping};
use crate::run::Compute;

/// SGD and SAM at three ρ, four seeds: 16 cells.
fn grid() -> Grid {
    let mut experiment = Experiment { lanes: vec!["sam".parse().expect("lane words")], seeds: 4, ..Experiment::default() };
    experiment.data.source = DataSource::Films { examples: 120 };
    (experiment.model.dim, experiment.model.hidden, experiment.training.epochs) = (4, 4, 1);
    Grid::new(experiment, vec![0.05, 0.2, 0.8], Vec::new(), 0.25)
}

/// What becomes of a helper.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// There is none.
    Refused,
    /// It ends before it can begin.
    Stillborn,
    /// It begins, and then says nothing any more.
    Hung,
    /// It works.
    Well,
}

/// What has happened in a crew.
#[derive(Default)]
struct Log {
    hired: usize,
    dismissed: usize,
    ended: Vec<usize>,
    given: Vec<(usize, Vec<usize>)>,
    /// Helpers that are at a piece, and most of them at a time.
    busy: usize,
    most: usize,
}

/// Helpers that train when somebody listens: each as far as a script says.
struct Scripted {
    log: Rc<RefCell<Log>>,
    /// By the number of the helper.
    fate: fn(usize) -> Fate,
    /// Whether a helper ends at a piece: the how manieth time that its first cell is tried, its cells.
    ends: fn(usize, &[usize]) -> bool,
    /// Whether the last piece that was given is done first.
    last_first: bool,
    /// A helper may be in a worker: what it is told and says goes by text.
    tasks: BTreeMap<usize, Task>,
    tries: BTreeMap<usize, usize>,
    said: VecDeque<(usize, Word)>,
    pieces: Vec<(usize, Vec<usize>)>,
}

impl Crew for Scripted {
    fn hire(&mut self, helper: usize, task: &Task) -> Result<(), String> {
        self.log.borrow_mut().hired += 1;
        match (self.fate)(helper) {
            Fate::Refused => return Err("there is none".to_owned()),
            Fate::Stillborn => self.said.push_back((helper, Word::Died { text: "it could not begin".to_owned() })),
            Fate::Hung | Fate::Well => {
                self.tasks.insert(helper, Task::read(&task.text()).expect("a task survives its text"));
                self.said.push_back((helper, Word::Ready));
            }
        }
        Ok(())
    }

    fn give(&mut self, helper: usize, cells: &[usize]) {
        let mut log = self.log.borrow_mut();
        log.given.push((helper, cells.to_vec()));
        log.busy += 1;
        log.most = log.most.max(log.busy);
        if (self.fate)(helper) == Fate::Hung {
            return;
        }
        self.pieces.push((helper, cells.to_vec()));
    }

    fn end(&mut self, helper: usize) {
        let mut log = self.log.borrow_mut();
        log.ended.push(helper);
        log.busy -= 1;
    }

    fn hear(&mut self) -> Option<(usize, Word)> {
        if let Some(said) = self.said.pop_front() {
            return Some(said);
        }
        // Listened to once more, they are at their ends: one a turn, so that the others are at theirs meanwhile.
        let (helper, cells) =
            if self.last_first { self.pieces.pop()? } else { (!self.pieces.is_empty()).then(|| self.pieces.remove(0))? };
        self.log.borrow_mut().busy -= 1;
        let tries = self.tries.entry(cells[0]).or_default();
        *tries += 1;
        if (self.ends)(*tries, &cells) {
            return Some((helper, Word::Died { text: "it ran out of memory".to_owned() }));
        }
        let mut shares = Vec::new();
        let word = block_on(self.tasks[&helper].train(&cells, Box::new(|| 0.0), |share| {
            shares.push(share);
            true
        }));
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        let text = serde_json::to_string(&word.expect("it was not stopped")).expect("words are plain data");
        Some((helper, serde_json::from_str(&text).expect("a word survives its text")))
    }

    fn dismiss(&mut self) {
        self.log.borrow_mut().dismissed += 1;
        self.pieces.clear();
        self.said.clear();
        self.tasks.clear();
    }
}

fn well(_: usize) -> Fate {
    Fate::Well
}

fn never(_: usize, _: &[usize]) -> bool {
    false
}

fn scripted(fate: fn(usize) -> Fate, ends: fn(usize, &[usize]) -> bool, last_first: bool) -> (Box<dyn Crew>, Rc<RefCell<Log>>) {
    let log = Rc::new(RefCell::new(Log::default()));
    let (tasks, tries, said, pieces) = (BTreeMap::new(), BTreeMap::new(), VecDeque::new(), Vec::new());
    (Box::new(Scripted { log: Rc::clone(&log), fate, ends, last_first, tasks, tries, said, pieces }), log)
}

fn sweeping(crew: Option<Box<dyn Crew>>, helpers: usize) -> Sweeping {
    Sweeping::new(grid(), None, false, &Known::default(), &Compute::cpu(), crew, helpers).expect("a good grid")
}

fn turn(sweeping: &mut Sweeping, waits: bool, now: f64) -> News {
    block_on(sweeping.go_on(waits, now, f64::INFINITY, || Box::new(|| 0.0))).expect("good data")
}

/// To its end, a turn a second: every cell in words, and what was said.
fn through(crew: Option<Box<dyn Crew>>, helpers: usize) -> (BTreeMap<usize, String>, News) {
    let mut sweeping = sweeping(crew, helpers);
    let (mut outcomes, mut all, mut shares) = (BTreeMap::<usize, String>::new(), News::default(), vec![0.0]);
    while !sweeping.is_over() {
        let News { cells, notes, failures } = turn(&mut sweeping, false, shares.len() as f64);
        for (cell, outcome) in cells {
            let words = |outcome: &Outcome| format!("{outcome:?}");
            assert_eq!(outcomes.insert(cell, words(&outcome)), None, "cell {cell} comes twice");
        }
        all.notes.extend(notes);
        all.failures.extend(failures);
        shares.push(sweeping.share_done());
        assert!(shares.len() < 2000, "it comes to its end");
    }
    assert!((shares[shares.len() - 1] - 1.0).abs() < 1e-12);
    (outcomes, all)
}

#[test]
fn results_are_the_same_to_the_bit_whatever_the_number_of_helpers_and_their_order() {
    let (alone, _) = through(None, 1);
    assert_eq!(alone.len(), 16);
    for helpers in [1, 2, 3, 16] {
        for last_first in [false, true] {
            let (crew, log) = scripted(well, never, last_first);
            let (outcomes, News { notes, failures, .. }) = through(Some(crew), helpers);
            assert!(outcomes == alone, "{helpers} helpers");
            assert!(notes.is_empty() && failures.is_empty());
            assert!(log.borrow().hired <= helpers && log.borrow().most <= helpers);
            assert!(helpers > 3 || log.borrow().most == helpers, "all of them work: {} of {helpers}", log.borrow().most);
        }
    }
}

#[test]
fn a_helper_that_ends_costs_its_cells_which_run_again_on_another() {
    let (alone, _) = through(None, 1);
    for helpers in [1, 2] {
        // Each piece that begins with an even cell ends its helper, once.
        let (crew, log) = scripted(well, |tries, cells| tries == 1 && cells[0].is_multiple_of(2), false);
        let (outcomes, News { failures, .. }) = through(Some(crew), helpers);
        assert!(outcomes == alone && failures.is_empty(), "{helpers} helpers: {failures:?}");
        let log = log.borrow();
        assert!(log.hired > helpers, "others have taken their places");
        let of_first: Vec<_> = log.given.iter().filter(|(_, cells)| cells.contains(&0)).collect();
        assert!(of_first.len() == 2 && of_first[0].0 != of_first[1].0 && of_first[1].1 == [0], "{of_first:?}");
    }
}

#[test]
fn a_helper_that_says_nothing_for_a_minute_is_ended_and_its_cells_run_again() {
    let (alone, _) = through(None, 1);
    let (crew, log) = scripted(|helper| if helper == 2 { Fate::Hung } else { Fate::Well }, never, false);
    let (outcomes, News { notes, failures, .. }) = through(Some(crew), 2);
    assert!(outcomes == alone && notes.is_empty() && failures.is_empty(), "{notes:?} {failures:?}");
    assert_eq!((&log.borrow().ended[..], log.borrow().hired), (&[2][..], 3));
    // A machine that slept for an hour has heard nobody in that time.
    let (crew, log) = scripted(|_| Fate::Hung, never, false);
    let mut sweeping = sweeping(Some(crew), 1);
    for now in [0.0, 1.0, 3_600.0, 3_601.0] {
        turn(&mut sweeping, false, now);
    }
    assert!(log.borrow().ended.is_empty());
    (0..60).for_each(|second| drop(turn(&mut sweeping, false, 3_602.0 + f64::from(second))));
    assert_eq!(log.borrow().ended, [1]);
}

#[test]
fn a_cell_that_ends_three_helpers_is_left_out_and_told_and_the_others_are_there() {
    let (mut alone, _) = through(None, 1);
    // The second seed of SAM at ρ 0.05; the first one is 1.
    let (crew, log) = scripted(well, |_, cells| cells.contains(&5), false);
    let (outcomes, News { failures, .. }) = through(Some(crew), 2);
    alone.remove(&5);
    assert!(outcomes == alone, "{:?}", outcomes.keys());
    assert_eq!(log.borrow().given.iter().filter(|(_, cells)| cells.contains(&5)).count(), 3);
    assert!(
        matches!(&failures[..], [text] if text.starts_with("SAM at ρ 0.05, seed 2, is left out") && text.contains("it ran out of memory"))
    );
}

#[test]
fn with_fewer_helpers_than_wanted_it_goes_on_with_those_and_without_any_by_itself() {
    let (alone, _) = through(None, 1);
    for none in [Fate::Refused, Fate::Stillborn] {
        let all = if none == Fate::Refused { |_| Fate::Refused } else { |_| Fate::Stillborn };
        let (crew, log) = scripted(all, never, false);
        let (outcomes, News { notes, .. }) = through(Some(crew), 3);
        assert!(outcomes == alone);
        assert_eq!((log.borrow().hired, log.borrow().given.len(), notes.len()), (3, 0, 3), "{notes:?}");
        assert!(notes[2].ends_with("the sweep goes on where the run trains."), "{notes:?}");
    }
    // The second of three cannot begin.
    let (crew, log) = scripted(|helper| if helper == 2 { Fate::Stillborn } else { Fate::Well }, never, false);
    let (outcomes, News { notes, .. }) = through(Some(crew), 3);
    assert!(outcomes == alone && log.borrow().hired == 3);
    assert!(matches!(&notes[..], [text] if text.ends_with("the sweep goes on on 2 cores.")), "{notes:?}");
}

#[test]
fn while_it_waits_nothing_begins_and_helpers_end_after_a_while() {
    let (crew, log) = scripted(well, never, false);
    let mut sweeping = sweeping(Some(crew), 2);
    // Hired, then ready and at a piece each.
    (0..2).for_each(|_| drop(turn(&mut sweeping, false, 0.0)));
    let given = log.borrow().given.len();
    assert_eq!((log.borrow().hired, given), (2, 2));
    let cells: usize = (0..4).map(|_| turn(&mut sweeping, true, 1.0).cells.len()).sum();
    assert!(cells == log.borrow().given.iter().map(|(_, cells)| cells.len()).sum::<usize>(), "what was begun comes to its end");
    assert_eq!((log.borrow().given.len(), log.borrow().dismissed), (given, 0));
    turn(&mut sweeping, true, 30.5);
    assert_eq!(log.borrow().dismissed, 0);
    turn(&mut sweeping, true, 31.5);
    assert_eq!(log.borrow().dismissed, 1);
    turn(&mut sweeping, false, 40.0);
    assert_eq!(log.borrow().hired, 4, "others come when it goes on");
}

#[test]
fn what_was_trained_before_is_told_at_once_and_not_trained_again() {
    let (alone, _) = through(None, 1);
    let mut known = Known::default();
    let mut first = sweeping(None, 1);
    while first.share_done() < 0.5 {
        let cells = turn(&mut first, false, 0.0).cells;
        first.note_in(&mut known, &cells);
    }
    let before = known.of(first.grid(), None).len();
    assert!(before > 3 && before < 16, "{before}");
    let (crew, log) = scripted(well, never, false);
    let mut again = Sweeping::new(grid(), None, false, &known, &Compute::cpu(), Some(crew), 2).expect("a good grid");
    let News { mut cells, notes, .. } = turn(&mut again, false, 0.0);
    assert_eq!((cells.len(), &notes[..]), (before, &[format!("{before} runs of this sweep are known from before.")][..]));
    while !again.is_over() {
        let more = turn(&mut again, false, 0.0).cells;
        again.note_in(&mut known, &more);
        cells.extend(more);
    }
    assert_eq!(log.borrow().given.iter().map(|(_, cells)| cells.len()).sum::<usize>(), 16 - before);
    let told: BTreeMap<usize, String> = cells.into_iter().map(|(cell, outcome)| (cell, format!("{outcome:?}"))).collect();
    assert!(told == alone);
    // All of it: nobody has anything to do.
    let mut all = Sweeping::new(grid(), None, false, &known, &Compute::cpu(), None, 1).expect("a good grid");
    assert!(!all.is_over());
    assert_eq!(turn(&mut all, false, 0.0).cells.len(), 16);
    assert!(all.is_over());
}

#[test]
fn a_method_that_is_another_than_it_is_called_is_told() {
    let mut grid = grid();
    grid.experiment.lanes.push("r-drop".parse().expect("lane words"));
    let mut sweeping = Sweeping::new(grid.clone(), None, false, &Known::default(), &Compute::cpu(), None, 1).expect("a good grid");
    assert!(matches!(&turn(&mut sweeping, false, 0.0).notes[..], [text] if text.starts_with("R-Drop compares two passes")));
    grid.experiment.model.dropout = 0.1;
    let mut sweeping = Sweeping::new(grid, None, false, &Known::default(), &Compute::cpu(), None, 1).expect("a good grid");
    assert!(turn(&mut sweeping, false, 0.0).notes.is_empty());
}

#[test]
fn it_takes_no_more_helpers_than_there_is_memory_for_and_says_so() {
    let compute = |bytes| Compute::cpu().with_memory(Some(bytes));
    let new = |bytes, helpers| {
        Sweeping::new(grid(), None, false, &Known::default(), &compute(bytes), Some(scripted(well, never, false).0), helpers)
    };
    let piece = new(u64::MAX, 1).expect("a good grid").memory();
    let mut few = new(3 * piece + 1, 8).expect("a good grid");
    assert_eq!((few.cores(), few.memory()), (3, 3 * piece));
    let notes = turn(&mut few, false, 0.0).notes;
    assert!(matches!(&notes[..], [text] if text.starts_with("The sweep goes on 3 cores, not on 8: each takes up to ")), "{notes:?}");
    assert_eq!(new(u64::MAX, 99).expect("a good grid").cores(), 16, "one a cell");
    assert!(new(piece - 1, 1).is_err_and(|text| text.contains("memory")));
}
