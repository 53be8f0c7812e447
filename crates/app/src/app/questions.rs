//! What the views ask for, and ask for again as the weights move: answers, sentences, planes.

use basin_train::protocol::{Command, NamedBytes};
use basin_train::report::PlaneChoice;

use super::workspace::Workspace;
use crate::client::Asked;
use crate::settings::{Middle, Tab};
use crate::state::PLANES;

/// Points along each side of the plane, and of the two others that are only there to compare with.
const PLANE_POINTS: [usize; PLANES] = [51, 17, 17];

/// A judgement that takes so long is not made again and again while a run trains.
const QUICK_SECONDS: f64 = 0.25;

impl Workspace {
    /// Asks the lanes what is written.
    pub fn ask(&mut self) {
        let text = self.question.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let pairs = self.state.run.summary.as_ref().is_some_and(|s| s.pairs);
        let text_b = pairs.then(|| self.question.text_b.trim().to_owned());
        self.send(Command::Classify { text, text_b });
    }

    /// Keeps the answers up to date with the weights, one question at a time.
    pub fn ask_again(&mut self) {
        let pending = self.client.is_pending(|asked| *asked == Asked::Answer);
        if pending || self.state.run.classified.is_none() || !self.state.has_run() {
            return;
        }
        if let Some((text, text_b)) = self.question.asked.clone() {
            self.send(Command::Classify { text, text_b });
        }
    }

    /// Whether the table of sentences is on the screen of a run; `narrow` screens show one page at a time.
    fn looks_at_sentences(&self, narrow: bool) -> bool {
        self.settings.middle == Middle::Sentences && (!narrow || self.settings.tab == Tab::Curves) && self.state.has_run()
    }

    /// Asks for the sentences and for how the chosen lane sees them, while they are looked at.
    pub fn keep_sentences(&mut self, narrow: bool) {
        if !self.looks_at_sentences(narrow) {
            return;
        }
        if self.state.run.sentences.is_none() && !self.client.is_pending(|asked| *asked == Asked::Sentences) {
            self.send(Command::Sentences);
        }
        let lane = self.choices.sentences.lane;
        if !self.state.run.sentence_tables.contains_key(&lane) && !self.client.is_pending(|asked| *asked == Asked::SentenceTable) {
            self.send(Command::SentenceTable { lane });
        }
    }

    /// Keeps the table of sentences up to date with the weights, one question at a time.
    pub fn look_at_sentences_again(&mut self, narrow: bool) {
        if !self.looks_at_sentences(narrow) || self.client.is_pending(|asked| *asked == Asked::SentenceTable) {
            return;
        }
        let choice = &self.choices.sentences;
        let (lane, selected) = (choice.lane, choice.selected);
        self.send(Command::SentenceTable { lane });
        if let Some(example) = selected {
            self.send(Command::SentenceHistory { example });
        }
    }

    /// Whether the judgement is on the screen of a run.
    fn looks_at_judgement(&self, narrow: bool) -> bool {
        self.settings.middle == Middle::Judge && (!narrow || self.settings.tab == Tab::Curves) && self.state.has_run()
    }

    /// Has the answers judged while that is looked at: once, and again where the run has come to rest elsewhere.
    pub fn keep_judgement(&mut self, narrow: bool) {
        if !self.looks_at_judgement(narrow) || self.client.is_pending(|asked| *asked == Asked::Judgement) {
            return;
        }
        let now = (self.state.run.id, self.state.run.progress.step);
        let elsewhere = self.judged_at != Some(now) && (!self.state.trains() || self.judged_at.is_none_or(|(run, _)| run != now.0));
        if elsewhere {
            self.judge();
        }
    }

    /// Has the answers judged again with every measurement, where that takes a moment.
    pub fn judge_again(&mut self, narrow: bool) {
        let quick = self.state.run.judgement.as_ref().is_some_and(|judgement| judgement.seconds < QUICK_SECONDS);
        let pending = self.client.is_pending(|asked| *asked == Asked::Judgement);
        if quick && !pending && self.looks_at_judgement(narrow) {
            self.judge();
        }
    }

    /// Has the answers judged, and asks for the cell that is open.
    pub fn judge(&mut self) {
        self.send(Command::Judge);
        let choice = self.choices.judge;
        if let Some([label, answer]) = choice.cell {
            self.send(Command::JudgedCell { lane: choice.lane, label, answer });
        }
    }

    /// Asks the lanes what is written in the list, one text a line.
    pub fn ask_list(&mut self) {
        if !self.question.list.trim().is_empty() {
            let bytes = self.question.list.clone().into_bytes();
            self.send(Command::Predict { file: NamedBytes { name: "the list".to_owned(), bytes } });
        }
    }

    /// Measures the plane that is chosen, then two others one after the other, coarsely: a slice depends on its plane.
    pub fn measure_landscape(&mut self) {
        let choice = self.choices.landscape;
        let chosen = match choice.plane {
            PlaneChoice::Random { seed } => Some(seed),
            PlaneChoice::Ends { .. } => None,
        };
        let others = (1..).filter(|seed| Some(*seed) != chosen).map(|seed| PlaneChoice::Random { seed });
        let planes = std::iter::once(choice.plane).chain(others).zip(PLANE_POINTS);
        let commands = planes.map(|(plane, points)| Command::Landscape { plane, points, member: choice.member });
        self.planes = commands.enumerate().collect();
        for plane in &mut self.state.run.landscapes.planes {
            plane.1 = None;
        }
        self.measure_next_plane();
    }

    /// Goes on with the planes.
    pub fn measure_next_plane(&mut self) {
        if let Some((place, command)) = self.planes.pop_front() {
            self.measure_plane(place, command);
        }
    }
}
