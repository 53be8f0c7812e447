//! Saving a run, and resuming it: bit for bit on the CPU.
//!
//! A saved run is a safetensors file. Tensors: `LANE/LEAF` and `LANE/SLOT/LEAF` for what methods
//! remember, `[members, rows, cols]` in f32, and the user's files as bytes, so that a run needs nothing
//! else. Metadata: the experiment and the counters, as JSON under `basin`.

use std::collections::HashMap;

use basin_optim::weights::Weights;
use burn::tensor::{Tensor, TensorData, Transaction};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};

use crate::compute::Compute;
use crate::config::Experiment;
use crate::protocol::{Files, NamedBytes};
use crate::session::{Lane, Session, TrainError};

/// Changes when the format does.
const FORMAT: u32 = 1;

/// What a saved run says besides its tensors.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    experiment: Experiment,
    step: usize,
    steps: usize,
    lanes: Vec<LaneHeader>,
    train_file: Option<String>,
    test_file: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LaneHeader {
    time: usize,
    gradient_evaluations: f64,
    seconds: f64,
    diverged: Vec<bool>,
}

const TRAIN_FILE: &str = "files/train";
const TEST_FILE: &str = "files/test";

impl Session {
    /// The run as bytes. Cost: reads all weights back.
    pub async fn save(&self) -> Vec<u8> {
        let (mut names, mut shapes, mut transaction) = (Vec::new(), Vec::new(), Transaction::default());
        for (lane, of_lane) in self.lanes.iter().enumerate() {
            for (name, value) in tensors(lane, of_lane) {
                names.push(name);
                shapes.push(value.dims().to_vec());
                transaction = transaction.register(value);
            }
        }
        let read = transaction.execute_async().await.expect("the device gives its weights back");

        let header = Header {
            format: FORMAT,
            experiment: self.experiment.clone(),
            step: self.step,
            steps: self.steps_planned(),
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
        serialize(views, Some(HashMap::from([("basin".to_owned(), header)]))).expect("views are valid")
    }

    /// The run of [`Self::save`], as it was.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn restore(bytes: &[u8], compute: Compute) -> Result<Self, TrainError> {
        let broken = |why: &dyn std::fmt::Display| TrainError::Checkpoint(why.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| broken(&e))?;
        let saved = SafeTensors::deserialize(bytes).map_err(|e| broken(&e))?;
        let header = metadata.metadata().as_ref().and_then(|m| m.get("basin")).ok_or_else(|| broken(&"it has no `basin` entry"))?;
        let header: Header = serde_json::from_str(header).map_err(|e| broken(&e))?;
        if header.format != FORMAT {
            return Err(broken(&format!("its format is {}, this program reads {FORMAT}", header.format)));
        }

        let file = |name: &Option<String>, tensor: &str| -> Result<Option<NamedBytes>, TrainError> {
            let Some(name) = name else { return Ok(None) };
            let bytes = saved.tensor(tensor).map_err(|e| broken(&e))?.data().to_vec();
            Ok(Some(NamedBytes { name: name.clone(), bytes }))
        };
        let test = file(&header.test_file, TEST_FILE)?;
        let files = file(&header.train_file, TRAIN_FILE)?.map(|train| Files { train, test });

        let mut session = Self::prepare(header.experiment, files.as_ref(), compute)?;
        if header.lanes.len() != session.lanes.len() {
            return Err(broken(&"its lanes are not those of its experiment"));
        }
        session.resume_at(header.step, header.steps);
        for (index, (lane, of_lane)) in session.lanes.iter_mut().zip(header.lanes).enumerate() {
            if of_lane.diverged.len() != lane.diverged.len() {
                return Err(broken(&"its members are not those of its experiment"));
            }
            let w = read_like(&saved, &format!("{index}"), lane.weights())?;
            lane.w = Some(w);
            let names: Vec<&'static str> = lane.state.slots().map(|(name, _)| name).collect();
            for name in names {
                let value = read_like(&saved, &format!("{index}/{name}"), lane.state.slot(name))?;
                lane.state.set(name, value);
            }
            lane.state.time = of_lane.time;
            lane.gradient_evaluations = of_lane.gradient_evaluations;
            lane.seconds = of_lane.seconds;
            lane.diverged = of_lane.diverged;
        }
        Ok(session)
    }
}

impl LaneHeader {
    fn of(lane: &Lane) -> Self {
        Self {
            time: lane.state.time,
            gradient_evaluations: lane.gradient_evaluations,
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

/// The tensors under `prefix`, shaped like `like` and on its device.
fn read_like(saved: &SafeTensors<'_>, prefix: &str, like: &Weights) -> Result<Weights, TrainError> {
    let mut read = Vec::new();
    for leaf in like.leaves() {
        let name = format!("{prefix}/{}", leaf.name);
        let view = saved.tensor(&name).map_err(|e| TrainError::Checkpoint(format!("{name}: {e}")))?;
        let shape = leaf.value.dims();
        if view.shape() != shape || view.dtype() != Dtype::F32 {
            return Err(TrainError::Checkpoint(format!("{name} is {:?} {:?}, not {shape:?} F32", view.shape(), view.dtype())));
        }
        let values: Vec<f32> = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        read.push(Tensor::<3>::from_data(TensorData::new(values, shape), &leaf.value.device()));
    }
    let mut read = read.into_iter();
    Ok(like.map(|_| read.next().expect("one per leaf")))
}
