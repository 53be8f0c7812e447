//! Batches: examples as tensors, and the order in which training visits them.
//!
//! A batch names the distinct tokens that occur in it (`rows`); everything else counts in positions of
//! that list, so that a step sees only those rows of the embedding.

use basin_kernels::{BagMatrix, Entry, Metric, Sequences, pool, product, scatter};
use basin_optim::base::Part;
use basin_optim::population::{Leaf, Role, Subset, Weights};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::dataset::Example;
use crate::random::{Purpose, shuffle, stream};

/// Examples on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Token numbers that occur, ascending, `[rows]`; of no meaning where vectors are given.
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
    /// The tokens of each text in order, where a method moves them and the model pools them.
    pub tokens: Option<Vec<Sequences>>,
    /// What texts in order are rows of, where that is no embedding but what an encoder made of their word pieces:
    /// `[1, word pieces, width]`.
    pub states: Option<Tensor<3>>,
}

/// One text of each example, as a model sees it of an embedding: by how often a row occurs over the text's length, or in
/// reading order.
#[derive(Clone, Debug)]
pub enum Texts {
    /// The mean of the batch's rows.
    Bag(BagMatrix),
    /// Each is one row of its own, its mean, in the order of the batch.
    Pooled,
    /// The mean of rows by a matrix, for chosen examples: `[1 or members, batch, rows]`.
    Dense(Tensor<3>),
    /// One after the other, for models that read in order.
    InOrder(Sequences),
    /// Not of an embedding: as an encoder gave them, `[1 or members, batch, width]`.
    Given(Tensor<3>),
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
        let given = |e: &&Example| !e.vectors.is_empty();
        if examples.len() > LARGEST || examples.iter().any(given) || examples.iter().any(|e| !e.tokens_b.is_empty()) {
            return None;
        }
        let bag = bag_matrix(examples);
        if bag.ids().len() < 2 * examples.len() {
            return None;
        }
        let (rows, metric) = (bag.rows(device), Metric::new(bag.gram(), device));
        let texts = vec![Texts::Pooled];
        let (one_hot, labels) = (one_hot(examples, classes, device), labels(examples));
        let batch = Batch { rows, texts, one_hot, labels, kept: None, tokens: None, states: None };
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

/// A model that pools never asks for texts in order.
const POOLED: &str = "texts of a model that pools";

impl Texts {
    /// The texts in reading order; none where they are not known so, or members see texts of their own.
    fn in_order(self) -> Option<Sequences> {
        match self {
            Self::InOrder(texts) if !texts.are_one_each() => Some(texts),
            _ => None,
        }
    }

    /// What a model that does not read in order sees of each text: the mean of its rows of the embedding, or the vector that was
    /// given: `[1 or members, batch, dim]`.
    pub fn features(&self, w: &Weights) -> Tensor<3> {
        match self {
            Self::Given(vectors) => vectors.clone(),
            _ => self.pool(w.leaf("embedding")),
        }
    }

    /// The mean of each text's rows: `[members, rows, dim]` → `[members, batch, dim]`.
    ///
    /// # Panics
    /// For texts in reading order: a bug in a model.
    pub fn pool(&self, rows: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Bag(bag) => pool(bag, &rows),
            Self::Pooled => rows,
            Self::Dense(shares) => product(shares.clone(), rows),
            Self::InOrder(_) | Self::Given(_) => panic!("{POOLED}"),
        }
    }

    /// The gradient with respect to the rows from that with respect to the means: `[members, batch, dim]` →
    /// `[members, rows, dim]`.
    ///
    /// # Panics
    /// For texts in reading order: a bug in a model.
    pub fn scatter(&self, means: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Bag(bag) => scatter(bag, &means),
            Self::Pooled => means,
            Self::Dense(shares) => product(shares.clone().swap_dims(1, 2), means),
            Self::InOrder(_) | Self::Given(_) => panic!("{POOLED}"),
        }
    }

    /// Some of `batch` texts, in the given order.
    fn some(&self, indices: &[usize], which: &Tensor<1, Int>, batch: usize) -> Self {
        match self {
            Self::InOrder(texts) => Self::InOrder(texts.some(indices.iter().copied())),
            Self::Given(vectors) => Self::Given(vectors.clone().select(1, which.clone())),
            pooled => Self::Dense(pooled.matrix(batch, &which.device()).select(1, which.clone())),
        }
    }

    /// The pooling as a matrix, for `batch` texts.
    fn matrix(&self, batch: usize, device: &Device) -> Tensor<3> {
        match self {
            Self::Bag(bag) => bag.dense(device),
            Self::Pooled => Tensor::<2>::eye(batch, device).unsqueeze_dim(0),
            Self::Dense(shares) => shares.clone(),
            Self::InOrder(_) | Self::Given(_) => panic!("{POOLED}"),
        }
    }
}

impl Batch {
    /// The examples `examples`, at least one, with labels among `classes` classes; `in_order` for models that read them so.
    pub fn new<'a>(examples: impl IntoIterator<Item = &'a Example>, classes: usize, in_order: bool, device: &Device) -> Self {
        let examples: Vec<&Example> = examples.into_iter().collect();
        if examples.iter().any(|e| !e.vectors.is_empty()) {
            let make = if in_order { Self::of_states } else { Self::given };
            return make(&examples, classes, device);
        }
        let (rows, texts) = if in_order { sequences(&examples, device) } else { bags(&examples, device) };
        let (one_hot, labels) = (one_hot(&examples, classes, device), labels(&examples));
        Self { rows, texts, one_hot, labels, kept: None, tokens: None, states: None }
    }

    /// Examples with the vectors of an encoder: they touch no row of an embedding, since there is none.
    fn given(examples: &[&Example], classes: usize, device: &Device) -> Self {
        let vectors = |side: usize| {
            let numbers: Vec<f32> = examples.iter().flat_map(|e| e.vectors[side].iter().copied()).collect();
            let width = numbers.len() / examples.len();
            Tensor::from_data(TensorData::new(numbers, [1, examples.len(), width]), device)
        };
        let texts = (0..examples[0].vectors.len()).map(|side| Texts::Given(vectors(side)));
        let rows = Tensor::from_data(TensorData::new(vec![0_i32], [1]), device);
        let (one_hot, labels) = (one_hot(examples, classes, device), labels(examples));
        Self { rows, texts: texts.collect(), one_hot, labels, kept: None, tokens: None, states: None }
    }

    /// Examples with what the lower layers of an encoder made of their word pieces: each place is a row of its own.
    fn of_states(examples: &[&Example], classes: usize, device: &Device) -> Self {
        let (mut numbers, mut count) = (Vec::new(), 0_u32);
        let side = |side: usize| {
            let places = examples.iter().map(|e| {
                numbers.extend_from_slice(&e.vectors[side]);
                let first = count;
                count += e.pieces[side].len() as u32;
                (first..count).collect::<Vec<u32>>()
            });
            places.collect::<Vec<Vec<u32>>>()
        };
        let sides: Vec<Vec<Vec<u32>>> = (0..examples[0].vectors.len()).map(side).collect();
        let count = count as usize;
        let texts = sides.iter().map(|side| Texts::InOrder(Sequences::new(side.iter().map(Vec::as_slice), count))).collect();
        let width = numbers.len() / count;
        let states = Some(Tensor::from_data(TensorData::new(numbers, [1, count, width]), device));
        let rows = Tensor::from_data(TensorData::new(vec![0_i32], [1]), device);
        let (one_hot, labels) = (one_hot(examples, classes, device), labels(examples));
        Self { rows, texts, one_hot, labels, kept: None, tokens: None, states }
    }

    /// The same with the tokens of its texts, for models that pool them, where a method moves each on its own.
    #[must_use]
    pub fn with_tokens(self, examples: &[&Example]) -> Self {
        let pools = self.texts.iter().all(|texts| matches!(texts, Texts::Bag(_)));
        let device = self.rows.device();
        let in_order = || sequences(examples, &device).1.into_iter().filter_map(Texts::in_order).collect();
        Self { tokens: pools.then(in_order), ..self }
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
        let of_texts = || self.texts.iter().map(|text| text.clone().in_order()).collect();
        let sides: Vec<Sequences> = self.tokens.clone().or_else(of_texts)?;
        let (device, batch) = (self.rows.device(), self.labels.len());
        if sides.iter().any(|side| side.count() != batch) {
            return None;
        }
        let count = sides.iter().flat_map(|side| (0..batch).map(|text| side.text(text).len())).sum::<usize>();
        let ids = || (0..count as u32).collect::<Vec<u32>>();
        let (mut places, mut of_examples, mut texts) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::new());
        for (side, seen) in sides.iter().zip(&self.texts) {
            let (mut pooling, mut tokens) = (Vec::new(), Vec::with_capacity(batch));
            for text in 0..batch {
                let first = places.len() as u32;
                let of_text = side.text(text);
                for &row in of_text {
                    let token = places.len();
                    pooling.push(Entry { row: token, text, share: 1.0 / of_text.len() as f32 });
                    of_examples.push(Entry { row: token, text, share: 1.0 });
                    places.push(Entry { row: row as usize, text: token, share: 1.0 });
                }
                tokens.push((first..places.len() as u32).collect::<Vec<u32>>());
            }
            texts.push(match seen {
                Texts::InOrder(_) => Texts::InOrder(Sequences::new(tokens.iter().map(Vec::as_slice), count)),
                _ => Texts::Bag(BagMatrix::new(batch, ids(), pooling)),
            });
        }
        places.sort_unstable_by_key(|entry| (entry.row, entry.text));
        let rows = sides[0].table();
        let of_examples = BagMatrix::new(batch, ids(), of_examples);
        let batch = Self { rows: of_examples.rows(&device), texts, tokens: None, ..self.clone() };
        Some(TokenBatch { places: BagMatrix::new(count, (0..rows as u32).collect(), places), of_examples, batch })
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
        let batch = self.one_hot.dims()[1];
        let which = Tensor::<1, Int>::from_data(TensorData::new(ids, [indices.len()]), &self.rows.device());
        Self {
            rows: self.rows.clone(),
            texts: self.texts.iter().map(|texts| texts.some(indices, &which, batch)).collect(),
            one_hot: self.one_hot.clone().select(1, which.clone()),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
            kept: self.kept.as_ref().map(|kept| kept.clone().select(1, which)),
            tokens: self.tokens.as_ref().map(|sides| sides.iter().map(|side| side.some(indices.iter().copied())).collect()),
            states: self.states.clone(),
        }
    }

    fn one_each(&self, range: std::ops::Range<usize>, members: usize) -> Self {
        let (n, device) = (range.len(), self.rows.device());
        let spread = |all: Tensor<3>| {
            let width = all.dims()[2];
            let part = all.narrow(1, range.start, n);
            part.expand([members, n, width]).reshape([members * n, 1, width])
        };
        let texts = self.texts.iter().map(|texts| match texts {
            Texts::InOrder(texts) => Texts::InOrder(texts.some(range.clone()).one_each()),
            Texts::Given(vectors) => Texts::Given(spread(vectors.clone())),
            pooled => Texts::Dense(spread(pooled.matrix(self.one_hot.dims()[1], &device))),
        });
        Self {
            rows: self.rows.clone(),
            texts: texts.collect(),
            one_hot: spread(self.one_hot.clone()),
            // One column per member: callers look at the whole batch for labels.
            labels: self.labels[range.clone()].to_vec(),
            // Member m·n + i has the mask of member m for example i.
            kept: self.kept.as_ref().map(|kept| {
                let [masks, _, width] = kept.dims();
                kept.clone().narrow(1, range.start, n).reshape([masks * n, 1, width])
            }),
            tokens: None,
            states: self.states.clone(),
        }
    }
}

/// The tokens of the examples' first texts, and of pairs those of the second ones; or their word pieces.
fn sides(examples: &[&Example]) -> Vec<fn(&Example) -> &[u32]> {
    if let Some(sides) = examples.first().map(|e| e.pieces.len()).filter(|sides| *sides > 0) {
        let both: [fn(&Example) -> &[u32]; 2] = [|e| &e.pieces[0], |e| &e.pieces[1]];
        return both[..sides].to_vec();
    }
    let pairs = examples.iter().any(|e| !e.tokens_b.is_empty());
    let both: [fn(&Example) -> &[u32]; 2] = [|e| &e.tokens, |e| &e.tokens_b];
    both[..if pairs { 2 } else { 1 }].to_vec()
}

/// The tokens that occur, and the texts as their means.
fn bags(examples: &[&Example], device: &Device) -> (Tensor<1, Int>, Vec<Texts>) {
    let bag = bag_matrix(examples);
    // First texts and second ones lie one after the other.
    let sides = (0..bag.texts()).step_by(examples.len()).map(|first| Texts::Bag(bag.of_rows(first..first + examples.len())));
    (bag.rows(device), sides.collect())
}

/// The tokens that occur, and the texts in reading order.
fn sequences(examples: &[&Example], device: &Device) -> (Tensor<1, Int>, Vec<Texts>) {
    let sides = sides(examples);
    let mut ids: Vec<u32> = sides.iter().flat_map(|tokens| examples.iter().flat_map(|e| tokens(e).iter().copied())).collect();
    ids.sort_unstable();
    ids.dedup();
    let position = |id: &u32| ids.binary_search(id).expect("every token of the batch is a row") as u32;
    let of_side = |tokens: &fn(&Example) -> &[u32]| {
        let texts: Vec<Vec<u32>> = examples.iter().map(|e| tokens(e).iter().map(position).collect()).collect();
        Texts::InOrder(Sequences::new(texts.iter().map(Vec::as_slice), ids.len()))
    };
    let texts = sides.iter().map(of_side).collect();
    let rows: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
    let count = rows.len();
    (Tensor::from_data(TensorData::new(rows, [count]), device), texts)
}

/// Which tokens occur where; second texts, if there are any, come after all first ones.
fn bag_matrix(examples: &[&Example]) -> BagMatrix {
    let texts: Vec<&[u32]> = sides(examples).iter().flat_map(|tokens| examples.iter().map(move |e| tokens(e))).collect();
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
