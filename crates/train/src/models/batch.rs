//! Batches: examples as tensors, and the order in which training visits them.
//!
//! A batch names the distinct tokens that occur in it (`rows`); everything else counts in positions of
//! that list, so that a step sees only those rows of the embedding.

use std::sync::Arc;

use basin_kernels::{BagMatrix, Entry, pool, product, scatter};
use basin_optim::base::Part;
use basin_optim::population::{Leaf, Metric, Role, Subset, Weights};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::dataset::Example;
use crate::random::{Purpose, shuffle, stream};

/// Examples on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Token numbers that occur, ascending, `[rows]`.
    pub rows: Tensor<1, Int>,
    /// One entry for single texts, two for pairs.
    pub texts: Vec<Texts>,
    /// One row per example with a one at its label, `[1 or members, batch, classes]`.
    pub one_hot: Tensor<3>,
    /// Class of each example.
    pub labels: Vec<usize>,
    /// What dropout leaves of the last layer's inputs: 0, or 1 over the share that is left, `[members, batch, width]`; none where
    /// nothing is dropped.
    pub kept: Option<Tensor<3>>,
}

/// One text of each example.
#[derive(Clone, Debug)]
pub struct Texts {
    /// How the text is made of what the model sees of the embedding.
    pub pooling: Pooling,
    /// The texts in reading order, for models that read in order.
    pub sequence: Option<Sequence>,
}

/// How texts are made of an embedding: how often a row occurs in a text over the text's length.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a batch holds one or two; a box would only be in the way")]
pub enum Pooling {
    /// Of the batch's rows.
    Bag(BagMatrix),
    /// Each is one row of its own, its mean, in the order of the batch.
    Pooled,
    /// By a matrix, for chosen examples: `[1 or members, batch, rows]`.
    Dense(Tensor<3>),
}

/// Texts in reading order, padded at the end to one length.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The rows of each text's tokens.
    tokens: Arc<[Vec<usize>]>,
    /// Which row stands at which place, as shares of one; at padding stands none.
    places: BagMatrix,
    /// Texts that each have members of their own; 0 where every member sees all texts.
    apart: usize,
    /// 1 for a token, 0 for padding: `[1 or members, batch, length]`.
    pub mask: Tensor<3>,
}

/// Shorter texts are padded to this length, so that every window of a convolution fits.
pub const SHORTEST: usize = 5;

impl Sequence {
    /// Texts of at least one token each, given as places among `rows` rows.
    fn new(tokens: Arc<[Vec<usize>]>, rows: usize, device: &Device) -> Self {
        let (places, mask) = places(&tokens, |_, token| token, rows, device);
        Self { tokens, places, apart: 0, mask }
    }

    /// The rows at each place, zeros at padding: `[members, rows, dim]` → `[members, batch · length, dim]`.
    pub fn look_up(&self, rows: &Tensor<3>) -> Tensor<3> {
        let [members, count, dim] = rows.dims();
        let apart = self.apart.max(1);
        // Members that see texts of their own lie side by side, as one table.
        let found = pool(&self.places, &rows.clone().reshape([members / apart, apart * count, dim]));
        found.reshape([members, self.places.texts() / apart, dim])
    }

    /// The gradient with respect to the rows from that with respect to what was looked up: the way back from
    /// [`Self::look_up`].
    pub fn to_rows(&self, found: Tensor<3>) -> Tensor<3> {
        let [members, count, dim] = found.dims();
        let apart = self.apart.max(1);
        let rows = scatter(&self.places, &found.reshape([members / apart, apart * count, dim]));
        rows.reshape([members, self.places.ids().len() / apart, dim])
    }

    /// Some of the texts, in the given order.
    fn texts(&self, indices: &[usize], device: &Device) -> Self {
        Self::new(indices.iter().map(|&i| self.tokens[i].clone()).collect(), self.places.ids().len(), device)
    }

    /// Text `range.start + i` for each member m·n + i of `members` · n.
    fn one_each(&self, range: std::ops::Range<usize>, members: usize, device: &Device) -> Self {
        let (apart, rows) = (range.len(), self.places.ids().len());
        let tokens: Arc<[Vec<usize>]> = self.tokens[range].into();
        let (places, mask) = places(&tokens, |text, token| text * rows + token, apart * rows, device);
        let length = mask.dims()[2];
        let mask = mask.reshape([1, apart, length]).expand([members, apart, length]).reshape([members * apart, 1, length]);
        Self { tokens, places, apart, mask }
    }
}

/// Which of `rows` rows stands at which place, `row` of the number of a text and its token, and which places are no
/// padding, `[1, texts, length]`.
fn places(tokens: &[Vec<usize>], row: impl Fn(usize, usize) -> usize, rows: usize, device: &Device) -> (BagMatrix, Tensor<3>) {
    let length = tokens.iter().map(Vec::len).max().unwrap_or(0).max(SHORTEST);
    let mut mask = vec![0.0_f32; tokens.len() * length];
    let mut entries = Vec::with_capacity(tokens.iter().map(Vec::len).sum());
    for (text, of_text) in tokens.iter().enumerate() {
        for (place, &token) in of_text.iter().enumerate() {
            entries.push(Entry { row: row(text, token), text: text * length + place, share: 1.0 });
            mask[text * length + place] = 1.0;
        }
    }
    entries.sort_unstable_by_key(|entry| (entry.row, entry.text));
    let places = BagMatrix::new(tokens.len() * length, (0..rows as u32).collect(), entries);
    (places, Tensor::from_data(TensorData::new(mask, [1, tokens.len(), length]), device))
}

/// A batch in text coordinates: weights hold the mean of each text's rows in place of the rows, one row a text instead of one
/// a token, with the metric that the rows have there.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// How the texts are made of rows.
    bag: BagMatrix,
    /// The inner products of the texts.
    metric: Metric,
    /// The examples, for weights in these coordinates.
    pub batch: Batch,
}

/// Larger batches have no text coordinates: what these cost grows with the square of the batch, and with noise its cube.
const LARGEST: usize = 64;

impl TextBatch {
    /// The examples in their coordinates, where these are fewer numbers than their rows; for single texts whose order the
    /// model does not read.
    pub fn new(examples: &[&Example], classes: usize, device: &Device) -> Option<Self> {
        if examples.len() > LARGEST || examples.iter().any(|e| !e.tokens_b.is_empty()) {
            return None;
        }
        let bag = bag_matrix(examples);
        if bag.ids().len() < 2 * examples.len() {
            return None;
        }
        let (rows, metric) = (bag.rows(device), Metric::new(bag.gram(), device));
        let texts = vec![Texts { pooling: Pooling::Pooled, sequence: None }];
        let batch = Batch { rows, texts, one_hot: one_hot(examples, classes, device), labels: labels(examples), kept: None };
        Some(Self { bag, metric, batch })
    }

    /// What the batch sees of `w`: the texts' means for the embedding, and the other leaves as they are.
    pub fn enter(&self, w: &Weights) -> Weights {
        w.map_leaves(|leaf| match leaf.role {
            Role::Embedding => Leaf { metric: Some(self.metric.clone()), ..leaf.with(pool(&self.bag, &leaf.value)) },
            Role::Matrix | Role::Bias => leaf.clone(),
        })
    }

    /// A gradient in these coordinates as one of the batch's rows.
    pub fn leave(&self, gradient: &Weights) -> Weights {
        gradient.map_leaves(|leaf| match leaf.role {
            Role::Embedding => Leaf::new(leaf.name, leaf.role, scatter(&self.bag, &leaf.value)),
            Role::Matrix | Role::Bias => leaf.clone(),
        })
    }

    /// What of the embedding a gradient in these coordinates belongs to.
    pub fn part(&self) -> Part<'_> {
        Part::Pooled(&self.bag, &self.batch.rows)
    }
}

/// A batch with a row of the embedding for each token of each text.
pub struct TokenBatch {
    /// Which of the batch's rows each token is, as shares of one.
    pub places: BagMatrix,
    /// Whose token each is: a one for each token of an example.
    pub of_examples: BagMatrix,
    /// The examples, for weights with such rows.
    pub batch: Batch,
}

impl Texts {
    /// The mean of each text's rows: `[members, rows, dim]` → `[members, batch, dim]`.
    pub fn pool(&self, rows: Tensor<3>) -> Tensor<3> {
        match &self.pooling {
            Pooling::Bag(bag) => pool(bag, &rows),
            Pooling::Pooled => rows,
            Pooling::Dense(shares) => product(shares.clone(), rows),
        }
    }

    /// The gradient with respect to the rows from that with respect to the means: `[members, batch, dim]` →
    /// `[members, rows, dim]`.
    pub fn scatter(&self, means: Tensor<3>) -> Tensor<3> {
        match &self.pooling {
            Pooling::Bag(bag) => scatter(bag, &means),
            Pooling::Pooled => means,
            Pooling::Dense(shares) => product(shares.clone().swap_dims(1, 2), means),
        }
    }

    /// The pooling as a matrix, for `batch` texts.
    fn matrix(&self, batch: usize, device: &Device) -> Tensor<3> {
        match &self.pooling {
            Pooling::Bag(bag) => bag.dense(device),
            Pooling::Pooled => Tensor::<2>::eye(batch, device).unsqueeze_dim(0),
            Pooling::Dense(shares) => shares.clone(),
        }
    }
}

impl Batch {
    /// The examples `examples`, at least one, with labels among `classes` classes; `in_order` adds [`Sequence`]s.
    pub fn new<'a>(examples: impl IntoIterator<Item = &'a Example>, classes: usize, in_order: bool, device: &Device) -> Self {
        let examples: Vec<&Example> = examples.into_iter().collect();
        let bag = bag_matrix(&examples);
        let sequences = |tokens: fn(&Example) -> &[u32]| {
            in_order.then(|| {
                let position = |id: &u32| bag.ids().binary_search(id).expect("every token of the batch is a row");
                let tokens = examples.iter().map(|e| tokens(e).iter().map(position).collect()).collect();
                Sequence::new(tokens, bag.ids().len(), device)
            })
        };
        // First texts and second ones lie one after the other.
        let sides = (0..bag.texts()).step_by(examples.len()).map(|first| Pooling::Bag(bag.of_rows(first..first + examples.len())));
        let tokens: [fn(&Example) -> &[u32]; 2] = [|e| &e.tokens, |e| &e.tokens_b];
        let texts = sides.zip(tokens).map(|(pooling, tokens)| Texts { pooling, sequence: sequences(tokens) }).collect();
        Self { rows: bag.rows(device), texts, one_hot: one_hot(&examples, classes, device), labels: labels(&examples), kept: None }
    }

    /// What dropout leaves of the last layer's inputs, `[members, batch, width]` → the same. Populations of several times as many
    /// members have the masks as often, one after the other.
    pub fn drop_from(&self, hidden: Tensor<3>) -> Tensor<3> {
        match &self.kept {
            None => hidden,
            Some(kept) => {
                let times = hidden.dims()[0] / kept.dims()[0];
                hidden * if times == 1 { kept.clone() } else { kept.clone().repeat_dim(0, times) }
            }
        }
    }

    /// The batch with a row for each token in place of each distinct one; none where its texts are not known in order.
    pub fn by_token(&self) -> Option<TokenBatch> {
        let sides: Option<Vec<&Sequence>> = self.texts.iter().map(|text| text.sequence.as_ref()).collect();
        let sides = sides.filter(|sides| sides.iter().all(|side| side.apart == 0))?;
        let (device, batch) = (self.rows.device(), self.labels.len());
        let count = sides.iter().flat_map(|side| side.tokens.iter()).map(Vec::len).sum::<usize>();
        let ids = |count: usize| (0..count as u32).collect::<Vec<u32>>();
        let (mut places, mut of_examples, mut texts) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::new());
        for side in &sides {
            let (mut pooling, mut tokens) = (Vec::new(), Vec::with_capacity(batch));
            for (text, of_text) in side.tokens.iter().enumerate() {
                let first = places.len();
                for &row in of_text {
                    let token = places.len();
                    pooling.push(Entry { row: token, text, share: 1.0 / of_text.len() as f32 });
                    of_examples.push(Entry { row: token, text, share: 1.0 });
                    places.push(Entry { row, text: token, share: 1.0 });
                }
                tokens.push((first..places.len()).collect::<Vec<usize>>());
            }
            let pooling = Pooling::Bag(BagMatrix::new(batch, ids(count), pooling));
            texts.push(Texts { pooling, sequence: Some(Sequence::new(tokens.into(), count, &device)) });
        }
        places.sort_unstable_by_key(|entry| (entry.row, entry.text));
        let rows = sides[0].places.ids().len();
        let of_examples = BagMatrix::new(batch, ids(count), of_examples);
        let batch = Self { rows: of_examples.rows(&device), texts, ..self.clone() };
        Some(TokenBatch { places: BagMatrix::new(count, ids(rows), places), of_examples, batch })
    }

    /// Some of the examples.
    #[must_use]
    pub fn subset(&self, of: Subset<'_>) -> Self {
        match of {
            Subset::Together(indices) => self.examples(indices),
            Subset::OneEach(range, members) => self.one_each(range, members),
        }
    }

    fn examples(&self, indices: &[usize]) -> Self {
        let ids: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
        let (batch, device) = (self.one_hot.dims()[1], self.rows.device());
        let which = Tensor::<1, Int>::from_data(TensorData::new(ids, [indices.len()]), &device);
        let texts = self.texts.iter().map(|t| Texts {
            pooling: Pooling::Dense(t.matrix(batch, &device).select(1, which.clone())),
            sequence: t.sequence.as_ref().map(|sequence| sequence.texts(indices, &device)),
        });
        Self {
            rows: self.rows.clone(),
            texts: texts.collect(),
            one_hot: self.one_hot.clone().select(1, which.clone()),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
            kept: self.kept.as_ref().map(|kept| kept.clone().select(1, which)),
        }
    }

    fn one_each(&self, range: std::ops::Range<usize>, members: usize) -> Self {
        let (n, device) = (range.len(), self.rows.device());
        let spread = |all: &Tensor<3>| {
            let width = all.dims()[2];
            let part = all.clone().narrow(1, range.start, n);
            part.expand([members, n, width]).reshape([members * n, 1, width])
        };
        let texts = self.texts.iter().map(|t| Texts {
            pooling: Pooling::Dense(spread(&t.matrix(self.one_hot.dims()[1], &device))),
            sequence: t.sequence.as_ref().map(|sequence| sequence.one_each(range.clone(), members, &device)),
        });
        Self {
            rows: self.rows.clone(),
            texts: texts.collect(),
            one_hot: spread(&self.one_hot),
            // One column per member: callers look at the whole batch for labels.
            labels: self.labels[range.clone()].to_vec(),
            // Member m·n + i has the mask of member m for example i.
            kept: self.kept.as_ref().map(|kept| {
                let [masks, _, width] = kept.dims();
                kept.clone().narrow(1, range.start, n).reshape([masks * n, 1, width])
            }),
        }
    }
}

/// Which tokens occur where; second texts, if there are any, come after all first ones.
fn bag_matrix(examples: &[&Example]) -> BagMatrix {
    let first = examples.iter().map(|e| &*e.tokens);
    let second = examples.iter().map(|e| &*e.tokens_b);
    let pairs = examples.iter().any(|e| !e.tokens_b.is_empty());
    let texts: Vec<&[u32]> = first.chain(second.filter(|_| pairs)).collect();
    // Token and text in one number, which sorts fast.
    let mut all = Vec::with_capacity(texts.iter().map(|tokens| tokens.len()).sum());
    for (text, tokens) in texts.iter().enumerate() {
        all.extend(tokens.iter().map(|&id| u64::from(id) << 32 | text as u64));
    }
    all.sort_unstable();
    let (mut ids, mut entries) = (Vec::new(), Vec::with_capacity(all.len()));
    for same in all.chunk_by(|a, b| a == b) {
        let (id, text) = ((same[0] >> 32) as u32, (same[0] & u64::from(u32::MAX)) as usize);
        if ids.last() != Some(&id) {
            ids.push(id);
        }
        entries.push(Entry { row: ids.len() - 1, text, share: same.len() as f32 / texts[text].len() as f32 });
    }
    BagMatrix::new(texts.len(), ids, entries)
}

fn labels(examples: &[&Example]) -> Vec<usize> {
    examples.iter().map(|e| e.label as usize).collect()
}

fn one_hot(examples: &[&Example], classes: usize, device: &Device) -> Tensor<3> {
    let mut one_hot = vec![0.0_f32; examples.len() * classes];
    for (row, example) in one_hot.chunks_mut(classes).zip(examples) {
        row[example.label as usize] = 1.0;
    }
    Tensor::from_data(TensorData::new(one_hot, [1, examples.len(), classes]), device)
}

/// The examples of each step of an epoch: a seeded order, cut into batches; the last may be smaller.
pub fn epoch_order(examples: usize, batch: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..examples).collect();
    let mut rng = stream(seed, Purpose::Batches);
    // Epochs lie far apart in one stream, so that each can be found without the ones before it.
    rng.set_word_pos((epoch as u128) << 32);
    shuffle(&mut rng, &mut order);
    order.chunks(batch).map(<[usize]>::to_vec).collect()
}
