//! The guide to seam-rs. `build.rs` converts each page to a module; its snippets run as tests.
//!
#![cfg_attr(not(doctest), doc = include_str!(concat!(env!("OUT_DIR"), "/linked/introduction.md")))]
#![cfg_attr(doctest, doc = include_str!(concat!(env!("OUT_DIR"), "/introduction.md")))]

pub mod environment;
pub mod example;
pub mod hyper_transport;
pub mod webhook_receiver;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));
