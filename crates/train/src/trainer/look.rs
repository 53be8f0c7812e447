//! What is looked at and measured, and changes nothing of the run.

use super::host::Host;
use super::state::Trainer;
use crate::keep::Keep;
use crate::protocol::{Command, Event, Phase, Ticketed};
use crate::report::Side;

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Carries out the commands that look at a run and change nothing of it.
    pub(super) async fn look(&mut self, command: Command) {
        let run = self.run;
        let Some(driver) = &mut self.driver else {
            return self.fail("There is no run to look at: start one first.");
        };
        let event = match command {
            Command::MeasureSharpness => {
                self.measure_sharpness(Side::Train, false).await;
                return self.measure_sharpness(Side::HeldOut, false).await;
            }
            Command::Trace { member } => {
                let traced = driver.trace(member).await;
                if self.phase == Phase::Running {
                    self.tell_progress();
                    self.enter(Phase::Paused);
                }
                traced.map(|trace| Event::Traced { run, trace: Box::new(trace) })
            }
            Command::Sentences => Ok(Event::Sentences { run, sentences: Box::new(driver.sentences()) }),
            Command::SentenceTable { lane } => {
                driver.sentence_table(lane).await.map(|table| Event::SentenceTable { run, table: Box::new(table) })
            }
            Command::SentenceHistory { example } => {
                driver.sentence_history(example).await.map(|history| Event::SentenceHistory { run, history })
            }
            Command::Landscape { plane, points, member } => match driver.survey(plane, points, member).await {
                // It is measured between slices of training, and closes the ticket at its end.
                Ok(survey) => return self.surveys.push_back((self.ticket.take(), survey)),
                Err(error) => Err(error),
            },
            Command::Line { from, to, member } => driver.line(from, to, member).await.map(|line| Event::Line { run, line }),
            other => unreachable!("{other:?} does not look at a run"),
        };
        match event {
            Ok(event) => self.tell(event),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// Carries out the commands that have the lanes answer: at their best epochs, where the run keeps these and has come to its end.
    pub(super) async fn ask(&mut self, command: Command) {
        let run = self.run;
        let Some(driver) = &mut self.driver else {
            return self.fail("There is no run to ask: start one first.");
        };
        let lent = driver.lend_best().await;
        let event = match command {
            Command::Classify { text, text_b } => {
                let (answers, known_tokens) = driver.classify(&text, text_b.as_deref()).await;
                Ok(Event::Classified { run, answers, known_tokens })
            }
            Command::Judge => Ok(Event::Judged { run, judgement: Box::new(driver.judge().await) }),
            Command::JudgedCell { lane, label, answer } => {
                let cell = driver.judged_cell(lane, label, answer).await;
                cell.map(|cell| Event::JudgedCell { run, cell: Box::new(cell) }).map_err(|error| error.to_string())
            }
            Command::Predict { file } => {
                let predictions = driver.predict(&file).await;
                predictions
                    .map(|predictions| Event::Predicted { run, predictions: Box::new(predictions) })
                    .map_err(|error| error.to_string())
            }
            Command::Export { lane, member, format } => {
                driver.export(lane, member, format).await.map(|file| Event::Exported { run, file }).map_err(|error| error.to_string())
            }
            other => unreachable!("{other:?} asks for no answer"),
        };
        driver.give_back(lent);
        match event {
            Ok(event) => self.tell(event),
            Err(text) => self.fail(&text),
        }
    }

    /// Goes on fitting the linear model beside the run, for a moment.
    pub(super) fn fit_linear(&mut self) {
        if !self.fits_linear() {
            return;
        }
        if let Some(linear) = self.driver.as_mut().and_then(|driver| driver.fit_linear()) {
            self.tell(Event::Linear { run: self.run, linear });
        }
    }

    /// Whether that is under way.
    pub(super) fn fits_linear(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| driver.fits_linear(self.phase == Phase::Running))
    }

    /// Measures and tells the sharpness of all lanes; `counted` charges it to the budget.
    pub(super) async fn measure_sharpness(&mut self, side: Side, counted: bool) {
        let Some(driver) = &mut self.driver else { return };
        let sharpness = driver.measure_sharpness(side).await;
        self.sharpness_takes[side as usize] = sharpness.seconds;
        if counted {
            self.budget.sharpness_seconds += sharpness.seconds;
        }
        self.tell(Event::Sharpness { run: self.run, sharpness, budget: self.budget });
    }

    /// Measures sharpness, if the budget has time for it.
    pub(super) async fn spend_the_budget(&mut self) {
        self.budget.training_seconds = self.driver.as_ref().map_or(0.0, |driver| driver.seconds());
        let side = self.next_side;
        if self.budget.allows(self.sharpness_takes[side as usize]) {
            self.measure_sharpness(side, true).await;
            self.next_side = side.other();
        }
    }

    /// Goes on with the landscape that was asked for first, for a moment.
    pub(super) async fn survey(&mut self) {
        let (Some(driver), Some((ticket, survey))) = (&self.driver, self.surveys.front_mut()) else { return };
        let Some(landscape) = driver.survey_on(survey).await else { return };
        let (ticket, done) = (*ticket, !landscape.more);
        let message = Event::Landscape { run: self.run, landscape: Box::new(landscape) };
        self.host.emit(Ticketed { ticket, message });
        if done {
            self.surveys.pop_front();
            self.close(ticket);
        }
    }

    /// Landscapes of a run that ends.
    pub(super) fn forget_surveys(&mut self) {
        for (ticket, _) in std::mem::take(&mut self.surveys) {
            self.close(ticket);
        }
    }
}
