//! How SAM flattens: dots that go on by themselves while they are looked at, and what becomes of the predictions.

use basin_app::FileRequest;
use basin_app::settings::Middle;
use egui::Theme;
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, DESKTOP, PHONE, TABLET, image_folder, opened, shoot, trained};

/// The view, with the dots where they begin. A frame of these tests stands for a tenth of a second of them at most.
fn looking(size: egui::Vec2) -> Bench {
    let mut bench = opened(size, Theme::Light, "Curves", "Flatten");
    trained(&mut bench, 312);
    bench.click("Let the dots begin again");
    bench
}

/// The time τ that is told.
fn tau(bench: &Bench) -> f64 {
    let node = bench.harness.get_by_label_contains("τ = ηρ² · steps = ").accesskit_node();
    // The words of a label are its value.
    let text = node.value().or_else(|| node.label()).unwrap_or_default();
    let number = text.trim_start_matches("τ = ηρ² · steps = ").split(' ').next().unwrap_or_default().to_owned();
    number.parse().unwrap_or_else(|_| panic!("{text}"))
}

/// Lets the frames come that a whole run takes.
fn wait(bench: &mut Bench) {
    for _ in 0..60 {
        bench.harness.run_steps(20);
        if bench.sees("P5, ") && bench.harness.query_by_label("Let the dots go").is_some_and(|node| node.accesskit_node().is_disabled()) {
            return;
        }
    }
    panic!("it has come to τ = {}", tau(bench));
}

#[test]
fn three_dots_go_by_themselves_to_three_places() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut bench = looking(size);
        assert!(bench.sees("The floor of the valley") && bench.sees("predicted"));
        wait(&mut bench);
        for told in ["SAM, whole batch: a = 0.98, to 1", "SAM, one example: a = 0.0", "ascent direction: a = −0.98, to −1"] {
            assert!(bench.sees(told), "{size}: {told}");
        }
        for name in ["P1", "P2", "P3", "P5"] {
            assert!(bench.sees(&format!("{name}, met within 0.")), "{size}: {name}");
        }
        assert!(bench.sees("P4, met") && !bench.sees("not met"), "{size}");
        assert!(bench.sees("The floor of the valley: SAM, whole batch at 0.97"), "a chart for ears");
        bench.click("Let the dots begin again");
        assert!(tau(&bench) < 1.0 && !bench.sees("P1, met"));
    }
}

#[test]
fn nothing_moves_while_something_else_is_looked_at() {
    let mut bench = looking(DESKTOP);
    bench.harness.run_steps(20);
    bench.click("Curves");
    bench.harness.run_steps(40);
    bench.click("Flatten");
    let there = tau(&bench);
    assert!((0.1..1.0).contains(&there), "{there}");
    bench.click("Pause the dots");
    let there = tau(&bench);
    bench.harness.run_steps(20);
    assert_eq!(tau(&bench).to_bits(), there.to_bits());
    bench.click("Let the dots go");
    bench.harness.run_steps(5);
    assert!(tau(&bench) > there);
    // On a phone neither, while another page is open.
    let mut bench = looking(PHONE);
    bench.click("Results");
    bench.harness.run_steps(40);
    bench.click("Flatten");
    assert!(tau(&bench) < 0.5, "{}", tau(&bench));
}

#[test]
fn with_less_motion_the_dots_wait_to_be_let_go() {
    let mut bench = Bench::open(
        DESKTOP,
        Some(r#"{"experiment":{},"middle":"Flatten","sight":{"text_percent":100,"still":true,"patterns":false}}"#),
        basin_app::Opening::default(),
    );
    bench.say([super::hello()]);
    bench.harness.run_steps(20);
    assert_eq!((bench.app().settings().middle, tau(&bench).to_bits()), (Middle::Flatten, 0.0_f64.to_bits()));
    bench.click("One step of the dots");
    assert!(bench.sees("at ρ 0.08: step 1, a = −0.499, c = 0.277"));
    bench.click("Let the dots go");
    bench.harness.run_steps(20);
    assert!(tau(&bench) > 0.1);
}

#[test]
fn another_radius_lies_on_the_curve_of_the_one_before() {
    let mut bench = looking(DESKTOP);
    bench.harness.run_steps(60);
    bench.harness.get_by_label("Radius of the dots").focus();
    bench.harness.run_steps(2);
    bench.press(egui::Key::ArrowUp);
    bench.harness.run_steps(4);
    let rho = bench.app().choices().flatten.setups[0].rho[0];
    assert!(rho > 0.08, "{rho}");
    assert!(bench.sees("before, ρ 0.08"), "the chart of λ₁ in words");
}

#[test]
fn the_small_network_meets_the_predictions_too() {
    let mut bench = looking(DESKTOP);
    bench.click("Small network");
    assert!(bench.sees("25 weights") || bench.sees("more weights than examples"));
    wait(&mut bench);
    for name in ["P1, met within 0.", "P2, met within 0.", "P3, met within 0.", "P4, met", "P5, met within 0."] {
        assert!(bench.sees(name), "{name}");
    }
    assert!(bench.sees("SAM edge: SAM, whole batch, ρ 0.04 3.31, edge at ρ 0.04 3.31"), "a chart for ears");
    // The valley is where it was left.
    bench.click("Valley");
    assert!(tau(&bench) < 1.0);
    bench.click("Small network");
    bench.click("Save Tr H");
    bench.click("CSV: its values…");
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_back() else { panic!("a file was expected") };
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!((name.as_str(), text.lines().count()), ("basin-flatten.csv", 1 + 4 * 160 + 2 * 161));
    assert!(text.contains("\nfull-batch,true,,0.05,0,"), "a predicted path is known at its start");
}

/// The run that is trained goes on as it was.
#[test]
fn the_run_is_left_alone() {
    let mut bench = looking(DESKTOP);
    let before = bench.app().settings().experiment.clone();
    bench.sent();
    bench.harness.run_steps(30);
    bench.click("Let the dots begin again");
    assert!(bench.sent().is_empty());
    assert_eq!(bench.app().settings().experiment, before);
}

#[test]
fn screenshots_of_flattening() {
    let Some(folder) = image_folder() else { return };
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, name) in [(DESKTOP, "desktop"), (TABLET, "tablet"), (PHONE, "phone"), (egui::vec2(390.0, 2200.0), "phone-whole")] {
            for network in [false, true] {
                let mut bench = opened(size, theme, "Curves", "Flatten");
                trained(&mut bench, 312);
                if network {
                    bench.click("Small network");
                }
                let which = if network { "network" } else { "valley" };
                bench.harness.run_steps(40);
                shoot(&folder, &mut bench, &format!("flatten-{name}-{shade}-{which}-early"));
                wait(&mut bench);
                shoot(&folder, &mut bench, &format!("flatten-{name}-{shade}-{which}"));
            }
        }
    }
}
