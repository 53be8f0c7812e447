//! What becomes of a run when nothing can be written: to the disk, to standard output, to standard error, or because
//! another run writes there.

mod folder;

use std::fs;

use folder::{Folder, SMALL, err, out, refused};
use serde_json::Value;

/// Files may have 32 kilobytes, which are curves but no checkpoint: to the program that is a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_costs_the_files_and_not_the_numbers() {
    let folder = Folder::new("full");
    let full = "trap '' XFSZ; ulimit -f 64; exec \"$BASIN\"";
    let output = folder.shell(&format!("{full} {SMALL} --lanes sgd,sam --out run"));
    let (text, told) = (out(&output), err(&output));
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(text.contains("accuracy against SAM") && text.contains("SGD "), "the table is there: {text}");
    assert!(told.contains("Warning: run/checkpoint.safetensors cannot be") && told.contains("Training goes on"), "{told}");
    assert!(told.contains("the results are those that were printed") && !told.contains("panicked"), "{told}");
    let mut names: Vec<String> =
        fs::read_dir(folder.0.join("run")).expect("made").flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(!names.iter().any(|name| name.contains(".part") || name == "results.json"), "{names:?}");

    // What is measured of a saved run is printed, too.
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --out whole"));
    let output = folder.shell(&format!("{full} sharpness whole --out whole-sharp"));
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert!(out(&output).contains("Trace of the Hessian"), "{}", out(&output));
    assert!(err(&output).contains("whole-sharp.svg cannot be"), "{}", err(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_as_standard_output_is_told() {
    let folder = Folder::new("device");
    let output = folder.shell(&format!("exec \"$BASIN\" {SMALL} --lanes sgd --out run >/dev/full"));
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("standard output cannot be written"), "{}", err(&output));
    assert!(folder.0.join("run/results.json").is_file(), "the numbers are in the folder");
}

/// Closed from the start, and closed by a reader that has gone: both are nobody to talk to, not a reason to stop.
#[cfg(unix)]
#[test]
fn closed_streams_end_no_run() {
    let folder = Folder::new("closed");
    for (name, redirect) in [("stderr", "2>&-"), ("stdout", ">&-"), ("both", ">&- 2>&-")] {
        let output = folder.shell(&format!("exec \"$BASIN\" {SMALL} --lanes sgd --out {name} {redirect}"));
        assert_eq!(output.status.code(), Some(0), "{redirect}: {}", err(&output));
        assert!(folder.0.join(name).join("results.json").is_file(), "{redirect}");
    }
    // A pipe whose reader has closed its end before the first line.
    let broken = format!("{{ sleep 1; \"$BASIN\" {SMALL} --lanes sgd --out pipe 2>&1 >/dev/null; echo $? >code; }} | true");
    folder.shell(&broken);
    assert_eq!(folder.read("code").trim(), "0", "standard error is a pipe that nobody reads");
    for command in ["train --lanes adam", "verify nowhere.json", "landscape run --json", "data get imdb"] {
        folder.shell(&format!("{{ sleep 1; \"$BASIN\" {command} 2>&1; echo $? >code; }} | true"));
        assert_eq!(folder.read("code").trim(), "2", "{command}");
    }
    folder.shell(&format!("{{ \"$BASIN\" {SMALL} --json; echo $? >code; }} 2>/dev/null | head -c 1"));
    assert_eq!(folder.read("code").trim(), "0", "a reader that has seen enough is no failure");
}

#[cfg(unix)]
#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = Folder::new("shared");
    let mut first = folder.command("train --seeds 2 --epochs 10000 --lanes sgd --out run");
    let mut first = first.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().expect("it can be started");
    let started = std::time::Instant::now();
    while !folder.0.join("run/experiment.json").exists() {
        assert!(started.elapsed().as_secs() < 60, "the run does not start");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let process = format!("(process {})", first.id());
    for arguments in [format!("{SMALL} --out run"), format!("{SMALL} --out run --force")] {
        refused(&folder.basin(&arguments), &["another run", &process, "writes to run", "choose another folder"]);
    }
    let told = std::process::Command::new("kill").args(["-INT", &first.id().to_string()]).status().expect("every Unix has kill");
    assert!(told.success());
    assert_eq!(first.wait().expect("our child").code(), Some(130));
    // It is free again, and what was locked out has changed nothing.
    refused(&folder.basin(&format!("{SMALL} --out run")), &["holds an unfinished run", "--resume run"]);
    folder.basin_ok(&format!("{SMALL} --lanes sgd --out run --force"));
}

#[test]
fn a_finished_run_goes_on_past_its_end_when_asked() {
    let folder = Folder::new("more");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --out run"));
    refused(&folder.basin("train --resume run"), &["is finished", "--more-epochs"]);
    refused(&folder.basin("train --more-epochs 2"), &["--resume"]);
    refused(&folder.basin("train --resume run --more-epochs 0"), &["more epochs is 0, but must be from 1 to 10000"]);
    let before: Value = serde_json::from_str(&folder.read("run/results.json")).expect("JSON");
    // Stopped in between: it goes on as if it had not been.
    let output = folder.basin("train --resume run --more-epochs 2 --stop-after-step 5");
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    assert!(err(&output).contains("2 more epochs, 6 steps: the learning rate starts again") && err(&output).contains("warm restart"));
    refused(&folder.basin("train --resume run --more-epochs 2"), &["5 of 9 planned steps"]);
    let output = folder.basin_ok("train --resume run --json");
    let after: Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!((&after["steps"], &after["steps_done"]), (&Value::from(9), &Value::from(9)));
    let loss = |value: &Value| value["lanes"][0]["train_loss"]["mean"].as_f64().expect("a number");
    assert!(loss(&after) < loss(&before), "{} after {}", loss(&after), loss(&before));
    // Every step once, the end of the first part among them.
    let steps: Vec<String> =
        folder.read("run/curves.csv").lines().skip(1).filter_map(|row| row.split(',').next().map(str::to_owned)).collect();
    for step in 0..=9 {
        assert_eq!(steps.iter().filter(|s| **s == step.to_string()).count(), 4, "two lanes, two seeds at step {step}");
    }
}

/// One flipped bit in the weights: told by every command that reads the run.
#[test]
fn a_damaged_checkpoint_is_told() {
    let folder = Folder::new("damaged");
    let stopped = folder.basin(&format!("{SMALL} --lanes sgd --out run --stop-after-step 1"));
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    let path = folder.0.join("run/checkpoint.safetensors");
    let mut bytes = fs::read(&path).expect("it was saved");
    let place = bytes.len() - 100;
    bytes[place] ^= 1;
    fs::write(&path, bytes).expect("our folder");
    for command in ["train --resume run", "sharpness run", "landscape run --json"] {
        refused(&folder.basin(command), &["this saved run is damaged", "checksum"]);
    }
}
