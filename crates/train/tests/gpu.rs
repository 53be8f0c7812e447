//! What a GPU cannot take, on Mesa's software one.

use basin_train::experiment::{DataSource, Experiment};
use basin_train::limits::in_words;
use basin_train::protocol::{Files, NamedBytes};
use basin_train::run::{Compute, Plan};
use pollster::block_on;

/// 64 tables of 512 numbers for each of some 50,000 words: more than any GPU takes as one tensor.
#[test]
fn a_tensor_that_is_too_large_for_the_gpu_is_refused_with_its_size() {
    let gpu = block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
    let text = |i: usize| (0..1000).map(|word| format!("w{}", i * 1000 + word)).collect::<Vec<_>>().join(" ");
    let rows: String = (0..80).map(|i| format!("{}\t{}\n", ["up", "down"][i % 2], text(i))).collect();
    let files = Files { train: NamedBytes { name: "words.tsv".to_owned(), bytes: rows.into_bytes() }, test: None };
    let mut experiment = Experiment { seeds: 64, ..Experiment::default() };
    experiment.data.source = DataSource::File { name: files.train.name.clone() };
    (experiment.data.vocabulary, experiment.data.max_length, experiment.model.dim) = (100_000, 1024, 512);
    // Few examples touch few words, so that the tables are the largest tensors.
    (experiment.training.batch, experiment.training.probe) = (8, 8);
    let plan = Plan::new(experiment.clone(), Some(&files)).expect("a good file");
    let most = gpu.limits.tensor.expect("wgpu tells");
    let needs = 64 * plan.data_sizes().vocabulary * 512 * 4;
    assert!(needs > most, "{needs} bytes are no more than {most}: this test needs longer texts");
    let refused = plan.fits(&gpu.limits).expect_err("it does not fit");
    assert_eq!((refused.needs, refused.there_are, refused.part), (needs, most, None));
    let told = refused.to_string();
    let expected =
        format!("a tensor of this run takes {}, but this GPU takes {} at most: choose the CPU, or ", in_words(needs), in_words(most));
    assert!(told.starts_with(&expected), "{told}");
    // What it says would fit, fits.
    let ("seeds", seeds) = refused.fits_with.expect("fewer seeds are enough") else { panic!("{told}") };
    experiment.seeds = seeds;
    assert!(Plan::new(experiment, Some(&files)).expect("a good file").fits(&gpu.limits).is_ok());
}
