//! The devices that training can run on.

use burn::tensor::Device;

/// A device, and its name for people.
#[derive(Clone, Debug)]
pub struct Compute {
    /// Without autodiff; objectives add it where they need a gradient.
    pub device: Device,
    /// For people: "CPU", "GPU (Vulkan)".
    pub name: String,
}

impl Compute {
    /// The CPU: burn's `flex`, pure Rust.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), name: "CPU".to_owned() }
    }

    /// The GPU: burn's wgpu on Vulkan, Metal, DirectX 12 or WebGPU.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub async fn gpu() -> Result<Self, String> {
        match Device::wgpu_options().init_async().await {
            Ok(device) => Ok(Self { device, name: "GPU".to_owned() }),
            Err(error) => Err(format!("no GPU can be used here ({error}); choose the CPU")),
        }
    }
}
