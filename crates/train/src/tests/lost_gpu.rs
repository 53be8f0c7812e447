//! A GPU that goes while a run is on it.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use burn::tensor::wgpu::wgpu::{BufferDescriptor, BufferUsages, Device};

use super::script::{Script, asked, small, story};
use crate::keep::Nowhere;
use crate::protocol::{Command, DeviceChoice, Event, Files, RunId, Ticketed};
use crate::run::LOSABLE;
use crate::trainer;
use crate::trainer::{Host, Rest};

/// A host under whom the GPU is lost before its third command.
struct Losing {
    script: Script,
    polled: usize,
    lose: fn(&Device),
}

impl Host for Losing {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        let command = self.script.poll();
        self.polled += usize::from(command.is_some());
        if self.polled == 3
            && let Some(device) = LOSABLE.get()
        {
            (self.lose)(device);
        }
        command
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.script.emit(event);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        self.script.clock()
    }

    async fn give_turn(&mut self, rest: Rest) {
        self.script.give_turn(rest).await;
    }

    fn memory(&self) -> Option<u64> {
        self.script.memory()
    }

    fn library(&self) -> Vec<String> {
        self.script.library()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        self.script.read_library(name)
    }
}

/// In the environment of a process whose GPU is lost.
const OWN: &str = "BASIN_LOSES_ITS_GPU";

/// A GPU is lost for a whole process, so a test starts itself in one of its own, below a shell's `limit`. Whether this is
/// that process. Mesa's software GPU is enough.
fn in_a_process_of_its_own(name: &str, limit: &str) -> bool {
    if std::env::var_os(OWN).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("this test is a program");
    let command = format!("{limit} exec \"$0\" --exact tests::lost_gpu::{name} --nocapture");
    let output = std::process::Command::new("sh").args(["-c", &command]).arg(this).env(OWN, "1").output();
    let output = output.expect("a test can be started");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&output.stderr));
    false
}

#[test]
fn a_lost_gpu_ends_its_run_and_not_the_trainer() {
    if in_a_process_of_its_own("a_lost_gpu_ends_its_run_and_not_the_trainer", "") {
        lose(Device::destroy, "");
    }
}

/// Another program's textures, say. The limit is of addresses, in kB: what the program has takes under 8 GB of them.
#[test]
fn a_gpu_without_room_ends_its_run_and_not_the_trainer() {
    if in_a_process_of_its_own("a_gpu_without_room_ends_its_run_and_not_the_trainer", "ulimit -v 16000000;") {
        lose(fill, "memory");
    }
}

/// Takes all its memory.
fn fill(device: &Device) {
    let size = 128 << 20;
    let usage = BufferUsages::STORAGE;
    let taken: Vec<_> =
        (0..128).map(|_| device.create_buffer(&BufferDescriptor { label: None, size, usage, mapped_at_creation: false })).collect();
    drop(taken);
}

/// A run on a GPU that is lost in the way of `how`, of which the reason tells `word`.
fn lose(how: fn(&Device), word: &str) {
    let on = |run: u64, choice: DeviceChoice| {
        let Command::Start { experiment, files, paused: _, .. } = small(1) else { unreachable!("it starts") };
        Command::Start { run: RunId(run), experiment, files, device: choice, paused: true }
    };
    let (gpu, cpu) = (DeviceChoice::Gpu, DeviceChoice::Cpu);
    let commands = asked(vec![on(3, gpu), Command::Step, Command::Step, on(4, gpu), on(5, cpu), Command::Step]);
    let told = Rc::new(RefCell::new(Vec::new()));
    let script = Script { commands: commands.into(), rests: true, turns: 0, told: Rc::clone(&told) };
    let mut trainer = pin!(trainer::run(Losing { script, polled: 0, lose: how }, None::<Nowhere>));
    // The GPU answers from another thread.
    let since = std::time::Instant::now();
    while told.borrow().last().is_none_or(|event: &Ticketed<Event>| event.ticket != Some(6) || event.message != Event::Done) {
        assert!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(since.elapsed().as_secs() < 120, "{:?}", story(&told.borrow()));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let told = told.take();
    let expected = [
        "preparing 3",
        "prepared 3",
        "paused 3",
        "done 1",
        "paused 3",
        "done 2",
        "lost 3",
        "idle 3",
        "done 3",
        "failed 4",
        "done 4",
        "preparing 5",
        "prepared 5",
        "paused 5",
        "done 5",
        "paused 5",
        "done 6",
    ];
    assert_eq!(story(&told), expected);
    let failures: Vec<&str> = told
        .iter()
        .filter_map(|event| match &event.message {
            Event::Failed { text, .. } | Event::Lost { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(failures[0].starts_with("The GPU was lost (") && failures[0].ends_with(")."), "{failures:?}");
    assert!(failures[0].to_lowercase().contains(word), "{failures:?}");
    assert!(failures[1].starts_with("the GPU was lost (") && failures[1].ends_with("choose the CPU"), "{failures:?}");
}
