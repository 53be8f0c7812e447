//! Lets the worker's other tasks run between two slices of training, and sleeps when there is nothing to train.
//!
//! Awaiting a ready future only lets other futures run; commands and the GPU's answers are tasks of the event
//! loop. A message to ourselves queues up behind them and comes back at once, in some 30 µs; a timer would wait
//! 4 ms each time, and `scheduler.yield` may come back before the commands.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessagePort};

/// A way to give the turn away. One future at a time may wait.
#[derive(Clone)]
pub struct Turn {
    near: MessagePort,
    far: MessagePort,
    /// Ends the sleep.
    wake: Rc<RefCell<Option<Function>>>,
}

impl Turn {
    /// A new way.
    pub fn new() -> Self {
        let channel = MessageChannel::new().expect("every worker has channels");
        Self { near: channel.port1(), far: channel.port2(), wake: Rc::default() }
    }

    /// Returns after the tasks that are waiting now.
    pub async fn give(&self) {
        let arrived = Promise::new(&mut |resolve, _reject| {
            self.near.set_onmessage(Some(&resolve));
            self.far.post_message(&JsValue::NULL).expect("null can always be posted");
        });
        JsFuture::from(arrived).await.expect("a message to ourselves arrives");
    }

    /// Returns after the next [`Self::wake`], or after so many seconds.
    pub async fn sleep(&self, seconds: Option<f64>) {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let woken = Promise::new(&mut |resolve, _reject| {
            if let Some(seconds) = seconds {
                // Without a timer it would be woken by the next command only.
                let _ = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, (seconds * 1e3).ceil() as i32);
            }
            self.wake.replace(Some(resolve));
        });
        JsFuture::from(woken).await.expect("this promise is never rejected");
    }

    /// Ends a sleep, if there is one.
    pub fn wake(&self) {
        if let Some(resolve) = self.wake.take() {
            // It only queues the future up; `undefined` has no one who could fail.
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
