//! What the tests share.

pub mod imports;

use std::sync::LazyLock;

use burn::tensor::{Device, Tensor};

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
