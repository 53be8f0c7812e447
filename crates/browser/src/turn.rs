//! Lets the worker's other tasks run between two slices of training.
//!
//! Awaiting a ready future only lets other futures run; commands and the GPU's answers are tasks of the event
//! loop. A message to ourselves queues up behind them and comes back at once; a timer would wait 4 ms each
//! time, and `scheduler.yield` may come back before the commands.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessagePort};

/// A way to give the turn away. One future at a time may wait.
#[derive(Clone)]
pub struct Turn {
    near: MessagePort,
    far: MessagePort,
}

impl Turn {
    /// A new way.
    pub fn new() -> Self {
        let channel = MessageChannel::new().expect("every worker has channels");
        Self { near: channel.port1(), far: channel.port2() }
    }

    /// Returns after the tasks that are waiting now.
    pub async fn give(&self) {
        let arrived = Promise::new(&mut |resolve, _reject| {
            self.near.set_onmessage(Some(&resolve));
            self.far.post_message(&JsValue::NULL).expect("null can always be posted");
        });
        JsFuture::from(arrived).await.expect("a message to ourselves arrives");
    }
}
