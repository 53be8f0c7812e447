//! The model `sentence`: what the setup says of its encoder, and the bar before its run begins.

use basin_train::experiment::ModelKind;
use basin_train::protocol::EncoderOffer;

use super::*;

/// A setup with this model, opened at it, with a trainer that knows this of the encoder.
fn with_encoder(size: egui::Vec2, encoder: Option<EncoderOffer>) -> Bench {
    let mut experiment = Experiment::default();
    experiment.model.kind = ModelKind::Sentence;
    let mut settings = serde_json::json!({ "experiment": experiment });
    settings["tab"] = "Setup".into();
    let mut bench = Bench::open(size, Some(&settings.to_string()), Opening::default());
    let Event::Hello { version, library, memory, .. } = hello() else { unreachable!("it is one") };
    bench.say([Event::Hello { version, library, memory, cores: Cores::default(), encoder }]);
    bench
}

fn press(bench: &mut Bench, section: &str) {
    bench.harness.query_all_by_label_contains(section).last().expect("the section").click();
    bench.harness.run();
}

/// The same while texts are encoded.
pub fn encoding(size: egui::Vec2) -> Bench {
    let mut bench = with_encoder(size, Some(EncoderOffer::Ready { title: "all-MiniLM-L6-v2".to_owned(), bytes: 23_251_234 }));
    if size != PHONE {
        press(&mut bench, "Model");
    }
    let what = "Encoded 420 of 1000 texts".to_owned();
    bench.say([Event::Preparing { run: RunId(1), what, share: Some(0.42) }]);
    bench
}

#[test]
fn the_setup_says_what_the_encoder_takes_and_why_there_is_none() {
    let ready = |bytes| EncoderOffer::Ready { title: "all-MiniLM-L6-v2".to_owned(), bytes };
    let missing = EncoderOffer::Missing("This page comes without an encoder.".to_owned());
    for (offer, words) in [
        (Some(ready(23_251_234)), "The encoder is all-MiniLM-L6-v2: 24 MB, fetched when a run first needs it"),
        (Some(ready(0)), "all-MiniLM-L6-v2, which is on this computer"),
        (Some(missing), "This page comes without an encoder."),
    ] {
        let mut bench = with_encoder(DESKTOP, offer);
        assert!(!bench.sees(words), "the section is closed");
        press(&mut bench, "Model");
        assert!(bench.sees(words), "{words}");
        assert!(!bench.sees("Numbers per token"), "there is no embedding");
    }
}

#[test]
fn what_comes_before_a_run_has_a_bar_and_can_be_stopped() {
    for size in [DESKTOP, PHONE] {
        let mut bench = encoding(size);
        assert!(bench.sees("42 % of what comes before the run") && bench.sees("Encoded 420 of 1000 texts"));
        bench.sent();
        bench.click("Stop");
        assert_eq!(bench.sent(), [Command::Stop]);
        bench.leave_off("Stopped before the run began.");
        bench.say([phase(1, Phase::Idle)]);
        assert!(!bench.sees("what comes before the run"));
        assert_eq!(bench.notices(), ["Stopped before the run began."]);
        assert!(bench.app().state().messages.notices()[0].calm, "nothing went wrong");
        let json = bench.app().state_json();
        assert!(json["failure"].is_null() && json["messages"].as_array().is_some_and(|all| all.iter().all(|m| m["failure"] == false)));
        // It is over with the next run that begins.
        bench.click("Train");
        bench.say(prepared(2, &Experiment::default()));
        assert!(bench.notices().is_empty(), "{:?}", bench.notices());
    }
}

#[test]
fn texts_that_somebody_wants_no_answers_to_any_more_are_no_failure() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4)]);
    bench.ask_list("no sound at all\npay me");
    assert!(bench.sees("The lanes are answering…"));
    bench.sent();
    bench.click("Stop");
    assert_eq!(bench.sent(), [Command::Stop]);
    let words = "Stopped before the texts were answered. Encoded 1 of 2 texts; they are kept for the next time.";
    bench.leave_off(words);
    assert!(!bench.sees("The lanes are answering…"));
    assert_eq!(bench.notices(), [words], "it stays until it is read");
    assert!(bench.app().state_json()["failure"].is_null());
}
