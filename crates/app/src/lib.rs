//! The picture: egui panels over the training protocol.

pub mod link;
