//! Features of texts by networks that read them in order, with the way back.
//!
//! The CPU reads a text at its own length, a GPU texts that are padded to one; the twin does so on burn's tape.
//! Elsewhere: the layer behind the features (`basin_train::models`).

use burn::tensor::Tensor;

use crate::form::{Form, Reading, WayBack};
use crate::place::{Kernel, Place, at, place};
use crate::pooling::{pool, scatter};
use crate::{attention, cpu, gpu, twin};

/// What is known of each text where each has a perturbation of its own: [`one_by_one`].
#[derive(Clone, Debug)]
pub struct OneByOne {
    /// l_i(w), `[P, B]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε_i), `[P, B]`.
    pub losses_up: Tensor<2>,
    /// ‖∇l_i(w)‖, `[P, B]`.
    pub norms: Tensor<2>,
    /// (1/B) Σ ∇l_i(w + ε_i): of the rows, where they are learned, of each layer, of the head's weights and of its bias.
    pub descent: Vec<Tensor<3>>,
}

/// The features of each text, `[P, B, width]`, B the texts that each member sees.
pub fn features(reading: Reading<'_>) -> Tensor<3> {
    match place_of(reading) {
        Place::Cpu => cpu::out(own(reading).features()),
        Place::Gpu => on_gpu(reading).0,
        Place::Twin => twin::reading::features(of_each(reading, &mut None)),
    }
}

/// The same with its way back.
pub fn features_with_way_back(reading: Reading<'_>) -> (Tensor<3>, WayBack) {
    match place_of(reading) {
        Place::Cpu => {
            let (features, way_back) = own(reading).features_with_way_back();
            (cpu::out(features), Box::new(|d| way_back.go(cpu::own(d)).into_iter().map(cpu::out).collect()))
        }
        Place::Gpu => on_gpu(reading),
        Place::Twin => twin::reading::features_with_way_back(of_each(reading, &mut None)),
    }
}

/// Losses of each text behind a last layer, `head`, its weights `[P, width, C]` and bias `[P, 1, C]`, at w and at w + ε_i
/// with ε_i = ρ ∇l_i(w)/‖∇l_i(w)‖ of that text alone; ρ is `[P, 1, 1]`, `one_hot` `[1 or P, B, C]`. A text at a time, with weights
/// of its own that nobody else sees; where all members see all texts. None elsewhere than on the CPU.
pub fn one_by_one(reading: Reading<'_>, head: [&Tensor<3>; 2], one_hot: &Tensor<3>, rho: &Tensor<3>) -> Option<OneByOne> {
    let on_cpu = head.into_iter().chain([one_hot, rho]).all(|tensor| at(tensor) == Place::Cpu);
    if place_of(reading) != Place::Cpu || !on_cpu || reading.texts.are_one_each() {
        return None;
    }
    let of_cpu = |tensor: &Tensor<3>| cpu::own(tensor.clone());
    let (numbers, descent) = own(reading).one_by_one(head.map(of_cpu), of_cpu(one_hot), of_cpu(rho));
    let [losses, losses_up, norms] = numbers.map(cpu::out);
    Some(OneByOne { losses, losses_up, norms, descent: descent.into_iter().map(cpu::out).collect() })
}

fn place_of(Reading { form, rows, layers, .. }: Reading<'_>) -> Place {
    let kernel = match form {
        Form::Convolution => Kernel::Convolution,
        Form::Attention(_) => Kernel::Attention,
        #[cfg(not(target_family = "wasm"))]
        Form::Encoder(_) => Kernel::Encoder,
    };
    match place(kernel, std::iter::once(rows).chain(layers).map(at)) {
        // No kernels there.
        Place::Gpu if kernel == Kernel::Encoder => Place::Twin,
        place => place,
    }
}

/// The same where each member has a table of its own.
fn of_each<'a>(reading: Reading<'a>, rows: &'a mut Option<Tensor<3>>) -> Reading<'a> {
    let ([tables, count, dim], members) = (reading.rows.dims(), reading.layers[0].dims()[0]);
    if tables == members {
        return reading;
    }
    Reading { rows: rows.insert(reading.rows.clone().expand([members, count, dim])), ..reading }
}

fn own(Reading { form, texts, rows, learns_rows, layers }: Reading<'_>) -> cpu::reading::Reading {
    let own = |tensor: &Tensor<3>| cpu::own(tensor.clone());
    cpu::reading::Reading::new(form, texts, (own(rows), learns_rows), layers.iter().map(own).collect())
}

fn on_gpu(Reading { form, texts, rows, layers, .. }: Reading<'_>) -> (Tensor<3>, WayBack) {
    let ([members, count, dim], padded, apart) = (rows.dims(), texts.padded(&rows.device()), texts.apart());
    let table = rows.clone().reshape([members / apart, apart * count, dim]);
    let x = pool(&padded.places, &table).reshape([members, padded.places.texts() / apart, dim]);
    let places = padded.places.clone();
    let to_rows = move |mut gradient: Vec<Tensor<3>>| {
        let of_places = gradient[0].clone().reshape([members / apart, places.texts(), dim]);
        gradient[0] = scatter(&places, &of_places).reshape([members, count, dim]);
        gradient
    };
    match form {
        Form::Convolution => {
            let lengths = gpu::own(texts.as_seen(&padded.lengths, members));
            let layers = layers.iter().map(|layer| gpu::own(layer.clone())).collect();
            let (features, way_back) = gpu::convolution::forward(gpu::own(x), lengths, layers);
            (gpu::out(features), Box::new(move |d| to_rows(way_back.back(gpu::own(d)).into_iter().map(gpu::out).collect())))
        }
        Form::Attention(positions) => {
            let (features, way_back) = attention::forward(x, &texts.as_seen(&padded.mask, members), positions, layers);
            (features, Box::new(move |d| to_rows(way_back.back(d))))
        }
        #[cfg(not(target_family = "wasm"))]
        Form::Encoder(_) => unreachable!("it runs as its twin there"),
    }
}
