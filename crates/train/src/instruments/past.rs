//! What a run has shown so far, as a saved run holds it beside its weights: curves, sharpness, sentences with their visits,
//! the lanes' paths.
//!
//! | tensors | shape | type |
//! |---|---|---|
//! | `curves/step`, `curves/epoch` | `[measurements]` | f64 |
//! | `curves/gradient_evaluations`, `curves/seconds` | `[measurements, lanes]` | f64, NaN for none |
//! | `curves/…`, the other series | `[measurements, lanes, members]` | f64 |
//! | `sentences/LANE/counts` | `[examples]`: visits of each | f64 |
//! | `sentences/LANE/visits` | `[visits, 7]`: step, loss, weight, gap, and after it seen, weighted up, sum of weights | f64 |
//! | `path/steps` | `[places]` | f64 |
//! | `path/LANE/LEAF` | `[places, members, rows, cols]`: from the initial weights to there | bf16 |
//! | `sharpness`, `past` | JSON | u8 |
//!
//! Visits and paths each take [`memory::SAVED_BYTES`] at most: of both every second one is left out until they fit, and a
//! run that is opened says so.

use burn::tensor::{Tensor, TensorData, Transaction};
use serde::{Deserialize, Serialize};

use super::best::Recalled;
use super::examples::{self, Counted, ExampleRecords, Record};
use super::landscape::Trajectory;
use super::told::Told;
use crate::lost;
use crate::memory;
use crate::report::{LaneMeasurement, Measurement, Sharpness, Visit};
use crate::run::checkpoint::Saved;
use crate::run::{Extra, Run, RunError, broken};

/// Numbers of a visit.
const VISIT: usize = 7;

/// More measurements, places and visits than any run has.
const MOST: usize = 1 << 24;

/// What else there is to say.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Header {
    /// The last step that was reached.
    furthest: usize,
    /// Measurements that a long run has forgotten.
    forgotten: usize,
    /// Of the visits that were known, those that are here.
    visits: [usize; 2],
    /// Of the places that were known, those that are here.
    places: [usize; 2],
}

/// What a saved run has shown, read and found whole.
pub(crate) struct Past {
    header: Header,
    told: Told,
    /// Of each lane, one record an example.
    records: Vec<Vec<Record>>,
    steps: Vec<usize>,
    /// Of each lane and leaf, the weights at these steps, one after the other.
    places: Vec<Vec<Vec<f32>>>,
    best: Option<Recalled>,
}

/// The series of a lane that have a number for each member, with their names.
fn series(lane: &mut LaneMeasurement) -> [(&'static str, &mut Vec<f64>); 8] {
    let LaneMeasurement {
        train_loss,
        train_accuracy,
        test_loss,
        test_accuracy,
        gap,
        gap_held_out,
        train_accuracy_flipped,
        train_accuracy_kept,
        gradient_evaluations: _,
        seconds: _,
        diverged: _,
        only_answer: _,
    } = lane;
    [
        ("train_loss", train_loss),
        ("train_accuracy", train_accuracy),
        ("test_loss", test_loss),
        ("test_accuracy", test_accuracy),
        ("gap", gap),
        ("gap_held_out", gap_held_out),
        ("train_accuracy_flipped", train_accuracy_flipped),
        ("train_accuracy_kept", train_accuracy_kept),
    ]
}

/// What a run has shown, for a file; `furthest` is the last step that it has reached.
pub(crate) async fn save(run: &Run, told: &Told, records: &ExampleRecords, trajectory: &Trajectory, furthest: usize) -> Vec<Extra> {
    let mut extras = curves(told, run.lanes.len(), run.experiment.seeds);
    let sharpness = serde_json::to_string(&told.sharpness).expect("readings are plain data");
    extras.push(Extra::text("sharpness", sharpness));
    let mut header = Header { furthest, forgotten: told.forgotten, ..Header::default() };
    header.visits = sentences(records, &mut extras);
    header.places = path(run, trajectory, &mut extras).await;
    extras.push(Extra::text("past", serde_json::to_string(&header).expect("a header is plain data")));
    extras
}

fn curves(told: &Told, lanes: usize, members: usize) -> Vec<Extra> {
    let mut measurements = told.measurements.clone();
    let count = measurements.len();
    let mut extras = vec![
        Extra::numbers("curves/step", &[count], measurements.iter().map(|measurement| measurement.step as f64)),
        Extra::numbers("curves/epoch", &[count], measurements.iter().map(|measurement| measurement.epoch)),
    ];
    let mut of_lanes: Vec<&mut LaneMeasurement> = measurements.iter_mut().flat_map(|measurement| &mut measurement.lanes).collect();
    let mut add = |name: &str, shape: &[usize], values: Vec<f64>| extras.push(Extra::numbers(format!("curves/{name}"), shape, values));
    let (each, all) = ([count, lanes], [count, lanes, members]);
    add("gradient_evaluations", &each, of_lanes.iter().map(|lane| lane.gradient_evaluations).collect());
    add("seconds", &each, of_lanes.iter().map(|lane| lane.seconds.unwrap_or(f64::NAN)).collect());
    add("diverged", &all, of_lanes.iter().flat_map(|lane| lane.diverged.iter().map(|diverged| f64::from(u8::from(*diverged)))).collect());
    let only = |answer: &Option<usize>| answer.map_or(f64::NAN, |class| class as f64);
    add("only_answer", &all, of_lanes.iter().flat_map(|lane| lane.only_answer.iter().map(only)).collect());
    let mut empty = LaneMeasurement::default();
    for (place, (name, _)) in series(&mut empty).into_iter().enumerate() {
        let values = of_lanes.iter_mut().flat_map(|lane| std::mem::take(series(lane)[place].1)).collect();
        add(name, &all, values);
    }
    extras
}

/// The visits of all examples; how many there are, and how many there were.
fn sentences(records: &ExampleRecords, extras: &mut Vec<Extra>) -> [usize; 2] {
    let lists = || records.lanes.iter().flat_map(|lane| &lane.records).map(|record| record.visits.as_slice());
    let all: usize = lists().map(<[Counted]>::len).sum();
    let most = memory::SAVED_BYTES as usize / (8 * VISIT);
    let every = spaced(most, |every| lists().map(|visits| visits.len().div_ceil(every)).sum());
    let mut kept = 0;
    for (lane, of_lane) in records.lanes.iter().enumerate() {
        // The last one counts all before it, so it stays.
        let some = |record: &Record| -> Vec<Counted> {
            let last = record.visits.len().saturating_sub(1);
            record.visits.iter().enumerate().filter(|(place, _)| (last - place).is_multiple_of(every)).map(|(_, visit)| *visit).collect()
        };
        let lists: Vec<Vec<Counted>> = of_lane.records.iter().map(some).collect();
        let visits: usize = lists.iter().map(Vec::len).sum();
        let counts = lists.iter().map(|list| list.len() as f64);
        extras.push(Extra::numbers(format!("sentences/{lane}/counts"), &[lists.len()], counts));
        let numbers = lists.iter().flatten().flat_map(|Counted { visit, seen, weighted_up, weights }| {
            let (weight, gap) = (visit.weight.unwrap_or(f64::NAN), visit.gap.unwrap_or(f64::NAN));
            [visit.step as f64, visit.loss, weight, gap, f64::from(*seen), f64::from(*weighted_up), *weights]
        });
        extras.push(Extra::numbers(format!("sentences/{lane}/visits"), &[visits, VISIT], numbers));
        kept += visits;
    }
    [kept, all]
}

/// Where the lanes have been; how many places there are, and how many there were.
async fn path(run: &Run, trajectory: &Trajectory, extras: &mut Vec<Extra>) -> [usize; 2] {
    let all = trajectory.places.len();
    let Some((_, lanes)) = trajectory.places.first() else { return [0, 0] };
    let numbers: usize = lanes.iter().map(|w| w.members() * w.count()).sum();
    let most = memory::SAVED_BYTES as usize / (2 * numbers.max(1));
    if most < 2 {
        return [0, all];
    }
    let every = spaced(most, |every| all.div_ceil(every));
    let kept: Vec<_> = trajectory.places.iter().step_by(every).collect();
    extras.push(Extra::numbers("path/steps", &[kept.len()], kept.iter().map(|(step, _)| *step as f64)));
    let initial = run.initial();
    let mut transaction = Transaction::default();
    for lane in 0..lanes.len() {
        for (leaf, start) in initial.leaves().iter().enumerate() {
            for (_, places) in &kept {
                transaction = transaction.register(places[lane].leaves()[leaf].value.clone() - start.value.clone());
            }
        }
    }
    let mut read = lost::read(transaction).await.into_iter();
    for (lane, weights) in lanes.iter().enumerate() {
        for leaf in weights.leaves() {
            let [members, rows, cols] = leaf.value.dims();
            let values = read.by_ref().take(kept.len()).flat_map(|data| data.try_to_vec_as::<f32>().expect("weights are f32"));
            extras.push(Extra::rounded(format!("path/{lane}/{}", leaf.name), &[kept.len(), members, rows, cols], values));
        }
    }
    [kept.len(), all]
}

/// The smallest power of two of which every so-manieth is no more than `most`.
fn spaced(most: usize, count: impl Fn(usize) -> usize) -> usize {
    let mut every = 1;
    while count(every) > most && every < MOST {
        every *= 2;
    }
    every
}

impl Past {
    /// The points of the curves.
    pub(crate) fn into_measurements(self) -> Vec<Measurement> {
        self.told.measurements
    }

    /// What a saved run has shown; nothing where it does not tell.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(saved: &Saved<'_>) -> Result<Self, RunError> {
        let extras = saved.extras();
        let (lanes, members) = (saved.experiment().lanes.len(), saved.experiment().seeds);
        let json = |name: &str| -> Result<Option<String>, RunError> { extras.text(name) };
        let header: Header = match json("past")? {
            Some(text) => serde_json::from_str(&text).map_err(|error| broken(format!("past: {error}")))?,
            None => Header { furthest: saved.step(), ..Header::default() },
        };
        if !(saved.step()..=saved.steps()).contains(&header.furthest) {
            return Err(broken(format!("past: step {} is no place between {} and {}", header.furthest, saved.step(), saved.steps())));
        }
        let mut told = Told::new(lanes, members);
        told.forgotten = header.forgotten;
        told.measurements = read_curves(saved, lanes, members)?;
        let sharpness: Vec<Sharpness> = match json("sharpness")? {
            Some(text) => serde_json::from_str(&text).map_err(|error| broken(format!("sharpness: {error}")))?,
            None => Vec::new(),
        };
        let whole = |one: &Sharpness| {
            let readings = one.lanes.first().map_or(0, Vec::len);
            one.lanes.len() == lanes && one.lanes.iter().flatten().all(|reading| reading.values.len() == members) && readings > 0
        };
        if let Some(one) = sharpness.iter().find(|one| !whole(one)) {
            return Err(broken(format!("sharpness at step {} is not of its lanes and members", one.step)));
        }
        told.sharpness = sharpness;
        let records = (0..lanes).map(|lane| read_records(saved, lane)).collect::<Result<_, _>>()?;
        let (steps, places) = read_path(saved, lanes, members)?;
        Ok(Self { header, told, records, steps, places, best: Recalled::read(saved)? })
    }

    /// The last step that was reached.
    pub(crate) fn furthest(&self) -> usize {
        self.header.furthest
    }

    /// The best epochs that it has kept.
    pub(crate) fn take_best(&mut self) -> Option<Recalled> {
        self.best.take()
    }

    /// Puts it where a run that shows itself has it; says what is left out.
    pub(crate) fn recall(self, run: &Run, told: &mut Told, records: &mut ExampleRecords, trajectory: &mut Trajectory) -> Option<String> {
        let Header { visits, places, .. } = self.header;
        *told = Told { most: told.most, ..self.told };
        for (lane, of_lane) in records.lanes.iter_mut().zip(self.records) {
            if !of_lane.is_empty() {
                lane.records = of_lane;
            }
        }
        let initial = run.initial();
        for (place, step) in self.steps.iter().enumerate() {
            let lanes: Vec<_> = (self.places.iter())
                .map(|leaves| {
                    let mut leaves = leaves.iter();
                    initial.map(|leaf| {
                        let (shape, values) = (leaf.value.dims(), leaves.next().expect("it was looked at"));
                        let size: usize = shape.iter().product();
                        let values = values[place * size..(place + 1) * size].to_vec();
                        leaf.value.clone() + Tensor::<3>::from_data(TensorData::new(values, shape), &leaf.value.device())
                    })
                })
                .collect();
            trajectory.keep(*step, lanes.iter());
        }
        let parts: Vec<String> = [("visits of sentences", visits), ("places of the landscape's paths", places)]
            .into_iter()
            .filter(|(_, [kept, all])| kept < all)
            .map(|(what, [kept, all])| format!("{kept} of {all} {what}"))
            .collect();
        (!parts.is_empty()).then(|| format!("To keep it small, the saved run holds {}.", parts.join(" and ")))
    }
}

fn read_curves(saved: &Saved<'_>, lanes: usize, members: usize) -> Result<Vec<Measurement>, RunError> {
    let extras = saved.extras();
    let count = match extras.shape("curves/step").as_deref() {
        None => return Ok(Vec::new()),
        Some([count]) if *count <= MOST => *count,
        Some(_) => return Err(broken("curves/step is no list")),
    };
    let read = |name: &str, shape: &[usize]| extras.numbers(&format!("curves/{name}"), shape);
    let (each, all) = ([count, lanes], [count, lanes, members]);
    let steps = whole_numbers("curves/step", &read("step", &[count])?)?;
    if !steps.is_sorted_by(|one, next| one < next) {
        return Err(broken("curves/step does not ascend"));
    }
    let epochs = read("epoch", &[count])?;
    let (spent, seconds) = (read("gradient_evaluations", &each)?, read("seconds", &each)?);
    let (diverged, only) = (read("diverged", &all)?, read("only_answer", &all)?);
    let mut empty = LaneMeasurement::default();
    let others = series(&mut empty).map(|(name, _)| read(name, &all));
    let others: Vec<Vec<f64>> = others.into_iter().collect::<Result<_, _>>()?;
    let lane = |place: usize| {
        let of_members = place * members..(place + 1) * members;
        let mut lane = LaneMeasurement {
            gradient_evaluations: spent[place],
            seconds: Some(seconds[place]).filter(|seconds| !seconds.is_nan()),
            diverged: diverged[of_members.clone()].iter().map(|diverged| *diverged != 0.0).collect(),
            only_answer: only[of_members.clone()].iter().map(|class| (*class >= 0.0).then_some(*class as usize)).collect(),
            ..LaneMeasurement::default()
        };
        for ((_, values), read) in series(&mut lane).into_iter().zip(&others) {
            *values = read[of_members.clone()].to_vec();
        }
        lane
    };
    let measurement = |place: usize| Measurement {
        step: steps[place],
        epoch: epochs[place],
        lanes: (place * lanes..(place + 1) * lanes).map(lane).collect(),
    };
    Ok((0..count).map(measurement).collect())
}

fn read_records(saved: &Saved<'_>, lane: usize) -> Result<Vec<Record>, RunError> {
    let (extras, name) = (saved.extras(), format!("sentences/{lane}/visits"));
    let visits = match extras.shape(&name).as_deref() {
        None => return Ok(Vec::new()),
        Some([visits, VISIT]) if *visits <= MOST => *visits,
        Some(_) => return Err(broken(format!("{name} is no list of visits"))),
    };
    let numbers = extras.numbers(&name, &[visits, VISIT])?;
    let examples = saved.examples().min(examples::MOST);
    let counts = format!("sentences/{lane}/counts");
    let counts = whole_numbers(&counts, &extras.numbers(&counts, &[examples])?)?;
    if counts.iter().sum::<usize>() != visits {
        return Err(broken(format!("{name} are not as many as are counted")));
    }
    let steps: Vec<f64> = numbers.as_chunks::<VISIT>().0.iter().map(|visit| visit[0]).collect();
    let steps = whole_numbers(&name, &steps)?;
    let some = |number: f64| Some(number).filter(|number| !number.is_nan());
    let mut all =
        numbers.as_chunks::<VISIT>().0.iter().zip(steps).map(|([_, loss, weight, gap, seen, weighted_up, weights], step)| Counted {
            visit: Visit { step, loss: *loss, weight: some(*weight), gap: some(*gap) },
            seen: *seen as u32,
            weighted_up: *weighted_up as u32,
            weights: *weights,
        });
    Ok(counts.into_iter().map(|count| Record { visits: all.by_ref().take(count).collect() }).collect())
}

type Path = (Vec<usize>, Vec<Vec<Vec<f32>>>);

fn read_path(saved: &Saved<'_>, lanes: usize, members: usize) -> Result<Path, RunError> {
    let extras = saved.extras();
    let count = match extras.shape("path/steps").as_deref() {
        None => return Ok((Vec::new(), vec![Vec::new(); lanes])),
        Some([count]) if *count <= MOST => *count,
        Some(_) => return Err(broken("path/steps is no list")),
    };
    let steps = whole_numbers("path/steps", &extras.numbers("path/steps", &[count])?)?;
    let of_lane = |lane: usize| -> Result<Vec<Vec<f32>>, RunError> {
        let leaves = saved.leaves().iter();
        leaves.map(|(leaf, [rows, cols])| extras.rounded(&format!("path/{lane}/{leaf}"), &[count, members, *rows, *cols])).collect()
    };
    Ok((steps, (0..lanes).map(of_lane).collect::<Result<_, _>>()?))
}

/// Numbers that count something.
fn whole_numbers(name: &str, numbers: &[f64]) -> Result<Vec<usize>, RunError> {
    let whole = |number: &f64| (*number >= 0.0 && *number < 4e9 && number.fract() == 0.0).then_some(*number as usize);
    let numbers: Option<Vec<usize>> = numbers.iter().map(whole).collect();
    numbers.ok_or_else(|| broken(format!("{name} holds what counts nothing")))
}
