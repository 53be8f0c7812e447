//! The view that judges the answers, and the questions of many texts.

use basin_train::report::{
    BestEpoch, Bin, Cell, ClassFigures, Figures, Judged, JudgedCell, Judgement, LaneJudgement, PrecisionAt, Predicted, Predictions,
};

use super::*;

/// What was asked of the trainer so far, without what follows every measurement.
fn looking(size: egui::Vec2) -> Bench {
    let mut bench = Bench::greeted(size);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4), measured(1, 10, 3, 4)]);
    bench.sent();
    bench.press(Key::Num0);
    bench
}

fn judged(text: &str, label: usize, given_label: usize, answer: usize) -> Judged {
    let (row, agreeing, members) = (7, 3, 4);
    Judged {
        row,
        text: text.to_owned(),
        label,
        given_label,
        answer,
        probability: 0.9,
        label_probability: 0.1,
        loss: 2.3,
        agreeing,
        members,
    }
}

/// Lane l has an accuracy of 0.7 + 0.1 l; class c is taken for the next one by 2 of 10 in each of four seeds.
pub fn judgement(step: usize, classes: usize) -> Event {
    let lane = |lane: usize| {
        let figures = |accuracy: f64| Figures {
            accuracy,
            macro_f1: accuracy - 0.05,
            log_loss: 0.5,
            calibration_error: 0.08,
            temperature: 1.6,
            tempered_log_loss: 0.45,
            tempered_calibration_error: 0.03,
        };
        let accuracy = 0.7 + 0.1 * lane as f64;
        let cells = (0..classes)
            .flat_map(|label| [Cell { label, answer: label, count: 32 }, Cell { label, answer: (label + 1) % classes, count: 8 }]);
        let bin = |place: usize| {
            let middle = (place as f64 + 0.5) / 10.0;
            if place < 3 {
                Bin { count: 0, confidence: f64::NAN, accuracy: f64::NAN }
            } else {
                Bin { count: 10 * place, confidence: middle, accuracy: 0.8 * middle }
            }
        };
        LaneJudgement {
            members: vec![figures(accuracy); 4],
            together: figures(accuracy + 0.02),
            classes: vec![ClassFigures { precision: vec![0.8; 4], recall: vec![0.75; 4], f1: vec![0.774; 4] }; classes],
            cells: cells.collect(),
            bins: (0..10).map(bin).collect(),
            mistakes: vec![judged("my screen is black and stays so", 0, 0, 1), judged("where is the invoice", 1, 1, 2)],
            suspects: vec![judged("the printer prints nothing", 2, 1, 1)],
            // The last lane has learned its labels by heart.
            train_accuracy: 0.8 + 0.1 * lane as f64,
            epochs: Vec::new(),
            precision: vec![PrecisionAt { k: 10, precision: 0.9 }, PrecisionAt { k: 84, precision: 0.75 }],
        }
    };
    let judgement = Judgement {
        step,
        on: "the test set".to_owned(),
        examples: 10 * classes,
        total: 10 * classes,
        class_counts: vec![10; classes],
        training_examples: 420,
        flipped: 84,
        linear: Some(Figures { accuracy: 0.66, ..Figures::default() }),
        seconds: 0.01,
        lanes: (0..3).map(lane).collect(),
    };
    Event::Judged { run: RunId(1), judgement: Box::new(judgement) }
}

fn cell(lane: usize, label: usize, answer: usize) -> Event {
    let examples = vec![judged("the mouse is gone", label, label, answer), judged("nothing moves", label, label, answer)];
    Event::JudgedCell { run: RunId(1), cell: Box::new(JudgedCell { step: 10, lane, label, answer, total: 2, examples }) }
}

fn predictions() -> Event {
    let answer = |class| Predicted { class, probability: 0.83, deviation: 0.05, agreeing: 4 };
    let predictions = Predictions {
        step: 10,
        file: "the list".to_owned(),
        notes: vec!["the list: each line is a text".to_owned()],
        lines: vec![1, 2],
        texts: vec!["no sound at all".to_owned(), "pay me".to_owned()],
        unknown: 1,
        more: false,
        lanes: vec![vec![answer(Some(0)), answer(Some(1))], vec![answer(Some(1)), answer(Some(1))], vec![answer(None), answer(Some(0))]],
    };
    Event::Predicted { run: RunId(1), predictions: Box::new(predictions) }
}

fn classes(bench: &Bench) -> Vec<String> {
    bench.app().state().run.summary.as_ref().expect("it is prepared").classes.clone()
}

#[test]
fn the_best_epoch_is_asked_for_in_the_setup_and_stands_in_the_results_at_the_end() {
    for size in [DESKTOP, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        bench.say([measured(1, 10, 3, 4)]);
        if size == PHONE {
            bench.click("Setup");
        }
        bench.harness.get_by_role_and_label(egui::accesskit::Role::DisclosureTriangle, "Training").click_accesskit();
        bench.harness.run();
        // It may lie below what is seen.
        bench.harness.get_by_label("Find each seed's best epoch").click_accesskit();
        bench.harness.run();
        assert!(bench.app().settings().experiment.data.selection > 0.0);
        let best = |accuracy: f64| BestEpoch { epoch: vec![2.0, 3.0], test_accuracy: vec![accuracy; 2], ..BestEpoch::default() };
        bench.say([Event::Best { run: RunId(1), best: vec![best(0.71), best(0.72), best(0.73)] }]);
        if size == PHONE {
            bench.click("Results");
        }
        assert!(!bench.sees("at epoch 2.5"), "the run is not at its end");
        let progress = Progress { step: 390, steps: 390, furthest: 390, ..Progress::default() };
        bench.say([Event::Progress { run: RunId(1), progress }, phase(1, Phase::Finished)]);
        assert!(bench.sees("71.0") && bench.sees("at epoch 2.5"));
        assert!(bench.sees("At the epochs chosen, SGD (AdamW) against SAM: −1.0 ± 0.0 pp, too few seeds to tell"), "{size}");
    }
}

#[test]
fn the_last_column_of_the_results_is_seen_beside_chosen_epochs_and_long_verdicts() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    let Event::Measured { run, mut measurement } = measured(1, 390, 3, 4) else { unreachable!("it measures") };
    // SAM has 0.51, 0.512, 0.514 and 0.516: differences of both signs.
    measurement.lanes[0].test_accuracy = vec![0.49, 0.53, 0.50, 0.53];
    let best = BestEpoch { epoch: vec![12.0, 13.0], test_accuracy: vec![0.61, 0.83], ..BestEpoch::default() };
    let progress = Progress { step: 390, steps: 390, furthest: 390, ..Progress::default() };
    bench.say([
        Event::Measured { run, measurement },
        Event::Best { run: RunId(1), best: vec![best; 3] },
        Event::Progress { run: RunId(1), progress },
        phase(1, Phase::Finished),
    ]);
    let edge = |label: &str| {
        let all = bench.harness.query_all_by_role_and_label(egui::accesskit::Role::Label, label);
        all.map(|label| label.rect().right()).fold(0.0, f32::max)
    };
    let end = bench.harness.get_by_label("Save Results").rect().right();
    for label in ["Wrong repeated", "40.3 ± 0.3 %", "no difference beyond chance", "chosen 72.0 ± 15.6 % at epoch 12.5"] {
        assert!((1.0..=end).contains(&edge(label)), "{label}: {} of {end}", edge(label));
    }
}

#[test]
fn the_answers_are_judged_when_somebody_looks() {
    let mut bench = looking(DESKTOP);
    assert_eq!(bench.sent(), [Command::Judge]);
    assert!(bench.sees("being judged"));
    let count = classes(&bench).len();
    bench.say([judgement(10, count)]);
    assert_eq!(bench.sent(), [], "once is enough where the run is");
    assert!(
        bench.sees("SGD")
            && bench.sees("70.0 ± 0.0 %")
            && bench.sees("SAM, seeds together")
            && bench.sees("82.0 %")
            && bench.sees("Linear model, accuracy 66.0 %")
    );
    // It takes a moment, so it follows the run.
    bench.say([measured(1, 20, 3, 4)]);
    assert!(bench.sent().contains(&Command::Judge));
}

#[test]
fn a_linear_model_stands_below_the_lanes() {
    for (size, label) in [(DESKTOP, "a linear model"), (PHONE, "A linear model: 66.0 %")] {
        let mut bench = looking(size);
        let names = classes(&bench);
        bench.click(if size == PHONE { "Results" } else { "Curves" });
        assert!(!bench.sees(label));
        // Beside the run, or, where it has only just begun, with the judgement.
        let linear = Figures { accuracy: 0.66, ..Figures::default() };
        let told = if size == PHONE { judgement(10, names.len()) } else { Event::Linear { run: RunId(1), linear } };
        bench.say([told]);
        assert!(bench.sees(label) && bench.sees("66.0 %"), "{size}");
        assert_eq!(bench.sees("dense dots: a linear model, 66.0 %"), size == DESKTOP);
    }
}

#[test]
fn a_cell_of_the_matrix_shows_its_texts() {
    let mut bench = looking(DESKTOP);
    let names = classes(&bench);
    bench.say([judgement(10, names.len())]);
    bench.sent();
    bench.click("Confusions");
    // 8 answers of four seeds are 2 of 10.
    let told = format!("label {}, answer {}: 2 (20.0 % of the label)", names[0], names[1]);
    bench.harness.get_by_label(&told).click();
    bench.harness.run();
    assert_eq!(bench.sent(), [Command::JudgedCell { lane: 0, label: 0, answer: 1 }]);
    bench.say([cell(0, 0, 1)]);
    assert!(bench.sees("the mouse is gone") && bench.sees("2 test examples"));
    bench.harness.get_by_label("Judged lane").click();
    bench.harness.run();
    bench.click_last("SAM");
    assert_eq!(bench.sent(), [Command::JudgedCell { lane: 1, label: 0, answer: 1 }], "the same cell of the other lane");
    bench.harness.get_by_label("Save Confusions").click();
    bench.harness.run();
    bench.click("CSV: its values…");
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_back() else { panic!("a table is saved") };
    assert_eq!(name, "basin-judge-confusions.csv");
    let text = String::from_utf8(bytes).expect("text");
    assert!(
        text.starts_with("lane,label,answer,answers_of_all_seeds\n") && text.contains(&format!("SGD,{},{},8", names[0], names[1])),
        "{text}"
    );
}

#[test]
fn every_part_says_what_it_shows() {
    for size in [DESKTOP, PHONE] {
        let mut bench = looking(size);
        let count = classes(&bench).len();
        bench.say([judgement(10, count)]);
        let parts: [(&str, &[&str]); 5] = [
            ("Classes", &["Precision 80.0", "F1 77.4"]),
            ("Calibration", &["Reliability by confidence: 0.3"]),
            ("Mistakes", &["my screen is black and stays so", "p 90.0 %"]),
            ("Labels", &["84 labels were made wrong on purpose (20.0 %", "90.0 % of the first 10", "the printer prints nothing"]),
            ("Overview", &["calibration error"]),
        ];
        for (part, words) in parts {
            choose(&mut bench, part);
            for words in words {
                assert!(bench.sees(words), "{part}: {words} is not there");
            }
        }
    }
}

#[test]
fn the_name_of_every_figure_is_drawn_whole() {
    for size in [DESKTOP, PHONE] {
        let mut bench = looking(size);
        let count = classes(&bench).len();
        bench.say([judgement(10, count)]);
        let shapes = &bench.harness.output().shapes;
        let is_whole = |words: &str| {
            shapes.iter().any(|clipped| match &clipped.shape {
                egui::Shape::Text(text) if text.galley.text().contains(words) => {
                    !text.galley.elided && clipped.clip_rect.contains_rect(text.visual_bounding_rect())
                }
                _ => false,
            })
        };
        for figure in ["macro F1", "log loss, tempered", "calibration error, tempered"] {
            assert!(is_whole(figure), "{size}: {figure}");
        }
    }
}

#[test]
fn a_lane_that_has_learned_its_labels_by_heart_says_so() {
    let mut bench = looking(DESKTOP);
    let count = classes(&bench).len();
    bench.say([judgement(10, count)]);
    bench.click("Labels");
    let words = "has learned its training labels by heart";
    assert!(!bench.sees(words), "80 % are not all");
    bench.harness.get_by_label("Judged lane").click();
    bench.harness.run();
    let last = bench.app().state().run.lanes[2].title.clone();
    bench.click_last(&last);
    assert!(bench.sees(words) && bench.sees("Find each seed's best epoch"));
}

#[test]
fn many_classes_are_a_list_of_confusions() {
    let mut bench = Bench::greeted(DESKTOP);
    let mut told = summary(&Experiment::default());
    told.classes = (0..20).map(|class| format!("class {class}")).collect();
    bench.say([Event::Prepared { run: RunId(1), summary: Box::new(told) }, phase(1, Phase::Running)]);
    bench.say([measured(1, 10, 3, 4)]);
    bench.press(Key::Num0);
    bench.say([judgement(10, 20)]);
    bench.sent();
    bench.click("Confusions");
    assert!(bench.sees("The most frequent confusions"));
    bench.harness.get_by_label("Label class 4, Answer class 5, Examples 2, Share 20.0 %").click();
    bench.harness.run();
    assert_eq!(bench.sent(), [Command::JudgedCell { lane: 0, label: 4, answer: 5 }]);
}

#[test]
fn a_list_of_texts_is_answered_and_saved() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 10, 3, 4)]);
    bench.sent();
    bench.ask_list("no sound at all\npay me");
    let sent = bench.sent();
    let [Command::Predict { file }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("the list", &b"no sound at all\npay me"[..]));
    bench.say([predictions()]);
    assert!(bench.sees("2 texts of the list, at step 10") && bench.sees("1 text has no token"));
    let names = classes(&bench);
    assert!(bench.sees(&format!("no sound at all: SGD {} 83 ± 5 %", names[0])));
    bench.harness.get_by_label("Save as CSV…").click_accesskit();
    bench.harness.run();
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_back() else { panic!("a table is saved") };
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(name, "basin-predictions.csv");
    assert!(text.contains(&format!("1,no sound at all,SGD,{},0.83,0.05,4\n", names[0])), "{text}");
    bench.harness.get_by_label("Open a file…").click_accesskit();
    bench.harness.run();
    assert_eq!(bench.asked().files.pop_back(), Some(FileRequest::Texts));
}

/// The parts of the view.
pub const PARTS: [&str; 6] = ["Overview", "Confusions", "Classes", "Calibration", "Mistakes", "Labels"];

#[test]
fn screenshots() {
    let Some(folder) = image_folder() else { return };
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, name) in [(DESKTOP, "desktop"), (TABLET, "tablet"), (PHONE, "phone")] {
            for part in PARTS {
                let mut bench = opened(size, theme, "Curves", "Judge");
                trained(&mut bench, 312);
                fill(&mut bench, part);
                if part == "Confusions" && size == DESKTOP {
                    bench.harness.get_by_label_contains("label billing, answer delivery").click();
                    bench.harness.run();
                    bench.say([cell(0, 0, 1)]);
                }
                shoot(&folder, &mut bench, &format!("{name}-{shade}-judge-{}", part.to_lowercase()));
            }
        }
    }
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let mut bench = opened(size, Theme::Light, "Ask", "Curves");
        trained(&mut bench, 312);
        bench.click("Many texts");
        bench.say([predictions()]);
        shoot(&folder, &mut bench, &format!("{name}-light-many-texts"));
    }
}

/// The view for an image.
pub fn fill(bench: &mut Bench, part: &str) {
    let names = classes(bench);
    bench.say([judgement(312, names.len())]);
    if part != "Overview" {
        choose(bench, part);
    }
}

/// Chooses a part of the judgement: from a list on a phone.
fn choose(bench: &mut Bench, part: &str) {
    if bench.harness.query_by_label("Part").is_none() {
        return bench.click(part);
    }
    bench.harness.get_by_label("Part").click_accesskit();
    bench.harness.run();
    bench.harness.get_all_by_label(part).last().expect("it is listed").click_accesskit();
    bench.harness.run();
    // What was not pressed with a pointer leaves the list open.
    bench.press(Key::Escape);
}
