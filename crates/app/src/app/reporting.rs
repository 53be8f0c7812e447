//! The run that is shown as a report in one file.
//!
//! Elsewhere: what a report says (`report/`).

use basin_train::experiment::DataSource;
use basin_train::report::{KeptRun, Summary};

use super::workspace::Workspace;
use crate::charts;
use crate::report::{Context, Told, UsersFile, page};
use crate::state::State;

impl Workspace {
    /// The run that is shown, after the one that is drawn dashed, if there is one; none before anything was measured.
    pub fn report(&self) -> Option<String> {
        let run = &self.state.run;
        let summary = run.summary.as_ref()?;
        let step = run.measurements.last()?.step;
        let files = self.files_of_run();
        let kept = self.state.open_kept.and_then(|number| self.kept_run(number));
        // Epochs are chosen at the end that was planned last.
        let best = run.best.clone().filter(|_| step == run.progress.steps);
        let context = Context { linear: run.linear, best, unfinished: step != summary.steps, reference: Some(self.reference()) };
        let this = |unnamed| told(&self.state, summary, &context, &files, unnamed, kept, step);

        let Some(before) = charts::compared(&self.state, self.settings.charts) else { return Some(page(&[this(&summary.data)])) };
        let other = State::of(before.alone());
        let kept = before.kept.and_then(|number| self.kept_run(number));
        let their_context = Context { best: before.best.clone(), unfinished: !before.is_whole(), ..Context::default() };
        let before = told(&other, &before.summary, &their_context, &[], "The run before", kept, before.last.step);
        Some(page(&[before, this("This run")]))
    }

    fn kept_run(&self, number: u64) -> Option<&KeptRun> {
        self.state.kept.iter().find(|kept| kept.number == number)
    }

    /// The user's files that the run learned from; none where they are no longer those that are open.
    fn files_of_run(&self) -> Vec<UsersFile> {
        let open = self.client.started.as_ref().is_some_and(|started| started.files == self.files.id());
        self.files.get().filter(|_| open && uses_files(self.state.run.summary.as_ref())).map_or_else(Vec::new, UsersFile::all)
    }
}

/// Whether a run learned from files of the user.
fn uses_files(summary: Option<&Summary>) -> bool {
    summary.is_some_and(|summary| matches!(summary.experiment.data.source, DataSource::File { .. }))
}

/// A run that has been measured up to a step.
fn told<'a>(
    state: &'a State,
    summary: &'a Summary,
    context: &'a Context,
    files: &'a [UsersFile],
    unnamed: &'a str,
    kept: Option<&'a KeptRun>,
    step: usize,
) -> Told<'a> {
    let written = |text: fn(&KeptRun) -> &String| kept.map(text).map(String::as_str).filter(|text| !text.is_empty());
    Told {
        name: written(|kept| &kept.name).unwrap_or(unnamed),
        note: written(|kept| &kept.note),
        at: kept.map(|kept| kept.at),
        experiment: &summary.experiment,
        state,
        finished: step >= summary.steps,
        // It may have begun in another one.
        version: None,
        context,
        has_weights: true,
        files,
    }
}
