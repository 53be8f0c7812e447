//! The card of a classifier: what it learned from and how, how well it does, and what it cannot do.
//!
//! One text in two forms: Markdown beside the files, HTML in the page.

use std::fmt::Write;

use super::tokenizer;
use super::weights::{Classifier, Pretrained};
use crate::brief::{brief, counted};
use crate::data::encoder::EncoderSizes;
use crate::experiment::{ModelKind, Tokens, Tune};
use crate::html::escaped;
use crate::report::Summary;
use crate::results::{most_frequent, one_answer};
use crate::stats::Spread;

/// Classes that the card names; of more it says how many.
const MOST_CLASSES: usize = 200;

/// A part of the card.
struct Part {
    title: &'static str,
    /// Rows of two cells, the first of which says what the second is.
    rows: Vec<(&'static str, String)>,
    /// Paragraphs below them.
    texts: Vec<String>,
    /// Text for programs.
    code: Option<String>,
}

/// The card as Markdown, with how to use the files.
pub fn markdown(classifier: &Classifier) -> String {
    let mut text = format!("# {}\n", escaped_markdown(&title(classifier)));
    // Writing to a string cannot fail.
    for Part { title, rows, texts, code } in parts(classifier) {
        let _ = write!(text, "\n## {title}\n");
        if !rows.is_empty() {
            text.push_str("\n| | |\n|---|---|\n");
        }
        for (name, value) in rows {
            let _ = writeln!(text, "| {name} | {} |", escaped_markdown(&value));
        }
        for paragraph in texts {
            let _ = write!(text, "\n{}\n", escaped_markdown(&paragraph));
        }
        if let Some(code) = code {
            let _ = write!(text, "\n```json\n{code}\n```\n");
        }
    }
    text + &usage(classifier)
}

/// The card as HTML: sections with headings of the third order.
pub fn html(classifier: &Classifier) -> String {
    let mut text = String::new();
    for Part { title, rows, texts, code } in parts(classifier) {
        let _ = writeln!(text, "<h3>{title}</h3>");
        if !rows.is_empty() {
            let row = |(name, value): &(&str, String)| format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escaped(value));
            let _ = writeln!(text, "<table>{}</table>", rows.iter().map(row).collect::<String>());
        }
        for paragraph in texts {
            let _ = writeln!(text, "<p>{}</p>", escaped(&paragraph));
        }
        if let Some(code) = code {
            let _ = writeln!(text, "<pre>{}</pre>", escaped(&code));
        }
    }
    text
}

/// What it is called.
pub fn title(classifier: &Classifier) -> String {
    let what = if classifier.pairs { "pairs of texts" } else { "texts" };
    format!("{}: {what} in {} classes", brief(&classifier.facts.summary.data, 80), classifier.classes.len())
}

fn parts(classifier: &Classifier) -> Vec<Part> {
    let part = |title, rows, texts| Part { title, rows, texts, code: None };
    let experiment = serde_json::to_string(&classifier.facts.summary.experiment).expect("an experiment is plain data");
    let again = format!(
        "basin {}: basin train --experiment FILE, with the following in FILE; and --data, where the data is a file.",
        env!("CARGO_PKG_VERSION")
    );
    let licence = "None is stated here. Whoever hands this model on chooses one, within what the licence of the data allows.";
    let licence = match &classifier.pretrained {
        None => licence.to_owned(),
        Some(Pretrained { encoder, .. }) => format!("{licence} Its encoder has its own, which goes with it: see {} above.", encoder.name()),
    };
    let mut parts = vec![part("Data", data(classifier), Vec::new()), part("Method", method(classifier), Vec::new())];
    parts.extend(classifier.pretrained.as_ref().map(|pretrained| part("Encoder", encoder(classifier, pretrained), Vec::new())));
    parts.extend([
        part("How well it does", numbers(classifier), Vec::new()),
        part("Limits", Vec::new(), limits(classifier)),
        part("Licence", Vec::new(), vec![licence]),
        Part { code: Some(experiment), ..part("To do it again", Vec::new(), vec![again]) },
    ]);
    parts
}

fn data(classifier: &Classifier) -> Vec<(&'static str, String)> {
    let facts = &classifier.facts;
    let summary = &facts.summary;
    let classes = classifier.classes.iter().zip(&summary.train_counts).take(MOST_CLASSES);
    let mut names = classes.map(|(class, count)| format!("{} ({count})", brief(class, 60))).collect::<Vec<_>>().join(", ");
    if let Some(more) = classifier.classes.len().checked_sub(MOST_CLASSES).filter(|more| *more > 0) {
        let _ = write!(names, " and {more} more");
    }
    let [train, test] = [&summary.train_counts, &summary.test_counts].map(|counts| counts.iter().sum::<usize>());
    let held_out = if summary.experiment.data.validation { "a validation part of the training set" } else { "the test set" };
    let mut rows = vec![
        ("Name", brief(&summary.data, 200)),
        ("Examples", format!("{train} to learn from, {test} in {held_out}")),
        ("Classes, with examples to learn from", names),
    ];
    if summary.flipped > 0 {
        rows.push(("Wrong labels, made on purpose", format!("{} of the {train} to learn from", summary.flipped)));
    }
    rows.extend(facts.files.iter().map(|(name, bytes, sum)| ("File", format!("{}, {bytes} bytes, CRC-32 {sum:08x}", brief(name, 200)))));
    rows.push(("CRC-32 of tokens, classes and examples", format!("{:08x}", facts.data)));
    rows
}

fn method(classifier: &Classifier) -> Vec<(&'static str, String)> {
    let facts = &classifier.facts;
    let experiment = &facts.summary.experiment;
    let (model, training) = (&classifier.model, &experiment.training);
    let form = match (model.kind, model.tune) {
        (ModelKind::Bag, _) => "bag: mean of the tokens' vectors, one hidden layer".to_owned(),
        (ModelKind::Cnn, _) => "cnn: convolutions over 3, 4 and 5 tokens, maximum over the text".to_owned(),
        (ModelKind::Attention, _) => "attention: one transformer block with one head, mean over the tokens".to_owned(),
        (ModelKind::Sentence, None) => "sentence: one hidden layer on the vector of a pre-trained encoder".to_owned(),
        (ModelKind::Sentence, Some(tune)) => {
            let layers = match tune {
                Tune::Top(layers) => format!("the last {} of a pre-trained encoder", counted(layers, "layer")),
                Tune::All => "all layers of a pre-trained encoder and the embedding of its word pieces".to_owned(),
            };
            format!("sentence: {layers}, trained further, and one linear layer on the mean of the word pieces")
        }
    };
    // Where layers are trained, there is no hidden one.
    let hidden = if model.tune.is_none() { format!(", hidden {}", model.hidden) } else { String::new() };
    let lane = &experiment.lanes[facts.lane];
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let base = word(serde_json::to_value(training.base).expect("a word"));
    let rate = lane.learning_rate.unwrap_or(training.learning_rate);
    vec![
        ("Network", format!("{form}; {} wide{hidden}; {} weights were trained", model.dim, classifier.count())),
        ("Tokens", tokens(classifier)),
        ("Method", format!("{} ({lane})", experiment.titles().swap_remove(facts.lane))),
        ("Optimizer", format!("{base}, learning rate {rate}, batches of {}", training.batch)),
        ("Weights", format!("those of {}", facts.when())),
        ("Seeds", format!("{} of the weights, {} of split, noise and order", facts.seed(), experiment.data.seed)),
    ]
}

fn tokens(classifier: &Classifier) -> String {
    if classifier.pretrained.is_some() {
        let EncoderSizes { pieces, longest, .. } = classifier.whole().sizes();
        return format!(
            "word pieces of the encoder, {pieces} of them known, the first {longest} of a text read, [CLS] and [SEP] among them"
        );
    }
    let what = match classifier.facts.summary.experiment.data.tokens {
        Tokens::Words => "words",
        Tokens::WordPairs => "words and pairs of neighbours",
        Tokens::Characters => "parts of words, of one to four characters",
    };
    // Padding and the unknown are none.
    let known = classifier.vocabulary.len() - 2;
    format!("{what}, {known} of them known, the first {} of a text read", classifier.vocabulary.max_length())
}

/// Its size, licence and origin.
fn encoder(classifier: &Classifier, Pretrained { encoder, papers }: &Pretrained) -> Vec<(&'static str, String)> {
    let EncoderSizes { layers, heads, inner, pieces, longest } = classifier.whole().sizes();
    let dim = classifier.model.dim;
    let count = (pieces + longest + 2) * dim + layers * (4 * dim * dim + 2 * dim * inner + 9 * dim + inner);
    let part = match classifier.model.tune {
        None => "all of it, as it was",
        Some(Tune::Top(_)) => "the layers that were not trained, as they were",
        Some(Tune::All) => "what training began with",
    };
    vec![
        ("Name", encoder.name().to_owned()),
        (
            "Size",
            format!(
                "{:.1} million weights, {:.0} MB with 32 bits each: {layers} layers, {dim} wide, {heads} heads, {inner} wide inside",
                count as f64 / 1e6,
                count as f64 * 4.0 / 1e6
            ),
        ),
        ("What of it is in this model", part.to_owned()),
        ("SHA-256 of its weights", encoder.hash().to_owned()),
        ("Licence", papers.licence.clone()),
        ("Origin", papers.origin.clone()),
    ]
}

fn numbers(classifier: &Classifier) -> Vec<(&'static str, String)> {
    let facts = &classifier.facts;
    let (summary, measured) = (&facts.summary, &facts.measured);
    let of = |values: &[f64]| values.get(facts.member).copied().unwrap_or(f64::NAN);
    let accuracy = of(&measured.test_accuracy);
    let count: usize = summary.test_counts.iter().sum();
    // Of a share p of n: √(p (1 − p) / n).
    let error = (accuracy * (1.0 - accuracy) / count as f64).sqrt();
    let on_training = match summary.flipped {
        0 => "Accuracy on a sample of its training set",
        _ => "Accuracy on a sample of its training set, wrong labels and all",
    };
    let mut rows = vec![
        (accuracy_on(summary), format!("{:.2} % ± {:.2} (standard error of {count} examples)", accuracy * 100.0, error * 100.0)),
        ("Loss there", format!("{:.4} nats", of(&measured.test_loss))),
        (on_training, format!("{:.2} %", of(&measured.train_accuracy) * 100.0)),
    ];
    if let Some(most) = most_frequent(summary) {
        rows.push(("Always the most frequent class", format!("{:.2} % ({})", most.share * 100.0, brief(most.class, 60))));
    }
    if let Some(Spread { mean, sd, count, .. }) = Spread::of(&measured.test_accuracy).filter(|spread| spread.count > 1) {
        rows.push((
            "The same method over its seeds",
            format!("{:.2} % ± {:.2} (standard deviation of {count} seeds)", mean * 100.0, sd * 100.0),
        ));
    }
    if let Some(words) = one_answer(measured, &classifier.classes) {
        rows.push(("Beware", format!("this lane {words}")));
    }
    rows
}

/// What accuracies are called.
pub fn accuracy_on(summary: &Summary) -> &'static str {
    if summary.experiment.data.validation { "Accuracy on the validation part" } else { "Accuracy on the test set" }
}

fn limits(classifier: &Classifier) -> Vec<String> {
    let mut limits = vec![
        "It knows these classes alone, and answers one of them to any text whatever. Its probabilities are those of the network, not \
         calibrated: 90 % does not mean nine of ten. Texts of another kind, time or language than those it learned from are answered \
         worse than the numbers above say."
            .to_owned(),
        match &classifier.pretrained {
            None => format!(
                "Tokens that it has not seen in training all count as one; of a text it reads {} tokens. The vocabulary lists the tokens of \
                 the texts that it learned from: do not hand it on where these are private.",
                classifier.vocabulary.max_length()
            ),
            Some(_) => format!(
                "Of a text it reads {} word pieces at most, and of words what its encoder knows of them. The vocabulary is the encoder's and lists \
                 nothing of the texts that it learned from; what its weights keep of them is not looked at here.",
                classifier.whole().sizes().longest
            ),
        },
    ];
    if classifier.facts.step < classifier.facts.summary.steps && classifier.facts.epoch.is_none() {
        limits.push("It was taken out of a run on its way, before the planned end.".to_owned());
    }
    limits
}

/// How to use the files beside the card.
fn usage(classifier: &Classifier) -> String {
    let classes = classifier.classes.len();
    let of_tokenizer = match &classifier.pretrained {
        None => "has the vocabulary and the rules in words".to_owned(),
        Some(Pretrained { encoder, .. }) => {
            format!("is that of {}, but for where texts are cut and that they are not filled up", encoder.name())
        }
    };
    let (weights, more) = match &classifier.pretrained {
        None => ("the weights alone", ""),
        Some(_) => ("what was trained alone", ", and the encoder's name and hash: all that is missing is in its authors' own file"),
    };
    let second = if classifier.pairs { ", \"ids_b\": padded(second_texts)" } else { "" };
    format!(
        "\n## To use it\n\
         \n`tokenizer.json` {of_tokenizer}. In Python:\n\
         \n```python\n{}```\n\
         \n`model.onnx` takes token numbers, `[batch, length]` of int64 with 0 at the end of shorter texts, and gives the probabilities of \
         the {classes} classes in the order above, which is also in its metadata (`classes`; besides `tokenizer` and this `card`):\n\
         \n```python\nimport numpy, onnxruntime\n\
         \ndef padded(texts):\n    ids = [encode(text) for text in texts]\n    \
         return numpy.array([row + [0] * (max(map(len, ids)) - len(row)) for row in ids], numpy.int64)\n\
         \nsession = onnxruntime.InferenceSession(\"model.onnx\")\n\
         probabilities = session.run(None, {{\"ids\": padded(texts){second}}})[0]\n```\n\
         \n`model.safetensors` has {weights}, by the names of the network's leaves: `[rows, cols]` in f32, inputs along the rows; \
         its metadata has form, sizes and classes{more}. The network's formulas are in `crates/train/src/models` of Basin.\n",
        tokenizer::python(classifier),
    )
}

/// A text of somebody else's between marks of Markdown.
fn escaped_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '<' | '>' | '[' | ']' | '#' | '\\' | '`' => escaped.extend(['\\', letter]),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_names_of_others_are_none() {
        assert_eq!(escaped_markdown("a|b_<i>\u{7}"), "a\\|b\\_\\<i\\> ");
    }
}
