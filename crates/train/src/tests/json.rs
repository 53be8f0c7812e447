//! Whatever messages hold survives their JSON, and no text makes a reader panic.
//!
//! `BASIN_FUZZ=1000000 cargo test --release --workspace -- tests::` reads so many texts, and carries out one in a hundred of
//! the commands among them (`trainer.rs`).

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dice::{Dice, rounds, values};
use super::examples::{commands, events};
use crate::protocol::{Command, Event, Ticketed, read_command, read_event, read_script};
use crate::report::PlaneChoice;

/// Through JSON and back; NaN is not equal to itself, but its words are.
fn survives<T: Serialize + DeserializeOwned + std::fmt::Debug>(message: &T) {
    for ticket in [None, Some(u64::MAX)] {
        let message = Ticketed { ticket, message };
        let json = serde_json::to_string(&message).expect("messages are plain data");
        let read: Ticketed<T> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert_eq!(format!("{read:?}"), format!("{message:?}"));
    }
}

/// Through JSON and back as the same kind; of numbers with 17 digits serde_json may lose the last one.
pub(super) fn comes_back<T: Serialize + DeserializeOwned>(message: &T) {
    let json = serde_json::to_string(message).expect("messages are plain data");
    let read: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(std::mem::discriminant(&read), std::mem::discriminant(message));
}

#[test]
fn every_message_survives_its_json_whatever_its_numbers_are() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, -0.0, 0.1, 3.0] {
        commands(x).iter().for_each(survives);
        events(x).iter().for_each(survives);
    }
}

#[test]
fn a_text_that_is_no_message_is_a_message() {
    let answers = read_command(r#"{"ticket":7,"message":{"dance":{}}}"#).expect_err("no command");
    let failed = r#"{"ticket":7,"message":{"failed":{"run":0,"text":"This is no command of Basin: unknown variant `dance`"#;
    assert!(serde_json::to_string(&answers[0]).expect("plain data").starts_with(failed), "{answers:?}");
    assert_eq!(answers[1], Ticketed { ticket: Some(7), message: Event::Done });
    for text in ["", "{", "null", "[]", "{\"ticket\":-1}", "\u{0}"] {
        assert!(read_command(text).is_err_and(|answers| answers[0].ticket.is_none()));
        assert!(matches!(read_event(text).message, Event::Failed { .. }));
    }
}

/// Commands of scripts, also of older ones: with numbers that are no longer used.
#[test]
fn scripts_name_a_command_beside_its_fields() {
    let old = r#"{"command":"landscape","id":0,"plane":{"plane":"ends","lanes":[0,1,2]},"points":11}"#;
    let plane = PlaneChoice::Ends { lanes: [0, 1, 2] };
    let read = |text| read_script(text).map_err(|error| error.to_string());
    assert_eq!(read(old), Ok(Command::Landscape { plane, points: 11, member: 0 }));
    let text = "hi".to_owned();
    assert_eq!(read(r#"{"command":"classify","id":1,"text":"hi"}"#), Ok(Command::Classify { text, text_b: None }));
    assert_eq!(read(r#"{"command":"pause","ticket":3}"#), Ok(Command::Pause));
    assert_eq!(read(r#"{"text":"hi"}"#), Err("missing field `command`".to_owned()));
    assert_eq!(read(r#"{"command":[1]}"#), Err("`command` is [1], not a name".to_owned()));
    let told = read(r#"{"command":"dance"}"#).expect_err("no command");
    assert!(told.starts_with("unknown variant `dance`, expected one of `start`"), "{told}");
    let told = read(r#"{"command":"classify"}"#).expect_err("no text");
    assert!(told.starts_with("missing field `text`"), "{told}");
}

#[test]
fn no_text_makes_a_reader_panic() {
    let (commands, events) = (values(commands(0.25)), values(events(f64::NAN)));
    let (mut read, mut refused) = (0, 0);
    for seed in 0..rounds() {
        let mut dice = Dice::new(seed);
        let text = dice.text(if seed % 2 == 0 { &commands } else { &events });
        match read_command(&text) {
            Ok(command) => {
                read += 1;
                comes_back(&command.message);
            }
            Err(_) => refused += 1,
        }
        comes_back(&read_event(&text).message);
        let _ = read_script(&text);
    }
    println!("{read} commands, {refused} refused");
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}
