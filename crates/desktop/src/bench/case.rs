//! One case of the benchmark: a method with its members on a device, at rest and training.

use std::time::Instant;

use basin_train::driver::Driver;
use basin_train::experiment::{Base, LaneConfig, ModelKind};
use basin_train::protocol::Files;
use basin_train::reference;
use basin_train::run::Compute;

/// Steps before anything is measured: shaders are compiled, caches filled, allocators warm. A GPU compiles more
/// than one kernel for an operation, depending on how the number of a batch's rows can be divided, so an epoch.
const WARM_UP: usize = reference::BATCHES;
/// Once the warm-up has taken this many seconds, it ends.
const WARM_UP_LIMIT: f64 = 3.0;

/// One method with its members on one device.
#[derive(Clone)]
pub struct Case {
    pub compute: Compute,
    pub model: ModelKind,
    pub lane: LaneConfig,
    pub members: usize,
}

/// A case that is training.
pub struct Running {
    case: Case,
    pub driver: Driver,
}

impl Case {
    pub fn title(&self) -> String {
        let plural = if self.members == 1 { "" } else { "s" };
        format!("{}, {} member{plural}, {}", self.lane.title(), self.members, self.compute.name)
    }

    pub fn on_cpu(&self) -> bool {
        self.compute.device == Compute::cpu().device
    }

    pub fn start(self, texts: &Files) -> Result<Running, String> {
        let experiment = reference::experiment(self.model, self.lane.clone(), Base::Sgd, self.members);
        let driver = Driver::prepare(experiment, Some(texts), self.compute.clone()).map_err(|error| error.to_string())?;
        Ok(Running { case: self, driver })
    }
}

impl Running {
    /// Takes `steps` steps: seconds until the calls have returned, and until the work is done.
    pub fn take(&mut self, steps: usize) -> Result<(f64, f64), String> {
        let started = Instant::now();
        for _ in 0..steps {
            self.driver.step();
        }
        let host = started.elapsed().as_secs_f64();
        self.synchronise()?;
        Ok((host, started.elapsed().as_secs_f64()))
    }

    pub fn warm_up(&mut self) -> Result<(), String> {
        let started = Instant::now();
        for _ in 0..WARM_UP {
            self.take(1)?;
            if started.elapsed().as_secs_f64() > WARM_UP_LIMIT {
                break;
            }
        }
        Ok(())
    }

    fn synchronise(&self) -> Result<(), String> {
        let device = &self.case.compute.device;
        device.sync().map_err(|error| format!("{} failed ({error}); try fewer --members, or --device cpu", self.case.title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_the_one_that_the_table_names() {
        let case = Case { compute: Compute::cpu(), model: ModelKind::Bag, lane: "sam".parse().expect("lane words"), members: 1 };
        let running = case.start(&reference::texts()).expect("the texts are good");
        let summary = running.driver.summary();
        assert_eq!(summary.vocabulary, reference::VOCABULARY);
        assert_eq!(summary.classes.len(), reference::CLASSES);
        // 4096·64 embedding, 64·128 + 128 hidden, 128·4 + 4 head.
        assert_eq!(summary.weights, 262_144 + 8_320 + 516);
        assert_eq!(summary.train_counts.iter().sum::<usize>(), reference::BATCHES * reference::BATCH);
    }
}
