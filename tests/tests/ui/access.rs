//! Keyboard and assistive technology: nothing without role and name, what is announced, the focus and where it goes.

use basin_train::experiment::Experiment;
use basin_train::protocol::{Event, Phase, RunId};
use basin_train::report::{Answer, Progress};
use egui::accesskit::{Action, Live, Role};
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, DESKTOP, PHONE, TABLET, image_folder, instrument, judge, measured, opened, phase, prepared, shoot, trained};

/// What Tab stops at, and assistive technology could not tell what it is.
fn nameless(bench: &Bench) -> Vec<String> {
    let nodes = bench.harness.root().children_recursive().map(|node| node.accesskit_node());
    let stops = nodes.filter(|node| node.data().supports_action(Action::Focus));
    let unknown = stops.filter(|node| {
        let named = node.label().or(node.value()).is_some_and(|words| !words.trim().is_empty()) || node.data().placeholder().is_some();
        !named || node.label().as_deref() == Some("%") || matches!(node.role(), Role::Unknown | Role::GenericContainer)
    });
    unknown.map(|node| format!("{:?} {:?} at {:?}", node.role(), node.label(), node.raw_bounds())).collect()
}

#[test]
fn nothing_is_without_role_and_name() {
    for size in [DESKTOP, TABLET, PHONE] {
        for tab in ["Setup", "Curves", "Results", "Ask"] {
            let mut bench = opened(size, Theme::Light, tab, "Curves");
            trained(&mut bench, 312);
            assert_eq!(nameless(&bench), [""; 0], "{tab} at {size}");
        }
        for middle in ["Sharpness", "Step", "Sentences", "Landscape"] {
            let mut bench = opened(size, Theme::Light, "Curves", middle);
            trained(&mut bench, 312);
            instrument::fill(&mut bench, middle);
            assert_eq!(nameless(&bench), [""; 0], "{middle} at {size}");
        }
        for part in judge::PARTS {
            let mut bench = opened(size, Theme::Light, "Curves", "Judge");
            trained(&mut bench, 312);
            judge::fill(&mut bench, part);
            assert_eq!(nameless(&bench), [""; 0], "{part} at {size}");
        }
    }
    let mut bench = Bench::first_visit(DESKTOP);
    assert_eq!(nameless(&bench), [""; 0], "the first visit");
    for label in ["Help", "Course"] {
        bench.click(label);
        assert_eq!(nameless(&bench), [""; 0], "{label}");
    }
}

/// What is said by itself, and how urgently.
fn announced(bench: &Bench) -> Vec<(Live, String)> {
    let nodes = bench.harness.root().children_recursive().map(|node| node.accesskit_node());
    let live = nodes.filter(|node| node.data().live().is_some());
    live.map(|node| (node.live(), node.label().unwrap_or_default())).filter(|(_, words)| !words.is_empty()).collect()
}

#[test]
fn what_happens_is_announced_and_steps_are_not() {
    let polite = |words: &str| (Live::Polite, words.to_owned());
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4)]);
    let running = announced(&bench);
    assert!(running.contains(&polite("The run trains")), "{running:?}");
    bench.say([measured(1, 10, 3, 4)]);
    assert_eq!(announced(&bench), running, "a step is not announced");
    bench.say([phase(1, Phase::Paused)]);
    assert!(announced(&bench).iter().any(|(live, words)| *live == Live::Polite && words.starts_with("The run is paused at step 10 of ")));

    bench.say([Event::Failed { run: RunId(1), text: "tickets.csv is empty: choose another file".to_owned() }]);
    let failed = announced(&bench);
    assert!(failed.contains(&(Live::Assertive, "Notice: tickets.csv is empty: choose another file".to_owned())), "{failed:?}");
}

/// The question whether a run is to end is told at once: who does not see it would take the button for dead.
#[test]
fn the_question_before_a_run_ends_is_announced() {
    for (button, told) in [("Restart", "Press Restart or R to begin anew"), ("Stop", "Press Stop again to end the run")] {
        let mut bench = Bench::greeted(DESKTOP);
        bench.say(prepared(1, &Experiment::default()));
        let progress = Progress { step: 120, steps: 390, first: 0, furthest: 120, taken: 120, steps_per_second: 10.0, seconds: 12.0 };
        bench.say([Event::Progress { run: RunId(1), progress }]);
        let asked = |bench: &Bench| announced(bench).into_iter().any(|(live, words)| live == Live::Assertive && words.starts_with(told));
        assert!(!asked(&bench));
        bench.harness.get_by_label(button).click_accesskit();
        bench.harness.run();
        assert!(asked(&bench), "{button}: {:?}", announced(&bench));
        bench.harness.run_steps(42);
        assert!(!asked(&bench), "it is taken back with the question");
    }
}

/// Whoever chooses by a key or a screen reader leaves the list as a pointer does, and a key is where it was.
#[test]
fn a_choice_closes_its_list() {
    let mut bench = opened(DESKTOP, Theme::Light, "Results", "Curves");
    trained(&mut bench, 312);
    let open = |bench: &Bench| bench.harness.query_by_label("20 steps/s").is_some();
    bench.harness.get_by_label("Speed").focus();
    bench.harness.run();
    bench.press(Key::Enter);
    assert!(open(&bench));
    while focused(&bench).as_deref() != Some("5 steps/s") {
        assert!(focused(&bench).as_deref() != Some("fastest"), "the end of the list");
        bench.press(Key::Tab);
    }
    bench.press(Key::Enter);
    assert_eq!(bench.app().choices().time.pace, Some(5.0));
    bench.harness.run_steps(2);
    assert!(!open(&bench));
    assert_eq!(focused(&bench).as_deref(), Some("Speed"));
    // A screen reader presses it where it lies.
    for list in ["Speed", "Compared to"] {
        let list = bench.harness.query_by_label(list).unwrap_or_else(|| panic!("{list}"));
        list.click_accesskit();
        bench.harness.run();
        let open = bench.harness.root().children_recursive().find(|node| node.accesskit_node().role() == Role::ListBox);
        let entries = open.expect("an open list").children_recursive();
        let entry = entries.filter(|node| node.accesskit_node().data().supports_action(Action::Click)).last();
        entry.expect("an entry").click_accesskit();
        bench.harness.run_steps(3);
        let lists = bench.harness.root().children_recursive().filter(|node| node.accesskit_node().role() == Role::ListBox).count();
        assert_eq!(lists, 0);
    }
}

#[test]
fn an_answer_is_announced_once() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4)]);
    let answers = |sure: f64| {
        let answer = Answer { probabilities: vec![1.0 - sure, sure, 0.0, 0.0, 0.0, 0.0], deviations: vec![0.0; 6] };
        Event::Classified { run: RunId(1), answers: vec![answer.clone(), answer.clone(), answer], known_tokens: (2, 2) }
    };
    let told = |bench: &Bench| announced(bench).into_iter().find(|(_, words)| words.contains("where is it")).map(|(_, words)| words);
    bench.harness.get_by_label("Sentence").focus();
    bench.harness.run();
    bench.harness.get_by_label("Sentence").type_text("where is it");
    bench.harness.run();
    bench.press(Key::Enter);
    assert_eq!(told(&bench), None, "nobody has answered yet");
    bench.say([answers(0.9)]);
    let first = told(&bench).expect("the answers");
    assert!(first.starts_with("“where is it”: SGD ") && first.contains("90.0 %"), "{first}");
    // The weights move and the answers with them.
    bench.say([measured(1, 10, 3, 4)]);
    bench.say([answers(0.7)]);
    assert_eq!(told(&bench), Some(first));
    // Asked once more, it is told once more.
    bench.click("Ask");
    bench.say([answers(0.6)]);
    assert!(told(&bench).is_some_and(|words| words.contains("60.0 %")));
}

/// The name of what has the focus.
pub fn focused(bench: &Bench) -> Option<String> {
    let nodes = bench.harness.root().children_recursive();
    nodes
        .map(|node| node.accesskit_node())
        .find(egui_kittest::kittest::AccessKitNode::is_focused)
        .and_then(|node| node.label().or(node.value()))
}

#[test]
fn f6_goes_from_region_to_region() {
    let mut bench = opened(DESKTOP, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    let mut seen = Vec::new();
    for _ in 0..6 {
        bench.press(Key::F6);
        seen.push(focused(&bench).expect("a region takes the focus"));
    }
    assert_eq!(seen[0], "Restart", "{seen:?}");
    let mut different = seen.clone();
    different.dedup();
    assert_eq!(different.len(), 6, "{seen:?}");
    bench.harness.key_press_modifiers(Modifiers::SHIFT, Key::F6);
    bench.harness.run();
    assert_eq!(focused(&bench), Some(seen[4].clone()), "with Shift it goes back");
}

/// The bar at the top, charts, lanes and the bar of time are gone through as they are read: in a row from left to right.
#[test]
fn tab_goes_as_one_reads() {
    for size in [DESKTOP, TABLET, PHONE, super::touch::TURNED] {
        let mut bench = opened(size, Theme::Light, "Curves", "Curves");
        trained(&mut bench, 312);
        let mut seen: Vec<(String, egui::Rect)> = Vec::new();
        while seen.len() < 16 {
            bench.press(Key::Tab);
            let root = bench.harness.root();
            let node = root.children_recursive().find(|node| node.accesskit_node().is_focused()).expect("something has the focus");
            seen.push((node.accesskit_node().label().unwrap_or_default(), node.rect()));
        }
        let names: Vec<&str> = seen.iter().map(|(name, _)| name.as_str()).collect();
        let rest = names.iter().position(|name| *name == "Help").expect("the end of the bar");
        assert_eq!(names[rest - 4..=rest], ["Save", "Share…", "Theme", "Course", "Help"], "{size}");
        for pair in seen[..=rest].windows(2) {
            let [(first, a), (second, b)] = pair else { unreachable!("two") };
            assert!(b.left() >= a.right() - 0.5 || b.top() >= a.bottom() - 0.5, "{size}: {second} {b} after {first} {a}");
        }
    }
    let mut bench = opened(DESKTOP, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    for [first, second] in [["Method of SAM", "More of SAM"], ["More of SAM", "Remove SAM"], ["Step that is shown", "Speed"]] {
        bench.harness.get_by_label(first).focus();
        bench.harness.run();
        bench.press(Key::Tab);
        assert_eq!(focused(&bench).as_deref(), Some(second));
    }
}

#[test]
fn what_the_keyboard_is_on_is_scrolled_to() {
    let size = egui::vec2(1440.0, 520.0);
    let mut bench = opened(size, Theme::Light, "Curves", "Curves");
    trained(&mut bench, 312);
    let lowest = |bench: &Bench| {
        let setup = bench.harness.get_by_role_and_label(Role::Region, "Setup panel");
        let stops = setup.children_recursive().filter(|node| node.accesskit_node().data().supports_action(Action::Focus));
        let lowest = stops.max_by(|a, b| a.rect().bottom().total_cmp(&b.rect().bottom())).expect("controls");
        lowest.focus();
        lowest.rect().bottom()
    };
    assert!(lowest(&bench) > size.y, "the setup is longer than the window");
    bench.harness.run();
    assert!(lowest(&bench) < size.y);
}

#[test]
fn results_are_a_table() {
    let mut bench = opened(DESKTOP, Theme::Light, "Results", "Curves");
    trained(&mut bench, 312);
    let table = bench.harness.get_by_role_and_label(Role::Table, "Results");
    let rows: Vec<Vec<String>> = table
        .children_recursive()
        .filter(|node| node.accesskit_node().role() == Role::Row)
        .map(|row| {
            let cells =
                row.children().filter(|cell| matches!(cell.accesskit_node().role(), Role::Cell | Role::ColumnHeader | Role::RowHeader));
            let words =
                |cell: egui_kittest::Node<'_>| cell.children_recursive().filter_map(|node| node.value()).collect::<Vec<_>>().join(" ");
            cells.map(words).collect()
        })
        .collect();
    assert_eq!(rows[0][..3], ["Lane", "Test accuracy", "against SAM"], "{rows:?}");
    assert!(rows[1][0].starts_with("SGD") && rows[1][1].contains('%') && rows[1].len() == rows[0].len(), "{rows:?}");
}

#[test]
fn screenshots_of_the_focus() {
    let Some(folder) = image_folder() else { return };
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let mut bench = opened(DESKTOP, theme, "Curves", "Curves");
        trained(&mut bench, 312);
        for (label, name) in [("Curves", "selected"), ("Label noise", "slider"), ("Lanes", "section"), ("Sentence", "field")] {
            bench.harness.get_all_by_label(label).last().expect("a control").focus();
            bench.harness.run();
            shoot(&folder, &mut bench, &format!("desktop-{shade}-focus-{name}"));
        }
        bench.harness.get_by_label_contains("Chart of Test loss").focus();
        bench.harness.run();
        shoot(&folder, &mut bench, &format!("desktop-{shade}-focus-chart"));
    }
}
