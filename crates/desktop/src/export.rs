//! `basin export`: one lane of a saved run as a classifier of its own, in a folder.
//!
//! Elsewhere: what is in the files (`basin_train::classifier`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use basin_train::classifier::{self, Classifier, Precision, SMALL_BYTES};
use basin_train::driver::Driver;
use basin_train::experiment::titles;
use basin_train::limits::in_words;
use basin_train::protocol::DeviceChoice;
use basin_train::report::ExportFormat;
use clap::Args;

use crate::terminal::tell;
use crate::words::word;
use crate::{disk, run_folder, saved};

/// What is exported.
#[derive(Args)]
pub struct ExportArgs {
    /// The folder of a run, as `basin train --out` made it, or a saved run (.safetensors).
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// The lane, by number from 1, by title, or by words such as delta-sam or sam:rho=0.2; needed where there are several.
    #[arg(long, value_name = "LANE")]
    lane: Option<String>,
    /// The seed whose weights are taken; by default the run's first, since the best on the test set would look better than it is.
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// onnx: a graph for onnxruntime and others; safetensors: the weights alone; page: a page with a text field, in one file. A run of
    /// the model `sentence` has its encoder in the graph (91 MB), beside the weights only its hash, and no such page.
    #[arg(long, value_name = "onnx|safetensors|page", value_parser = word::<ExportFormat>)]
    format: ExportFormat,
    /// The folder that the files are written to; it is made if it is missing, and files of these names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Reads the run and writes the files.
///
/// # Errors
/// If the folder holds no run, there is no such lane or seed, it has diverged, or a file cannot be written.
pub fn export(args: &ExportArgs) -> Result<ExitCode, String> {
    let classifier = saved::look(take(args))?;
    fs::create_dir_all(&args.out).map_err(|error| run_folder::failed(&args.out, &error))?;
    for file in classifier.files(args.format).map_err(|error| error.to_string())? {
        let path = args.out.join(&file.name);
        disk::write(&path, &file.bytes).map_err(|error| run_folder::failed(&path, &error))?;
        tell(format_args!("Wrote {} ({} kB).", path.display(), file.bytes.len().div_ceil(1000)));
        if args.format == ExportFormat::Page {
            introduce(&path, &classifier, file.bytes.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What of the page is not seen in it.
fn introduce(path: &Path, classifier: &Classifier, bytes: usize) {
    tell(format_args!("Open it in a browser, or put it on any web server: {} is all that it needs.", path.display()));
    let form = classifier.form();
    if form.precision != Precision::Single {
        tell(format_args!("{}", classifier.page_words(form)));
    }
    if bytes >= SMALL_BYTES {
        let (most, tokens) = (in_words(SMALL_BYTES as u64), form.tokens);
        tell(format_args!(
            "It is larger than {most}, most of it the vocabulary ({tokens} tokens): a run with a smaller --vocabulary makes a smaller page."
        ));
    }
}

async fn take(args: &ExportArgs) -> Result<Classifier, String> {
    let mut driver = Driver::new(saved::classifier(&args.run, DeviceChoice::Cpu).await?);
    let experiment = &driver.summary().experiment;
    classifier::check(experiment.model.kind, args.format).map_err(|error| error.to_string())?;
    let titles = titles(&experiment.lanes);
    let lane = match &args.lane {
        Some(word) => saved::places(std::slice::from_ref(word), &experiment.lanes)?[0],
        None if titles.len() == 1 => 0,
        None => return Err(format!("--lane is missing: this run has {}", titles.join(", "))),
    };
    let seeds = experiment.member_seeds();
    let member = match args.seed {
        None => Some(0),
        Some(seed) => seeds.iter().position(|known| *known == seed),
    };
    let member = member.ok_or_else(|| {
        let known = seeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("there is no seed {}: this run has {known}", args.seed.unwrap_or_default())
    })?;
    let mut classifier = driver.classifier(lane, member).await.map_err(|error| error.to_string())?;
    if args.format == ExportFormat::Page {
        driver.shrink(&mut classifier).await;
    }
    let accuracy = classifier.facts.measured.test_accuracy.get(member).copied().unwrap_or(f64::NAN);
    let (title, seed, when) = (&titles[lane], seeds[member], classifier.facts.when());
    let on = if classifier.facts.summary.experiment.data.validation { "accuracy on the validation part" } else { "test accuracy" };
    tell(format_args!("{title} with seed {seed} at {when}: {on} {:.2} %.", accuracy * 100.0));
    Ok(classifier)
}
