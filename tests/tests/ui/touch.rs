//! Fingers and eyes: what a phone and a tablet need, and who sees little.

use basin_app::settings::{Middle, Tab};
use egui::accesskit::{Action, Role};
use egui::{Pos2, Rect, pos2};
use egui_kittest::kittest::{AccessKitNode, NodeT};

use super::faults::swipe;
use super::instrument::{fill, sentence_table, sentences};
use super::*;

/// A phone on its side.
pub const TURNED: egui::Vec2 = vec2(844.0, 390.0);
/// What text of 130 % leaves of a phone.
const LARGE_TEXT: egui::Vec2 = vec2(300.0, 649.0);
/// What text of 200 % leaves of a window of 1440 × 900.
const HUGE_TEXT: egui::Vec2 = vec2(720.0, 450.0);
/// So high that a whole page is seen at once.
const TALL: f32 = 9_000.0;

/// A node that can be pressed or turned: its name, its role, where it is.
type Target = (String, Role, Rect);

/// What can be pressed, turned or written into.
fn targets(bench: &Bench) -> Vec<Target> {
    found(bench, |node| node.data().supports_action(Action::Focus) && node.role() != Role::Image)
}

/// All that is written or can be pressed.
fn all(bench: &Bench) -> Vec<Target> {
    found(bench, |node| node.label().is_some())
}

fn found(bench: &Bench, which: impl Fn(&AccessKitNode<'_>) -> bool) -> Vec<Target> {
    let nodes = bench
        .harness
        .root()
        .children_recursive()
        .filter(|node| node.accesskit_node().bounding_box().is_some() && which(&node.accesskit_node()));
    nodes.map(|node| (node.accesskit_node().label().unwrap_or_default(), node.accesskit_node().role(), node.rect())).collect()
}

/// Presses what has this name, also where it lies below the screen.
fn press(bench: &mut Bench, label: &str) {
    bench.harness.get_all_by_label(label).last().expect("it is there").click_accesskit();
    bench.harness.run();
}

/// A window in which text is so large: what it leaves of a screen of `size`.
fn enlarged(size: egui::Vec2, percent: u32, tab: &str, middle: &str) -> Bench {
    let mut settings = opened(DESKTOP, Theme::Light, tab, middle).app().settings().clone();
    settings.sight.text_percent = percent;
    let room = size * 100.0 / percent as f32;
    let mut bench = Bench::open(room, Some(&settings.json()), Opening::default());
    bench.say([hello()]);
    bench
}

/// Text of these sizes, in per cent, on these screens.
const ENLARGED: [(egui::Vec2, u32); 6] = [(PHONE, 150), (PHONE, 200), (TURNED, 130), (TURNED, 150), (TURNED, 200), (DESKTOP, 200)];

/// A trained run on each page and view, with all sections open.
fn pages(size: egui::Vec2, percent: u32, mut look: impl FnMut(&mut Bench, &str)) {
    for tab in Tab::ALL {
        let middles = if tab == Tab::Curves { &Middle::ALL[..] } else { &Middle::ALL[..1] };
        for middle in middles {
            let (tab, middle) = (format!("{tab:?}"), format!("{middle:?}"));
            let mut bench = enlarged(size, percent, &tab, &middle);
            trained(&mut bench, 312);
            if tab == "Curves" {
                fill(&mut bench, &middle);
            }
            if tab == "Setup" {
                for section in ["Training", "Model", "Seeds and device", "More about the data", "More of δ-SAM noise"] {
                    press(&mut bench, section);
                }
            }
            look(&mut bench, &format!("{tab}, {middle}, {size}, {percent} %"));
        }
    }
}

#[test]
fn fingers_find_every_target() {
    let screens = [(vec2(390.0, TALL), 100), (TURNED, 100), (vec2(300.0, TALL), 100), (vec2(390.0, TALL), 150), (TURNED, 200)];
    for (size, percent) in screens {
        pages(size, percent, |bench, page| {
            // Of the glass, whatever the size of the text.
            let least = 43.9 * 100.0 / percent as f32;
            let room = bench.harness.ctx.content_rect();
            let small: Vec<String> = targets(bench)
                .into_iter()
                .filter(|(_, _, rect)| rect.bottom() <= room.bottom() && rect.top() >= 0.0 && rect.size().min_elem() < least)
                .map(|(name, role, rect)| format!("{name} ({role:?}) is {}", rect.size()))
                .collect();
            assert!(small.is_empty(), "{page}: {small:?}");
        });
    }
}

/// A mouse needs less room; with the first touch everything grows.
#[test]
fn a_touch_makes_room_for_fingers() {
    for size in [TABLET, DESKTOP, vec2(820.0, 1180.0)] {
        let mut bench = opened(size, Theme::Light, "Curves", "Curves");
        trained(&mut bench, 312);
        let height = |bench: &Bench| bench.harness.get_by_label("Pause").rect().height();
        assert!(height(&bench) < 30.0);
        swipe(&mut bench, pos2(5.0, 5.0), pos2(6.0, 6.0));
        bench.harness.run_steps(2);
        let small: Vec<String> = targets(&bench)
            .into_iter()
            .filter(|(_, _, rect)| rect.bottom() <= size.y && (rect.width() < 43.9 || rect.height() < 43.9))
            .map(|(name, role, rect)| format!("{name} ({role:?}) is {}", rect.size()))
            .collect();
        assert!(small.is_empty(), "{size}: {small:?}");
        let [pause, charts] = ["Pause", "Chart options"].map(|name| bench.harness.get_by_label(name).rect());
        assert!(!pause.intersects(charts) && charts.right() <= size.x, "{pause} {charts}");
    }
}

/// Upright, turned, and with large text, nothing is cut off at a side.
#[test]
fn nothing_passes_the_edge() {
    let plain = [PHONE, TURNED, LARGE_TEXT, HUGE_TEXT].map(|size| (size, 100));
    let mut cut = Vec::new();
    for (size, percent) in plain.into_iter().chain(ENLARGED) {
        pages(size, percent, |bench, page| {
            // What lies below is scrolled to.
            let size = bench.harness.ctx.content_rect().size();
            let seen = |rect: &Rect| rect.top() < size.y && rect.bottom() > 0.0 && rect.is_positive();
            let beyond = all(bench).into_iter().filter(|(_, _, rect)| seen(rect) && (rect.left() < -0.5 || rect.right() > size.x + 0.5));
            cut.extend(beyond.map(|(name, role, rect)| format!("{page}: {name} ({role:?}) at {rect}\n")));
        });
    }
    assert!(cut.is_empty(), "{}", cut.concat());
}

/// On its side a phone shows two charts whole at once, as high as there is room, and with a lesson beside them one.
#[test]
fn a_turned_phone_shows_whole_charts() {
    let mut bench = opened(TURNED, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    let tabs: Vec<Rect> = ["Setup", "Results", "Ask"].map(|tab| bench.harness.get_by_label(tab).rect()).to_vec();
    assert!(tabs.iter().all(|tab| tab.right() < 120.0 && tab.bottom() <= TURNED.y), "{tabs:?}");
    let chart = |bench: &Bench, name: &str| bench.harness.get_by_label_contains(&format!("Chart of {name}")).rect();
    let [left, right] = ["Test accuracy", "Test loss"].map(|name| chart(&bench, name));
    for seen in [left, right] {
        assert!(seen.height() > 140.0 && seen.width() > 250.0 && seen.bottom() <= TURNED.y, "{seen}");
    }
    assert!(right.left() > left.right() && (right.top() - left.top()).abs() < 1.0, "{left} {right}");
    // Nothing of the bar of time is missing.
    for label in ["One step back", "Step", "To the next measurement", "Step that is shown", "Speed and pauses"] {
        let rect = bench.harness.get_by_label(label).rect();
        assert!(rect.bottom() < left.top() && rect.right() <= TURNED.x, "{label}: {rect}");
    }
    bench.press(egui::Key::C);
    let alone = chart(&bench, "Test accuracy");
    assert!(alone.height() > 100.0 && alone.width() > 250.0 && alone.bottom() <= TURNED.y, "{alone}");
}

/// What is seen of the first chart, its numbers aside: from its top to the tabs or the end of the screen.
fn seen_of_the_first_chart(bench: &Bench) -> f32 {
    let room = bench.harness.ctx.content_rect();
    let tabs = bench.harness.get_by_label("Results").rect();
    let end = if tabs.top() > 0.8 * room.height() { tabs.top() } else { room.bottom() };
    let chart = bench.harness.get_by_label_contains("Chart of Test accuracy").rect();
    chart.bottom().min(end) - chart.top()
}

/// In the first minute a phone shows curves, whatever else it has to say.
#[test]
fn a_first_visit_sees_the_curves() {
    for (size, least) in [(PHONE, 260.0), (TURNED, 145.0)] {
        let mut bench = Bench::first_visit(size);
        let experiment = presets::start();
        bench.say(prepared(1, &experiment));
        bench.say((0..=90).step_by(6).map(|step| Event::Measured { run: RunId(1), measurement: stand_in(step, &experiment) }));
        let progress = Progress { step: 90, steps: 530, first: 0, furthest: 90, taken: 90, steps_per_second: 40.0, seconds: 2.0 };
        bench.say([Event::Progress { run: RunId(1), progress }]);
        assert!(bench.sees("Welcome to Basin"));
        let seen = seen_of_the_first_chart(&bench);
        assert!(seen >= least, "{seen} of {least} points at {size}");
        // Each control is there once.
        for label in ["Restart", "One step back", "Pause", "Step", "To the next measurement", "Stop", "Step that is shown"] {
            assert_eq!(bench.harness.query_all_by_label(label).count(), 1, "{label}");
        }
        assert!(bench.harness.query_by_label("Pause the run").is_none() && bench.sees("90 / 530 · 10 s left"));
        bench.click("Just play");
        let alone = seen_of_the_first_chart(&bench);
        assert!(alone >= seen && alone >= 180.0, "{alone}");
    }
}

/// Of a list everything is there at once, and can be pressed.
#[test]
fn a_list_is_as_long_as_the_screen_allows() {
    for size in [PHONE, TURNED] {
        let mut bench = opened(size, Theme::Light, "Curves", "Sentences");
        trained(&mut bench, 312);
        for middle in [Middle::Flatten, Middle::Curves, Middle::Sweep] {
            bench.click("View");
            let last = bench.harness.get_all_by_label("Flatten").last().expect("the last view").rect();
            assert!(last.bottom() <= size.y, "{size}: {last}");
            bench.click_last(middle.title());
            assert_eq!(bench.app().settings().middle, middle, "{size}");
        }
    }
}

/// Text may be as large as it wants: words on tabs are whole, and a setting's choice is wide enough to be read.
#[test]
fn large_text_breaks_no_word() {
    for (size, percent) in ENLARGED.into_iter().chain([(TURNED, 100)]) {
        for middle in Middle::ALL {
            let mut bench = enlarged(size, percent, "Curves", &format!("{middle:?}"));
            trained(&mut bench, 312);
            let line = bench.harness.ctx.global_style().spacing.interact_size.y;
            for tab in ["Setup", middle.title(), "Results", "Ask"] {
                let rect = bench.harness.get_all_by_label(tab).next().expect("a tab").rect();
                assert!(rect.height() < line + 9.0, "{tab} at {size}, {percent} %: {rect} in lines of {line}");
            }
        }
        let mut bench = enlarged(size, percent, "Setup", "Curves");
        trained(&mut bench, 312);
        let widest = bench.harness.get_all_by_label("Source").map(|node| node.rect().width()).fold(0.0, f32::max);
        assert!(widest >= 90.0, "{size}, {percent} %: {widest}");
    }
}

/// A vertical swipe that begins on any widget of any page changes nothing and asks for nothing.
#[test]
fn a_finger_that_scrolls_changes_nothing() {
    let size = vec2(390.0, TALL);
    let mut tried = 0;
    pages(size, 100, |bench, page| {
        let before = (bench.app().settings().clone(), bench.app().choices().clone());
        bench.sent();
        for (name, role, rect) in targets(bench) {
            // The landscape is turned by its own widget, which is no target here; tabs are no part of the page.
            if rect.top() < 0.0 || rect.bottom() > TALL - 60.0 {
                continue;
            }
            let from = Pos2::new(rect.left() + 0.3 * rect.width(), rect.center().y);
            let to = from + vec2(5.0, if from.y > 200.0 { -90.0 } else { 90.0 });
            swipe(bench, from, to);
            tried += 1;
            let after = (bench.app().settings().clone(), bench.app().choices().clone());
            assert_eq!(before, after, "{page}: a swipe on {name} ({role:?})");
            assert_eq!(bench.sent(), [], "{page}: a swipe on {name} ({role:?})");
        }
    });
    assert!(tried > 100, "{tried} widgets");
}

/// A finger that rests on something is told what a mouse is told above it, and presses nothing.
#[test]
fn a_finger_that_rests_is_told() {
    for (tab, label, told) in [
        ("Setup", "Remove SAM", "Take this lane out"),
        ("Setup", "Add lane", "Compare one more method, up to 12"),
        ("Curves", "Gap", "no lane trains on"),
        ("Curves", "Pause", "Stop between two steps and keep everything"),
        ("Curves", "Axis", "every lane has made the same number"),
    ] {
        let mut bench = opened(PHONE, Theme::Light, tab, "Curves");
        trained(&mut bench, 312);
        let place = |bench: &Bench| bench.harness.get_all_by_label(label).next().expect("it is there").rect().center();
        for _ in 0..8 {
            if place(&bench).y > 700.0 {
                swipe(&mut bench, pos2(8.0, 700.0), pos2(8.0, 450.0));
            }
        }
        let at = place(&bench);
        bench.sent();
        bench.harness.event(egui::Event::PointerGone);
        bench.harness.run_steps(8);
        assert!(!bench.sees(told), "{label} tells it by itself");
        let (device_id, id) = (egui::TouchDeviceId(0), egui::TouchId(1));
        bench.harness.event(egui::Event::PointerMoved(at));
        bench.harness.event(egui::Event::Touch { device_id, id, phase: egui::TouchPhase::Start, pos: at, force: None });
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        bench.harness.event(egui::Event::PointerButton { pos: at, button, pressed: true, modifiers });
        bench.harness.run_steps(20);
        assert!(bench.sees(told), "{label} does not tell: {told}");
        bench.harness.event(egui::Event::Touch { device_id, id, phase: egui::TouchPhase::End, pos: at, force: None });
        bench.harness.event(egui::Event::PointerButton { pos: at, button, pressed: false, modifiers });
        bench.harness.event(egui::Event::PointerGone);
        bench.harness.run_steps(4);
        assert_eq!(bench.sent(), [], "{label}");
        assert_eq!(bench.app().settings().experiment.lanes.len(), 3, "{label}");
    }
}

/// A finger that is perfectly still sends nothing, and yet it is told, with no more pictures than it takes.
#[test]
fn a_finger_that_does_not_move_at_all_is_told() {
    let mut bench = opened(PHONE, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 390);
    bench.say([phase(1, Phase::Finished)]);
    bench.harness.run_steps(4);
    let asks = |bench: &Bench| bench.harness.output().viewport_output.values().any(|viewport| viewport.repaint_delay.as_secs_f64() < 1.0);
    assert!(!asks(&bench), "nothing happens");
    let at = bench.harness.get_by_label("Step").rect().center();
    let (device_id, id) = (egui::TouchDeviceId(0), egui::TouchId(1));
    bench.harness.event(egui::Event::PointerMoved(at));
    bench.harness.event(egui::Event::Touch { device_id, id, phase: egui::TouchPhase::Start, pos: at, force: None });
    let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
    bench.harness.event(egui::Event::PointerButton { pos: at, button, pressed: true, modifiers });
    bench.harness.step();
    let pictures = (0..40).take_while(|_| {
        let goes_on = asks(&bench);
        if goes_on {
            bench.harness.step();
        }
        goes_on
    });
    let pictures = pictures.count();
    assert!(bench.sees("One step of every lane") && pictures < 40, "after {pictures}");
}

/// A field for a number brings digits to the keyboard on the screen; one for a sentence letters.
#[test]
fn number_fields_ask_for_digits() {
    let mut bench = Bench::greeted(vec2(390.0, TALL));
    bench.say(prepared(1, &Experiment::default()));
    bench.click("Setup");
    assert!(bench.asked().digits.is_empty());
    bench.click("ρ of SAM");
    assert_eq!(bench.asked().digits, [true]);
    bench.press(Key::Escape);
    bench.click("Ask");
    bench.harness.get_by_label("Sentence").focus();
    bench.harness.run();
    assert_eq!(bench.asked().digits, [true, false]);
}

/// Of each sentence of a phone's list the main numbers are seen, and all of them with the whole text when it is pressed.
#[test]
fn sentences_on_a_phone_are_whole() {
    let mut bench = opened(PHONE, Theme::Light, "Curves", "Sentences");
    trained(&mut bench, 312);
    bench.say([sentences(300), sentence_table(2, 300)]);
    let sees = |bench: &Bench, label: &str| bench.harness.query_by_label(label).is_some();
    assert!(!sees(&bench, "Curvature"));
    let first = bench.harness.get_all_by_label_contains("No. 299").next().expect("the largest loss comes first").rect();
    assert!(first.right() <= PHONE.x && first.height() >= 44.0, "{first}");
    bench.harness.get_all_by_label_contains("No. 299").next().expect("it is there").click_accesskit();
    bench.harness.run();
    assert!(sees(&bench, "Curvature") && sees(&bench, "Up"), "all its numbers");
    let asked = Command::SentenceHistory { example: 299 };
    assert!(bench.sent().contains(&asked));
    // A finger on the rows scrolls the page.
    let at = |bench: &Bench| bench.harness.get_by_label("Seen by").rect().top();
    let before = at(&bench);
    swipe(&mut bench, pos2(200.0, 650.0), pos2(200.0, 350.0));
    assert!(at(&bench) < before - 200.0, "{before} {}", at(&bench));
    assert_eq!(bench.app().choices().sentences.selected, Some(299));
}

/// The size of text is kept, and everything follows it.
#[test]
fn the_size_of_text_is_chosen_and_kept() {
    let mut bench = Bench::greeted(DESKTOP);
    let zoom = |bench: &Bench| (100.0 * bench.harness.ctx.zoom_factor()).round();
    assert!((zoom(&bench) - 100.0).abs() < 0.1);
    bench.click("Theme");
    bench.click("Larger text");
    bench.harness.run_steps(2);
    assert_eq!(bench.app().settings().sight.text_percent, 110);
    assert!((zoom(&bench) - 110.0).abs() < 0.1);
    let saved = bench.app().settings().json();
    let mut again = Bench::visited(DESKTOP, Some(&saved));
    again.harness.run_steps(2);
    assert!((zoom(&again) - 110.0).abs() < 0.1);
    // Ctrl and + in the window are the same setting.
    again.harness.ctx.set_zoom_factor(1.3);
    again.harness.run_steps(3);
    assert_eq!(again.app().settings().sight.text_percent, 130);
}

#[test]
fn contrast_is_strong_where_it_is_asked_for() {
    let weak = |bench: &Bench| bench.harness.ctx.global_style().visuals.weak_text_color();
    let mut bench = Bench::greeted(DESKTOP);
    let before = weak(&bench);
    bench.click("Theme");
    bench.click("Strong contrast");
    bench.harness.run_steps(2);
    let strong = weak(&bench);
    assert_ne!(strong, before);
    let mut asked = Bench::open(DESKTOP, None, Opening { strong: true, ..Opening::default() });
    asked.say([hello()]);
    assert_eq!(weak(&asked), strong, "as the system says");
}

/// Where the system or the reader wants less motion, nothing slides or blinks.
#[test]
fn less_motion_is_none() {
    let time = |bench: &Bench| bench.harness.ctx.global_style().animation_time;
    let mut bench = Bench::greeted(DESKTOP);
    assert!(time(&bench) > 0.0);
    bench.click("Theme");
    bench.click("Less motion");
    bench.harness.run_steps(2);
    assert!(time(&bench) <= 0.0 && !bench.harness.ctx.global_style().visuals.text_cursor.blink);
    let mut calm = Bench::open(DESKTOP, None, Opening { still: true, ..Opening::default() });
    calm.harness.run_steps(2);
    assert!(time(&calm) <= 0.0, "as the system says");
    // Nothing is drawn again and again while nothing happens.
    calm.say([hello()]);
    calm.say(prepared(1, &presets::start()));
    calm.say([phase(1, Phase::Finished)]);
    calm.harness.run_steps(4);
    assert!(calm.harness.output().viewport_output.values().all(|viewport| viewport.repaint_delay.as_secs_f64() > 0.5));
}

/// Lanes differ in their lines too, where that is wanted.
#[test]
fn lines_have_patterns_where_they_are_wanted() {
    let mut bench = opened(DESKTOP, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    let before = bench.harness.output().shapes.len();
    bench.click("Theme");
    bench.click("Lines with patterns");
    bench.harness.key_press(Key::Escape);
    bench.harness.run_steps(3);
    assert!(bench.app().settings().sight.patterns);
    let after = bench.harness.output().shapes.len();
    assert!(after > before + 100, "dashes are drawn one by one: {before} {after}");
}

/// An answer has its legend beside it, and of a test sentence it is told what would be right.
#[test]
fn answers_have_a_legend_and_the_label() {
    let mut bench = opened(PHONE, Theme::Light, "Ask", "Curves");
    trained(&mut bench, 312);
    assert!(bench.sees("δ-SAM noise") && !bench.sees("Its label in the test set"), "a sentence of one's own");
    press(&mut bench, "The app closes itself whenever I open the camera");
    let answer = |p: f64| Answer { probabilities: vec![0.1, p, 0.9 - p, 0.0, 0.0, 0.0], deviations: vec![0.01; 6] };
    bench.say([Event::Classified { run: RunId(1), answers: vec![answer(0.5); 3], known_tokens: (5, 9) }]);
    assert!(bench.sees("Its label in the test set: technical"));
}

#[test]
fn an_example_file_can_be_had() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.click("Open");
    bench.click("Example file…");
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_front() else { panic!("expected a file to save") };
    assert_eq!(name, "basin-example-helpdesk.tsv");
    let text = String::from_utf8(bytes).expect("a table is text");
    assert!(text.lines().all(|line| line.split('\t').count() == 2) && text.lines().count() > 100);
}

/// Where lines of Arabic are drawn from left to right it is said, and only there.
#[test]
fn a_window_says_what_it_draws_in_the_wrong_order() {
    for (left_to_right, label, said) in [(true, "شكوى", true), (true, "praise", false), (false, "شكوى", false)] {
        let mut bench = Bench::open(DESKTOP, Some(r#"{"experiment":{}}"#), Opening { left_to_right, ..Opening::default() });
        bench.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
        bench.say([hello()]);
        bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
        let mut table = table();
        table.head[0][2] = label.to_owned();
        bench.say([Event::Table(Box::new(table))]);
        assert_eq!(bench.sees("stand from left to right in this window"), said, "{label}");
    }
}

#[test]
fn screenshots_of_fingers_and_eyes() {
    let Some(folder) = image_folder() else { return };
    for (size, name) in [(TURNED, "turned"), (LARGE_TEXT, "large-text"), (HUGE_TEXT, "huge-text"), (vec2(820.0, 1180.0), "ipad")] {
        for tab in ["Setup", "Curves", "Results", "Ask"] {
            let mut bench = opened(size, Theme::Light, tab, "Curves");
            trained(&mut bench, 312);
            if name == "ipad" {
                swipe(&mut bench, pos2(5.0, 5.0), pos2(6.0, 6.0));
                bench.harness.run_steps(2);
            }
            shoot(&folder, &mut bench, &format!("{name}-{}", tab.to_lowercase()));
        }
        for middle in ["Sharpness", "Step", "Sentences", "Landscape"] {
            let mut bench = opened(size, Theme::Light, "Curves", middle);
            trained(&mut bench, 312);
            fill(&mut bench, middle);
            shoot(&folder, &mut bench, &format!("{name}-{}", middle.to_lowercase()));
        }
    }
    for (size, percent, name) in
        [(PHONE, 150, "phone"), (PHONE, 200, "phone"), (TURNED, 150, "turned"), (TURNED, 200, "turned"), (DESKTOP, 200, "desktop")]
    {
        for tab in ["Setup", "Curves", "Results", "Ask"] {
            let mut bench = enlarged(size, percent, tab, "Curves");
            trained(&mut bench, 312);
            shoot(&folder, &mut bench, &format!("text-{percent}-{name}-{}", tab.to_lowercase()));
        }
    }
    let mut bench = Bench::first_visit(TURNED);
    trained(&mut bench, 90);
    shoot(&folder, &mut bench, "turned-first-visit");
    let mut bench = opened(TURNED, Theme::Light, "Curves", "Sentences");
    trained(&mut bench, 312);
    bench.click("View");
    shoot(&folder, &mut bench, "turned-list");
    let mut bench = opened(PHONE, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    bench.click("Speed and pauses");
    shoot(&folder, &mut bench, "phone-speed");
    let mut bench = opened(PHONE, Theme::Light, "Curves", "Sentences");
    trained(&mut bench, 312);
    fill(&mut bench, "Sentences");
    bench.harness.get_all_by_label_contains("No. ").nth(1).expect("a sentence").click_accesskit();
    bench.harness.run();
    shoot(&folder, &mut bench, "phone-sentence-open");
    let mut bench = opened(DESKTOP, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    bench.click("Theme");
    bench.click("Lines with patterns");
    shoot(&folder, &mut bench, "desktop-patterns");
}
