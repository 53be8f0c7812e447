//! What hyperparameters are called where people read them: in the setup, and where one setup is told by its difference to another.
//!
//! Elsewhere: what they are, and their names in files and links (`basin_train::experiment`).

use basin_train::brief::counted;
use basin_train::data::delimiter_word;
use basin_train::experiment::{
    Base, DataSource, Experiment, LaneConfig, MethodConfig, ModelKind, Pair, Schedule, Tokens, Tune, difference,
};

use crate::format;

/// The titles, by the names that files and links have.
const TITLES: [(&str, &str); 33] = [
    ("data.source", "Source"),
    ("data.columns", "Columns"),
    ("data.delimiter", "Delimiter"),
    ("data.label_noise", "Label noise"),
    ("data.balance", "Balance"),
    ("data.train_size", "Training size"),
    ("data.test_fraction", "Test share"),
    ("data.validation", "Measure on a validation split"),
    ("data.selection", "Find each seed's best epoch"),
    ("data.tokens", "Tokens"),
    ("data.vocabulary", "Vocabulary"),
    ("data.max_length", "Longest text"),
    ("data.seed", "Data seed"),
    ("model.kind", "Form"),
    ("model.dim", "Embedding"),
    ("model.hidden", "Hidden layer"),
    ("model.pair", "Pairs"),
    ("model.dropout", "Dropout"),
    ("model.tune", "Encoder"),
    ("training.batch", "Batch size"),
    ("training.epochs", "Epochs"),
    ("training.base", "Optimizer"),
    ("training.learning_rate", "Learning rate η"),
    ("training.schedule", "Schedule"),
    ("training.warm_up", "Warm-up"),
    ("training.weight_decay", "Weight decay"),
    ("training.evaluate_every", "Measure every"),
    ("training.probe", "Probe size"),
    ("training.probe_rho", "Probe ρ"),
    ("training.sharpness_budget", "Sharpness"),
    ("lanes", "Lanes"),
    ("seeds", "Seeds"),
    ("first_seed", "First seed"),
];

/// The title of a hyperparameter; of one that has none, its name.
pub fn title(name: &str) -> &str {
    TITLES.iter().find(|(known, _)| *known == name).map_or(name, |(_, title)| title)
}

/// A source in a few words.
pub fn source(source: &DataSource) -> String {
    match source {
        DataSource::HelpDesk => "Help desk".to_owned(),
        DataSource::Reviews { .. } => "Generated reviews".to_owned(),
        DataSource::Films { .. } => "Film reviews".to_owned(),
        DataSource::Library { name } => name.clone(),
        DataSource::File { name } => format!("File: {name}"),
    }
}

/// What a text is cut into.
pub fn tokens(tokens: Tokens) -> &'static str {
    match tokens {
        Tokens::Words => "Words",
        Tokens::WordPairs => "Words and pairs",
        Tokens::Characters => "Characters",
    }
}

/// The form of the network.
pub fn model(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Bag => "Bag of words",
        ModelKind::Cnn => "Convolution",
        ModelKind::Attention => "Attention",
        ModelKind::Sentence => "Pre-trained sentence",
    }
}

/// How two texts meet.
pub fn pair(pair: Pair) -> &'static str {
    match pair {
        Pair::Interaction => "Interaction",
        Pair::Concat => "Side by side",
    }
}

/// What becomes of the encoder.
pub fn encoder(tune: Option<Tune>) -> String {
    tune.map_or_else(|| "Stays as it is".to_owned(), |tune| format!("Trained: {tune}"))
}

/// The optimizer.
pub fn base(base: Base) -> &'static str {
    match base {
        Base::Sgd => "SGD",
        Base::Momentum => "SGD, momentum 0.9",
        Base::AdamW => "AdamW",
    }
}

/// How the learning rate changes.
pub fn schedule(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Constant => "Constant",
        Schedule::Cosine => "Cosine to zero",
    }
}

/// What a setup has otherwise than another: title, and both values with their units, that of the other first.
pub fn changes(experiment: &Experiment, other: &Experiment) -> Vec<[String; 3]> {
    let told = |(name, before, now): (String, String, String)| {
        let values = [value(&name, other, before.clone()), value(&name, experiment, now.clone())];
        // What differs by less than is usually told is told in full.
        let [before, now] = if values[0] == values[1] { [before, now] } else { values };
        [title(&name).to_owned(), before, now]
    };
    difference::difference(experiment, other).into_iter().map(told).collect()
}

/// The same in a line; `the same` where there is nothing.
pub fn line(experiment: &Experiment, other: &Experiment) -> String {
    let changes: Vec<String> = changes(experiment, other).into_iter().map(|[title, _, now]| format!("{title} {now}")).collect();
    if changes.is_empty() { "the same".to_owned() } else { changes.join("; ") }
}

/// A value as the setup shows it; `plain` where that needs no unit and no words.
fn value(name: &str, of: &Experiment, plain: String) -> String {
    let Experiment { data, model: net, training, lanes, .. } = of;
    let percent = |share: f64| format!("{} %", (1e3 * share).round() / 10.0);
    let of_all = |count: usize, all: &str, noun: &str| match count {
        0 => all.to_owned(),
        1 => format!("1 {noun}"),
        count => format!("{} {noun}s", format::count(count)),
    };
    match name {
        "data.source" => match data.source {
            DataSource::Reviews { examples } | DataSource::Films { examples } => {
                format!("{}, {} of them", source(&data.source), format::count(examples))
            }
            _ => source(&data.source),
        },
        "data.delimiter" => data.delimiter.map_or_else(|| "guessed".to_owned(), delimiter_word),
        "data.label_noise" => percent(data.noise()),
        "data.balance" => percent(data.balance),
        "data.train_size" => of_all(data.train_size, "all", "example"),
        "data.test_fraction" => percent(data.test_fraction),
        "data.validation" => ["off", "on"][usize::from(data.validation)].to_owned(),
        "data.selection" if data.selection > 0.0 => format!("by {} held back", percent(data.selection)),
        "data.selection" => "off".to_owned(),
        "data.tokens" => tokens(data.tokens).to_owned(),
        "data.vocabulary" => of_all(data.vocabulary, "", "token"),
        "data.max_length" => of_all(data.max_length, "", "token"),
        "model.kind" => model(net.kind).to_owned(),
        "model.dim" => format!("{} a token", counted(net.dim, "number")),
        "model.hidden" => of_all(net.hidden, "", "unit"),
        "model.pair" => pair(net.pair).to_owned(),
        "model.dropout" => net.dropout.to_string(),
        "model.tune" => encoder(net.tune),
        "training.batch" => of_all(training.batch, "", "example"),
        "training.base" => base(training.base).to_owned(),
        "training.schedule" => schedule(training.schedule).to_owned(),
        "training.warm_up" => format!("{} of the steps", percent(training.warm_up)),
        "training.evaluate_every" => of_all(training.evaluate_every, "auto", "step"),
        "training.probe" => of_all(training.probe, "", "example"),
        "training.sharpness_budget" => format!("{} of the time", percent(training.sharpness_budget)),
        "lanes" => lanes.iter().map(lane).collect::<Vec<_>>().join(", "),
        _ => plain,
    }
}

/// A lane by its title, its ρ and its own learning rate; in the words of the command line, too, where more of it is its own.
pub fn lane(lane: &LaneConfig) -> String {
    let rho = if lane.method.climbs() { format!(" ρ {}", lane.rho) } else { String::new() };
    let rate = lane.learning_rate.map_or(String::new(), |rate| format!(" η {rate}"));
    let is_usual = match lane.method {
        MethodConfig::DeltaSam { rule, .. } => lane.method == MethodConfig::delta_sam(rule),
        method => MethodConfig::ALL.contains(&method),
    };
    let more = if is_usual { String::new() } else { format!(" (`{lane}`)") };
    format!("{}{rho}{rate}{more}", lane.title())
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Columns;

    use super::*;

    #[test]
    fn every_hyperparameter_has_a_title() {
        let mut experiment = Experiment::default();
        // What is off is left out of files.
        (experiment.model.dropout, experiment.model.tune, experiment.training.warm_up) = (0.1, Some(Tune::All), 0.1);
        let json = serde_json::to_value(&experiment).expect("plain data");
        let mut names = Vec::new();
        for (group, fields) in json.as_object().expect("an object") {
            match fields.as_object() {
                Some(fields) => names.extend(fields.keys().map(|name| format!("{group}.{name}"))),
                None => names.push(group.clone()),
            }
        }
        assert_eq!(names.len(), TITLES.len());
        for name in names {
            assert_ne!(title(&name), name, "it has no title");
        }
    }

    #[test]
    fn a_setup_is_told_in_the_words_of_the_setup_with_units() {
        let plain = Experiment::default();
        let mut other = Experiment { seeds: 8, ..plain.clone() };
        other.data.source = DataSource::Films { examples: 2_400 };
        other.data.label_noise = Some(0.07);
        other.data.columns = Some(Columns { header: true, text: 1, text_b: None, label: 0 });
        (other.data.train_size, other.data.selection) = (96, 0.1);
        (other.model.kind, other.model.dropout) = (ModelKind::Cnn, 0.3);
        (other.training.epochs, other.training.schedule, other.training.evaluate_every) = (3, Schedule::Constant, 10);
        other.lanes = ["sgd:lr=0.1", "sam:rho=0.3", "m-sam:groups=8"].map(|words| words.parse::<LaneConfig>().expect("a lane")).to_vec();
        let told = line(&other, &plain);
        for words in [
            "Source Film reviews, 2\u{a0}400 of them",
            "Columns text: column 2, label: column 1",
            "Label noise 7 %",
            "Training size 96 examples",
            "Find each seed's best epoch by 10 % held back",
            "Form Convolution",
            "Dropout 0.3",
            "Epochs 3",
            "Schedule Constant",
            "Measure every 10 steps",
            "Lanes SGD η 0.1, SAM ρ 0.3, m-SAM ρ 0.2 (`m-sam:",
            "Seeds 8",
        ] {
            assert!(told.contains(words), "`{words}` is missing in: {told}");
        }
        assert!(!told.contains(['_', '{', '"']), "{told}");
        assert_eq!(line(&plain, &plain), "the same");
        // The other way round all has its words, too.
        let back = line(&plain, &other);
        for words in ["Training size all", "Find each seed's best epoch off", "Dropout 0;", "Measure every auto", "Source Help desk;"] {
            assert!(format!("{back};").contains(words), "`{words}` is missing in: {back}");
        }
        let both = changes(&other, &plain);
        assert!(both.contains(&["Label noise", "20 %", "7 %"].map(str::to_owned)), "{both:?}");
    }
}
