//! Convolutions over a few tokens and the strongest answer of each filter (Kim 2014, arXiv:1408.5882).
//!
//! The windows of texts that lie one after the other are rows of one matrix which overlap, so a width is one product; windows
//! that begin in one text and end in another are computed and left out. On the way back each filter has one window a text.

use super::matrix::{Matrix, multiply};
use super::network::Network;
use super::scalar::add_times;
use crate::form::WINDOWS;
use crate::sequences::SHORTEST;
use crate::simd::wide;

/// Layers: for each width its filters, each a row, and then their biases.
pub struct Convolution {
    dim: usize,
    filters: usize,
    /// Where the strongest window of each filter begins, for each text.
    strongest: Vec<u32>,
    /// The features.
    features: Vec<f32>,
    answers: Vec<f32>,
}

impl Convolution {
    pub fn new(dim: usize, filters: usize) -> Self {
        Self { dim, filters, strongest: Vec::new(), features: Vec::new(), answers: Vec::new() }
    }

    /// Numbers of a width's filters without their biases.
    fn of_width(&self, width: usize) -> usize {
        width * self.dim * self.filters
    }
}

impl Network for Convolution {
    fn size(&self) -> usize {
        WINDOWS.iter().map(|&width| self.of_width(width) + self.filters).sum()
    }

    fn width(&self) -> usize {
        WINDOWS.len() * self.filters
    }

    fn least(&self) -> usize {
        SHORTEST
    }

    fn enter(&self, layers: &[&[f32]], flat: &mut Vec<f32>) {
        for layer in layers.chunks(2) {
            for filter in 0..self.filters {
                flat.extend(layer[0][filter..].iter().step_by(self.filters));
            }
            flat.extend_from_slice(layer[1]);
        }
    }

    fn leave(&self, mut flat: &[f32], layers: &mut [&mut [f32]]) {
        for (layer, width) in layers.chunks_mut(2).zip(WINDOWS) {
            let (weights, rest) = flat.split_at(self.of_width(width));
            let (bias, rest) = rest.split_at(self.filters);
            for (filter, weights) in weights.chunks(width * self.dim).enumerate() {
                layer[0][filter..].iter_mut().step_by(self.filters).zip(weights).for_each(|(out, weight)| *out = *weight);
            }
            layer[1].copy_from_slice(bias);
            flat = rest;
        }
    }

    fn forward(&mut self, mut layers: &[f32], x: &[f32], lengths: &[usize], features: &mut [f32]) {
        let (dim, filters, all) = (self.dim, self.filters, self.width());
        self.strongest.clear();
        self.strongest.resize(lengths.len() * all, 0);
        for (i, width) in WINDOWS.into_iter().enumerate() {
            let (weights, rest) = layers.split_at(self.of_width(width));
            let (bias, rest) = rest.split_at(filters);
            layers = rest;
            let windows = x.len() / dim - width + 1;
            self.answers.resize(windows * filters, 0.0);
            let windows = Matrix::new(x, [windows, width * dim], [dim, 1]);
            multiply(&mut self.answers, &windows, &Matrix::by_rows(weights, width * dim).transposed());
            let mut begin = 0;
            for (text, &length) in lengths.iter().enumerate() {
                let at = text * all + i * filters;
                let (best, place) = (&mut features[at..][..filters], &mut self.strongest[at..][..filters]);
                let answers = &self.answers[begin * filters..];
                wide(
                    #[inline(always)]
                    || {
                        best.fill(f32::NEG_INFINITY);
                        for (window, answers) in answers.chunks_exact(filters).take((length + 1).saturating_sub(width).max(1)).enumerate() {
                            let window = (begin + window) as u32;
                            for ((best, place), &answer) in best.iter_mut().zip(place.iter_mut()).zip(answers) {
                                // What is not a number wins and stays.
                                let stronger = answer > *best || answer.is_nan();
                                *place = if stronger { window } else { *place };
                                *best = if stronger { answer } else { *best };
                            }
                        }
                        for (best, bias) in best.iter_mut().zip(bias) {
                            let answer = *best + bias;
                            *best = if answer < 0.0 { 0.0 } else { answer };
                        }
                    },
                );
                begin += length.max(SHORTEST);
            }
        }
        self.features.clear();
        self.features.extend_from_slice(features);
    }

    fn backward(&mut self, layers: &[f32], x: &[f32], lengths: &[usize], d: &[f32], dx: &mut [f32], gradient: &mut [f32]) {
        let (dim, filters, all) = (self.dim, self.filters, self.width());
        dx.fill(0.0);
        wide(
            #[inline(always)]
            || {
                let mut begin = 0;
                for (i, width) in WINDOWS.into_iter().enumerate() {
                    let size = width * dim;
                    let (weights, gradient) = (&layers[begin..], &mut gradient[begin..]);
                    for filter in 0..filters {
                        let weight = &weights[filter * size..][..size];
                        for text in 0..lengths.len() {
                            let at = text * all + i * filters + filter;
                            // Below 0 nothing comes through.
                            if self.features[at] != 0.0 {
                                let place = self.strongest[at] as usize * dim;
                                add_times(&mut gradient[filter * size..][..size], d[at], &x[place..][..size]);
                                add_times(&mut dx[place..][..size], d[at], weight);
                                gradient[filters * size + filter] += d[at];
                            }
                        }
                    }
                    begin += (size + 1) * filters;
                }
            },
        );
    }
}
