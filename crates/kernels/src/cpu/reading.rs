//! Networks that read texts in order (`convolution.rs`, `attention.rs`), a few texts at a time, so that what is made of them stays
//! in the caches; none is padded. The layers of a member lie in one row of numbers, in the order that suits the network.

use super::attention::Attention;
use super::convolution::Convolution;
#[cfg(not(target_family = "wasm"))]
use super::encoder::Encoder;
use super::matrix::{Matrix, multiply, multiply_add};
use super::network::Network;
use super::numbers::{Own, dims, make, numbers};
use super::scalar::{add_times, sum_of_products};
use super::softmax::cross_entropy;
use crate::form::Form;
use crate::sequences::Sequences;
use crate::simd::wide;

/// Places of texts that are read at once, unless one text has more.
const PLACES: usize = 256;

/// A network with what it reads.
pub struct Reading {
    form: Form,
    texts: Sequences,
    rows: Own,
    learns_rows: bool,
    layers: Vec<Own>,
}

/// What the way back needs.
pub struct WayBack {
    reading: Reading,
    /// The layers of each member.
    flat: Vec<Vec<f32>>,
    /// What each member's groups of texts left, in order.
    groups: Vec<Vec<Group>>,
}

/// Some texts that are read at once.
struct Group {
    texts: std::ops::Range<usize>,
    network: Box<dyn Network>,
    lengths: Vec<usize>,
    /// The rows of their tokens.
    x: Vec<f32>,
}

impl Reading {
    /// With the rows, and whether they are learned.
    pub fn new(form: &Form, texts: &Sequences, (rows, learns_rows): (Own, bool), layers: Vec<Own>) -> Self {
        let contiguous = |tensor: Own| tensor.to_contiguous();
        let layers = layers.into_iter().map(contiguous).collect();
        Self { form: form.clone(), texts: texts.clone(), rows: contiguous(rows), learns_rows, layers }
    }

    fn members(&self) -> usize {
        dims(&self.layers[0])[0]
    }

    /// Rows of a member's table, and their width.
    fn table(&self) -> [usize; 2] {
        let [_, rows, dim] = dims(&self.rows);
        [rows, dim]
    }

    fn network(&self) -> Box<dyn Network> {
        let ([_, dim], layer) = (self.table(), |i: usize| dims(&self.layers[i])[2]);
        match &self.form {
            Form::Convolution => Box::new(Convolution::new(dim, layer(0))),
            Form::Attention(positions) => Box::new(Attention::new(dim, layer(4), positions.clone())),
            #[cfg(not(target_family = "wasm"))]
            Form::Encoder(form) => {
                // The inner layer, behind the embedding's leaves.
                let (inner, places) = if form.embeds { (9, dims(&self.layers[0])[1]) } else { (6, 0) };
                Box::new(Encoder::new(*form, [dim, layer(inner), places], self.layers.len(), self.learns_rows))
            }
        }
    }

    /// The layers of a member in the network's own order, with room for `more` numbers.
    fn flat(&self, network: &dyn Network, member: usize, more: usize) -> Vec<f32> {
        let of_member = |layer: &'_ Own| {
            let [_, rows, cols] = dims(layer);
            member * rows * cols..(member + 1) * rows * cols
        };
        let layers: Vec<&[f32]> = self.layers.iter().map(|layer| &numbers(layer)[of_member(layer)]).collect();
        let mut flat = Vec::with_capacity(network.size() + more);
        network.enter(&layers, &mut flat);
        flat
    }

    /// The texts that a member sees, in groups.
    fn groups(&self, member: usize, least: usize) -> Vec<std::ops::Range<usize>> {
        let (mut groups, mut places) = (Vec::new(), 0);
        for text in self.texts.of_member(member) {
            let length = self.texts.text(text).len().max(least);
            if places == 0 || places + length > PLACES {
                groups.push(text..text);
                places = 0;
            }
            places += length;
            groups.last_mut().expect("there is one").end = text + 1;
        }
        groups
    }

    /// Looks the texts' rows up.
    fn look_up(&self, member: usize, texts: std::ops::Range<usize>, least: usize, lengths: &mut Vec<usize>, x: &mut Vec<f32>) {
        let [rows, dim] = self.table();
        // Where rows are not learned, all may share one table.
        let table = &numbers(&self.rows)[member % dims(&self.rows)[0] * rows * dim..][..rows * dim];
        lengths.clear();
        x.clear();
        for text in texts {
            let text = self.texts.text(text);
            lengths.push(text.len());
            for &row in text {
                x.extend_from_slice(&table[row as usize * dim..][..dim]);
            }
            x.resize(x.len() + least.saturating_sub(text.len()) * dim, 0.0);
        }
    }

    /// Numbers in a gradient with respect to the rows of all members.
    fn of_rows(&self) -> usize {
        let [rows, dim] = self.table();
        if self.learns_rows { self.members() * rows * dim } else { 0 }
    }

    /// Adds the gradient at the places of `texts` to that of a member's rows, where they are learned.
    fn to_rows(&self, member: usize, texts: std::ops::Range<usize>, least: usize, dx: &[f32], all: &mut [f32]) {
        let [rows, dim] = self.table();
        if !self.learns_rows {
            return;
        }
        let rows = &mut all[member * rows * dim..][..rows * dim];
        let mut at = 0;
        for text in texts {
            let text = self.texts.text(text);
            for (&row, dx) in text.iter().zip(dx[at * dim..].chunks(dim)) {
                add_times(&mut rows[row as usize * dim..][..dim], 1.0, dx);
            }
            at += text.len().max(least);
        }
    }

    /// See [`crate::features`].
    pub fn features(&self) -> Own {
        let mut network = self.network();
        let (width, least) = (network.width(), network.least());
        let (mut lengths, mut x, mut features) = (Vec::new(), Vec::new(), Vec::new());
        for member in 0..self.members() {
            let flat = self.flat(&*network, member, 0);
            for texts in self.groups(member, least) {
                let begin = features.len();
                features.resize(begin + texts.len() * width, 0.0);
                self.look_up(member, texts, least, &mut lengths, &mut x);
                network.forward(&flat, &x, &lengths, &mut features[begin..]);
            }
        }
        self.of_texts(features, width)
    }

    /// See [`crate::features_with_way_back`].
    pub fn features_with_way_back(self) -> (Own, WayBack) {
        let network = self.network();
        let (width, least) = (network.width(), network.least());
        let flat: Vec<Vec<f32>> = (0..self.members()).map(|member| self.flat(&*network, member, 0)).collect();
        let mut features = Vec::new();
        let of_member = |(member, flat): (usize, &Vec<f32>)| {
            let group = |texts: std::ops::Range<usize>| {
                let begin = features.len();
                features.resize(begin + texts.len() * width, 0.0);
                let mut group = Group { texts: texts.clone(), network: self.network(), lengths: Vec::new(), x: Vec::new() };
                self.look_up(member, texts, least, &mut group.lengths, &mut group.x);
                group.network.forward(flat, &group.x, &group.lengths, &mut features[begin..]);
                group
            };
            self.groups(member, least).into_iter().map(group).collect()
        };
        let groups = flat.iter().enumerate().map(of_member).collect();
        (self.of_texts(features, width), WayBack { reading: self, flat, groups })
    }

    /// `[members, texts of a member, width]`.
    fn of_texts(&self, numbers: Vec<f32>, width: usize) -> Own {
        make(numbers, [self.members(), self.texts.of_member(0).len(), width])
    }

    /// Gradients of all members in the tensors' own order: of the rows, and of the layers in that of the network.
    fn gradients(&self, network: &dyn Network, rows: Vec<f32>, flat: &[Vec<f32>]) -> Vec<Own> {
        let members = self.members();
        let [count, dim] = self.table();
        let mut layers: Vec<Vec<f32>> = self.layers.iter().map(|layer| vec![0.0; dims(layer).iter().product()]).collect();
        for (member, flat) in flat.iter().enumerate() {
            let size = |layer: &[f32]| layer.len() / members;
            let mut of_member: Vec<&mut [f32]> = layers
                .iter_mut()
                .map(|l| {
                    let n = size(l);
                    &mut l[member * n..][..n]
                })
                .collect();
            network.leave(flat, &mut of_member);
        }
        let rows = self.learns_rows.then(|| make(rows, [members, count, dim]));
        rows.into_iter().chain(layers.into_iter().zip(&self.layers).map(|(numbers, layer)| make(numbers, dims(layer)))).collect()
    }

    /// See [`crate::one_by_one`]: losses, losses up there and norms; the gradients.
    pub fn one_by_one(self, head: [Own; 2], one_hot: Own, rho: Own) -> ([Own; 3], Vec<Own>) {
        let mut network = self.network();
        let (width, least, size) = (network.width(), network.least(), network.size());
        let ([rows, dim], batch, classes) = (self.table(), self.texts.count(), dims(&head[0])[2]);
        let (head, [one_hot, rho]) = (head.map(|t| t.to_contiguous()), [one_hot, rho].map(|t| t.to_contiguous()));
        let last = [width * classes, classes];
        let mut of_rows = vec![0.0_f32; self.of_rows()];
        let (mut numbers_of, mut flats) = ([(); 3].map(|()| Vec::with_capacity(self.members() * batch)), Vec::new());
        let mut labels = numbers(&one_hot).chunks(classes).cycle();
        let (mut lengths, mut x, mut dx, mut features) = (Vec::new(), Vec::new(), Vec::new(), vec![0.0; width]);
        let (mut slope, mut up) = (Vec::new(), Vec::new());
        let mut same = Same::new(rows);
        for member in 0..self.members() {
            // The head lies behind the layers.
            let mut w = self.flat(&*network, member, last[0] + last[1]);
            for (leaf, size) in head.iter().zip(last) {
                w.extend_from_slice(&numbers(leaf)[member * size..][..size]);
            }
            let mut descent = vec![0.0_f32; w.len()];
            for text in 0..batch {
                let label = labels.next().expect("labels repeat");
                self.look_up(member, text..text + 1, least, &mut lengths, &mut x);
                dx.resize(x.len(), 0.0);
                slope.clear();
                slope.resize(w.len(), 0.0);
                let mut evaluate = |w: &[f32], x: &[f32], share: f32, dx: &mut [f32], gradient: &mut [f32]| {
                    network.forward(w, x, &lengths, &mut features);
                    let (loss, d) = behind(&features, &w[size..], label, share, &mut gradient[size..]);
                    network.backward(w, x, &lengths, &d, dx, &mut gradient[..size]);
                    loss
                };
                let loss = evaluate(&w, &x, 1.0, &mut dx, &mut slope);

                let tokens = self.texts.text(text);
                let of_tokens = if self.learns_rows {
                    same.together(tokens, dim, &mut dx[..tokens.len() * dim]);
                    same.square(tokens, dim, &dx)
                } else {
                    0.0
                };
                let norm = (of_tokens + square(&slope)).sqrt();
                // Where it is flat nothing climbs, as `over_norm` says.
                let s = if norm < 1e-12 { 0.0 } else { numbers(&rho)[member] / norm };
                up.clear();
                up.extend_from_slice(&w);
                wide(
                    #[inline(always)]
                    || {
                        add_times(&mut up, s, &slope);
                        if self.learns_rows {
                            add_times(&mut x[..tokens.len() * dim], s, &dx);
                        }
                    },
                );
                let loss_up = evaluate(&up, &x, 1.0 / batch as f32, &mut dx, &mut descent);
                self.to_rows(member, text..text + 1, least, &dx, &mut of_rows);
                [loss, loss_up, norm].into_iter().zip(&mut numbers_of).for_each(|(number, of)| of.push(number));
            }
            flats.push(descent);
        }
        let parts: Vec<Vec<f32>> = [size..size + last[0], size + last[0]..size + last[0] + last[1]]
            .into_iter()
            .map(|part| flats.iter().flat_map(|flat| flat[part.clone()].iter().copied()).collect())
            .collect();
        for flat in &mut flats {
            flat.truncate(size);
        }
        let mut descent = self.gradients(&*network, of_rows, &flats);
        descent.extend(parts.into_iter().zip(&head).map(|(numbers, leaf)| make(numbers, dims(leaf))));
        (numbers_of.map(|of| make(of, [self.members(), batch])), descent)
    }
}

impl WayBack {
    /// The gradients with respect to the rows and the layers from `d`, that with respect to the features.
    pub fn go(self, d: Own) -> Vec<Own> {
        let Self { reading, flat, groups } = self;
        let (network, d) = (reading.network(), d.to_contiguous());
        let (width, least, texts) = (network.width(), network.least(), reading.texts.of_member(0).len());
        let mut of_rows = vec![0.0_f32; reading.of_rows()];
        let mut gradients: Vec<Vec<f32>> = flat.iter().map(|flat| vec![0.0; flat.len()]).collect();
        let mut dx = Vec::new();
        let members = groups.into_iter().zip(&flat).zip(&mut gradients).enumerate();
        for ((member, ((groups, flat), gradient)), d) in members.zip(numbers(&d).chunks(texts * width)) {
            let mut at = 0;
            for Group { texts, mut network, lengths, x } in groups {
                dx.resize(x.len(), 0.0);
                let d = &d[at * width..][..texts.len() * width];
                network.backward(flat, &x, &lengths, d, &mut dx, gradient);
                at += texts.len();
                reading.to_rows(member, texts, least, &dx, &mut of_rows);
            }
        }
        reading.gradients(&*network, of_rows, &gradients)
    }
}

/// Loss of a text behind the last layer, whose weights and bias `head` has, and `share` times its gradient with respect to the
/// features; that with respect to the last layer is added.
fn behind(features: &[f32], head: &[f32], label: &[f32], share: f32, gradient: &mut [f32]) -> (f32, Vec<f32>) {
    let (width, classes) = (features.len(), label.len());
    let (weight, bias) = head.split_at(width * classes);
    let (of_weight, of_bias) = gradient.split_at_mut(width * classes);
    let (features, weight) = (Matrix::by_rows(features, width), Matrix::by_rows(weight, classes));
    let mut scores = vec![0.0; classes];
    multiply(&mut scores, &features, &weight);
    let mut error = Vec::with_capacity(classes);
    let loss = cross_entropy(&mut scores, bias, label, |exp| error.push(exp));
    let sum: f32 = error.iter().sum();
    error.iter_mut().zip(label).for_each(|(error, y)| *error = share * (*error / sum - y));
    add_times(of_bias, 1.0, &error);
    let error = Matrix::by_rows(&error, classes);
    multiply_add(of_weight, &features.transposed(), &error);
    let mut d = vec![0.0; width];
    multiply(&mut d, &error, &weight.transposed());
    (loss, d)
}

fn square(a: &[f32]) -> f32 {
    let mut square = 0.0;
    wide(
        #[inline(always)]
        || square = sum_of_products(a, a),
    );
    square
}

/// Places of a text that have one token.
struct Same {
    /// Where each row of the table stood first.
    first: Vec<u32>,
}

impl Same {
    fn new(rows: usize) -> Self {
        Self { first: vec![u32::MAX; rows] }
    }

    /// Gives each place the sum over all places of its token.
    fn together(&mut self, text: &[u32], dim: usize, dx: &mut [f32]) {
        for (place, &row) in text.iter().enumerate().rev() {
            self.first[row as usize] = place as u32;
        }
        for (place, &row) in text.iter().enumerate() {
            let first = self.first[row as usize] as usize;
            if first < place {
                let (before, here) = dx.split_at_mut(place * dim);
                add_times(&mut before[first * dim..][..dim], 1.0, &here[..dim]);
            }
        }
        for (place, &row) in text.iter().enumerate() {
            let first = self.first[row as usize] as usize;
            if first < place {
                dx.copy_within(first * dim..(first + 1) * dim, place * dim);
            }
        }
    }

    /// The square of the sums' length, each token counted once.
    fn square(&self, text: &[u32], dim: usize, dx: &[f32]) -> f32 {
        let once = text.iter().enumerate().filter(|(place, row)| self.first[**row as usize] as usize == *place);
        once.map(|(place, _)| square(&dx[place * dim..][..dim])).sum()
    }
}
