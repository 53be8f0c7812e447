//! A worker that encodes texts, at the other end of `encoders.rs`.

use basin_encoder::SmallEncoder;
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{MessageEvent, MessagePort};

use crate::encoders::{Made, Piece};
use crate::worker::prepare;

/// Encodes the pieces that come through `port` with the encoder in `file`, and answers there, as JSON text.
///
/// # Panics
/// If that is no encoder: the trainer has read the same one.
#[wasm_bindgen]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript gives it away")]
pub fn start_encoder(port: MessagePort, file: Uint8Array) {
    prepare();
    let (net, _) = SmallEncoder::read_small(&file.to_vec()).expect("the trainer has read it");
    let on_piece = {
        let port = port.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            let (number, texts): Piece<String> = serde_json::from_str(&text).expect("pieces are plain data");
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let bits = |vector: Option<Vec<f32>>| vector.into_iter().flatten().map(f32::to_bits).collect();
            say(&port, &Some((number, net.encode(&texts, 1, |_| true).into_iter().map(bits).collect())));
        })
    };
    port.set_onmessage(Some(on_piece.as_ref().unchecked_ref()));
    // Pieces come as long as the worker lives.
    on_piece.forget();
    say(&port, &None);
}

fn say(port: &MessagePort, made: &Made) {
    let text = serde_json::to_string(made).expect("vectors are plain data");
    port.post_message(&text.into()).expect("text can always be posted");
}
