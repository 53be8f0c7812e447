//! Basin in a browser tab: the app on the page, the trainer in a worker, one compiled module for both.
//!
//! `web/main.js` loads the module and calls `start_page`; the page starts `web/worker.js`, which calls
//! `start_worker` in a wasm instance of its own. For a sweep that starts others of the same, which call `start_helper`, and
//! `start_encoder` for the texts of a run of `sentence`. All that crosses between them is JSON text.
//! Here is all that only a browser needs; on other targets this crate is empty. Elsewhere: the app
//! (`basin_app`), the trainer (`basin_train`), the page's own code (`web/`).
#![cfg(target_arch = "wasm32")]

mod constructors;
mod crash;
mod crew;
mod encoder;
mod encoders;
mod encoding;
mod helper;
mod host;
mod joined;
mod keep;
mod link;
mod memory;
mod mirror;
mod page;
mod thread;
mod turn;
mod worker;

pub use encoding::start_encoder;
pub use helper::start_helper;
pub use page::{Page, start_page};
pub use worker::start_worker;
