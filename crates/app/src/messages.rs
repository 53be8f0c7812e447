//! What was said: messages, which are listed, and notices, which stay on the screen.
//!
//! A notice is about something, its [`Topic`]: a later one on the same topic takes its place, success of the same thing
//! takes it off, or somebody who has read it. Nothing else does.

use crate::controls;

/// Messages that are kept; older ones go.
const MOST: usize = 200;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The link that the window was opened with.
    Link,
    /// The device that it was to train on.
    Device,
    /// What is remembered of the last session.
    Settings,
    /// A file of the user: reading it, its columns.
    File,
    /// Whether the test file of another training file is to be kept.
    TestFile,
    /// The start of a run.
    Start,
    /// The run that trains.
    Run,
    /// A question to the lanes.
    Question,
    /// A look at the run: its sharpness, a step, sentences, landscapes.
    Look,
    /// Many runs over a grid.
    Sweep,
    /// Saving the run.
    Save,
    /// The clipboard.
    Clipboard,
    /// The trainer has ended.
    Trainer,
    /// The trainer does not answer.
    Silence,
    /// A run that was kept, and goes on.
    Kept,
    /// Whether a run may take the place of another.
    Replace,
    /// A new version of the page.
    Version,
}

/// What a notice offers to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Train what is set up.
    Start,
    /// Train the experiment that Basin comes with.
    StartDefault,
    /// Choose the file to train on.
    OpenFile,
    /// Train on the help desk's messages.
    HelpDesk,
    /// Test on the file that was set aside.
    KeepTest,
    /// Forget it, in use or set aside.
    DropTest,
    /// Start another trainer.
    ReplaceTrainer,
    /// Train what is set up, from its first step.
    StartAnew,
    /// Open the run that waits.
    OpenRun,
    /// Save the run that only this page or window holds.
    SaveHeld,
    /// Fetch the lesson that the address names.
    FetchLesson,
    /// Take the version of the page that waits.
    Renew,
    /// Take it, though something is here that is not kept.
    RenewAllTheSame,
}

/// Something that stays on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub topic: Topic,
    /// For people.
    pub text: String,
    /// What can be done about it.
    pub offers: Vec<Offer>,
    /// Whether nothing is wrong.
    pub calm: bool,
}

/// Something the trainer or the app said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether something that was asked for did not happen.
    pub failure: bool,
    /// For people.
    pub text: String,
}

/// All messages and notices.
#[derive(Debug, Default)]
pub struct Messages {
    messages: Vec<Message>,
    notices: Vec<Notice>,
}

impl Messages {
    /// What was said, oldest first.
    pub fn list(&self) -> &[Message] {
        &self.messages
    }

    /// What stays on the screen, oldest first.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Adds a message to the list.
    pub fn note(&mut self, text: String) {
        self.say(Message { failure: false, text });
    }

    /// Adds a failure to the list that nobody waits for any more.
    pub fn list_failure(&mut self, text: String) {
        self.say(Message { failure: true, text });
    }

    /// Something that was asked for did not happen.
    pub fn fail(&mut self, topic: Topic, text: String) {
        self.notice(topic, text, &[]);
    }

    /// Something that is good to know stays on the screen, in place of what was there on this topic.
    pub fn tell(&mut self, topic: Topic, text: String, offers: &[Offer]) {
        self.clear(topic);
        self.notices.push(Notice { topic, text: controls::named(&text), offers: offers.to_vec(), calm: true });
        self.note(text);
    }

    /// Puts a notice on the screen, in place of what was there on this topic.
    pub fn notice(&mut self, topic: Topic, text: String, offers: &[Offer]) {
        let named = controls::named(&text);
        // What begins like one that is there, such as a start on a file that has just been refused, says it again.
        self.notices.retain(|notice| notice.topic != topic && !named.starts_with(&notice.text));
        self.notices.push(Notice { topic, text: named, offers: offers.to_vec(), calm: false });
        self.list_failure(text);
    }

    /// Takes the notice on a topic off the screen.
    pub fn clear(&mut self, topic: Topic) {
        self.notices.retain(|notice| notice.topic != topic);
    }

    fn say(&mut self, mut message: Message) {
        message.text = controls::named(&message.text);
        // What a restarted run says again is said once, as the latest.
        self.messages.retain(|said| *said != message);
        if self.messages.len() == MOST {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_said_once_and_last() {
        let mut messages = Messages::default();
        for text in ["a", "b", "a", "a"] {
            messages.note(text.to_owned());
        }
        let texts: Vec<&str> = messages.list().iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["b", "a"]);
    }

    #[test]
    fn a_notice_goes_with_its_own_topic_only() {
        let mut messages = Messages::default();
        messages.fail(Topic::Link, "damaged".to_owned());
        messages.fail(Topic::File, "no label".to_owned());
        messages.fail(Topic::File, "no rows".to_owned());
        messages.note("All climbing lanes share one ρ.".to_owned());
        let texts = |messages: &Messages| messages.notices().iter().map(|notice| notice.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&messages), ["damaged", "no rows"]);
        messages.fail(Topic::Start, "no rows The run before goes on.".to_owned());
        assert_eq!(texts(&messages), ["damaged", "no rows The run before goes on."]);
        messages.clear(Topic::Start);
        assert_eq!(texts(&messages), ["damaged"]);
        assert_eq!(messages.list().len(), 5, "all of them stay in the list");
    }
}
