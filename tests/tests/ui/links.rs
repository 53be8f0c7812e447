//! Links: what they hand on, what they lock, how one is made, opened and left.

use basin_app::handout::{Handout, Kinds, Looks, Reading, Timing};
use basin_app::lessons;
use basin_app::locks::{Locks, Part};
use basin_app::settings::{Middle, Settings, Tab};
use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, Phase};

use super::*;

/// What a teacher hands on: the landscape, waiting, with the setup locked and the sentences hidden.
fn handout() -> Handout {
    let view = Looks { middle: Middle::Landscape, setup: true, ..Looks::default() };
    let time = Timing { pace: Some(5.0), stop_at: Some(40), paused: true, ..Timing::default() };
    let mut handout = Handout { view: Some(view), time: Some(time), ..Handout::default() };
    handout.locks.set(Part::Setup, false, true);
    handout.locks.set(Part::Sentences, true, false);
    handout
}

/// Whether something on the screen has this label.
pub fn has(bench: &Bench, label: &str) -> bool {
    bench.harness.query_all_by_label(label).next().is_some()
}

fn by_link(size: egui::Vec2, saved: Option<&str>, handout: &Handout, experiment: &Experiment) -> Bench {
    let mut bench = Bench::open(size, saved, Opening { link: Some(handout.encode(experiment)), ..Opening::default() });
    bench.say([hello()]);
    bench
}

fn eight() -> Experiment {
    Experiment { seeds: 8, ..Experiment::default() }
}

#[test]
fn a_link_sets_up_view_and_time_and_waits() {
    let mut bench = by_link(DESKTOP, None, &handout(), &eight());
    match bench.sent().as_slice() {
        [Command::Pace { steps_per_second }, Command::StopAt { step, .. }, Command::Start { experiment, paused, .. }] => {
            assert_eq!((*steps_per_second, *step, experiment.seeds, *paused), (Some(5.0), Some(40), 8, true));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.app().settings().middle, Middle::Landscape);
    assert!(bench.sees("A teacher's page: setup is locked; sentences view is hidden."));
    bench.say(prepared(1, &eight()));
    assert!(!bench.sees("Welcome to Basin"));
}

#[test]
fn what_is_locked_does_nothing_and_what_is_hidden_is_not_there() {
    let mut bench = by_link(DESKTOP, None, &handout(), &eight());
    bench.say(prepared(1, &eight()));
    assert!(!has(&bench, "Sentences") && has(&bench, "Landscape"));
    // Nor by its key.
    bench.press(Key::Num7);
    assert_eq!(bench.app().settings().middle, Middle::Landscape);
    bench.harness.get_by_role_and_label(egui::accesskit::Role::Slider, "Label noise").click();
    bench.harness.run();
    bench.click("Remove SAM");
    assert_eq!(bench.app().settings().experiment, eight());
    bench.click("Leave");
    assert!(!bench.sees("A teacher's page") && has(&bench, "Sentences"));
    assert_eq!((bench.app().settings().experiment.seeds, bench.sent().len()), (8, 3), "the run goes on");
}

#[test]
fn of_a_locked_setup_a_single_control_can_be_free_and_another_away() {
    let mut handout = handout();
    handout.locks.set(Part::Seeds, false, false);
    handout.locks.set(Part::Noise, true, false);
    let mut bench = by_link(DESKTOP, None, &handout, &eight());
    bench.say(prepared(1, &eight()));
    assert!(!has(&bench, "Label noise") && bench.sees("setup is locked; seeds are free; label noise and sentences view are hidden"));
    let press = |bench: &mut Bench, role: egui::accesskit::Role, label: &str| {
        bench.harness.get_by_role_and_label(role, label).scroll_to_me();
        bench.harness.run();
        bench.harness.get_by_role_and_label(role, label).click();
        bench.harness.run();
    };
    press(&mut bench, egui::accesskit::Role::DisclosureTriangle, "Training");
    press(&mut bench, egui::accesskit::Role::DisclosureTriangle, "Seeds and device");
    let edit = |bench: &mut Bench, label: &str, text: &str| {
        press(bench, egui::accesskit::Role::SpinButton, label);
        bench.harness.event(egui::Event::Text(text.to_owned()));
        bench.press(Key::Enter);
    };
    edit(&mut bench, "Seeds", "3");
    edit(&mut bench, "Epochs", "7");
    assert_eq!(bench.app().settings().experiment, Experiment { seeds: 3, ..eight() });
}

#[test]
fn a_locked_run_goes_by_itself() {
    let mut handout = Handout::default();
    handout.locks.set(Part::Transport, false, true);
    let mut bench = by_link(DESKTOP, None, &handout, &eight());
    bench.say(prepared(1, &eight()));
    bench.sent();
    for key in [Key::Space, Key::S, Key::R, Key::ArrowLeft] {
        bench.press(key);
        bench.pause();
    }
    assert_eq!(bench.sent(), []);
    let mut handout = Handout::default();
    handout.locks.set(Part::Files, true, false);
    handout.locks.set(Part::Transport, true, false);
    let bench = by_link(DESKTOP, None, &handout, &eight());
    for label in ["Restart", "Train", "Open", "Resume the run"] {
        assert!(!has(&bench, label), "{label}");
    }
}

#[test]
fn every_part_can_be_hidden_at_once() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut handout = Handout::default();
        for part in Part::ALL {
            handout.locks.set(part, true, false);
        }
        let mut bench = by_link(size, None, &handout, &eight());
        bench.say(prepared(1, &eight()));
        assert!(bench.sees("Test accuracy"), "{size}: the curves are always there");
        for label in ["Setup", "Results", "Ask", "Course", "Restart"] {
            assert!(!has(&bench, label), "{size}: {label}");
        }
        bench.click("Leave");
        assert!(has(&bench, "Course"));
    }
}

#[test]
fn a_visit_takes_nothing_from_what_the_visitor_has_kept() {
    let mut own = Settings { tab: Tab::Ask, ..Settings::default() };
    own.experiment.seeds = 3;
    let mut bench = by_link(DESKTOP, Some(&own.json()), &handout(), &eight());
    bench.click("Theme");
    bench.click("Dark");
    let kept = |bench: &mut Bench| Settings::read(bench.asked().kept.last().expect("it was kept")).0;
    let expected = Settings { theme: ThemePreference::Dark, ..own.clone() };
    assert_eq!(kept(&mut bench), expected, "the theme is his everywhere");
    bench.click("Leave");
    let now = kept(&mut bench);
    assert_eq!((now.experiment.seeds, now.aside.map(|aside| aside.seeds)), (8, Some(3)));
    assert_eq!(bench.asked().addresses, [""], "the address is bare again");
    bench.sent();
    bench.click("Put it back");
    assert_eq!((bench.app().settings().experiment.seeds, bench.sent().len()), (3, 0), "the run goes on");
    assert!(bench.sees("changed: press Restart") && !bench.sees("took the place of yours"));
}

#[test]
fn who_first_comes_by_a_link_finds_the_doors_when_he_leaves_it() {
    let mut bench = by_link(DESKTOP, None, &Handout::default(), &eight());
    assert!(bench.sees("Opened by a link") && !bench.sees("Welcome to Basin"));
    let kept = Settings::read(bench.asked().kept.last().expect("it was kept")).0;
    assert!(kept.welcome && kept.experiment == presets::start());
    bench.click("Leave");
    assert!(bench.sees("Welcome to Basin") && !bench.sees("took the place of yours"), "he had none");
}

#[test]
fn the_address_follows_what_the_visitor_changes() {
    let mut bench = by_link(DESKTOP, None, &handout(), &eight());
    bench.say(prepared(1, &eight()));
    assert!(bench.asked().addresses.is_empty(), "it says all that already");
    bench.click("Sharpness");
    let last = bench.asked().addresses.last().cloned().expect("it followed");
    let (experiment, read) = Handout::decode(&last).expect("a link");
    let mut expected = handout();
    expected.view.as_mut().expect("it has one").middle = Middle::Sharpness;
    assert_eq!((experiment, read), (eight(), expected));
    assert_eq!(bench.app().link(), last);
    // A reload opens what was there.
    let mut again = Bench::open(DESKTOP, None, Opening { link: Some(last), ..Opening::default() });
    again.say([hello()]);
    assert_eq!(again.app().settings().middle, Middle::Sharpness);
    // Without a view in it, a link follows the experiment alone.
    let mut plain = by_link(DESKTOP, None, &Handout::default(), &eight());
    plain.click("Sharpness");
    assert!(plain.asked().addresses.is_empty());
    plain.click("Remove SAM");
    let last = plain.asked().addresses.last().cloned().expect("it followed");
    let experiment = plain.app().settings().experiment.clone();
    assert_eq!((Handout::decode(&last).expect("a link"), experiment.lanes.len()), ((experiment, Handout::default()), 2));
}

#[test]
fn a_link_is_made_copied_and_tried() {
    let opening = Opening { link_prefix: "http://basin/#".to_owned(), ..Opening::default() };
    let mut bench = Bench::open(DESKTOP, None, opening);
    bench.say([hello()]);
    bench.say(prepared(1, &presets::start()));
    bench.click("Share…");
    assert!(bench.sees("Whoever opens it: shows Curves, trains at once.") && bench.sees("QR code"));
    bench.click("lock setup");
    bench.reach("show ρ");
    bench.reach("hide landscape view");
    assert!(bench.sees("setup is locked; ρ is free; landscape view is hidden."));
    bench.asked().no_clipboard = true;
    bench.click("Copy");
    assert!(bench.sees("did not let it be copied") && !bench.sees("Copied."));
    bench.asked().no_clipboard = false;
    bench.click("Copy");
    assert!(bench.sees("Copied."));
    let address = bench.asked().copied.pop().expect("it was copied");
    let link = address.strip_prefix("http://basin/#").expect("the address of the page");
    let (experiment, handout) = Handout::decode(link).expect("a link");
    assert_eq!(experiment, presets::start());
    assert_eq!(handout.kinds(), Kinds { view: true, time: true, lesson: false });
    assert_eq!(handout.locks.words(), "setup is locked; ρ is free; landscape view is hidden");
    // What is changed is not what was copied.
    bench.reach("show setup");
    assert!(!bench.sees("Copied."));
    bench.reach("Try it here");
    assert!(!bench.sees("Whoever opens it") && bench.sees("A teacher's page: landscape view is hidden."));
    assert!(!has(&bench, "Landscape"));
    bench.click("Leave");
    assert!(has(&bench, "Landscape"));
}

#[test]
fn a_page_of_ones_own_shows_the_views_that_are_chosen() {
    let opening = Opening { link_prefix: "https://basin.example/#".to_owned(), ..Opening::default() };
    let mut bench = Bench::open(DESKTOP, None, opening);
    bench.say([hello()]);
    bench.click("Share…");
    bench.click("Copy its HTML");
    assert!(bench.asked().copied.is_empty(), "no view is chosen");
    for view in ["Landscape", "Judge", "Curves", "Judge"] {
        bench.click(&format!("{view} in a page of your own"));
    }
    bench.click("Copy its HTML");
    let code = bench.asked().copied.pop().expect("it was copied");
    let link = code
        .strip_prefix(r#"<iframe src="https://basin.example/?embed=curves,landscape#"#)
        .expect("both views, in the order of the switch");
    let (link, _) = link.split_once('"').expect("the address ends");
    assert_eq!(Handout::decode(link).expect("a link").0, presets::start());
    // The window has no page that another could show.
    let mut window = Bench::greeted(DESKTOP);
    window.click("Share…");
    assert!(!has(&window, "Copy its HTML"));
}

#[test]
fn a_frame_trains_what_the_lesson_of_its_address_does() {
    let open = |lesson: &str| {
        let opening = Opening { embed: Some("curves".to_owned()), lesson: Some(lesson.to_owned()), ..Opening::default() };
        let mut bench = Bench::open(DESKTOP, None, opening);
        bench.say([hello()]);
        bench
    };
    let bench = open("noise");
    assert_eq!(bench.started().1, lessons::course()[1].1.steps[0].experiment);
    let bench = open("https://example.org/mine.md");
    assert!(bench.sent().is_empty() && bench.notices()[0].contains("lessons of Basin's own course alone"), "{:?}", bench.notices());
}

#[test]
fn a_page_that_waits_for_ever_is_warned_of() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.click("Share…");
    bench.click("hide run and time");
    assert!(!bench.sees("nothing on its page starts it"));
    bench.click("It waits at the start until somebody presses Resume");
    assert!(bench.sees("nothing on its page starts it"));
}

#[test]
fn the_dialog_says_what_a_link_does_not_hold() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"x".to_vec());
    let text = "---\ntitle: Mine\nminutes: 1\nlevel: easy\n---\n## My step\nMy text.\n";
    bench.app_mut().file_opened(&FileRequest::Lesson, "mine.md".to_owned(), text.as_bytes().to_vec());
    bench.harness.run();
    bench.click("Share…");
    assert!(bench.sees("does not hold your file tickets.csv") && bench.sees("does not hold your lesson mine.md"));
    bench.press(Key::Escape);
    assert!(!bench.sees("does not hold your file"));
}

#[test]
fn the_dialog_fits_and_its_code_becomes_large() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.click("Share…");
        let address = bench.harness.get_by_label("Address").rect();
        assert!(address.min.x >= 0.0 && address.max.x <= size.x, "{size}: {address}");
        let small = bench.harness.get_by_label("QR code of the address: make it large").rect();
        assert!(small.max.x <= size.x, "{size}: {small}");
        bench.harness.get_by_label("QR code of the address: make it large").click();
        bench.harness.run();
        let large = bench.harness.get_by_label("QR code of the address: make it small").rect();
        assert!(large.height() > small.height(), "{size}: {large}");
    }
}

#[test]
fn a_lesson_in_the_address_is_opened_and_nothing_trains_before_it_says_what() {
    let mut bench = Bench::open(DESKTOP, None, Opening { lesson: Some("noise".to_owned()), ..Opening::default() });
    bench.say([hello()]);
    assert!(bench.sees("Who agrees with the labels?") && !bench.sees("Welcome to Basin"));
    assert_eq!(bench.sent(), []);
    bench.click("Train this");
    assert!(bench.sent().iter().any(|command| matches!(command, Command::Start { .. })));

    let mut bench = Bench::open(DESKTOP, None, Opening { lesson: Some("moon".to_owned()), ..Opening::default() });
    bench.say([hello()]);
    assert!(bench.notices()[0].starts_with("There is no lesson `moon`: use one of 01-gradient-step"), "{:?}", bench.notices());

    let address = "https://example.org/mine.md".to_owned();
    let link_prefix = "https://basin.example/#".to_owned();
    let mut bench = Bench::open(DESKTOP, None, Opening { lesson: Some(address.clone()), link_prefix, ..Opening::default() });
    bench.say([hello()]);
    assert!(bench.asked().fetched.is_empty() && bench.notices()[0].contains("from another host, https://example.org/mine.md"));
    bench.click("Fetch it");
    assert_eq!(bench.asked().fetched, std::slice::from_ref(&address));
    let text = "---\ntitle: Mine\nminutes: 1\nlevel: easy\n---\n## My step\nMy text.\n";
    bench.app_mut().file_opened(&FileRequest::Lesson, address.clone(), text.replace("easy", "simple").into_bytes());
    bench.harness.run();
    assert_eq!(bench.notices(), [format!("{address} is no lesson: line 4: `simple` is no level: use easy, medium, hard.")]);
    bench.app_mut().file_opened(&FileRequest::Lesson, address.clone(), text.as_bytes().to_vec());
    bench.harness.run();
    assert!(bench.sees("My text.") && bench.notices().is_empty());
    // It is handed on by its address.
    let kinds = Kinds { lesson: true, ..Kinds::default() };
    let made = Handout::of(kinds, bench.app().settings(), bench.app().choices(), false, &Locks::default());
    assert_eq!(made.lesson, Some(Reading { name: address, step: 0 }));
}

#[test]
fn a_link_opens_a_lesson_at_its_step_and_can_keep_it_open() {
    let lesson = Reading { name: "02-noise".to_owned(), step: 1 };
    let mut handout = Handout { lesson: Some(lesson), ..Handout::default() };
    handout.locks.set(Part::Course, false, true);
    let bench = by_link(DESKTOP, None, &handout, &eight());
    assert!(bench.sees(&lessons::course()[1].1.steps[1].title));
    assert!(!has(&bench, "All lessons"));
}

/// A window that trains the start, in which the second lesson is open.
fn reading() -> Bench {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.press(Key::C);
    bench.click("Noise is memorised");
    bench.sent();
    bench
}

#[test]
fn a_lesson_asks_before_it_takes_the_place_of_a_run_on_its_way() {
    let mut bench = reading();
    let progress = Progress { step: 200, steps: 390, first: 0, furthest: 200, taken: 200, steps_per_second: 10.0, seconds: 20.0 };
    bench.say([Event::Progress { run: RunId(1), progress }]);
    bench.click("Train this");
    assert!(bench.sees("Press Train this again") && bench.sent().is_empty());
    bench.harness.run_steps(2);
    bench.click("Train this");
    assert!(bench.sent().iter().any(|command| matches!(command, Command::Start { .. })));
}

#[test]
fn a_lesson_gives_back_setup_pace_and_stop() {
    let mut own = Experiment::default();
    own.training.epochs = 7;
    let saved = Settings { experiment: own.clone(), ..Settings::default() }.json();
    let mut bench = Bench::visited(DESKTOP, Some(&saved));
    bench.say(prepared(1, &own));
    let text = "---\ntitle: Mine\nminutes: 1\nlevel: easy\n---\n## My step\n```basin\npace: 2\nstop: 5\n```\n";
    bench.app_mut().file_opened(&FileRequest::Lesson, "mine.md".to_owned(), text.as_bytes().to_vec());
    bench.harness.run();
    bench.click("Train this");
    let step = &lessons::parse(text).expect("a lesson").steps[0];
    let time = bench.app().choices().time;
    assert_eq!((time.stop_at, time.pace), (Some(5), Some(2.0)));
    assert_eq!(bench.app().settings().experiment, step.experiment);
    bench.say(prepared(2, &step.experiment));
    bench.sent();
    bench.click("All lessons");
    assert_eq!(bench.app().choices().time.stop_at, None);
    assert!(bench.sent().contains(&Command::StopAt { step: None, fall: None }));
    assert!(bench.sees("Another setup took the place of yours."));
    bench.click("Put it back");
    assert_eq!(bench.app().settings().experiment, own);
}

/// Whether a ring is drawn around what has this label.
fn ringed(bench: &Bench, label: &str) -> bool {
    // Views are drawn after what stands at their sides.
    let inside = bench.harness.get_all_by_label(label).last().expect("it is there").rect();
    let ring = |shape: &egui::Shape| match shape {
        egui::Shape::Rect(shape) => {
            (shape.stroke.width - 2.0).abs() < 1e-3 && shape.rect.contains_rect(inside) && shape.rect.area() < 2.0 * inside.area()
        }
        _ => false,
    };
    bench.harness.output().shapes.iter().any(|clipped| ring(&clipped.shape))
}

#[test]
fn the_control_of_a_step_has_a_ring() {
    let mut bench = reading();
    bench.click("All lessons");
    bench.click("A gradient step and the landscape");
    bench.click_last("Train this");
    let look = "Look at the next step";
    assert!(ringed(&bench, look) && !ringed(&bench, "Pause"), "its first step points to the look");
    bench.click("Close the course");
    assert!(!ringed(&bench, look));
}

#[test]
fn screenshots_of_links() {
    let Some(folder) = image_folder() else { return };
    for (name, size) in [("desktop", DESKTOP), ("tablet", TABLET), ("phone", PHONE)] {
        let mut bench = by_link(size, None, &handout(), &eight());
        bench.say(prepared(1, &eight()));
        bench.say([measured(1, 0, 3, 8), measured(1, 10, 3, 8), phase(1, Phase::Paused)]);
        shoot(&folder, &mut bench, &format!("locked-{name}"));
        bench.click("Share…");
        shoot(&folder, &mut bench, &format!("share-{name}"));
        bench.harness.get_by_label("QR code of the address: make it large").click();
        bench.harness.run();
        shoot(&folder, &mut bench, &format!("share-large-{name}"));
    }
}
