//! Every rule against known numbers from an independent program (`tests/golden/make_golden.py`), on
//! every device and number type. A missing GPU fails: the software one of Mesa is enough.

use basin_tests::GPU;
use basin_verify::file::VerifyError;
use basin_verify::{Report, verify};
use burn::tensor::{DType, Device};
use pollster::block_on;

const FILES: [(&str, &str); 3] = [
    ("logreg", include_str!("../golden/logreg.json")),
    ("mlp2", include_str!("../golden/mlp2.json")),
    ("embbag", include_str!("../golden/embbag.json")),
];

/// The numbers of the file are rounded to 1e-16, and δ-SAM's second difference divides that by r² = 0.0025.
const DOUBLE: f64 = 1e-11;
/// A few roundings of f32 (6e-8 each), relative to the largest number of the vector; F-SAM's second step
/// takes two close vectors from one another and loses another digit.
const SINGLE: f64 = 5e-6;
/// A loss near 1 in f32 errs by 6e-8 to 1e-7; RW-SAM divides a difference of two by r = 0.05 and so errs by
/// a few 1e-6, and all that its weights p go into errs with them.
const FIRST_DIFFERENCE: f64 = 2e-5;
/// A gradient near 0.3 in f32 errs by 3e-8; Eigen-SAM divides a difference of two by 2 h = 0.02, five times over.
const GRADIENT_DIFFERENCE: f64 = 1e-4;
/// SMART goes by the gradient of a divergence of answers to inputs 0.001 apart: logits in f32 err by 6e-8 and differ by some 1e-4.
const DIVERGENCE: f64 = 5e-4;
/// δ-SAM divides a difference of three by r² = 0.0025, which makes it 1e-4 where the largest c are 0.3 to 3.
const SECOND_DIFFERENCE: f64 = 5e-4;

fn check(device: &Device, float: DType, band: impl Fn(&str, &str) -> f64) {
    for (name, json) in FILES {
        let report = block_on(verify(json, device, float)).expect("the file is whole");
        println!("{report}");
        assert_eq!(report.problem, name);
        assert!(report.skipped.is_empty(), "every rule of {name} is known: {:?}", report.skipped);
        assert_eq!(report.rows.len(), quantities(json), "every quantity of {name} is compared");
        let far: Vec<_> = report.rows.iter().filter(|row| row.error > band(&row.rule, &row.quantity)).collect();
        assert!(far.is_empty(), "{name}: {far:#?}");
    }
}

/// Quantities that a file holds: 6 of the batch, and every field of every rule and step that is no setting.
fn quantities(json: &str) -> usize {
    let file: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).expect("the file is JSON");
    let of_rule = |rule: &serde_json::Value| {
        rule.as_object().map_or(0, |fields| fields.keys().filter(|key| !["formula", "lam", "masks"].contains(&key.as_str())).count())
    };
    let rules = file.iter().filter(|(name, _)| *name != "batch").map(|(_, value)| match value {
        serde_json::Value::Array(steps) => steps.iter().map(of_rule).sum(),
        one => of_rule(one),
    });
    6 + rules.sum::<usize>()
}

/// The band of f32.
fn single(rule: &str, quantity: &str) -> f64 {
    match (rule, quantity) {
        (_, "losses_plus" | "losses_minus" | "z" | "eps_norm") => SINGLE,
        ("delta_sam" | "delta_sam_c_over_gradnorm", _) => SECOND_DIFFERENCE,
        ("rw_sam" | "delta_sam_change", _) => FIRST_DIFFERENCE,
        ("eigen_sam", _) => GRADIENT_DIFFERENCE,
        ("smart", _) => DIVERGENCE,
        _ => SINGLE,
    }
}

#[test]
fn float64_on_the_cpu_agrees_to_eleven_digits() {
    check(&Device::flex(), DType::F64, |_, _| DOUBLE);
}

#[test]
fn float32_on_the_cpu_agrees_to_its_rounding() {
    check(&Device::flex(), DType::F32, single);
}

#[test]
fn float32_on_the_gpu_agrees_to_its_rounding() {
    check(&GPU, DType::F32, single);
}

fn on_cpu(json: &serde_json::Value) -> Result<Report, VerifyError> {
    block_on(verify(&json.to_string(), &Device::flex(), DType::F64))
}

fn embbag() -> serde_json::Value {
    serde_json::from_str(FILES[2].1).expect("the file is JSON")
}

#[test]
fn a_changed_number_shows_in_its_row_and_no_other() {
    let mut json = embbag();
    let number = &mut json["sam"]["w_new"][24];
    *number = (number.as_f64().expect("a number") + 1e-6).into();
    let report = on_cpu(&json).expect("the file is whole");
    let worst = report.worst().expect("there are rows");
    assert_eq!((worst.rule.as_str(), worst.quantity.as_str()), ("sam", "w_new"));
    assert!(worst.error > 1e-7);
    assert_eq!(report.rows.iter().filter(|row| row.error > 1e-9).count(), 1);
}

#[test]
fn other_numbers_of_the_same_form_are_read() {
    // w_new of SGD is linear in the rate: from 0.5 to 0.25 the step halves, and the file's w_new is off by just that.
    let mut json = embbag();
    json["lr"] = 0.25.into();
    let report = on_cpu(&json).expect("the file is whole");
    let row = report.rows.iter().find(|row| row.rule == "sgd").expect("SGD is there");
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().filter_map(serde_json::Value::as_f64).collect()
    };
    let largest = |of: Vec<f64>| of.into_iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let expected = 0.25 * largest(numbers(&json["mean_grad"])) / largest(numbers(&json["sgd"]["w_new"]));
    assert!((row.error - expected).abs() < 1e-9, "{} is not {expected}", row.error);
}

#[test]
fn unknown_rules_and_quantities_are_skipped_by_name() {
    let mut json = embbag();
    json["vanilla_sam"] = serde_json::json!({ "w_new": [1.0] });
    json["sam"]["mood"] = 1.0.into();
    let report = on_cpu(&json).expect("the file is whole");
    assert_eq!(report.skipped, ["vanilla_sam", "sam.mood"]);
    assert!(report.to_string().contains("vanilla_sam"));
}

#[test]
fn what_is_missing_or_of_the_wrong_length_is_named() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(Change, &str); 9] = [
        (|json| drop(json.as_object_mut().expect("an object").remove("rho")), "has no field `rho`"),
        (|json| drop(json["sam"].as_object_mut().expect("an object").remove("eps")), "has no field `sam.eps`"),
        (|json| drop(json["w"].as_array_mut().expect("a list").pop()), "`w` in the golden file has 24 entries, and needs 25"),
        (
            |json| drop(json["delta_sam"]["p"].as_array_mut().expect("a list").pop()),
            "`delta_sam.p` in the golden file has 4 entries, and needs 5",
        ),
        (
            |json| json["batch"][2]["tokens"][0] = 5.into(),
            "`batch[2].tokens` in the golden file must be a list of whole numbers from 0 to 4",
        ),
        (|json| json["batch"][0]["y"] = 3.into(), "`batch[0].y` in the golden file must be a whole number from 0 to 2"),
        (|json| json["sam"]["w_new"][3] = "x".into(), "`sam.w_new` in the golden file must be a list of numbers"),
        (|json| json["f_sam_ema_first_2steps"][1]["d"] = 1.0.into(), "`f_sam_ema_first_2steps[1].d` in the golden file must be a list"),
        (|json| json["problem"] = "xor".into(), "`problem` in the golden file must be logreg, mlp2 or embbag"),
    ];
    for (change, message) in cases {
        let mut json = embbag();
        change(&mut json);
        let error = on_cpu(&json).expect_err(message).to_string();
        assert!(error.contains(message), "{error:?} does not say {message:?}");
    }
}

#[test]
fn what_is_no_json_is_told() {
    let error = block_on(verify("w = 1", &Device::flex(), DType::F64)).expect_err("no JSON");
    assert!(matches!(error, VerifyError::Json { .. }));
}
