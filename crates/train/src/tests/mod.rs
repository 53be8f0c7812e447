//! Tests of the protocol and of the trainer behind it.

mod dice;
mod examples;
mod json;
mod lab;
mod lost_gpu;
mod script;
mod sweeping;
mod trainer;
