//! `bag`: mean of embedding rows, one hidden tanh layer, softmax. `sentence`: the same on the vector of an encoder, without an
//! embedding.
//!
//! x = mean of rows (or the given vector), h = tanh(x W₁ + b₁), logits = h W₂ + b₂. For pairs x is made of both means.
//! The mean is a product of a sparse matrix of shares with the batch's rows, and so is its gradient (a look-up's would be
//! one serial kernel on a GPU without float atomics). In text coordinates the weights hold the means themselves.
//! The backward pass is written out: a tape would only find the same products, with more kernels around them.

use basin_kernels::{
    RankOne, Softmax, add_rank_one, antithetic_dense_losses, cross_entropy, dense_losses, dense_tanh, outer, product, rank_one_norms,
    softmax, tanh_backward,
};
use basin_optim::population::{Analytic, FastPaths, Leaf, Noise, Outputs, PerExample, Role, Weights, rho_over_norm};
use burn::tensor::{Device, Tensor};

use super::batch::{Batch, Texts};
use super::initial::{embedding, uniform};
use super::model::{Model, Sizes};
use super::pairs::{join, pair_width, part};
use crate::experiment::ModelConfig;

/// Sizes of the network.
#[derive(Clone, Copy, Debug)]
pub struct Bag {
    config: ModelConfig,
    sizes: Sizes,
}

impl Bag {
    pub fn new(config: &ModelConfig, sizes: Sizes) -> Self {
        Self { config: *config, sizes }
    }

    /// Width of x.
    fn inputs(&self) -> usize {
        self.config.dim * pair_width(self.sizes.pairs, self.config.pair)
    }

    fn run(&self, w: &Weights, batch: &Batch) -> Run {
        let texts: Vec<Tensor<3>> = batch.texts.iter().map(|text| text.features(w)).collect();
        let x = join(texts.clone(), self.config.pair);
        let tanh = dense_tanh(x.clone(), w.leaf("hidden.weight"), w.leaf("hidden.bias"));
        let hidden = batch.drop_from(tanh.clone());
        let scores = product(hidden.clone(), w.leaf("head.weight"));
        Run { texts, x, tanh, hidden, scores }
    }
}

/// A forward pass with all that it computed, all `[members, batch, …]`.
struct Run {
    /// The mean of each text's rows.
    texts: Vec<Tensor<3>>,
    x: Tensor<3>,
    tanh: Tensor<3>,
    /// What dropout leaves of it.
    hidden: Tensor<3>,
    /// Logits without their bias.
    scores: Tensor<3>,
}

/// A gradient from that of the rows, where there is an embedding, and from those of both layers, weights and bias.
fn gradient(w: &Weights, rows: Option<Tensor<3>>, hidden: (Tensor<3>, Tensor<3>), head: (Tensor<3>, Tensor<3>)) -> Weights {
    w.with_values(rows.into_iter().chain([hidden.0, hidden.1, head.0, head.1]))
}

impl Model for Bag {
    fn init(&self, seeds: &[u64], device: &Device) -> Weights {
        let ModelConfig { dim, hidden, .. } = self.config;
        let (inputs, classes) = (self.inputs(), self.sizes.classes);
        let leaf = Leaf::new;
        let zeros = |cols| Tensor::zeros([seeds.len(), 1, cols], device);
        let bound = |inputs: usize| (inputs as f32).sqrt().recip();
        let rows = || leaf("embedding", Role::Embedding, embedding(seeds, self.sizes.vocabulary, dim, device));
        let rows = (!self.config.kind.learns_from_vectors()).then(rows);
        let layers = [
            leaf("hidden.weight", Role::Matrix, uniform(seeds, 1, [inputs, hidden], bound(inputs), device)),
            leaf("hidden.bias", Role::Bias, zeros(hidden)),
            leaf("head.weight", Role::Matrix, uniform(seeds, 2, [hidden, classes], bound(hidden), device)),
            leaf("head.bias", Role::Bias, zeros(classes)),
        ];
        Weights::new(rows.into_iter().chain(layers).collect())
    }

    fn reads_in_order(&self) -> bool {
        false
    }

    fn forward(&self, w: &Weights, batch: &Batch) -> Outputs {
        let Run { hidden, scores, .. } = self.run(w, batch);
        let logits = scores + w.leaf("head.bias");
        Outputs { hidden, logits }
    }

    fn fast<'a>(&'a self, batch: &'a Batch) -> Option<Box<dyn FastPaths + 'a>> {
        Some(Box::new(OnBatch { bag: self, batch }))
    }
}

/// The network on a batch.
struct OnBatch<'a> {
    bag: &'a Bag,
    batch: &'a Batch,
}

impl FastPaths for OnBatch<'_> {
    /// With d the gradient with respect to the logits: ∇W₂ = h′d, d₁ = d W₂′ (1 − h²), ∇W₁ = x′d₁, dx = d₁ W₁′, and S′dx for
    /// the rows.
    fn analytic(&self, w: &Weights) -> Analytic {
        let Run { texts, x, tanh, hidden, scores } = self.bag.run(w, self.batch);
        let softmax = softmax(scores, w.leaf("head.bias"), self.batch.one_hot.clone());
        let (w, pair, learns_rows) = (w.clone(), self.bag.config.pair, !self.bag.config.kind.learns_from_vectors());
        let (batch, h) = (self.batch.clone(), hidden.clone());
        let backward = move |d: Tensor<3>| {
            let d1 = batch.drop_from(tanh_backward(d.clone(), w.leaf("head.weight"), tanh));
            let rows = learns_rows.then(|| {
                let dx = product(d1.clone(), w.leaf("hidden.weight").swap_dims(1, 2));
                let rows = batch.texts.iter().zip(part(dx, &texts, pair)).map(|(text, dx)| text.scatter(dx));
                rows.reduce(|a, b| a + b).expect("a batch has a text or two")
            });
            gradient(&w, rows, outer(x, d1), outer(h, d))
        };
        Analytic { hidden, softmax, backward: Box::new(backward) }
    }

    fn losses(&self, w: &Weights) -> Tensor<2> {
        if self.batch.kept.is_some() {
            return cross_entropy(self.bag.forward(w, self.batch).logits, self.batch.one_hot.clone());
        }
        let texts = self.batch.texts.iter().map(|text| text.features(w));
        let x = join(texts.collect(), self.bag.config.pair);
        // Vectors that are given are the same for all members.
        let [_, batch, inputs] = x.dims();
        let x = x.expand([w.members(), batch, inputs]);
        let layer = |weight, bias| [w.leaf(weight), w.leaf(bias)];
        let [hidden, head] = [layer("hidden.weight", "hidden.bias"), layer("head.weight", "head.bias")];
        dense_losses(x, hidden, head, self.batch.one_hot.clone())
    }

    /// In text coordinates alone, where the embedding's part of the noise is as small as the texts; not for chosen examples, nor
    /// with dropout.
    fn antithetic_losses(&self, w: &Weights, r: &Tensor<3>, noise: &Noise, draw: u64) -> Option<Tensor<2>> {
        let (Some(metric), Texts::Pooled, None) = (w.metric("embedding"), &self.batch.texts[0], &self.batch.kept) else {
            return None;
        };
        let leaves = w.values().try_into().expect("the five leaves of `init`");
        antithetic_dense_losses(leaves, metric.factor(), &self.batch.one_hot, r, noise.normals(w.members(), draw)?)
    }

    /// Gradients of one example are outer products a′d, so its norm and its perturbation need no copy of the
    /// weights: s = ρ/‖∇l‖ and a few products of vectors say what the perturbed network computes.
    fn per_example(&self, w: &Weights, rho: &Tensor<3>) -> Option<PerExample> {
        if self.bag.sizes.pairs {
            return None;
        }
        let (batch, text) = (self.batch, &self.batch.texts[0]);
        // The embedding is a layer like the others: its inputs are the rows' shares in a text, of which only the lengths matter.
        let shares = &match (w.metric("embedding"), text) {
            (Some(metric), _) => text.pool(metric.lengths().clone()),
            (None, Texts::Bag(bag)) => bag.lengths(&batch.rows.device()),
            (None, Texts::Dense(shares)) => shares.clone(),
            // No share of a row that is learned.
            (None, Texts::Given(_)) => Tensor::zeros([1, batch.labels.len(), 1], &batch.rows.device()),
            (None, Texts::Pooled | Texts::InOrder(_)) => return None,
        };
        let (w1, w2) = (w.leaf("hidden.weight"), w.leaf("head.weight"));

        // Forward and backward at w, activations only.
        let x = text.features(w);
        let tanh = dense_tanh(x.clone(), w1.clone(), w.leaf("hidden.bias"));
        let h = batch.drop_from(tanh.clone());
        let Softmax { losses, error: d2, .. } = softmax(product(h.clone(), w2.clone()), w.leaf("head.bias"), batch.one_hot.clone());
        let d1 = batch.drop_from(tanh_backward(d2.clone(), w2.clone(), tanh));
        let dx = product(d1.clone(), w1.clone().swap_dims(1, 2));
        let layer = |a, d, bias| RankOne { a, d, bias };
        let norms = rank_one_norms([layer(shares, &dx, false), layer(&x, &d1, true), layer(&h, &d2, true)]);
        let s = rho_over_norm(rho, &norms);

        // Forward at w + ε_i of each example.
        let learns_rows = !self.bag.config.kind.learns_from_vectors();
        let x_up = if learns_rows { add_rank_one(x.clone(), &s, [shares, shares], false, &dx, None) } else { x.clone() };
        let bias_up = add_rank_one(w.leaf("hidden.bias"), &s, [&x_up, &x], true, &d1, None);
        let tanh_up = dense_tanh(x_up.clone(), w1.clone(), bias_up);
        let h_up = batch.drop_from(tanh_up.clone());
        let y2 = add_rank_one(product(h_up.clone(), w2.clone()), &s, [&h_up, &h], true, &d2, None);
        let Softmax { losses: losses_up, error, .. } = softmax(y2, w.leaf("head.bias"), batch.one_hot.clone());

        // Backward there; the perturbation itself is a constant.
        let e2 = error.div_scalar(batch.labels.len() as f64);
        let e1 = add_rank_one(product(e2.clone(), w2.swap_dims(1, 2)), &s, [&e2, &d2], false, &h, Some(&tanh_up));
        let e1 = batch.drop_from(e1);
        let rows =
            learns_rows.then(|| text.scatter(add_rank_one(product(e1.clone(), w1.swap_dims(1, 2)), &s, [&e1, &d1], false, &x, None)));
        let descent = gradient(w, rows, outer(x_up, e1), outer(h_up, e2));
        Some(PerExample { losses, losses_up, norms: norms.squeeze_dim(2), descent })
    }
}
