//! The course beside the views: a lesson is opened, predicted, trained and explained.

use basin_app::lessons;
use basin_app::settings::Middle;
use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, Phase};

use super::*;

/// A window in which the second lesson is open.
fn reading(size: egui::Vec2) -> Bench {
    let mut bench = Bench::greeted(size);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    bench.click("Course");
    bench.click("Noise is memorised");
    bench
}

/// A measurement of two lanes that agree with so many of the training labels.
fn agreeing(run: u64, step: usize, train_accuracy: [f64; 2]) -> Event {
    let Event::Measured { run, mut measurement } = measured(run, step, 2, 4) else { unreachable!("it is one") };
    for (lane, accuracy) in measurement.lanes.iter_mut().zip(train_accuracy) {
        lane.train_accuracy = vec![accuracy; 4];
    }
    Event::Measured { run, measurement }
}

#[test]
fn a_step_is_predicted_trained_and_explained() {
    let mut bench = reading(DESKTOP);
    assert!(bench.sees("Who agrees with the labels?") && bench.sees("choose an answer"), "asked before it is shown");
    bench.click("both equally");
    assert!(bench.sees("Train this to see what comes of it."));
    bench.click("Train this");
    let experiment = lessons::course()[1].1.steps[0].experiment.clone();
    let start = bench.sent().into_iter().find_map(|command| match command {
        Command::Start { run, experiment, .. } => Some((run, *experiment)),
        _ => None,
    });
    assert_eq!(start, Some((RunId(2), experiment.clone())));
    assert_eq!((&bench.app().settings().experiment, bench.app().settings().middle), (&experiment, Middle::Curves));
    bench.say(prepared(2, &experiment));
    bench.say([agreeing(2, 10, [0.95, 0.8])]);
    assert!(bench.sees("you see it at the end"));
    bench.say([phase(2, Phase::Finished)]);
    assert!(bench.sees("Not as you predicted.") && bench.sees("95 % > 90 % > 80 % + 8 % = 88 %"), "with its arithmetic");
    assert!(bench.sees("SGD agrees with over 90 %") && !bench.sees("Here it is otherwise"));
    // The next step looks at the same run.
    bench.click("Next");
    assert!(bench.sees(&lessons::course()[1].1.steps[1].title) && bench.sees("Show") && !bench.sees("Train this"));
}

#[test]
fn a_run_that_went_past_the_lesson_tells_nothing_until_it_is_back() {
    let mut bench = reading(DESKTOP);
    bench.click("both equally");
    bench.click("Train this");
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(2, &experiment));
    let at = |step: usize, steps: usize| {
        let progress = Progress { step, steps, first: 0, furthest: step, taken: step, steps_per_second: 1.0, seconds: 1.0 };
        Event::Progress { run: RunId(2), progress }
    };
    bench.say([agreeing(2, 390, [0.95, 0.8]), at(400, 780)]);
    bench.sent();
    assert!(bench.sees("gone on past what this step is about") && !bench.sees("Not as you predicted."));
    bench.click("Back to step 390");
    assert_eq!(bench.sent(), [Command::Seek { step: 390 }]);
    bench.say([at(390, 780), phase(2, Phase::Paused)]);
    assert!(bench.sees("Not as you predicted."), "it is told of this step");
}

#[test]
fn a_claim_that_does_not_hold_is_explained_too() {
    let mut bench = reading(DESKTOP);
    bench.click("both equally");
    bench.click("Train this");
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(2, &experiment));
    bench.say([agreeing(2, 10, [0.95, 0.9]), phase(2, Phase::Finished)]);
    assert!(bench.sees("This time it came out differently.") && bench.sees("Here it is otherwise; look at the numbers"));
}

#[test]
fn the_reader_comes_back_to_where_he_was() {
    let mut bench = reading(DESKTOP);
    bench.click("Next");
    let next = &lessons::course()[1].1.steps[1];
    bench.click(&next.question.as_ref().expect("it asks").choices[0]);
    let kept = bench.app().settings().json();
    let mut again = Bench::open(DESKTOP, Some(&kept), Opening::default());
    again.say([hello()]);
    assert!(again.sees(&next.title));
    again.click("All lessons");
    assert!(again.sees("Sharpness is no law"));
    assert_eq!(again.app().settings().course.furthest.get("02-noise"), Some(&1));
    again.click("Close the course");
    assert!(!again.sees("Sharpness is no law"));
}

#[test]
fn a_lesson_of_a_teacher_is_opened_beside_the_others() {
    let mut bench = Bench::greeted(DESKTOP);
    let text = "---\ntitle: Mine\nminutes: 1\nlevel: easy\n---\n## My step\nMy text.\n";
    bench.app_mut().file_opened(&FileRequest::Lesson, "mine.md".to_owned(), text.as_bytes().to_vec());
    bench.harness.run();
    assert!(bench.sees("My step") && bench.sees("My text."));
    bench.click("Done");
    assert!(bench.sees("Mine") && bench.sees("Your own data"));
    bench.app_mut().file_opened(&FileRequest::Lesson, "bad.md".to_owned(), text.replace("easy", "simple").into_bytes());
    bench.harness.run();
    assert_eq!(bench.notices(), ["bad.md is no lesson: line 4: `simple` is no level: use easy, medium, hard."]);
}

/// On a phone the lesson stands above what it is about, and what it is about comes into sight when it is trained.
#[test]
fn on_a_phone_the_lesson_stands_above_the_charts() {
    let mut bench = reading(PHONE);
    bench.say([measured(1, 10, 3, 4)]);
    assert!(bench.sees("Who agrees with the labels?"));
    let lesson = bench.harness.get_by_label("Who agrees with the labels?").rect();
    let chart = bench.harness.get_by_label_contains("Chart of Test accuracy").rect();
    assert!(chart.top() > lesson.bottom(), "{lesson} {chart}");
    bench.click("Train this");
    let view = bench.harness.get_by_label("View").rect();
    assert!(bench.harness.ctx.content_rect().contains(view.center()), "{view}");
    assert!(bench.sees("Who agrees with the labels?"), "it is still there, above");
    // What came of it stands in the lesson, and there is a way back to it.
    let way_back = |bench: &Bench| bench.harness.query_by_label("Read what came of it").is_some();
    assert!(!way_back(&bench));
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(2, &experiment));
    bench.say([agreeing(2, 10, [0.95, 0.8]), phase(2, Phase::Finished)]);
    assert!(!way_back(&bench), "first the prediction");
    bench.harness.get_by_label("both equally").click_accesskit();
    bench.harness.run();
    bench.harness.get_by_label("View").scroll_to_me();
    bench.harness.run();
    bench.click("Read what came of it");
    bench.harness.run_steps(4);
    let told = bench.harness.get_by_label("Not as you predicted.").rect();
    assert!(told.top() > 130.0 && told.bottom() < 780.0, "{told}");
    bench.click("Setup");
    assert!(!bench.sees("Who agrees with the labels?"), "the other pages are their own");
    // Turned, it stands beside the charts.
    let mut bench = reading(super::touch::TURNED);
    bench.say([measured(1, 10, 3, 4)]);
    let lesson = bench.harness.get_by_label("Who agrees with the labels?").rect();
    let chart = bench.harness.get_by_label("View").rect();
    assert!(chart.left() > lesson.left() && chart.top() < 120.0, "{lesson} {chart}");
}

/// What is to be used is named where this screen has it, and ringed where it is seen.
#[test]
fn what_a_step_points_to_is_where_it_says() {
    for (size, results, noise) in [
        (DESKTOP, "use the results below", "use the label noise of the setup"),
        (TABLET, "use the results below", "use the label noise of the setup (close the course to see it)"),
        (PHONE, "use the page Results", "use the label noise of the setup, on the page Setup"),
        (super::touch::TURNED, "use the page Results", "use the label noise of the setup, on the page Setup"),
    ] {
        let mut bench = reading(size);
        let next = |bench: &mut Bench| {
            bench.harness.get_by_label("Next").click_accesskit();
            bench.harness.run();
        };
        next(&mut bench);
        assert!(bench.sees(results), "{size}");
        next(&mut bench);
        next(&mut bench);
        assert!(bench.harness.query_by_label(noise).is_some(), "{size}");
    }
    // Results and question share a card where there is little room: the one that is spoken of is in front.
    let mut bench = reading(TABLET);
    bench.say([measured(1, 10, 3, 4)]);
    bench.press(Key::Num4);
    assert_eq!(bench.app().settings().tab, basin_app::settings::Tab::Ask);
    bench.click("Next");
    bench.click("Train this");
    assert_eq!(bench.app().settings().tab, basin_app::settings::Tab::Results);
}

/// A setup that another step made is nobody's own: nothing is put aside for it.
#[test]
fn lessons_put_aside_what_the_reader_made_and_nothing_else() {
    let aside = |bench: &Bench| bench.sees("Another setup took the place of yours");
    let mut bench = Bench::visited(DESKTOP, Some(r#"{"welcome":false}"#));
    bench.click("Course");
    for lesson in ["A gradient step and the landscape", "Noise is memorised"] {
        bench.click(lesson);
        // Its text may speak of the button, too.
        bench.click_last("Train this");
        assert!(!aside(&bench), "{lesson}");
        bench.click("All lessons");
    }
    bench.harness.get_by_label("Remove SGD").click();
    bench.harness.run();
    bench.click("What it costs");
    bench.pause();
    bench.click("Train this");
    assert!(aside(&bench));
}

#[test]
fn every_step_of_every_lesson_can_be_drawn() {
    for size in [DESKTOP, TABLET, PHONE, super::touch::TURNED] {
        let mut bench = Bench::greeted(size);
        bench.click("Course");
        for (name, lesson) in lessons::course() {
            bench.harness.get_by_label(&lesson.title).click_accesskit();
            bench.harness.run();
            for (i, step) in lesson.steps.iter().enumerate() {
                assert!(bench.sees(&step.title), "{name}: {}", step.title);
                // It may lie below the screen.
                bench.harness.get_by_label(if i + 1 < lesson.steps.len() { "Next" } else { "Done" }).click_accesskit();
                bench.harness.run();
            }
        }
        assert_eq!(bench.app().settings().course.furthest.len(), lessons::course().len());
    }
}

#[test]
fn screenshots_of_the_course() {
    let Some(folder) = image_folder() else { return };
    for (name, size) in [("desktop", DESKTOP), ("tablet", TABLET), ("phone", PHONE), ("turned", super::touch::TURNED)] {
        let mut bench = reading(size);
        bench.click("both equally");
        shoot(&folder, &mut bench, &format!("course-{name}"));
    }
}
