//! A helper's worker: trains cells of a sweep in a wasm instance of its own, at the other end of `crew.rs`.

use basin_train::lab::crew::{Task, Word};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, MessagePort};

use crate::worker::{clock, prepare};

/// Trains the cells whose numbers come through `port`, a piece at a time, for a `task`, and answers there, as JSON text.
#[wasm_bindgen]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript gives it away")]
pub fn start_helper(port: MessagePort, task: &str) {
    prepare();
    let task = match Task::read(task) {
        Ok(task) => task,
        Err(text) => return say(&port, &Word::Failed { text }),
    };
    let on_piece = {
        let port = port.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let cells: Vec<usize> = serde_json::from_str(&message.data().as_string().unwrap_or_default()).unwrap_or_default();
            let (task, port) = (task.clone(), port.clone());
            // It gives no turn away until its cells are at their end: who wants it to stop ends this worker.
            spawn_local(async move {
                let goes_on = |share| {
                    say(&port, &Word::Share { share });
                    true
                };
                if let Some(word) = task.train(&cells, clock(), goes_on).await {
                    say(&port, &word);
                }
            });
        })
    };
    port.set_onmessage(Some(on_piece.as_ref().unchecked_ref()));
    // Pieces come as long as the worker lives.
    on_piece.forget();
    say(&port, &Word::Ready);
}

fn say(port: &MessagePort, word: &Word) {
    let text = serde_json::to_string(word).expect("words are plain data");
    port.post_message(&text.into()).expect("text can always be posted");
}
