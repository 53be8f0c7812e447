//! Whether a trainer gives signs of life: it is asked for one now and then, and any word of it is one.

/// Seconds from one sign of life to the next question for one.
const ASK_SECONDS: f64 = 5.0;

/// The ticket of a question whose answer is a sign of life and nothing else.
pub const PING: u64 = u64::MAX;

/// See the file's head. Times are seconds on any one clock.
#[derive(Debug)]
pub struct Life {
    /// The last look.
    looked: f64,
    /// The last question, and whether something has arrived since.
    asked: f64,
    answered: bool,
    /// Seconds that were spent waiting.
    silent: f64,
}

impl Life {
    /// Of a trainer that begins now.
    pub fn new(now: f64) -> Self {
        Self { looked: now, asked: now, answered: true, silent: 0.0 }
    }

    /// Takes note of whether something has arrived; says whether to ask again.
    pub fn look(&mut self, heard: bool, now: f64) -> bool {
        // A computer that slept was not waiting.
        let waited = (now - self.looked).clamp(0.0, 1.0);
        self.looked = now;
        if heard {
            self.answered = true;
            self.silent = 0.0;
        } else if !self.answered {
            self.silent += waited;
        }
        let due = self.answered && now - self.asked > ASK_SECONDS;
        if due {
            self.asked = now;
            self.answered = false;
        }
        due
    }

    /// For how many seconds a sign of life has been owed.
    pub fn silent_seconds(&self) -> f64 {
        self.silent
    }
}

/// For how long a trainer has been silent before: one that works on something large is so again.
#[derive(Debug, Default)]
pub struct Silence {
    last: f64,
    longest: f64,
}

impl Silence {
    /// Times of the longest silence that ended after which a trainer is taken for dead. The first measurement of a run is one of a
    /// single lane, later ones are of all, and there are twelve at most.
    const TIMES: f64 = 15.0;

    /// After how many seconds a trainer that is silent for so many is taken for dead, when it would be after `least` if nothing else
    /// were known of it.
    pub fn dead_after(&mut self, silent: f64, least: f64) -> f64 {
        if silent < self.last {
            self.longest = self.longest.max(self.last);
        }
        self.last = silent;
        least.max(Self::TIMES * self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_been_silent_for_long_may_be_so_again() {
        let mut silence = Silence::default();
        // A silence counts once it has ended.
        for (silent, dead) in [(1.0, 60.0), (10.0, 60.0), (0.0, 150.0), (3.0, 150.0), (0.0, 150.0), (100.0, 150.0)] {
            let found = silence.dead_after(silent, 60.0);
            assert!((found - dead).abs() < 1e-9, "{silent}: {found}");
        }
    }

    #[test]
    fn silence_counts_from_the_question_on_and_a_word_ends_it() {
        let mut life = Life::new(10.0);
        assert!(!life.look(false, 12.0), "nothing is owed yet");
        assert!(life.look(false, 15.5), "it is asked");
        assert!(!life.look(false, 16.0) && !life.look(false, 16.5), "once");
        assert!((life.silent_seconds() - 1.0).abs() < 1e-9);
        // The computer slept for an hour.
        life.look(false, 3616.5);
        assert!((life.silent_seconds() - 2.0).abs() < 1e-9);
        life.look(true, 3617.0);
        assert!(life.silent_seconds() == 0.0);
    }
}
