//! Inside a crate imports go one way, too: each list is a crate's files and folders, from what knows nothing of the others to
//! what knows them all.

use std::path::Path;

use basin_tests::imports::{Sources, against, sources};

#[track_caller]
fn check(krate: &str, order: &[&str]) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(krate).join("src");
    let found = against(&sources(&src), order);
    assert!(found.is_empty(), "{krate}:\n{}", found.join("\n"));
}

#[test]
fn kernels() {
    let order = [
        "place.rs",
        "rules.rs",
        "layer.rs",
        "bag_matrix.rs",
        "sequences.rs",
        "form.rs",
        "simd.rs",
        "stream.rs",
        "twin/products.rs",
        "twin/softmax.rs",
        "twin/elementwise.rs",
        "twin/encoder.rs",
        "twin",
        "cpu/numbers.rs",
        "cpu/scalar.rs",
        "cpu/matrix.rs",
        "cpu/network.rs",
        "cpu/normed.rs",
        "cpu/attention.rs",
        "cpu/convolution.rs",
        "cpu/encoder.rs",
        "cpu/products.rs",
        "cpu/softmax.rs",
        "cpu/reading.rs",
        "cpu",
        "arrays.rs",
        "gpu/launch.rs",
        "gpu/products.rs",
        "gpu",
        "elementwise.rs",
        "layers.rs",
        "pooling.rs",
        "optimizers.rs",
        "products.rs",
        "rank_one.rs",
        "reductions.rs",
        "softmax.rs",
        "attention.rs",
        "reading.rs",
        "lib.rs",
    ];
    check("kernels", &order);
}

#[test]
fn encoder() {
    check("encoder", &["error.rs", "numbers.rs", "tokenizer.rs", "weights.rs", "network.rs", "lib.rs"]);
}

#[test]
fn optim() {
    let order = [
        "population/cost.rs",
        "population/metric.rs",
        "population/weights.rs",
        "population/noise.rs",
        "population/objective.rs",
        "population/climb_loss.rs",
        "population/gradient.rs",
        "population/divergence.rs",
        "population/hessian.rs",
        "population/perturbation.rs",
        "population/by_token.rs",
        "population/per_example.rs",
        "population",
        "base/moved.rs",
        "base/state.rs",
        "base",
        "weighting/p.rs",
        "weighting/radius.rs",
        "weighting/noise.rs",
        "weighting",
        "methods/step.rs",
        "methods/sgd.rs",
        "methods",
        "measures",
        "lib.rs",
    ];
    check("optim", &order);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a line for each file")]
fn train() {
    let order = [
        "brief.rs",
        "html.rs",
        "lost.rs",
        "any_float.rs",
        "bytes64.rs",
        "random.rs",
        "stats.rs",
        "experiment/bounds.rs",
        "experiment/method.rs",
        "experiment/lane.rs",
        "experiment/config.rs",
        "experiment",
        "data/error.rs",
        "data/files.rs",
        "data/rows.rs",
        "data/bytes.rs",
        "data/names.rs",
        "data/profile.rs",
        "data/header.rs",
        "data/foreign.rs",
        "data/delimited.rs",
        "data/dialect.rs",
        "data/json.rs",
        "data/fasttext.rs",
        "data/table.rs",
        "data/labels.rs",
        "data/guess.rs",
        "data/taken.rs",
        "data/encoder.rs",
        "data/examples.rs",
        "data/columns.rs",
        "data/doubts.rs",
        "data/test_file.rs",
        "data/texts.rs",
        "data/reading.rs",
        "data/builtin.rs",
        "data/reviews.rs",
        "data/films.rs",
        "data/shape.rs",
        "data/tokens.rs",
        "data/dataset.rs",
        "data",
        "baseline.rs",
        "reference.rs",
        "memory/network.rs",
        "memory/bounds.rs",
        "memory",
        "limits.rs",
        "models/batch.rs",
        "models/model.rs",
        "models/initial.rs",
        "models/pairs.rs",
        "models/in_order.rs",
        "models/tuned.rs",
        "models",
        "report",
        "lab/grid.rs",
        "lab/outcome.rs",
        "lab/detail.rs",
        "protocol.rs",
        "results.rs",
        "run/cores.rs",
        "run/device.rs",
        "run/error.rs",
        "run/plan.rs",
        "run/steps.rs",
        "run/lane.rs",
        "run/lockstep.rs",
        "run/history.rs",
        "run/checksum.rs",
        "run/extra.rs",
        "run/checkpoint.rs",
        "run",
        "instruments/error.rs",
        "instruments/answers.rs",
        "instruments/evaluate.rs",
        "instruments/best.rs",
        "instruments/probes.rs",
        "instruments/told.rs",
        "instruments/judge/figures.rs",
        "instruments/judge",
        "instruments/examples.rs",
        "instruments/landscape.rs",
        "instruments/past.rs",
        "instruments",
        "classifier/weights.rs",
        "classifier/tokenizer.rs",
        "classifier/card.rs",
        "classifier/protobuf.rs",
        "classifier",
        "driver/auto.rs",
        "driver",
        "lab/work.rs",
        "lab/choice.rs",
        "lab/relation.rs",
        "lab/words.rs",
        "lab",
        "keep/place.rs",
        "keep/keeper.rs",
        "keep",
        "trainer/host.rs",
        "trainer/time.rs",
        "trainer/state.rs",
        "trainer/kept.rs",
        "trainer/look.rs",
        "trainer/going.rs",
        "trainer/runs.rs",
        "trainer/sweep.rs",
        "trainer",
        "tests/dice.rs",
        "tests/examples.rs",
        "tests/json.rs",
        "tests/script.rs",
        "tests/lab.rs",
        "tests/trainer.rs",
        "tests/lost_gpu.rs",
        "tests",
        "lib.rs",
    ];
    check("train", &order);
}

#[test]
fn app() {
    let order = [
        "elements.rs",
        "colormap.rs",
        "contour.rs",
        "surface.rs",
        "format.rs",
        "icons.rs",
        "link.rs",
        "controls.rs",
        "messages.rs",
        "files.rs",
        "state/metric.rs",
        "state/run.rs",
        "state",
        "settings.rs",
        "tabs.rs",
        "choices.rs",
        "quantities.rs",
        "lessons/facts.rs",
        "lessons/claim.rs",
        "lessons/grammar.rs",
        "lessons/lesson.rs",
        "lessons/settings.rs",
        "lessons/parse.rs",
        "lessons",
        "locks.rs",
        "handout.rs",
        "table.rs",
        "measurements.rs",
        "sweeps.rs",
        "export.rs",
        "sentences.rs",
        "spoken.rs",
        "charts.rs",
        "command.rs",
        "judged.rs",
        "figures.rs",
        "images.rs",
        "theme.rs",
        "widgets.rs",
        "client.rs",
        "panels/view.rs",
        "panels/focus.rs",
        "panels/announcements.rs",
        "panels/pointed.rs",
        "panels/arrows.rs",
        "panels/axes.rs",
        "panels/cells.rs",
        "panels/course.rs",
        "panels/figure.rs",
        "panels/rows.rs",
        "panels/scatter.rs",
        "panels/status.rs",
        "panels/curves.rs",
        "panels/lines.rs",
        "panels/plane.rs",
        "panels/ask.rs",
        "panels/help.rs",
        "panels/kept.rs",
        "panels/judged_examples.rs",
        "panels/judge_parts.rs",
        "panels/judge.rs",
        "panels/landscape.rs",
        "panels/change.rs",
        "panels/stages.rs",
        "panels/microscope.rs",
        "panels/results.rs",
        "panels/sentence.rs",
        "panels/sentences.rs",
        "panels/sharpness.rs",
        "panels/share.rs",
        "panels/top_bar.rs",
        "panels/transport.rs",
        "panels/visit.rs",
        "panels/welcome.rs",
        "panels/setup/words.rs",
        "panels/setup/file.rs",
        "panels/setup/data.rs",
        "panels/setup/lanes.rs",
        "panels/setup/memory.rs",
        "panels/setup",
        "panels/keyboard.rs",
        "panels",
        "app/outbox.rs",
        "app/kept.rs",
        "app/workspace.rs",
        "app/survival.rs",
        "app/visit.rs",
        "app/time.rs",
        "app/opened.rs",
        "app/teaching.rs",
        "app/opening.rs",
        "app/questions.rs",
        "app/answers.rs",
        "app",
        "scripts.rs",
        "shell.rs",
        "lib.rs",
    ];
    check("app", &order);
}

#[test]
fn desktop() {
    let order = [
        "exit.rs",
        "words.rs",
        "terminal.rs",
        "interrupt.rs",
        "cores.rs",
        "memory.rs",
        "disk.rs",
        "identity.rs",
        "pool.rs",
        "figures/page.rs",
        "figures",
        "run_folder.rs",
        "report.rs",
        "dry_run.rs",
        "progress.rs",
        "reading.rs",
        "data/error.rs",
        "data/package.rs",
        "data/model.rs",
        "data/sets.rs",
        "data",
        "vectors.rs",
        "encoder.rs",
        "source.rs",
        "setup.rs",
        "train/args.rs",
        "train",
        "sweep/args.rs",
        "sweep/jobs.rs",
        "sweep/folder.rs",
        "sweep/report.rs",
        "sweep",
        "study/plan.rs",
        "study/store.rs",
        "study/work.rs",
        "study/slurm.rs",
        "study/status.rs",
        "study/answers.rs",
        "study/questions.rs",
        "study/report.rs",
        "study",
        "saved.rs",
        "lesson.rs",
        "predict.rs",
        "evaluate.rs",
        "landscape.rs",
        "sharpness.rs",
        "export.rs",
        "past/run.rs",
        "past/setup.rs",
        "past/compare.rs",
        "past/list.rs",
        "past/report.rs",
        "past",
        "verify.rs",
        "bench/case.rs",
        "bench/measure.rs",
        "bench/report.rs",
        "bench",
        "keep.rs",
        "thread.rs",
        "fonts.rs",
        "window.rs",
        "main.rs",
    ];
    check("desktop", &order);
}

#[test]
fn browser() {
    let order = [
        "constructors.rs",
        "crash.rs",
        "memory.rs",
        "host.rs",
        "joined.rs",
        "mirror.rs",
        "turn.rs",
        "link.rs",
        "keep.rs",
        "worker.rs",
        "page.rs",
        "lib.rs",
    ];
    check("browser", &order);
}

#[test]
fn bundle_and_verify() {
    let order = [
        "disk.rs",
        "kept.rs",
        "library.rs",
        "wasm_opt.rs",
        "compress.rs",
        "headers.rs",
        "offline.rs",
        "build.rs",
        "export.rs",
        "serve.rs",
        "main.rs",
    ];
    check("bundle", &order);
    check("verify", &["file.rs", "problem.rs", "bench.rs", "regularisers.rs", "relatives.rs", "rules.rs", "lib.rs"]);
}

/// What is told of a made-up crate in the order `ground.rs`, `walls`, `roof.rs`, when this stands in `file`.
fn found(file: &str, line: &str) -> Vec<String> {
    let files = ["ground.rs", "walls/north.rs", "walls/south.rs", "walls/mod.rs", "roof.rs", "lib.rs"];
    let mut made_up: Sources = files.map(|file| (file.to_owned(), String::new())).into();
    made_up.insert(file.to_owned(), format!("//! Not an import: [`crate::roof`].\n{line}\n"));
    against(&made_up, &["ground.rs", "walls", "roof.rs", "lib.rs"])
}

#[test]
fn an_import_that_runs_back_is_told() {
    for (file, line, imported) in [
        ("ground.rs", "use crate::roof::Tile;", "roof.rs"),
        ("ground.rs", "pub(crate) use crate::{roof::{Tile, Ridge}, walls};", "roof.rs"),
        ("ground.rs", "use crate::Everything;", "lib.rs"),
        ("ground.rs", "fn f() -> crate::roof::Tile {", "roof.rs"),
        ("ground.rs", "use super::roof as top;", "roof.rs"),
        ("walls/north.rs", "use super::south::Brick;", "walls/south.rs"),
        ("walls/north.rs", "use super::Wall;", "walls/mod.rs"),
        ("walls/north.rs", "use super::super::roof;", "roof.rs"),
        ("walls/mod.rs", "use crate::{\n    ground::Stone,\n    roof::Tile,\n};", "roof.rs"),
    ] {
        let found = found(file, line);
        let expected = format!("{file}:2 imports {imported}, which stands after it");
        assert!(found.contains(&expected), "{line:?} in {file}: {found:?}");
    }
}

#[test]
fn an_import_that_goes_on_is_none_of_its_business() {
    for (file, line) in [
        ("roof.rs", "use crate::{ground::Stone, walls::north::Wall};"),
        ("walls/north.rs", "use crate::ground;"),
        ("walls/mod.rs", "pub use self::north::Wall;\npub use south::Brick;"),
        ("lib.rs", "mod roof;\npub use roof::Tile;"),
        ("ground.rs", "use std::roof::Tile;"),
        ("ground.rs", "#[cfg(test)]\nmod tests {\n    use crate::roof::Tile;\n}"),
        ("ground.rs", "#[cfg(test)]\npub(crate) mod tests {\n    use crate::roof::Tile;\n}"),
        ("ground.rs", "// crate::roof::Tile"),
    ] {
        assert_eq!(found(file, line), Vec::<String>::new(), "{line:?} in {file}");
    }
}

#[test]
fn files_and_list_are_the_same() {
    assert_eq!(found("cellar.rs", ""), ["cellar.rs is not in the list"]);
    let made_up: Sources = [("ground.rs".to_owned(), String::new())].into();
    assert_eq!(against(&made_up, &["ground.rs", "roof.rs"]), ["roof.rs is in the list, and not there"]);
}
