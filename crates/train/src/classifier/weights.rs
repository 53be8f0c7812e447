//! The weights of one classifier, out of a run: whose they are, what they are called, and what is known of them.
//!
//! One that reads texts with a pre-trained encoder has this beside its weights.
//!
//! One member of a lane is one network. A mean over seeds would be several networks, and not what one of them does.

use std::sync::Arc;

use basin_optim::population::Role;
use burn::tensor::Transaction;

use super::form::Small;
use crate::data::encoder::{Encoder, Papers, Whole};
use crate::data::tokens::{PAD, Vocabulary};
use crate::experiment::ModelConfig;
use crate::instruments::{LookError, lives};
use crate::lost;
use crate::report::{LaneMeasurement, Measurement, Summary};
use crate::run::Run;

/// A trained network on its own, with all that it takes to answer a text.
#[derive(Clone, Debug)]
pub struct Classifier {
    /// Its form and sizes.
    pub model: ModelConfig,
    /// Whether it reads pairs of texts.
    pub pairs: bool,
    /// Names of the classes, in the order of its answers.
    pub classes: Vec<String>,
    /// Which token has which number.
    pub vocabulary: Vocabulary,
    /// The encoder that it reads texts with, where it does; then the vocabulary counts for nothing.
    pub pretrained: Option<Pretrained>,
    /// Its weights, in the order of the model; of an encoder those layers that were trained further.
    pub leaves: Vec<Matrix>,
    /// What is told of it.
    pub facts: Facts,
    /// The form that makes its page small, where it takes one and that was looked for.
    pub small: Option<Small>,
}

/// A leaf of the weights: `rows` × `cols` numbers, row by row. A bias is one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Its name, as in checkpoints.
    pub name: &'static str,
    /// Rows: of an embedding one a token, of a layer one an input.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// The numbers.
    pub values: Vec<f32>,
}

/// A pre-trained encoder with what goes with it.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// The encoder, which can be handed on.
    pub encoder: Arc<dyn Encoder>,
    /// Tokenizer, licence and origin.
    pub papers: Papers,
}

/// Where a classifier comes from.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What was trained.
    pub summary: Summary,
    /// CRC-32 of tokens, classes and examples.
    pub data: u32,
    /// Name, bytes and CRC-32 of each file of the user.
    pub files: Vec<(String, usize, u32)>,
    /// Number of the lane, from 0.
    pub lane: usize,
    /// Number of the member, from 0.
    pub member: usize,
    /// Steps done.
    pub step: usize,
    /// The epoch whose weights these are, where it was chosen among all by examples that were held back for that.
    pub epoch: Option<usize>,
    /// How well the lane does at this step, one value a member.
    pub measured: LaneMeasurement,
}

impl Facts {
    /// The seed of the member's initial weights.
    pub fn seed(&self) -> u64 {
        self.summary.experiment.first_seed + self.member as u64
    }

    /// When in the run these weights were: `step 180 of 180`, `epoch 8 of 15, which was chosen by examples that were held back from
    /// training`.
    pub fn when(&self) -> String {
        let epochs = self.summary.experiment.training.epochs;
        match self.epoch {
            Some(epoch) => format!("epoch {epoch} of {epochs}, which was chosen by examples that were held back from training"),
            None => format!("step {} of {}", self.step, self.summary.steps),
        }
    }
}

impl Classifier {
    /// Takes member `member` out of lane `lane`, of a run that was measured just now. Cost: reads its weights back.
    ///
    /// # Errors
    /// If there is no such lane or member, it has diverged, or it reads texts with an encoder that cannot be handed on.
    pub(crate) async fn take(run: &Run, lane: usize, member: usize, measured: &Measurement) -> Result<Self, LookError> {
        if !lives(run, lane, member)? {
            return Err(LookError::Diverged { title: run.experiment.titles().swap_remove(lane) });
        }
        let pretrained = run.data.encoder.as_ref().map(Pretrained::new).transpose()?;
        let w = run.lanes[lane].weights().slice_members(member..member + 1);
        let transaction = w.values().into_iter().fold(Transaction::default(), |transaction, leaf| transaction.register(leaf.clone()));
        let read = lost::read(transaction).await;
        let leaves = w.leaves().iter().zip(read).map(|(leaf, values)| {
            let [_, rows, cols] = leaf.value.dims();
            let mut values: Vec<f32> = values.try_to_vec_as().expect("weights are f32");
            if leaf.role == Role::Embedding && pretrained.is_none() {
                // Padding weighs nothing: so a sum over places needs no mask.
                values[PAD as usize * cols..][..cols].fill(0.0);
            }
            Matrix { name: leaf.name, rows, cols, values }
        });
        let leaves = leaves.collect();
        let files = run.files.iter().flat_map(|files| std::iter::once(&files.train).chain(&files.test));
        let facts = Facts {
            summary: run.summary().clone(),
            data: run.data_checksum(),
            files: files.map(|file| (file.name.clone(), file.bytes.len(), crc32fast::hash(&file.bytes))).collect(),
            lane,
            member,
            step: run.steps.done,
            epoch: run.lanes[lane].chosen.as_ref().map(|epochs| epochs[member] as usize),
            measured: measured.lanes[lane].clone(),
        };
        Ok(Self {
            model: run.experiment.model,
            pairs: run.data.pairs,
            classes: run.data.classes.clone(),
            vocabulary: run.data.vocabulary.clone(),
            pretrained,
            leaves,
            facts,
            small: None,
        })
    }

    /// The leaf of a name.
    ///
    /// # Panics
    /// If there is none: a bug of whoever writes the model down.
    pub fn leaf(&self, name: &str) -> &Matrix {
        self.leaves.iter().find(|leaf| leaf.name == name).expect("a model has its leaves")
    }

    /// Its encoder's network.
    ///
    /// # Panics
    /// If it reads texts without one.
    pub(super) fn whole(&self) -> &dyn Whole {
        let encoder = self.pretrained.as_ref().map(|pretrained| &*pretrained.encoder);
        encoder.and_then(Encoder::whole).expect("`sentence` has an encoder that can be handed on")
    }

    /// Number of its own weights.
    pub fn count(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.values.len()).sum()
    }
}

impl Pretrained {
    fn new(encoder: &Arc<dyn Encoder>) -> Result<Self, LookError> {
        let whole = encoder.whole().ok_or(LookError::EncoderStays)?;
        let papers = whole.papers().map_err(LookError::NoPapers)?;
        Ok(Self { encoder: Arc::clone(encoder), papers })
    }
}

impl Matrix {
    /// The numbers as bytes, least first, four each.
    pub fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Whether its rows are those of tokens.
    pub fn is_embedding(&self) -> bool {
        self.name == "embedding"
    }
}
