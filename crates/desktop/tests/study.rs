//! `basin study` from outside: plan, cells, report, and cells that anybody may train again anywhere.

mod folder;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use folder::{Folder, SMALL, err, out, refused};

const PLAN: &str = r#"
title = "Three methods on films"

[defaults]
data = ["films"]
label-noise = [0, 0.3]
methods = ["sam", "delta-sam:rule=head", "delta-sam:rule=random"]
rho = [0.1, 0.3]
own-rho = { "delta-sam:rule=random" = [0.2] }
seeds = 3
epochs = 6
train-size = 96
dim = 8
hidden = 8

[[sweep]]
name = "bag"

[[sweep]]
name = "level"
budget = "equal-gradients"
label-noise = [0.3]
methods = ["sam"]
"#;

/// 3 seeds × 2 noise levels × 4 methods, and SGD with twice the epochs.
const CELLS: usize = 24 + 3;

/// Every cell of a folder by its name, without what it took.
fn cells(folder: &Folder, name: &str) -> BTreeMap<String, Value> {
    let entries = fs::read_dir(folder.0.join(name).join("cells")).expect("it was written").flatten();
    let cell = |path: std::path::PathBuf| {
        let mut value: Value = serde_json::from_str(&fs::read_to_string(&path).expect("ours")).expect("a whole cell");
        for name in ["seconds", "checksum"] {
            value.as_object_mut().expect("an object").remove(name).expect("it is told");
        }
        (path.file_name().expect("a file").to_string_lossy().into_owned(), value)
    };
    entries.map(|entry| cell(entry.path())).collect()
}

#[test]
fn a_study_is_planned_trained_and_reported() {
    let folder = Folder::new("study");
    folder.write("plan.toml", PLAN);
    let told = out(&folder.basin_ok("study plan plan.toml --cells"));
    assert!(told.contains("27 cells, 39 runs.") && told.contains("SGD (AdamW): 12 epochs"), "{told}");
    assert!(told.contains("\tbag, films, label noise 0.3, placebo (random weights), seed 1\n"), "{told}");
    let unfinished = folder.basin("study report plan.toml");
    refused(&unfinished, &["no data set has all cells of a seed yet", "basin study run plan.toml --out plan"]);

    folder.basin_ok("study run plan.toml --jobs 2");
    assert_eq!(cells(&folder, "plan").len(), CELLS, "no lock and no part is left");
    let status = out(&folder.basin_ok("study status plan.toml"));
    assert!(status.contains("27 of 27 cells are done"), "{status}");
    let told = out(&folder.basin_ok("study report plan.toml"));
    assert!(told.contains("Does SAM help, and where?") && told.contains("27 of 27 cells"), "{told}");

    let report = folder.read("plan/report.md");
    let questions: Vec<&str> = report.lines().filter(|line| line.starts_with("## ")).collect();
    // cos(D, D*) needs eight methods that climb.
    assert_eq!(questions.len(), 6, "{report}");
    assert!(report.starts_with("# Three methods on films\n\n- ") && report.contains("**films, 30 % noise**"), "{report}");
    // SAM is compared with SGD at two noise levels, and with itself nowhere.
    assert!(report.lines().any(|line| line.starts_with("| SAM | 2 | ") && line.ends_with(" | – | – | – |")), "{report}");
    let value: Value = serde_json::from_str(&folder.read("plan/report.json")).expect("JSON");
    let answers = value["answers"].as_array().expect("a list");
    let negative: Vec<bool> = answers.iter().map(|answer| answer["negative"].as_bool().expect("yes or no")).collect();
    assert!(negative.is_sorted_by_key(|negative| !negative), "negative answers stand first: {negative:?}");
    for answer in answers {
        let name = answer["figure"].as_str().expect("a name");
        assert!(report.contains(&format!("]({name})")) && folder.read(&format!("plan/{name}")).contains("<svg"), "{name}");
    }
    // What the report says of SAM is what its cells say.
    let sam = &value["parts"][0]["settings"][1]["methods"][1];
    let radius =
        sam["radii"].as_array().expect("a list").iter().find(|radius| radius["rho"] == sam["best_rho"]).expect("it is one of them");
    assert_eq!((&sam["method"], sam["seeds"]["test_accuracy"].as_array().map(Vec::len)), (&Value::from("sam"), Some(3)));
    assert_eq!(radius["test_accuracy"], sam["seeds"]["test_accuracy"]);
    let mut tests: Vec<f64> = Vec::new();
    for cell in
        cells(&folder, "plan").values().filter(|cell| cell["experiment"]["lanes"][0].as_str().is_some_and(|lane| lane.starts_with("sam")))
    {
        let run = cell["runs"].as_array().expect("a list").iter().find(|run| run["rho"] == sam["best_rho"]).expect("it is one of them");
        if cell["experiment"]["data"]["label_noise"] == 0.3 {
            tests.push(run["outcome"]["test_loss"].as_f64().expect("a number"));
        }
    }
    let mut told: Vec<f64> = serde_json::from_value(sam["seeds"]["test_loss"].clone()).expect("numbers");
    tests.sort_by(f64::total_cmp);
    told.sort_by(f64::total_cmp);
    assert!(told.iter().zip(&tests).all(|(a, b)| (a - b).abs() < 1e-4) && tests.len() == 3, "{told:?} {tests:?}");
    assert!(tests[0] < tests[1] && tests[1] < tests[2], "seeds are runs of their own: {tests:?}");
}

#[test]
fn a_cell_that_is_missing_costs_its_seed_alone_and_two_seeds_have_no_verdict() {
    let folder = Folder::new("study-short");
    folder.write("plan.toml", PLAN);
    folder.basin_ok("study run plan.toml --jobs 2");
    let is_first = |cell: &Value| cell["experiment"]["first_seed"] == 1 && cell["experiment"]["training"]["epochs"] != 12;
    let (name, _) = cells(&folder, "plan").into_iter().find(|(_, cell)| is_first(cell)).expect("seed 1 has cells");
    fs::remove_file(folder.0.join("plan/cells").join(name)).expect("it is there");
    folder.basin_ok("study report plan.toml");
    let report = folder.read("plan/report.md");
    assert!(report.contains("There are, of bag, films, bag: 2 of 3 seeds"), "{report}");
    assert!(report.contains("There are too few seeds to tell whether SAM helps.") && !report.contains("in 2 it is not"), "{report}");
    let value: Value = serde_json::from_str(&folder.read("plan/report.json")).expect("JSON");
    assert_eq!(value["parts"][0]["seeds"], serde_json::json!([2, 3]));

    let data = "data = [\"films\"]";
    for twice in ["data = [\"films\", \"films\"]".to_owned(), format!("{data}\nmodels = [\"bag\", \"bag\"]")] {
        folder.write("twice.toml", &PLAN.replacen(data, &twice, 1));
        refused(&folder.basin("study plan twice.toml"), &["twice: once is enough"]);
    }
}

#[test]
fn cells_are_the_same_to_the_bit_whoever_trains_them_in_whatever_order() {
    let folder = Folder::new("study-order");
    folder.write("plan.toml", PLAN);
    folder.basin_ok("study run plan.toml --jobs 3 --out together");
    // From the end, every second one, and the others after a stop.
    folder.basin_ok("study run plan.toml --cell 26 --out alone");
    folder.basin_ok("study run plan.toml --cell 1 --every 2 --out alone");
    let stopped = folder.basin("study run plan.toml --jobs 1 --stop-after 4 --out alone");
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    let on = folder.basin_ok("study run plan.toml --jobs 1 --out alone");
    assert!(err(&on).contains("cells trained") && err(&on).contains("were there"), "{}", err(&on));
    assert_eq!(cells(&folder, "together"), cells(&folder, "alone"));
    let again = folder.basin_ok("study run plan.toml --out alone");
    assert!(err(&again).contains("0 cells trained, 27 were there"), "{}", err(&again));
}

#[test]
fn a_cell_that_is_damaged_is_named_and_trained_again() {
    let folder = Folder::new("study-damaged");
    folder.write("plan.toml", PLAN);
    folder.basin_ok("study run plan.toml");
    let before = cells(&folder, "plan");
    let names: Vec<&String> = before.keys().collect();
    let path = |name: &str| format!("plan/cells/{name}");
    let whole = folder.read(&path(names[3]));
    folder.write(&path(names[3]), &whole[..whole.len() / 2]);
    // A whole file of another cell is none of this one.
    folder.write(&path(names[5]), &whole);
    // One number is another.
    let changed = folder.read(&path(names[7])).replacen("\"rho\": 0", "\"rho\": 1", 1);
    folder.write(&path(names[7]), &changed);
    let status = out(&folder.basin_ok("study status plan.toml"));
    assert!(status.contains("24 of 27 cells are done") && status.contains(&format!("{} is damaged", names[3])), "{status}");
    let report = folder.basin_ok("study report plan.toml");
    assert!(
        err(&report).contains(names[5].as_str()) && folder.read("plan/report.md").contains("Not finished: 24 of 27"),
        "{}",
        err(&report)
    );
    let told = err(&folder.basin_ok("study run plan.toml"));
    for name in [names[3], names[5], names[7]] {
        assert!(told.contains(&format!("{name} is damaged: its cell is trained again")), "{told}");
    }
    assert_eq!(cells(&folder, "plan"), before);

    // Answers whose files cannot be written are told all the same.
    folder.write("file", "in the way");
    let report = folder.basin("study report plan.toml --to file/below");
    assert_eq!(report.status.code(), Some(3), "{}", err(&report));
    assert!(out(&report).contains("Does SAM help, and where?") && err(&report).contains("are those that were printed"), "{}", err(&report));

    // A folder in the place of a cell stops no other.
    let blocked = path(names[2]);
    fs::remove_file(folder.0.join(&blocked)).expect("ours");
    fs::create_dir(folder.0.join(&blocked)).expect("ours");
    let remedy = format!("{} is a folder where the file of a cell belongs: remove it", names[2]);
    let status = out(&folder.basin_ok("study status plan.toml"));
    assert!(status.contains("26 of 27 cells are done") && status.contains(&remedy), "{status}");
    let run = folder.basin("study run plan.toml");
    assert_eq!(run.status.code(), Some(3), "{}", err(&run));
    assert!(err(&run).contains(&remedy) && err(&run).contains("basin: 1 cell left"), "{}", err(&run));
    let report = folder.basin_ok("study report plan.toml --to elsewhere");
    assert!(err(&report).contains(&remedy), "{}", err(&report));
}

#[test]
fn a_study_has_a_folder_of_its_own() {
    let folder = Folder::new("study-folder");
    folder.write("plan.toml", PLAN);
    folder.write("plan", PLAN);
    refused(&folder.basin("study run plan"), &["plan has no ending", "--out DIR"]);
    fs::remove_file(folder.0.join("plan")).expect("ours");
    folder.basin_ok(&format!("{SMALL} --lanes sgd --out run"));
    for job in ["run", "status", "report"] {
        refused(&folder.basin(&format!("study {job} plan.toml --out run")), &["run holds a run of `basin train`", "--out"]);
    }
    assert!(!folder.0.join("run/cells").exists());
    folder.basin_ok("study run plan.toml --cell 0 --out study");
    refused(&folder.basin(&format!("{SMALL} --lanes sgd --out study")), &["study holds cells of `basin study`", "--out"]);
    refused(&folder.basin("sweep --data films --epochs 1 --out study"), &["study holds cells of `basin study`", "--out"]);
}

#[test]
fn what_is_wrong_with_a_plan_is_told_with_its_remedy() {
    let folder = Folder::new("study-bad");
    folder.write("plan.toml", PLAN);
    let refuse = |plan: &str, words: &[&str]| {
        folder.write("bad.toml", plan);
        refused(&folder.basin("study plan bad.toml"), words);
    };
    refuse(&PLAN.replace("epochs = 6", "epoch = 6"), &["bad.toml", "line 11", "unknown field `epoch`"]);
    refuse(&PLAN.replace("\"films\"", "\"subj\""), &["bad.toml", "`bag`", "subj", "basin data list"]);
    refuse(&PLAN.replace("0.1, 0.3]", "0.1, -0.3]"), &["rho has the value -0.3", "above 0"]);
    refused(&folder.basin("study plan nothing.toml"), &["nothing.toml cannot be read"]);
    refused(&folder.basin("study run plan.toml --cell 27"), &["--cell is 27", "0 to 26"]);
    refused(&folder.basin("study run plan.toml --every 2"), &["--cell"]);
    refused(&folder.basin("study submit plan.toml --slurm --array-size 5 --cells-per-job 2"), &["14 jobs", "--cells-per-job 6"]);
    refused(&folder.basin("study submit plan.toml"), &["--slurm"]);
}

/// Without Slurm the script is written; Slurm itself is tried in `tests/slurm/run`.
#[cfg(unix)]
#[test]
fn a_job_array_is_written_for_slurm() {
    let folder = Folder::new("study-slurm");
    folder.write("plan.toml", PLAN);
    let mut command = folder.command("study submit plan.toml --slurm --partition short --cells-per-job 5 -- --time=60");
    let output = command.env("PATH", "").output().expect("the program can be started");
    assert!(output.status.success() && err(&output).contains("27 cells in 6 jobs"), "{}", err(&output));
    let broken = folder.shell("\"$BASIN\" study submit plan.toml --slurm --out 'a\nb'");
    assert_eq!(broken.status.code(), Some(2), "{}", err(&broken));
    assert!(err(&broken).contains("a\\nb has a line end") && !folder.0.join("a\nb").exists(), "{}", err(&broken));
    let script = folder.read("plan/slurm.sh");
    for line in ["#SBATCH --array=0-5", "#SBATCH --requeue", "#SBATCH --partition=short", "#SBATCH --time=60"] {
        assert!(script.lines().any(|other| other == line), "{line}: {script}");
    }
    assert!(script.contains("--cell \"$SLURM_ARRAY_TASK_ID\" --every 6"), "{script}");
    // Each task of the script, as a shell would start it.
    for task in 0..6 {
        let done = folder.shell(&format!("here=$PWD; cd /; SLURM_ARRAY_TASK_ID={task} sh \"$here/plan/slurm.sh\""));
        assert!(done.status.success(), "{}", err(&done));
    }
    assert_eq!(cells(&folder, "plan").len(), CELLS);

    // A table by its path is found wherever the script is started; and one that Slurm does not take is there for later.
    let row = |i: usize| format!("{}\tthe tide number {i} is {}\n", ["up", "down"][i % 2], ["rising", "falling"][i % 2]);
    folder.write("tides.tsv", &(0..60).map(row).collect::<String>());
    folder.write("tides.toml", &PLAN.replace("\"films\"", "\"tides.tsv\"").replace("train-size = 96", "batch = 8"));
    folder.write("sbatch", "#!/bin/sh\necho no such partition >&2\nexit 1\n");
    let failed = folder.shell("chmod +x sbatch; PATH=$PWD:$PATH \"$BASIN\" study submit tides.toml --slurm --cells-per-job 99 --out 'a b'");
    assert_eq!(failed.status.code(), Some(2), "{}", err(&failed));
    assert!(err(&failed).contains("no such partition; the script is there: submit it later with `sbatch '/"), "{}", err(&failed));
    let done = folder.shell("here=$PWD; cd /; SLURM_ARRAY_TASK_ID=26 sh \"$here/a b/slurm.sh\"");
    assert!(done.status.success() && cells(&folder, "a b").len() == 1, "{}", err(&done));
}

#[cfg(unix)]
#[test]
fn slurm_is_asked_about_a_study_that_was_handed_to_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("study-queue");
    folder.write("plan.toml", PLAN);
    folder.write("squeue", "#!/bin/sh\necho no cluster here >&2\nexit 1\n");
    fs::set_permissions(folder.0.join("squeue"), fs::Permissions::from_mode(0o755)).expect("ours");
    let path = format!("{}:{}", folder.0.display(), std::env::var("PATH").expect("every system has one"));
    let status = || out(&folder.command("study status plan.toml").env("PATH", &path).output().expect("the program can be started"));
    assert!(!status().contains("Slurm"), "{}", status());
    fs::create_dir_all(folder.0.join("plan")).expect("ours");
    folder.write("plan/slurm.sh", "");
    assert!(status().contains("Slurm's queue cannot be read: squeue failed: no cluster here"), "{}", status());
}
