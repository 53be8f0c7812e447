//! The devices that training can run on.

use std::sync::Arc;

use async_lock::OnceCell;
use burn::tensor::Device;
use burn::tensor::wgpu::MemoryConfiguration;
use burn::tensor::wgpu::wgpu::{AdapterInfo, DeviceType};

use crate::brief::brief;
use crate::limits::Limits;
use crate::lost;

/// What whoever asked for a GPU can do where there is none.
pub(crate) const INSTEAD: &str = "; choose the CPU";

/// A device, and its name for people.
#[derive(Clone, Debug)]
pub struct Compute {
    /// Without autodiff; objectives add it where they need a gradient.
    pub device: Device,
    /// For people: "CPU", "GPU (NVIDIA H100, Vulkan)".
    pub name: String,
    /// Whether this is a GPU that a CPU imitates.
    pub imitated: bool,
    /// Whether work only enters a queue when it is asked for, and nobody waits for it.
    pub queued: bool,
    /// How much a run may take.
    pub limits: Limits,
}

/// The runtime of an adapter can be set up once in a process; who asks meanwhile waits.
static GPU: OnceCell<Compute> = OnceCell::new();

impl Compute {
    /// The CPU: burn's `flex`, pure Rust. How much memory there is, is for the platform to say.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), name: "CPU".to_owned(), imitated: false, queued: false, limits: Limits::default() }
    }

    /// The same device where the computer, or the page, has `bytes` left for a run.
    #[must_use]
    pub fn with_memory(mut self, bytes: Option<u64>) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// Whether work is done on the CPU, by whichever thread asks for it.
    pub(crate) fn is_cpu(&self) -> bool {
        !(self.queued || self.imitated)
    }

    /// The GPU: burn's wgpu on Vulkan, Metal, DirectX 12 or WebGPU.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub async fn gpu() -> Result<Self, String> {
        if let Some(lost) = lost::for_good() {
            return Err(format!("{lost}, and comes back only when Basin is started again or its page is loaded again{INSTEAD}"));
        }
        GPU.get_or_try_init(Self::open_gpu).await.cloned()
    }

    async fn open_gpu() -> Result<Self, String> {
        let (device, setup) = Device::wgpu_options()
            // One buffer a tensor: the other way cuts them from large pages, and goes through every tensor that lives
            // there each time that a new one is asked for.
            .memory_config(MemoryConfiguration::ExclusivePages)
            .init_with_setup_async()
            .await
            .map_err(|error| match error.to_string() {
                // What follows is what every backend says, for its maker.
                text if text.contains("No adapter") => format!("no GPU was found here{INSTEAD}"),
                text => {
                    let first = text.split(['{', '\n']).next().unwrap_or_default().trim_end();
                    format!("no GPU can be used here ({}){INSTEAD}", brief(first, 100))
                }
            })?;
        // No room on the GPU, which is no bug. Burn would panic on a thread of its own; so the device is given up instead, and
        // whoever reads from it hears why.
        let given_up = setup.device.clone();
        setup.device.on_uncaptured_error(Arc::new(move |error| {
            lost::note(&error);
            given_up.destroy();
        }));
        #[cfg(test)]
        let _ = tests::LOSABLE.set(setup.device.clone());
        let info = setup.adapter.get_info();
        let imitated = info.device_type == DeviceType::Cpu || ["swiftshader", "llvmpipe"].iter().any(|s| described(&info).contains(s));
        let buffers = setup.device.limits();
        let tensor = Some(buffers.max_storage_buffer_binding_size.min(buffers.max_buffer_size));
        let limits = Limits { memory: None, tensor, apart: !imitated };
        // In a browser nobody may wait.
        let queued = !imitated || cfg!(target_family = "wasm");
        Ok(Self { device, name: title(&info), imitated, queued, limits })
    }

    /// What `clock` says when the work so far is done; not a number on a device that works through a queue.
    ///
    /// Waits for a GPU that the CPU imitates: to ask it for more than its queue holds would be to wait in a busy loop, on a
    /// core that the imitation needs.
    pub(crate) fn now(&self, clock: &dyn Fn() -> f64) -> f64 {
        #[cfg(not(target_family = "wasm"))]
        if self.imitated
            && let Err(error) = self.device.sync()
        {
            lost::tell(&error);
        }
        if self.queued { f64::NAN } else { clock() }
    }
}

/// All that an adapter says of itself, in lower case.
fn described(info: &AdapterInfo) -> String {
    format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase()
}

/// Browsers may keep the adapter's name to themselves.
fn title(info: &AdapterInfo) -> String {
    let name = [&info.name, &info.driver, &info.driver_info].into_iter().find(|text| !text.is_empty());
    match name {
        Some(name) => format!("GPU ({name}, {})", info.backend),
        None => format!("GPU ({})", info.backend),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::OnceLock;

    use burn::tensor::wgpu::wgpu::Device;

    /// The GPU of this process, for a test to lose.
    pub(crate) static LOSABLE: OnceLock<Device> = OnceLock::new();
}
