//! What the lanes answer to a text.

use basin_kernels::probabilities;
use burn::tensor::Transaction;

use crate::data::dataset::Example;
use crate::lost;
use crate::report::Answer;
use crate::run::Run;

/// Each lane's class probabilities for a text, and how many of its tokens are known, of how many.
pub(crate) async fn classify(run: &Run, text: &str, text_b: Option<&str>) -> (Vec<Answer>, (usize, usize)) {
    let (tokens, mut known, mut total) = run.data.encode(text);
    let mut tokens_b = Vec::new();
    if run.data.pairs {
        let (encoded, known_b, total_b) = run.data.encode(text_b.unwrap_or_default());
        (tokens_b, known, total) = (encoded, known + known_b, total + total_b);
    }
    let example = Example { text: String::new(), text_b: None, tokens, tokens_b, label: 0, given_label: 0, row: 0 };
    let classes = run.data.classes.len();
    let batch = run.batch([&example]);
    let mut transaction = Transaction::default();
    for lane in &run.lanes {
        let outputs = run.model.forward(&lane.weights().select_rows(&batch.rows), &batch);
        transaction = transaction.register(probabilities(outputs.logits));
    }
    let read = lost::read(transaction).await;
    let answers = run.lanes.iter().zip(read).map(|(lane, values)| {
        let values: Vec<f32> = values.try_to_vec_as().expect("probabilities are f32");
        // A member that has just diverged is known as such with the next measurement.
        let alive = |(row, diverged): &(&[f32], &bool)| !**diverged && row.iter().all(|p| p.is_finite());
        let alive: Vec<&[f32]> = values.chunks(classes).zip(&lane.diverged).filter(alive).map(|(row, _)| row).collect();
        answer(&alive, classes)
    });
    (answers.collect(), (known, total))
}

/// Mean and standard deviation of each class over members; without any, the mean is NaN.
fn answer(members: &[&[f32]], classes: usize) -> Answer {
    let n = members.len() as f64;
    let of_class = |class: usize| members.iter().map(move |row| f64::from(row[class]));
    let probabilities: Vec<f64> = (0..classes).map(|class| of_class(class).sum::<f64>() / n).collect();
    let deviation = |class: usize| {
        let squares: f64 = of_class(class).map(|p| (p - probabilities[class]).powi(2)).sum();
        if members.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 }
    };
    Answer { deviations: (0..classes).map(deviation).collect(), probabilities }
}
