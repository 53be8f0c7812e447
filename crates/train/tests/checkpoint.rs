//! Saved runs: what is damaged or not its own is told, what is saved goes on as it was.

use basin_train::driver::Driver;
use basin_train::experiment::{Base, DataSource, Experiment, ModelKind, Schedule};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::{PlaneChoice, Side};
use basin_train::run::{Compute, RunError};
use pollster::block_on;

/// A run whose saved form has a few kilobytes.
fn small(lanes: &[&str]) -> Experiment {
    let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
    experiment.lanes = lanes.iter().map(|lane| lane.parse().expect("a lane")).collect();
    (experiment.model.dim, experiment.model.hidden) = (2, 2);
    (experiment.data.vocabulary, experiment.data.train_size) = (16, 64);
    experiment.training.epochs = 2;
    experiment.training.base = Base::Sgd;
    experiment
}

fn start(experiment: Experiment) -> Driver {
    Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good")
}

fn restore(bytes: &[u8]) -> Result<Driver, RunError> {
    Driver::restore(bytes, Compute::cpu())
}

fn saved(experiment: Experiment, steps: usize) -> Vec<u8> {
    let mut driver = start(experiment);
    (0..steps).for_each(|_| driver.step());
    block_on(driver.save())
}

/// Refused in words that fit a message.
fn refused(bytes: &[u8], what: &str) -> String {
    let error = restore(bytes).err().unwrap_or_else(|| panic!("{what} is taken for a whole run")).to_string();
    assert!(error.chars().count() < 300, "{what}: {error}");
    error
}

#[test]
fn every_single_flipped_bit_is_told() {
    let bytes = saved(small(&["sgd"]), 3);
    assert_eq!(block_on(restore(&bytes).expect("just saved").save()), bytes, "what is restored is what was saved");
    assert!(bytes.len() < 16_384, "{} bytes: each of their bits is tried", bytes.len());
    let mut flipped = bytes.clone();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            flipped[place] ^= 1 << bit;
            refused(&flipped, &format!("byte {place}, bit {bit}"));
            flipped[place] = bytes[place];
        }
    }
}

#[test]
fn what_is_cut_or_longer_is_told() {
    let bytes = saved(small(&["sgd"]), 3);
    for length in 0..bytes.len() {
        refused(&bytes[..length], &format!("a file of {length} bytes"));
    }
    refused(&[&bytes[..], b"\0"].concat(), "one more byte");
    assert!(refused(&[&bytes[..bytes.len() - 4], &bytes[bytes.len() - 8..bytes.len() - 4]].concat(), "other weights").contains("damaged"));
}

/// What a run has shown opens with it, and what it shows from there on is what it would have shown.
#[test]
fn a_run_is_opened_with_all_that_it_has_shown() {
    let mut experiment = small(&["sgd", "delta-sam"]);
    (experiment.seeds, experiment.training.epochs) = (2, 3);
    let mut whole = start(experiment);
    for _ in 0..4 {
        block_on(whole.measure());
        whole.step();
    }
    for side in [Side::Train, Side::HeldOut] {
        block_on(whole.measure_sharpness(side));
    }
    let mut opened = restore(&block_on(whole.save())).expect("just saved");
    opened.remember();
    // As text: what is not defined is not equal to itself.
    let json = |driver: &Driver| serde_json::to_string(&driver.told()).expect("plain data");
    assert!(json(&opened) == json(&whole));
    assert_eq!((opened.told().0.len(), opened.told().1.len(), opened.past()), (4, 2, 0..=4), "all steps can be gone back to");
    let sentences = |driver: &mut Driver| {
        let table = block_on(driver.sentence_table(1)).expect("lane 1 is there");
        let seen = table.seen.iter().sum::<u32>();
        let told = (table, block_on(driver.sentence_history(3)).expect("example 3 is there"));
        (seen, serde_json::to_string(&told).expect("plain data"))
    };
    let seen = sentences(&mut whole);
    assert_eq!(seen.0, 4 * 32);
    assert!(sentences(&mut opened) == seen);
    let path = |driver: &mut Driver| {
        let mut survey = block_on(driver.survey(PlaneChoice::Random { seed: 1 }, 5, 0)).expect("a plane");
        loop {
            if let Some(landscape) = block_on(driver.survey_on(&mut survey)) {
                return landscape.paths;
            }
        }
    };
    let (here, there) = (path(&mut whole), path(&mut opened));
    assert_eq!(here[1].steps, [0, 1, 2, 3, 4]);
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(here.steps, there.steps);
        // Places are kept to eight bits, of which rounding takes half of the last.
        let far = |points: &[[f64; 2]]| points.iter().flatten().fold(0.0_f64, |far, x| far.max(x.abs()));
        let apart = here.points.iter().flatten().zip(there.points.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart <= far(&here.points) / 128.0, "{apart} apart");
    }
    // Back to a step before it was saved, and on to the end: the same bits.
    assert!(opened.seek(2, f64::INFINITY) && opened.steps_done() == 2);
    assert_eq!(Some(&block_on(opened.measure())), whole.told().0.get(2));
    for driver in [&mut whole, &mut opened] {
        while !driver.finished() {
            driver.step();
        }
        block_on(driver.measure());
    }
    assert_eq!(opened.told().0, whole.told().0);
    assert!(sentences(&mut whole) == sentences(&mut opened), "no visit is missed or counted twice");
}

/// Gone back in, saved and opened, a run still knows how far it was.
#[test]
fn a_run_that_was_gone_back_in_is_opened_where_it_stood() {
    let mut driver = start(small(&["sgd"]));
    driver.remember();
    for _ in 0..4 {
        driver.step();
        block_on(driver.measure());
    }
    assert!(driver.seek(1, f64::INFINITY));
    let mut opened = restore(&block_on(driver.save())).expect("just saved");
    opened.remember();
    assert_eq!((opened.steps_done(), opened.past()), (1, 0..=4));
    assert!(opened.seek(4, f64::INFINITY));
    assert_eq!(Some(&block_on(opened.measure())), driver.told().0.last());
}

/// CRC-32 bit by bit, as its definition has it: the polynomial 0x04C11DB7, reflected.
fn crc32(bytes: &[u8]) -> u32 {
    let mut remainder = u32::MAX;
    for byte in bytes {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            remainder = (remainder >> 1) ^ if remainder & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    !remainder
}

/// The same file with other text in its header, and a checksum that fits.
fn with(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the places of the tensors stay");
    let replaced = |bytes: &[u8], from: &[u8], to: &[u8]| {
        let place = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
        [&bytes[..place], to, &bytes[place + from.len()..]].concat()
    };
    let bytes = replaced(bytes, from.as_bytes(), to.as_bytes());
    let key = br#"checksum\":\""#;
    let start = bytes.windows(key.len()).position(|window| window == key).expect("it has a checksum") + key.len();
    let zeros = [&bytes[..start], b"00000000", &bytes[start + 8..]].concat();
    [&bytes[..start], format!("{:08x}", crc32(&zeros)).as_bytes(), &bytes[start + 8..]].concat()
}

#[test]
fn a_run_that_is_not_its_own_is_told() {
    // "123456789" has the CRC-32 that every table of checksums gives.
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    let bytes = saved(small(&["sgd"]), 3);
    assert!(restore(&with(&bytes, r#"\"step\":3"#, r#"\"step\":2"#)).is_ok(), "a checksum that fits is enough");
    // Other noise, other labels; another split, other examples and tokens.
    for (from, to) in [(r#"\"label_noise\":null"#, r#"\"label_noise\":0.30"#), (r#"\"test_fraction\":0.3"#, r#"\"test_fraction\":0.4"#)] {
        let error = refused(&with(&bytes, from, to), to);
        assert!(error.contains("learned from other data than `") && error.contains("differ"), "{error}");
    }
    assert!(refused(&with(&bytes, r#"\"step\":3"#, r#"\"step\":9"#), "a step after the last").contains("step 9 of 4"));
    assert!(refused(&with(&bytes, r#"\"format\":2"#, r#"\"format\":3"#), "a later format").contains("newer Basin"));
    assert!(refused(&with(&bytes, r#"\"seeds\":1"#, r#"\"seeds\":2"#), "other members").contains("members"));
    assert!(refused(&with(&bytes, r#"\"dim\":2"#, r#"\"dim\":3"#), "other shapes").contains("F32"));
}

#[test]
fn a_file_whose_tokens_were_read_otherwise_is_told() {
    let rows = |word: &str| (0..40).map(|i| format!("{}\t{word} number {i}\n", ["up", "down"][i % 2])).collect::<Vec<String>>();
    let table = |word: &str| rows(word).concat();
    let files = |text: String| Files { train: NamedBytes { name: "tide.tsv".to_owned(), bytes: text.into_bytes() }, test: None };
    let mut experiment = small(&["sgd"]);
    experiment.data.source = DataSource::File { name: "tide.tsv".to_owned() };
    let mut driver = Driver::prepare(experiment, Some(&files(table("rising"))), Compute::cpu()).expect("a good file");
    driver.step();
    let bytes = block_on(driver.save());
    restore(&bytes).expect("just saved");
    // The same bytes of weights beside a text in which one word is another one each time.
    let mut forged = bytes;
    while let Some(place) = forged.windows(6).position(|window| window == b"rising") {
        forged[place..place + 6].copy_from_slice(b"sinkin");
    }
    assert!(refused(&forged, "another text").contains("damaged"));
    assert!(refused(&with(&forged, "sinkin", "sinkin"), "another text, sealed").contains("learned from other data than `tide.tsv`"));
}

/// Weights that are no numbers are those of a run that diverged: it opens, and is said to have.
#[test]
fn a_diverged_run_is_saved_and_opened() {
    let mut experiment = small(&["sgd", "sgd:lr=0.01"]);
    experiment.training.learning_rate = 100.0;
    experiment.training.weight_decay = 1.0;
    experiment.training.schedule = Schedule::Constant;
    experiment.training.epochs = 60;
    let mut driver = start(experiment);
    (0..100).for_each(|_| driver.step());
    assert_eq!(block_on(driver.measure()).lanes[0].diverged, [true], "99 · 99 · … a hundred times is beyond f32");
    let mut opened = restore(&block_on(driver.save())).expect("just saved");
    opened.step();
    let measured = block_on(opened.measure());
    assert_eq!((&measured.lanes[0].diverged[..], &measured.lanes[1].diverged[..]), (&[true][..], &[false][..]));
    let told = serde_json::to_string(&measured).expect("NaN is null");
    assert_eq!(serde_json::from_str::<basin_train::report::Measurement>(&told).expect("just written").lanes[0].diverged, [true]);
}

/// δ-SAM with noise spends two gradients and two forward passes, 8/3 of a gradient, a step: a number that no binary
/// fraction holds, whose sum over many steps and whose text both round.
#[test]
fn what_was_spent_is_the_same_after_a_resume_to_the_last_digit() {
    let mut whole = start(small(&["delta-sam:rule=noise"]));
    let mut resumed = start(small(&["delta-sam:rule=noise"]));
    for steps in 1..=4 {
        whole.step();
        resumed.step();
        resumed = restore(&block_on(resumed.save())).expect("just saved");
        let [whole, resumed] = [&mut whole, &mut resumed].map(|driver| block_on(driver.measure()).lanes[0].gradient_evaluations);
        assert_eq!(whole.to_bits(), resumed.to_bits(), "after {steps} steps");
        assert_eq!(whole.to_bits(), (f64::from(2 * steps) + f64::from(2 * steps) / 3.0).to_bits(), "after {steps} steps");
    }
}

/// What a method keeps from step to step, and when it began, is in a saved run: resumed after each step, in the middle of what
/// LookSAM reuses, before and after a late start, it ends at the same bits.
#[test]
fn what_a_method_remembers_is_saved() {
    let lanes = [
        "look-sam:every=3",
        "eigen-sam",
        "llqr:every=2:inner=3",
        "f-sam:from=0.5",
        "saner",
        "sam:from=0.5:climb-loss=error",
        "per-instance:climb-loss=bisam:until=2",
        "delta-sam:rule=noise-change:climb-loss=bisam",
    ];
    // Ten for five power iterations; twice six for three inner steps; two plain steps and two climbs.
    assert_eq!(resumed_after_each_step(&small(&lanes)), [6.0, 18.0, 20.0, 6.0, 8.0, 6.0, 6.0, 12.0]);
}

/// What a step draws, noise on the tokens and masks of dropout, is drawn again by a run that was saved.
#[test]
fn what_a_step_draws_does_not_depend_on_a_resume() {
    let lanes = ["r3f", "r-drop", "free-lb", "smart:from=0.5", "sam", "per-instance", "delta-sam:rule=head"];
    for kind in [ModelKind::Bag, ModelKind::Attention] {
        let mut experiment = small(&lanes);
        (experiment.model.kind, experiment.model.dropout) = (kind, 0.5);
        assert_eq!(resumed_after_each_step(&experiment), [8.0, 8.0, 12.0, 8.0, 8.0, 8.0, 8.0], "{kind:?}");
    }
}

/// What four steps of each lane cost, in a run that is saved and resumed after each; it ends as one that is not.
fn resumed_after_each_step(experiment: &Experiment) -> Vec<f64> {
    let [mut whole, mut resumed] = [(); 2].map(|()| start(experiment.clone()));
    while !whole.finished() {
        whole.step();
        resumed.step();
        resumed = restore(&block_on(resumed.save())).expect("just saved");
    }
    assert_eq!(whole.steps_done(), 4);
    let [spent, again] = [&mut whole, &mut resumed]
        .map(|driver| block_on(driver.measure()).lanes.iter().map(|lane| lane.gradient_evaluations).collect::<Vec<f64>>());
    assert_eq!(again, spent);
    assert!(block_on(resumed.save()) == block_on(whole.save()), "the same weights, and the same memory");
    spent
}

#[test]
fn a_run_goes_on_past_its_end_with_a_warm_restart() {
    // 64 examples are two steps an epoch: four steps are planned. A constant rate has nothing to restart.
    let mut driver = start(small(&["sgd"]));
    assert!(driver.extend(None).expect_err("not at its end").to_string().contains("0 of 4"));
    let rates = |driver: &mut Driver| -> Vec<f64> {
        let trace = |driver: &mut Driver| {
            let rate = block_on(driver.trace(0)).expect("member 0 is there").lanes[0].rate;
            driver.step();
            rate
        };
        (driver.steps_done()..driver.steps_planned()).map(|_| trace(driver)).collect()
    };
    let first = rates(&mut driver);
    let words = driver.extend(None).expect("at its end");
    assert_eq!(words, "2 more epochs, 4 steps: the learning rate starts again at its first value and falls to zero (a warm restart).");
    // Half a cosine over four steps: 1, cos²(π/8), 1/2, sin²(π/8) of the first rate.
    let eighth = (std::f64::consts::PI / 8.0).sin().powi(2);
    for (found, expected) in first.iter().zip([1.0, 1.0 - eighth, 0.5, eighth]) {
        assert!((found - 0.004 * expected).abs() < 1e-15, "{first:?}");
    }
    // Saved in the middle of the second part, the schedule is where it was.
    let mut second = Vec::new();
    for _ in 0..2 {
        second.push(block_on(driver.trace(0)).expect("member 0 is there").lanes[0].rate);
        driver.step();
    }
    let mut resumed = restore(&block_on(driver.save())).expect("just saved");
    assert_eq!((resumed.steps_done(), resumed.steps_planned()), (6, 8));
    second.extend(rates(&mut resumed));
    assert_eq!(second, first, "the same curve again");
    let words = resumed.extend(Some(5)).expect("at its end");
    assert!(words.starts_with("5 more epochs, 10 steps"), "{words}");
    assert_eq!(resumed.steps_planned(), 18);
    assert!(resumed.extend(Some(0)).is_err());

    let mut constant = small(&["sgd"]);
    constant.training.schedule = Schedule::Constant;
    let mut driver = start(constant);
    (0..4).for_each(|_| driver.step());
    assert!(driver.extend(Some(1)).expect("at its end").ends_with("the learning rate stays as it is."));
}

/// Saved by Basin at e1bb18a, before there were checksums: `basin train --experiment small.json --stop-after-step 3` with
/// the lanes and sizes of [`small`] and momentum. There, `--resume` ended at these numbers.
#[test]
fn a_run_without_a_checksum_opens_with_a_note() {
    let mut driver = restore(include_bytes!("saved/format-1.safetensors")).expect("old runs open");
    let notes = &driver.summary().notes;
    assert!(notes.iter().any(|note| note.contains("older Basin, without a checksum")), "{notes:?}");
    assert_eq!((driver.steps_done(), driver.steps_planned()), (3, 4));
    driver.step();
    let lanes = block_on(driver.measure()).lanes;
    assert!((lanes[0].train_loss[0] - 2.079_432_487).abs() < 1e-6 && (lanes[0].test_loss[0] - 2.079_229_593).abs() < 1e-6, "{lanes:?}");
    let spent = lanes.iter().map(|lane| lane.gradient_evaluations).collect::<Vec<f64>>();
    assert!((spent[0] - 4.0).abs() < 1e-12 && (spent[1] - 32.0 / 3.0).abs() < 1e-12, "{spent:?}");
    assert!(lanes[0].seconds.is_some_and(|seconds| seconds > 0.004), "what its first steps took is not forgotten");
    let again = restore(&block_on(driver.save())).expect("just saved");
    assert!(again.summary().notes.iter().all(|note| !note.contains("checksum")), "saved again it has one");
}
