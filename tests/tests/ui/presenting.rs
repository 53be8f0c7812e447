//! One view alone: large for the last row of a class, or as a part of another page.

use basin_app::settings::{Middle, Settings};

use super::access::focused;
use super::instrument::fill;
use super::links::has;
use super::*;

#[test]
fn presenting_leaves_one_view_and_the_bar_of_time() {
    let mut bench = Bench::greeted(DESKTOP);
    trained(&mut bench, 312);
    bench.press(Key::P);
    bench.harness.run();
    assert!((bench.harness.ctx.zoom_factor() - 1440.0 / 840.0).abs() < 1e-3, "as many points across as fit");
    assert!(has(&bench, "Landscape") && has(&bench, "Pause the run") && bench.sees("Chart of Test accuracy"));
    for label in ["Restart", "Source", "Ask", "Share…", "Course"] {
        assert!(!has(&bench, label), "{label}");
    }
    assert!(!bench.sees("Chart of Test loss"), "one chart has all the room");
    bench.pause();
    bench.press(Key::Num8);
    assert_eq!(bench.app().settings().middle, Middle::Landscape);
    bench.press(Key::Escape);
    bench.harness.run();
    assert!((bench.harness.ctx.zoom_factor() - 1.0).abs() < 1e-3 && has(&bench, "Restart"));
    // From the menu, too.
    bench.click("Theme");
    bench.click("Present");
    assert!(has(&bench, "End presenting") && bench.app().settings().presenting);
    bench.click("End presenting");
    assert!(has(&bench, "Restart"));
}

/// Without bars F6 goes between the view and the bar of time.
#[test]
fn f6_goes_between_view_and_time() {
    let mut presenting = Bench::greeted(DESKTOP);
    trained(&mut presenting, 312);
    presenting.press(Key::P);
    let mut part = embedded("curves,landscape");
    trained(&mut part, 200);
    for bench in [&mut presenting, &mut part] {
        let mut stops = Vec::new();
        for _ in 0..3 {
            bench.press(Key::F6);
            stops.push(focused(bench).expect("a part takes the focus"));
        }
        assert!(stops[0] != stops[1] && stops[0] == stops[2], "{stops:?}");
        bench.harness.get_by_role_and_label(egui::accesskit::Role::Region, "Time bar");
        bench.harness.get_by_role_and_label(egui::accesskit::Role::Region, "Curves view");
    }
}

#[test]
fn a_phone_does_not_present() {
    let mut bench = Bench::greeted(PHONE);
    bench.press(Key::P);
    bench.harness.run();
    assert!((bench.harness.ctx.zoom_factor() - 1.0).abs() < 1e-3 && has(&bench, "Course"));
}

#[test]
fn another_chart_takes_the_room() {
    let mut bench = Bench::greeted(DESKTOP);
    trained(&mut bench, 312);
    bench.press(Key::P);
    bench.click("Chart");
    bench.click_last("Gap");
    bench.harness.run();
    assert!(bench.sees("Chart of Held-out gap") && !bench.sees("Chart of Test accuracy"));
    assert_eq!(bench.app().settings().charts.alone, Some(basin_app::state::Metric::GapHeldOut));
    // It stays alone beside the panels, until all are wanted.
    bench.press(Key::Escape);
    assert!(has(&bench, "Restart") && !bench.sees("Chart of Test accuracy"));
    bench.click("Chart");
    bench.click("All charts");
    bench.harness.run();
    assert!(bench.sees("Chart of Test accuracy") && bench.sees("Chart of Held-out gap"));
}

fn embedded(words: &str) -> Bench {
    let mut bench = Bench::open(TABLET, None, Opening { embed: Some(words.to_owned()), ..Opening::default() });
    bench.say([hello()]);
    bench.say(prepared(1, &presets::start()));
    bench
}

#[test]
fn an_embedded_page_has_the_views_that_it_was_asked_for() {
    let mut bench = embedded("landscape,curves");
    assert_eq!(bench.app().settings().middle, Middle::Landscape);
    assert!(has(&bench, "Curves") && has(&bench, "Landscape") && has(&bench, "Pause the run"));
    for label in ["Sharpness", "Restart", "Course", "Share…", "Leave"] {
        assert!(!has(&bench, label), "{label}");
    }
    assert!(!bench.sees("Welcome to Basin"));
    for key in [Key::Num5, Key::C, Key::P] {
        bench.press(key);
        bench.pause();
    }
    let settings = bench.app().settings();
    assert_eq!((settings.middle, settings.course.shown, settings.presenting), (Middle::Landscape, false, false));
    // One view needs no switch.
    assert!(!has(&embedded("curves"), "Landscape"));
    let bench = embedded("moon");
    assert!(bench.notices()[0].contains("`?embed=moon`: it can be any of curves, sharpness, step, sentences, landscape"));
    assert_eq!(bench.app().settings().middle, Middle::Curves);
    let kept: Settings = bench.app().kept().into_owned();
    assert_eq!(kept.experiment, presets::start());
}

#[test]
fn screenshots_of_presenting() {
    let Some(folder) = image_folder() else { return };
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for middle in Middle::ALL {
            let name = format!("{middle:?}");
            let mut bench = opened(DESKTOP, theme, "Curves", &name);
            trained(&mut bench, 312);
            fill(&mut bench, &name);
            bench.press(Key::P);
            bench.harness.run();
            if middle == Middle::Curves {
                bench.harness.hover_at(egui::pos2(800.0, 450.0));
                bench.harness.run_ok();
                bench.harness.run_ok();
            }
            shoot(&folder, &mut bench, &format!("presenting-{shade}-{}", name.to_lowercase()));
        }
    }
    let mut bench = embedded("curves,landscape");
    trained(&mut bench, 200);
    shoot(&folder, &mut bench, "embedded");
}
