//! `basin predict`: what the lanes of a saved run answer to texts, from a file or a pipe of any length.
//!
//! Elsewhere: how texts are read (`basin_train::data::texts`), the answers (`basin_train::instruments::answers`).

use std::fs::File;
use std::io::{IsTerminal, Read, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use basin_app::table::Table;
use basin_train::brief::counted;
use basin_train::data::texts::{Expected, Text, Texts};
use basin_train::experiment::{ModelKind, titles};
use basin_train::instruments::answers::{Logits, at_once, logits, read};
use basin_train::protocol::DeviceChoice;
use basin_train::report::Predicted;
use basin_train::run::Run;
use clap::Args;
use serde_json::{Value, json};

use crate::progress::Progress;
use crate::reading::ReadingArgs;
use crate::saved;
use crate::terminal::{Listener, hand_out, tell};
use crate::words::word;

/// Texts that an encoder reads at once, so that there is a word on how far it is.
const ENCODED_AT_ONCE: usize = 256;

/// What is asked.
#[derive(Args)]
pub struct PredictArgs {
    /// The folder of a run, as `basin train --out` made it, or a saved run (.safetensors).
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// The lanes that answer, by number from 1, by title, or by words such as delta-sam or sam:rho=0.2; by default all.
    #[arg(long = "lane", value_name = "LANE,…", value_delimiter = ',')]
    lanes: Vec<String>,
    /// The texts: one a line, also behind labels of fastText; a JSON object or string a line, or one JSON list of either; or a CSV or TSV file; - is standard input.
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    data: String,
    #[command(flatten)]
    reading: ReadingArgs,
    /// How many of the likeliest classes to tell.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    top: usize,
    /// Where to compute; auto is the CPU.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Print one JSON object a text instead of CSV.
    #[arg(long)]
    json: bool,
}

/// Asks and prints.
///
/// # Errors
/// If there is no such run, lane or file, or a line holds no text.
pub fn predict(args: &PredictArgs) -> Result<ExitCode, String> {
    saved::look(answer(args))?;
    Ok(ExitCode::SUCCESS)
}

/// A lane that is asked.
struct Asked {
    title: String,
    /// In the words of the experiment.
    words: String,
}

async fn answer(args: &PredictArgs) -> Result<(), String> {
    if args.top == 0 {
        return Err("--top is 0, but must be 1 or more".to_owned());
    }
    // What can be refused at once waits for no run.
    args.reading.of_texts(false)?;
    let run = saved::predictor(&args.run, args.device).await?;
    let summary = run.summary();
    let wish = args.reading.of_texts(summary.pairs)?;
    let titles = titles(&summary.experiment.lanes);
    let lanes = saved::lanes(&args.lanes, &summary.experiment.lanes)?;
    let asked: Vec<Asked> =
        lanes.iter().map(|lane| Asked { title: titles[*lane].clone(), words: summary.experiment.lanes[*lane].to_string() }).collect();

    let expected = Expected { wish: &wish, delimiter: args.reading.delimiter(), trained_on: summary.taken.as_ref(), pairs: summary.pairs };
    let (name, reader) = source(&args.data)?;
    let mut texts = Texts::open(&name, reader, expected).map_err(|error| error.to_string())?;
    tell(format_args!("{}.", texts.words()));
    if lanes.len() > 1 {
        tell(format_args!("{} lanes answer, each in a row of its own: --lane chooses.", lanes.len()));
    }

    let encodes = summary.experiment.model.kind == ModelKind::Sentence;
    let most = if encodes { at_once(&run).min(ENCODED_AT_ONCE) } else { at_once(&run) };
    let (mut unknown, mut count, mut out) = (0, 0, Out::new(args.json));
    // Where the answers are seen themselves, they tell how far it is.
    let seen = stdout().is_terminal() || (args.data == "-" && stdin().is_terminal());
    let all = if encodes && !seen { counted_before(&args.data, expected).filter(|all| *all > most) } else { None };
    let mut progress = (!seen).then(|| Progress::new("texts", 0, all.unwrap_or(0)));
    while let Some(block) = texts.next_block().map_err(|error| error.to_string())? {
        for some in block.chunks(most) {
            let (examples, known) = read(&run, some.iter().map(|text| (&*text.text, text.text_b.as_deref())));
            unknown += known.iter().filter(|(known, _)| *known == 0).count();
            count += some.len();
            let logits = logits(&run, &lanes, &examples).await.map_err(|error| error.to_string())?;
            if out.write(&run, some, &asked, &logits, args.top)? == Listener::Gone {
                return Ok(());
            }
            if let Some(progress) = &mut progress {
                progress.tell(count, String::new);
            }
        }
    }
    if let Some(progress) = &progress {
        progress.end();
    }
    if count == 0 {
        return Err(format!("{name} has no rows below its header: give each text a row"));
    }
    for note in texts.notes() {
        tell(format_args!("Note: {note}"));
    }
    tell(format_args!("{} answered by {} a lane.", counted(count, "text"), counted(summary.experiment.seeds, "seed")));
    if unknown > 0 {
        let (have, say) = if unknown == 1 { ("has", "it says") } else { ("have", "they say") };
        let texts = counted(unknown, "text");
        tell(format_args!("Note: {texts} {have} no token that the vocabulary knows, so the answer is the same whatever {say}."));
    }
    Ok(())
}

/// How many texts a file has, where it can be read twice; what is wrong with it is told when they are answered.
fn counted_before(data: &str, expected: Expected<'_>) -> Option<usize> {
    let file = File::open(data).ok().filter(|file| file.metadata().is_ok_and(|about| about.is_file()))?;
    let mut texts = Texts::open(data, file, expected).ok()?;
    let mut count = 0;
    while let Some(block) = texts.next_block().ok()? {
        count += block.len();
    }
    Some(count)
}

/// Where texts come from, with its name for messages.
fn source(data: &str) -> Result<(String, Box<dyn Read>), String> {
    if data == "-" {
        if stdin().is_terminal() {
            tell("Type texts, one a line; Ctrl-D ends them.");
        }
        return Ok(("standard input".to_owned(), Box::new(stdin().lock())));
    }
    let file = File::open(data).map_err(|error| format!("{data} cannot be read: {error}"))?;
    Ok((data.to_owned(), Box::new(file)))
}

/// What is printed, a piece at a time.
struct Out {
    json: bool,
    /// Whether the header stands.
    begun: bool,
}

impl Out {
    fn new(json: bool) -> Self {
        Self { json, begun: false }
    }

    fn write(&mut self, run: &Run, texts: &[Text], asked: &[Asked], lanes: &[Logits], top: usize) -> Result<Listener, String> {
        let classes = &run.summary().classes;
        if self.json {
            let lines = texts.iter().enumerate().map(|(i, text)| {
                let lanes: Vec<Value> = asked.iter().zip(lanes).map(|(lane, logits)| of_lane(lane, classes, logits, i, top)).collect();
                let mut object = json!({ "line": text.line, "text": text.text, "lanes": lanes });
                if let Some(text_b) = &text.text_b {
                    object["text_b"] = json!(text_b);
                }
                object.to_string() + "\n"
            });
            return hand_out(&lines.collect::<String>());
        }
        let pairs = run.summary().pairs;
        let second: &[&str] = if pairs { &["text_b"] } else { &[] };
        let head = [&["line", "text"], second, &["lane", "rank", "class", "probability", "deviation", "seeds_agreeing"]].concat();
        let mut table = if self.begun { Table::further() } else { Table::new(&head) };
        self.begun = true;
        for (i, text) in texts.iter().enumerate() {
            let text_b = if pairs { vec![text.text_b.clone().unwrap_or_default()] } else { Vec::new() };
            for (lane, logits) in asked.iter().zip(lanes) {
                for (rank, likely) in logits.top(i, top).into_iter().enumerate() {
                    let Predicted { class, probability, deviation, agreeing } = likely;
                    table.row(&[
                        &text.line,
                        &text.text,
                        &text_b,
                        &lane.title,
                        &(rank + 1),
                        &class.map(|class| classes[class].as_str()),
                        &[probability, deviation],
                        &agreeing,
                    ]);
                }
            }
        }
        hand_out(&table.finish())
    }
}

fn of_lane(lane: &Asked, classes: &[String], logits: &Logits, text: usize, top: usize) -> Value {
    let answers = logits.top(text, top).into_iter().map(|likely| {
        let Predicted { class, probability, deviation, agreeing } = likely;
        let class = class.map(|class| &classes[class]);
        json!({ "class": class, "probability": probability, "deviation": deviation, "seeds_agreeing": agreeing })
    });
    json!({ "lane": lane.words, "title": lane.title, "seeds": logits.members(), "answers": answers.collect::<Vec<_>>() })
}
