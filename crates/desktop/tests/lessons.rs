//! `basin lesson` from outside: the list, what is wrong with a lesson, and the claims of every lesson.

mod folder;

use serde_json::Value;

use folder::{Folder, err, out, refused};

const LESSON: &str = "---\ntitle: Mine\nminutes: 1\nlevel: easy\ndata: helpdesk\ntrain-size: 96\nepochs: 1\nseeds: 2\nlanes: sgd, sam\n---\n## One\n```basin\nclaim: sam.gradients = 2 * sgd.gradients\n```\n**If so:** Yes.\n**If not:** No.\n";

#[test]
fn the_lessons_are_listed() {
    let text = out(&Folder::new("lesson-list").basin_ok("lesson list"));
    assert_eq!(text.lines().count(), 14, "{text}");
    assert!(text.contains("02-noise            10 min  easy    Noise is memorised\n"), "{text}");
    let columns: Vec<Option<usize>> = text.lines().map(|line| line.find(" min  ")).collect();
    assert!(columns.iter().all(|column| *column == columns[0]), "{text}");
    // And in the README, each with its link and its minutes.
    let readme = include_str!("../../../README.md");
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let title = line.split_once(words[3]).expect("a title after the level").1.trim();
        let row = format!("| [{title}](http://localhost:8080/?lesson={}) | {} |", words[0], words[1]);
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn a_lesson_of_a_teacher_is_checked() {
    let folder = Folder::new("lesson-file");
    folder.write("mine.md", LESSON);
    let output = folder.basin_ok("lesson check mine.md --seeds 2");
    assert!(err(&output).contains("Run 1 of 1 (mine.md), data seed 2."), "{}", err(&output));
    let text = out(&output);
    let told = "ok     mine.md:13 One\n       sam.gradients = 2 * sgd.gradients\n       held in 2 of 2 data seeds, declared always; the first: 6 = 2 · 3 = 6\n";
    assert_eq!(text, told);
    folder.write("wrong.md", &LESSON.replace("2 *", "3 *"));
    let output = folder.basin("lesson check wrong.md --seeds 1 --json");
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!((&document["passed"], &document["claims"][0]["held"]), (&Value::from(false), &Value::from(0)));
    assert_eq!(document["claims"][0]["outcomes"][0]["numbers"], "6 = 3 · 3 = 9");
}

#[test]
fn a_lesson_that_is_none_is_refused_by_line() {
    let folder = Folder::new("lesson-bad");
    folder.write("mine.md", &LESSON.replace("epochs: 1", "epochs: one").replace("**If not:**", ""));
    let told = ["mine.md, line 7: `one` is no number", "mine.md, line 13: this claim has no explanation"];
    refused(&folder.basin("lesson check mine.md"), &told);
    refused(&folder.basin("lesson check nothing"), &["there is no lesson `nothing`"]);
}

/// With one data seed, so that it stays cheap (half a minute on two cores); `basin lesson check --all` takes eight.
#[test]
fn what_the_lessons_claim_holds() {
    let output = Folder::new("lesson-all").basin("lesson check --all --seeds 1");
    let text = out(&output);
    assert!(output.status.success() && text.matches("\nok ").count() > 30, "{text}");
}
