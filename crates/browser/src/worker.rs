//! The worker: the trainer in a wasm instance of its own, at the other end of `link.rs`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use basin_train::protocol::{Command, Event};
use eframe::WebLogger;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use crate::turn::Turn;
use crate::{constructors, crash, placeholder};

/// Starts the trainer, which takes its commands from `port` and answers there, as JSON text.
#[wasm_bindgen]
pub fn start_worker(port: MessagePort) {
    constructors::run();
    let _ = WebLogger::init(log::LevelFilter::Warn);
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    crash::on_panic(move |text| {
        // Beside the port, as worker.js does for what it catches: the page takes it for the end of this trainer.
        let _ = scope.post_message(&JsValue::from_str(text));
        web_sys::console::error_1(&text.into());
    });

    let inbox = Rc::new(RefCell::new(VecDeque::<Command>::new()));
    let on_command = {
        let inbox = Rc::clone(&inbox);
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().expect("the page sends JSON text");
            inbox.borrow_mut().push_back(serde_json::from_str(&text).expect("page and worker are one build"));
        })
    };
    port.set_onmessage(Some(on_command.as_ref().unchecked_ref()));
    // Commands come as long as the worker lives.
    on_command.forget();

    let emit = move |event: &Event| {
        let text = serde_json::to_string(event).expect("events are plain data");
        port.post_message(&text.into()).expect("text can always be posted");
    };
    spawn_local(placeholder::run(inbox, emit, Turn::new()));
}
