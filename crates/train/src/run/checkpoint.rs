//! Saving a run, and resuming it: bit for bit on the CPU.
//!
//! A saved run is a safetensors file. Tensors: `LANE/LEAF` and `LANE/SLOT/LEAF` for what methods
//! remember, `[members, rows, cols]` in f32, and the user's files as bytes, so that a run needs nothing
//! else; and what it has shown so far (`extra.rs`), without which it opens, too. Metadata: the experiment and the counters, as JSON
//! under `basin`, with a checksum over the whole file, for a flipped bit would change the results without a word, and one over the
//! data, for weights mean nothing beside other tokens.

use std::collections::HashMap;

use basin_optim::population::{Cost, Leaf, Weights};
use burn::tensor::{Tensor, TensorData, Transaction};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};

use super::checksum::{NO_DIGITS, checksum, checksum_of, place_of_checksum};
use super::device::Compute;
use super::error::RunError;
use super::extra::{Extra, Extras, broken};
use super::lane::Lane;
use super::lockstep::Run;
use super::plan::Plan;
use super::steps::MOST_STEPS;
use crate::brief::brief;
use crate::data::encoder::{self, EncoderError};
use crate::data::files::{Files, NamedBytes};
use crate::experiment::{Experiment, build};
use crate::limits::{Limits, TooMuch};
use crate::lost;
use crate::memory::Estimate;
use crate::report::Summary;

/// Changes when the format does. Format 1 had no checksums.
const FORMAT: u32 = 2;

/// What a saved run says besides its tensors.
#[derive(Serialize, Deserialize)]
struct Header {
    /// CRC-32 of the file with zeros in this place, eight hexadecimal digits. First, so that it is found first.
    #[serde(default)]
    checksum: String,
    format: u32,
    experiment: Experiment,
    step: usize,
    /// The planned end.
    steps: usize,
    /// Where the plans before it ended, each of which began the schedule of the learning rate anew.
    #[serde(default)]
    ends: Vec<usize>,
    /// The last of them, as older versions read and write it.
    #[serde(default)]
    schedule_from: usize,
    /// CRC-32 of tokens, classes and examples.
    #[serde(default)]
    data: Option<u32>,
    /// Hash of the encoder whose vectors it learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoder: Option<String>,
    lanes: Vec<LaneHeader>,
    train_file: Option<String>,
    test_file: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LaneHeader {
    time: usize,
    /// Format 1: both of the following in one, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gradient_evaluations: Option<f64>,
    #[serde(default)]
    gradients: f64,
    #[serde(default)]
    forwards: f64,
    seconds: Option<f64>,
    diverged: Vec<bool>,
}

impl Header {
    /// Where each plan ends.
    fn ends(&self) -> Vec<usize> {
        let mut ends = self.ends.clone();
        if ends.is_empty() && self.schedule_from > 0 {
            ends.push(self.schedule_from);
        }
        ends.push(self.steps);
        ends
    }
}

const TRAIN_FILE: &str = "files/train";
const TEST_FILE: &str = "files/test";

impl Run {
    /// The run as bytes, without what it has shown so far. Cost: reads all weights back.
    pub async fn save(&self) -> Vec<u8> {
        self.save_with(&[]).await
    }

    /// The run as bytes, with more than it needs to go on.
    pub(crate) async fn save_with(&self, extras: &[Extra]) -> Vec<u8> {
        let (mut names, mut shapes, mut transaction) = (Vec::new(), Vec::new(), Transaction::default());
        for (lane, of_lane) in self.lanes.iter().enumerate() {
            for (name, value) in tensors(lane, of_lane) {
                names.push(name);
                shapes.push(value.dims().to_vec());
                transaction = transaction.register(value);
            }
        }
        let read = lost::read(transaction).await;

        let (&planned, before) = self.steps.ends().split_last().expect("there is a plan");
        let header = Header {
            checksum: NO_DIGITS.to_owned(),
            format: FORMAT,
            experiment: self.experiment.clone(),
            step: self.steps.done,
            steps: planned,
            schedule_from: before.last().copied().unwrap_or(0),
            ends: before.to_vec(),
            data: Some(checksum_of(&self.data)),
            encoder: self.data.encoder.as_ref().map(|encoder| encoder.hash().to_owned()),
            lanes: self.lanes.iter().map(LaneHeader::of).collect(),
            train_file: self.files.as_ref().map(|f| f.train.name.clone()),
            test_file: self.files.as_ref().and_then(|f| f.test.as_ref()).map(|f| f.name.clone()),
        };
        let header = serde_json::to_string(&header).expect("a header is plain data");

        let weights = names.into_iter().zip(shapes).zip(&read).map(|((name, shape), data)| (name, shape, Dtype::F32, data.as_bytes()));
        let files = self.files.as_ref().into_iter().flat_map(|files| {
            let test = files.test.as_ref().map(|file| (TEST_FILE, file));
            std::iter::once((TRAIN_FILE, &files.train)).chain(test)
        });
        let files = files.map(|(name, file)| (name.to_owned(), vec![file.bytes.len()], Dtype::U8, file.bytes.as_slice()));
        let views = weights.chain(files).map(|(name, shape, dtype, bytes)| {
            let view = TensorView::new(dtype, shape, bytes).expect("shape and bytes belong together");
            (name, view)
        });
        let views = views.chain(extras.iter().map(Extra::view));
        let mut bytes = serialize(views, Some(HashMap::from([("basin".to_owned(), header)]))).expect("views are valid");
        let place = place_of_checksum(&bytes).expect("the header has one");
        let digits = format!("{:08x}", checksum(&bytes, &place));
        bytes[place].copy_from_slice(digits.as_bytes());
        bytes
    }

    /// CRC-32 of tokens, classes and examples, by which a saved run knows its data.
    pub(crate) fn data_checksum(&self) -> u32 {
        checksum_of(&self.data)
    }

    /// The run of [`Self::save`], as it was.
    ///
    /// # Errors
    /// What is wrong with the bytes, or more memory than there is.
    pub fn restore(bytes: &[u8], compute: Compute) -> Result<Self, RunError> {
        let saved = Saved::read(bytes)?;
        saved.fits(&compute.limits)?;
        Ok(saved.resume(compute))
    }
}

/// The user's files that a saved run holds, if it was trained on any.
///
/// # Errors
/// What is wrong with the bytes.
pub fn files(bytes: &[u8]) -> Result<Option<Files>, RunError> {
    let (tensors, header, _) = open(bytes)?;
    files_of(&tensors, &header)
}

/// What a saved run that learned from an encoder wants vectors of: its texts, and the encoder's hash. None where it learned from
/// none.
///
/// # Errors
/// What is wrong with the bytes.
pub(crate) fn texts(bytes: &[u8]) -> Result<Option<(Vec<String>, String)>, RunError> {
    let (tensors, header, _) = open(bytes)?;
    let Some(hash) = &header.encoder else { return Ok(None) };
    let files = files_of(&tensors, &header)?;
    Ok(Some((Plan::texts(&header.experiment, files.as_ref())?, hash.clone())))
}

/// A text that a saved run holds besides, if it is there.
///
/// # Errors
/// What is wrong with the bytes.
pub(crate) fn text(bytes: &[u8], name: &str) -> Result<Option<String>, RunError> {
    let (tensors, _, _) = open(bytes)?;
    Extras { tensors: &tensors }.text(name)
}

/// What a file holds, and whether its checksum says that this is what was saved.
fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Header, bool), RunError> {
    let place = place_of_checksum(bytes);
    if let Some(place) = &place
        && format!("{:08x}", checksum(bytes, place)).as_bytes() != &bytes[place.clone()]
    {
        return Err(RunError::Damaged);
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
    let header = metadata.metadata().as_ref().and_then(|m| m.get("basin")).ok_or_else(|| broken("it has no `basin` entry"))?;
    let header: Header = serde_json::from_str(header).map_err(broken)?;
    let checked = match header.format {
        1 => place.is_some(),
        FORMAT if place.is_some() => true,
        FORMAT => return Err(RunError::Damaged),
        other if other > FORMAT => return Err(RunError::Newer { format: other, reads: FORMAT }),
        other => return Err(broken(format!("there is no format {other}"))),
    };
    if header.step > header.steps || header.steps > MOST_STEPS {
        return Err(broken(format!("step {} of {} is no place in a run", header.step, header.steps)));
    }
    if header.ends().first() == Some(&0) || !header.ends().is_sorted_by(|one, next| one < next) {
        return Err(broken("its plans do not end one after the other"));
    }
    Ok((tensors, header, checked))
}

fn files_of(tensors: &SafeTensors<'_>, header: &Header) -> Result<Option<Files>, RunError> {
    let file = |name: &Option<String>, tensor: &str| -> Result<Option<NamedBytes>, RunError> {
        let Some(name) = name else { return Ok(None) };
        let bytes = tensors.tensor(tensor).map_err(broken)?.data().to_vec();
        Ok(Some(NamedBytes { name: name.clone(), bytes }))
    };
    let test = file(&header.test_file, TEST_FILE)?;
    Ok(file(&header.train_file, TRAIN_FILE)?.map(|train| Files { train, test }))
}

/// A saved run that was read and found whole, before it takes a device.
pub struct Saved<'a> {
    tensors: SafeTensors<'a>,
    header: Header,
    /// Whether a checksum says that it is whole.
    checked: bool,
    plan: Plan,
    /// Names of a lane's leaves, with their rows and columns.
    leaves: Vec<(&'static str, [usize; 2])>,
}

impl<'a> Saved<'a> {
    /// Reads a saved run and looks at all of it.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn read(bytes: &'a [u8]) -> Result<Self, RunError> {
        Self::read_for(bytes, false)
    }

    /// The same, or to ask it for `new_texts` alone: its own examples then lack what takes long to make.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn read_for(bytes: &'a [u8], new_texts: bool) -> Result<Self, RunError> {
        let (tensors, header, checked) = open(bytes)?;
        let files = files_of(&tensors, &header)?;
        if let Some(saved) = &header.encoder {
            let here = encoder::open(Some(saved))?.hash().to_owned();
            if *saved != here {
                return Err(EncoderError::Another { saved: brief(saved, 12), here: brief(&here, 12) }.into());
            }
        }
        let plan = Plan::again(header.experiment.clone(), files.as_ref(), header.encoder.as_deref(), new_texts)?;
        let Experiment { lanes, seeds, training, .. } = &plan.experiment;
        if header.lanes.len() != lanes.len() {
            return Err(broken("its lanes are not those of its experiment"));
        }
        if header.data.is_some_and(|data| data != checksum_of(&plan.data)) {
            return Err(RunError::OtherData { data: plan.data.title.clone() });
        }
        if header.lanes.iter().any(|lane| lane.diverged.len() != *seeds) {
            return Err(broken("its members are not those of its experiment"));
        }
        // One member has the leaves of all.
        let one = plan.model().init(&[0], &Compute::cpu().device);
        let shape = |leaf: &Leaf| {
            let [_, rows, cols] = leaf.value.dims();
            (leaf.name, [rows, cols])
        };
        let leaves: Vec<_> = one.leaves().iter().map(shape).collect();
        for (index, lane) in lanes.iter().enumerate() {
            let slots = build::base(training).slots().iter().chain(build::method(lane).slots()).map(|slot| format!("{index}/{slot}"));
            for prefix in std::iter::once(index.to_string()).chain(slots) {
                for (leaf, [rows, cols]) in &leaves {
                    check_tensor(&tensors, &format!("{prefix}/{leaf}"), [*seeds, *rows, *cols])?;
                }
            }
        }
        Ok(Self { tensors, header, checked, plan, leaves })
    }

    /// What it holds besides.
    pub(crate) fn extras(&self) -> Extras<'_, 'a> {
        Extras { tensors: &self.tensors }
    }

    /// What is trained.
    pub(crate) fn experiment(&self) -> &Experiment {
        &self.plan.experiment
    }

    /// The user's files that it was trained on.
    pub(crate) fn files(&self) -> Option<&Files> {
        self.plan.files.as_ref()
    }

    /// What was trained, on a device.
    pub(crate) fn summary(&self, compute: &Compute) -> Summary {
        self.plan.summary(compute)
    }

    /// Training examples.
    pub(crate) fn examples(&self) -> usize {
        self.plan.data.train.len()
    }

    /// Names of a lane's leaves, with their rows and columns.
    pub(crate) fn leaves(&self) -> &[(&'static str, [usize; 2])] {
        &self.leaves
    }

    /// Steps done.
    pub(crate) fn step(&self) -> usize {
        self.header.step
    }

    /// The planned end.
    pub(crate) fn steps(&self) -> usize {
        self.header.steps
    }

    /// How much memory the run takes.
    ///
    /// # Errors
    /// There is less, with the knobs that bring it down.
    pub fn fits(&self, limits: &Limits) -> Result<Estimate, TooMuch> {
        self.plan.fits(limits)
    }

    /// Goes on with it.
    pub fn resume(self, compute: Compute) -> Run {
        let Self { tensors, header, checked, plan, leaves: _ } = self;
        let mut run = Run::build(plan, compute);
        run.resume_at(run.steps.at(header.step, header.ends()));
        if !checked {
            run.note("This run was saved by an older Basin, without a checksum: damage to its file would not show.");
        }
        for (index, (lane, of_lane)) in run.lanes.iter_mut().zip(header.lanes).enumerate() {
            let (w, finite) = read_like(&tensors, &index.to_string(), lane.weights());
            lane.w = Some(w);
            let names: Vec<&'static str> = lane.state.slots().map(|(name, _)| name).collect();
            for name in names {
                let (value, _) = read_like(&tensors, &format!("{index}/{name}"), lane.state.slot(name));
                lane.state.set(name, value);
            }
            lane.state.time = of_lane.time;
            lane.spent = Cost { gradients: of_lane.gradient_evaluations.unwrap_or(of_lane.gradients), forwards: of_lane.forwards };
            lane.seconds = of_lane.seconds;
            // Weights that are no numbers have diverged, whatever the file says.
            lane.diverged = of_lane.diverged.into_iter().zip(finite).map(|(diverged, finite)| diverged || !finite).collect();
        }
        run
    }
}

/// Whether a tensor is there, in this shape and in f32.
fn check_tensor(tensors: &SafeTensors<'_>, name: &str, shape: [usize; 3]) -> Result<(), RunError> {
    let view = tensors.tensor(name).map_err(|e| broken(format!("{name}: {e}")))?;
    if view.shape() != shape || view.dtype() != Dtype::F32 {
        let (found, dtype) = (brief(&format!("{:?}", view.shape()), 60), view.dtype());
        return Err(broken(format!("{name} is {found} {dtype:?}, not {shape:?} F32")));
    }
    Ok(())
}

impl LaneHeader {
    fn of(lane: &Lane) -> Self {
        Self {
            time: lane.state.time,
            gradient_evaluations: None,
            gradients: lane.spent.gradients,
            forwards: lane.spent.forwards,
            seconds: lane.seconds,
            diverged: lane.diverged.clone(),
        }
    }
}

/// Every tensor of a lane, with its name in the file.
fn tensors(index: usize, lane: &Lane) -> impl Iterator<Item = (String, Tensor<3>)> {
    let weights = lane.weights().leaves().iter().map(move |l| (format!("{index}/{}", l.name), l.value.clone()));
    let state = lane.state.slots().flat_map(move |(slot, value)| {
        let leaves = value.leaves().iter();
        leaves.map(move |l| (format!("{index}/{slot}/{}", l.name), l.value.clone()))
    });
    weights.chain(state)
}

/// The tensors under `prefix`, on the device of `like`, and which members have nothing but numbers there.
fn read_like(saved: &SafeTensors<'_>, prefix: &str, like: &Weights) -> (Weights, Vec<bool>) {
    let mut finite = vec![true; like.members()];
    let read: Vec<_> = like
        .leaves()
        .iter()
        .map(|leaf| {
            let shape = leaf.value.dims();
            let view = saved.tensor(&format!("{prefix}/{}", leaf.name)).expect("it was looked at");
            let values: Vec<f32> = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            for (member, finite) in values.chunks(shape[1] * shape[2]).zip(&mut finite) {
                *finite &= member.iter().all(|v| v.is_finite());
            }
            Tensor::<3>::from_data(TensorData::new(values, shape), &leaf.value.device())
        })
        .collect();
    let mut read = read.into_iter();
    (like.map(|_| read.next().expect("one per leaf")), finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Driver;

    /// A member whose weights are no numbers is told of as one, not shown as if it had any.
    #[test]
    fn weights_that_are_no_numbers_have_diverged() {
        let experiment = Experiment { seeds: 2, ..Experiment::default() };
        let mut run = Run::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        let lane = &mut run.lanes[1];
        let factor = Tensor::from_data(TensorData::new(vec![1.0, f32::NAN], [2, 1, 1]), &run.compute.device);
        lane.w = Some(lane.weights().scale(&factor));
        let bytes = pollster::block_on(run.save());
        let restored = Driver::restore(&bytes, Compute::cpu()).expect("it is whole");
        assert_eq!(restored.run.lanes[0].diverged, [false, false]);
        assert_eq!(restored.run.lanes[1].diverged, [false, true]);
        let (answers, _) = pollster::block_on(restored.classify("my screen is black", None));
        assert!(answers[1].probabilities.iter().all(|p| p.is_finite()), "the member that is left answers");
    }

    #[test]
    fn the_files_of_a_saved_run_are_read_without_a_device() {
        assert!(files(b"hello").is_err());
        let run = Run::prepare(Experiment::default(), None, Compute::cpu()).expect("the built-in data is good");
        assert_eq!(files(&pollster::block_on(run.save())).expect("it is whole"), None);
    }
}
