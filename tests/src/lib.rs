//! What the tests share.

pub mod imports;
pub mod onnx;

use std::sync::LazyLock;

use burn::tensor::{Device, Distribution, Tensor};

/// The GPU. The runtime of an adapter can be set up once in a process.
pub static GPU: LazyLock<Device> =
    LazyLock::new(|| Device::wgpu_options().init().expect("these tests need a GPU; Mesa's software one is enough"));

/// Both devices, with names for messages.
pub fn devices() -> [(&'static str, Device); 2] {
    [("CPU", Device::flex()), ("GPU", GPU.clone())]
}

/// The numbers of a tensor as f32.
pub fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.clone().into_data().iter::<f32>().collect()
}

/// Random numbers between -1 and 1.
pub fn random(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device)
}

/// Panics unless every number is within `band` of the largest.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "most callers pass what they have just computed")]
pub fn same<const D: usize>(found: Tensor<D>, expected: Tensor<D>, band: f32, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}");
    let (found, expected) = (numbers(&found), numbers(&expected));
    let scale = expected.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    for (a, b) in found.iter().zip(&expected) {
        assert!((a - b).abs() <= band * scale, "{what}: {a} instead of {b}");
    }
}
