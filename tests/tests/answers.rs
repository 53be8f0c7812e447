//! Accuracy where classes are equally probable, on both devices: the first class is the answer, whatever the label is.

use basin_train::driver::Driver;
use basin_train::experiment::{DataSource, Experiment, ModelKind};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::run::Compute;
use pollster::block_on;

/// 60 examples of three classes, and 10 to test on without a word that is known: five, three and two of the classes.
fn unknown_words() -> Files {
    let file = |name: &str, rows: Vec<String>| NamedBytes { name: name.to_owned(), bytes: rows.concat().into_bytes() };
    let classes = ["ash", "birch", "cedar"];
    let train = (0..60).map(|i| format!("{}\tthe tree number {} has leaves of {}\n", classes[i % 3], i / 3, classes[i % 3]));
    let test = [1, 0, 1, 2, 1, 0, 1, 2, 1, 0].into_iter().enumerate();
    let test = test.map(|(i, class): (usize, usize)| format!("{}\tzzz{i} qqq{i} xxx{i} www{i} vvv{i} uuu{i}\n", classes[class]));
    Files { train: file("trees.tsv", train.collect()), test: Some(file("other.tsv", test.collect())) }
}

fn check(compute: &Compute, kind: ModelKind) {
    let source = DataSource::File { name: "trees.tsv".to_owned() };
    let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
    experiment.data.source = source;
    experiment.data.label_noise = Some(0.0);
    (experiment.model.kind, experiment.model.dim, experiment.model.hidden) = (kind, 8, 8);
    let mut driver = Driver::prepare(experiment, Some(&unknown_words()), compute.clone()).expect("a good file");
    let shares = [0.3, 0.5, 0.2];
    assert_eq!(driver.summary().test_counts, [3, 5, 2]);
    // Nobody has learned what unknown words mean: for a bag of words every class has the same logit.
    let start = block_on(driver.measure());
    (0..6).for_each(|_| driver.step());
    let later = block_on(driver.measure());
    for (measured, equal) in [(start, kind == ModelKind::Bag), (later, false)] {
        for lane in measured.lanes {
            for member in 0..2 {
                let class = lane.only_answer[member].expect("texts of unknown words are all the same");
                assert!(!equal || class == 0, "{kind:?} on {}: class {class} of equal ones", compute.name);
                let found = lane.test_accuracy[member];
                assert!((found - shares[class]).abs() < 1e-6, "{kind:?} on {}: {found} for class {class}", compute.name);
            }
        }
    }
}

#[test]
fn unknown_texts_are_not_right_by_default() {
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        check(&Compute::cpu(), kind);
    }
    let gpu = block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
    check(&gpu, ModelKind::Bag);
}
