//! A worker that runs `web/worker.js`: the module that it shares, a port to it, and what is known of its end.

use std::cell::Cell;
use std::rc::Rc;

use basin_train::limits::in_words;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageChannel, MessageEvent, MessagePort, Worker};

use crate::host::End;

type OnMessage = Closure<dyn FnMut(MessageEvent)>;

/// One worker with the handlers that listen to it. Dropping it ends the worker.
pub struct Thread {
    worker: Worker,
    port: MessagePort,
    ended: Rc<Cell<bool>>,
    /// JavaScript calls these as long as the worker lives.
    _handlers: (OnMessage, OnMessage, Closure<dyn FnMut(web_sys::Event)>),
}

impl Thread {
    /// Hands the compiled module to a worker, and a task, if it is to help the trainer. `hear` is called with each text that comes through the
    /// port, `end` once, with why the worker has ended.
    ///
    /// # Errors
    /// The browser refuses it.
    pub fn start(
        worker: Worker,
        task: Option<&JsValue>,
        hear: impl Fn(&str) + 'static,
        end: impl Fn(&str) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        let ended = Rc::new(Cell::new(false));
        let on_text = Closure::new(move |message: MessageEvent| hear(&message.data().as_string().unwrap_or_default()));
        let end = {
            let (worker, ended) = (worker.clone(), Rc::clone(&ended));
            move |details: &str| {
                // A panic is told of in words first, then as the trap that it ends in; the first is the better text.
                if !ended.replace(true) {
                    worker.terminate();
                    end(details);
                }
            }
        };
        let on_end = {
            let end = end.clone();
            Closure::new(move |message: MessageEvent| {
                if let Some(details) = message.data().as_string() {
                    return end(&details);
                }
                let told: End = message.data().unchecked_into();
                if let Some(bytes) = told.memory() {
                    let [more, used] = [bytes, told.used().unwrap_or_default()].map(|bytes| in_words(bytes as u64));
                    end(&format!("it ran out of memory, {more} beyond the {used} that it had"));
                }
            })
        };
        let on_error = Closure::new(move |event: web_sys::Event| match event.dyn_into::<ErrorEvent>() {
            Ok(error) => end(&error.message()),
            // A script that cannot be loaded gives an event without words.
            Err(_) => end("its script could not be loaded"),
        });
        channel.port1().set_onmessage(Some(JsCast::unchecked_ref(on_text.as_ref())));
        worker.set_onmessage(Some(JsCast::unchecked_ref(on_end.as_ref())));
        worker.set_onmessageerror(Some(JsCast::unchecked_ref(on_error.as_ref())));
        worker.set_onerror(Some(JsCast::unchecked_ref(on_error.as_ref())));

        let start = Object::new();
        Reflect::set(&start, &"module".into(), &wasm_bindgen::module())?;
        Reflect::set(&start, &"port".into(), &channel.port2())?;
        if let Some(task) = task {
            Reflect::set(&start, &"task".into(), task)?;
        }
        worker.post_message_with_transfer(&start, &Array::of1(&channel.port2()))?;
        Ok(Self { worker, port: channel.port1(), ended, _handlers: (on_text, on_end, on_error) })
    }

    /// Sends a text through the port.
    pub fn post(&self, text: &str) {
        self.port.post_message(&text.into()).expect("text can always be posted");
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.get()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }
}
