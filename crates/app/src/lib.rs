//! The app: egui panels over the training protocol.
//!
//! Reading order: [`link`] (the seam to the trainer), [`client`] (requests and runs), [`state`] (what the trainer said),
//! [`settings`] and [`choices`] (what the user set up), [`command`] (what a view can ask for), [`app`] (the one place that acts),
//! `panels` (views: they draw and push commands, and change nothing), [`shell`] (the app on a platform).
//! The platforms, a window and a page, are in `basin_desktop` and `basin_browser`; none is known here.

pub mod app;
pub mod charts;
pub mod choices;
pub mod client;
pub mod colormap;
pub mod command;
mod contour;
mod controls;
pub mod elements;
pub mod export;
pub mod figures;
pub mod files;
pub mod fingerprint;
pub mod flattening;
pub mod format;
pub mod handout;
mod icons;
mod images;
pub mod judged;
pub mod knobs;
pub mod lessons;
pub mod life;
pub mod link;
pub mod locks;
pub mod measurements;
pub mod messages;
mod panels;
pub mod quantities;
pub mod report;
mod scripts;
mod sentences;
pub mod settings;
pub mod shell;
mod spoken;
pub mod state;
mod surface;
pub mod svg;
pub mod sweeps;
pub mod table;
pub mod tabs;
pub mod theme;
mod widgets;

pub use app::{App, Opening};
pub use files::FileRequest;
