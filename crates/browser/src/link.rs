//! The picture's end of the way to the trainer: a worker of its own, and a port between them.
//!
//! A trainer that crashes ends alone: the picture hears of it as a failed run, and a new worker says hello. That
//! costs nothing but the start, since the compiled module is shared.
//! The other end is `worker.rs`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use basin_app::link::TrainerLink;
use basin_train::protocol::{Command, Event, Phase, RunId};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageChannel, MessageEvent, MessagePort, Worker};

use crate::host::Host;

/// A trainer in a worker.
pub struct LinkToWorker {
    host: Host,
    inbox: Rc<Inbox>,
    trainer: Option<Trainer>,
}

/// Events that have arrived and were not polled yet, and what the handlers of JavaScript share with the link.
struct Inbox {
    events: RefCell<VecDeque<Event>>,
    /// The run that commands are about: the one that a crash ends.
    run: Cell<RunId>,
    /// Draws a frame, so that somebody polls.
    wake: egui::Context,
}

impl Inbox {
    fn push(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
        self.wake.request_repaint();
    }
}

impl LinkToWorker {
    /// Starts a worker of `host`; `wake` is asked for a frame when an event arrives.
    pub fn new(host: Host, wake: egui::Context) -> Self {
        let inbox = Rc::new(Inbox { events: RefCell::default(), run: Cell::default(), wake });
        let mut link = Self { host, inbox, trainer: None };
        link.start_worker();
        link
    }

    /// Starts a worker, or says why there is none.
    fn start_worker(&mut self) {
        match Trainer::start(&self.host, &self.inbox) {
            Ok(trainer) => self.trainer = Some(trainer),
            Err(error) => report_crash(&self.inbox, &text_of(&error)),
        }
    }
}

impl TrainerLink for LinkToWorker {
    fn send(&mut self, command: Command) {
        if let Command::Start { run, .. } | Command::Restore { run, .. } = command {
            self.inbox.run.set(run);
        }
        match &self.trainer {
            Some(trainer) if !trainer.crashed.get() => trainer.send(&command),
            // It crashed before it said hello, so it would again.
            _ => report_crash(&self.inbox, "it could not start"),
        }
    }

    fn poll(&mut self) -> Option<Event> {
        if self.trainer.as_ref().is_some_and(|trainer| trainer.crashed.get() && trainer.greeted.get()) {
            self.start_worker();
        }
        self.inbox.events.borrow_mut().pop_front()
    }
}

type OnMessage = Closure<dyn FnMut(MessageEvent)>;

/// One worker with the handlers that listen to it.
struct Trainer {
    worker: Worker,
    port: MessagePort,
    /// It said hello, so the next one will.
    greeted: Rc<Cell<bool>>,
    crashed: Rc<Cell<bool>>,
    /// JavaScript calls these as long as the worker lives.
    _handlers: (OnMessage, OnMessage, Closure<dyn FnMut(web_sys::Event)>),
}

impl Trainer {
    fn start(host: &Host, inbox: &Rc<Inbox>) -> Result<Self, JsValue> {
        let worker = host.worker()?;
        let channel = MessageChannel::new()?;
        let (greeted, crashed) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));

        let on_event = {
            let (inbox, greeted) = (Rc::clone(inbox), Rc::clone(&greeted));
            Closure::new(move |message: MessageEvent| {
                // Hello is the first thing a trainer says.
                greeted.set(true);
                let text = message.data().as_string().expect("the worker sends JSON text");
                inbox.push(serde_json::from_str(&text).expect("page and worker are one build"));
            })
        };
        let crash = {
            let (inbox, worker, crashed) = (Rc::clone(inbox), worker.clone(), Rc::clone(&crashed));
            move |details: &str| {
                // A panic is told of in words first, then as the trap that it ends in; the first is the better text.
                if !crashed.replace(true) {
                    worker.terminate();
                    report_crash(&inbox, details);
                }
            }
        };
        let on_crash = {
            let crash = crash.clone();
            Closure::new(move |message: MessageEvent| crash(&text_of(&message.data())))
        };
        let on_error = Closure::new(move |event: web_sys::Event| match event.dyn_into::<ErrorEvent>() {
            Ok(error) => crash(&error.message()),
            // A script that cannot be loaded gives an event without words.
            Err(_) => crash("its script could not be loaded"),
        });
        channel.port1().set_onmessage(Some(JsCast::unchecked_ref(on_event.as_ref())));
        worker.set_onmessage(Some(JsCast::unchecked_ref(on_crash.as_ref())));
        worker.set_onmessageerror(Some(JsCast::unchecked_ref(on_error.as_ref())));
        worker.set_onerror(Some(JsCast::unchecked_ref(on_error.as_ref())));

        let start = Object::new();
        Reflect::set(&start, &"module".into(), &wasm_bindgen::module())?;
        Reflect::set(&start, &"port".into(), &channel.port2())?;
        worker.post_message_with_transfer(&start, &Array::of1(&channel.port2()))?;
        Ok(Self { worker, port: channel.port1(), greeted, crashed, _handlers: (on_event, on_crash, on_error) })
    }

    fn send(&self, command: &Command) {
        let text = serde_json::to_string(command).expect("commands are plain data");
        self.port.post_message(&text.into()).expect("text can always be posted");
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }
}

/// The run is lost: says so, with the remedy.
fn report_crash(inbox: &Inbox, details: &str) {
    let run = inbox.run.get();
    let text = format!(
        "The trainer stopped: {details}. Start the run again; if it stops again, train on the CPU, with fewer seeds or a smaller \
         model, or reload the page."
    );
    inbox.push(Event::Failed { run, text });
    inbox.push(Event::Phase { run, phase: Phase::Idle });
}

/// The words of an error of JavaScript.
fn text_of(value: &JsValue) -> String {
    value.as_string().unwrap_or_else(|| js_sys::Error::from(value.clone()).to_string().into())
}
