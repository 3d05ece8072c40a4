//! One client of AWS: operations are data, values are JSON, and every call passes one door.
//!
//! Serialization follows the public service models; credentials, signatures, retries and timeouts are those
//! of the official runtime. This crate knows no word of the program around it.
#![expect(
    clippy::result_large_err,
    reason = "an error says which call failed where and why; beside a request over the network its size is nothing"
)]

#[cfg(feature = "client")]
mod call;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
pub mod config;
pub mod endpoint;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod gate;
#[cfg(feature = "client")]
mod limit;
pub mod model;
pub mod models;
pub mod names;
#[cfg(feature = "client")]
mod pages;
pub mod parse;
pub mod serialize;
#[cfg(feature = "client")]
mod tally;
mod validate;
mod value;

#[cfg(feature = "client")]
pub use call::{Call, Reply};
#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder, Retries, is_read};
#[cfg(feature = "client")]
pub use config::{Settings, load};
#[cfg(feature = "client")]
pub use error::{Error, ErrorKind};
#[cfg(feature = "client")]
pub use gate::{Gate, Open};
pub use model::{ModelError, Operation, Pagination, Service};
pub use models::Models;
#[cfg(feature = "client")]
pub use pages::{PageReply, Pages};
#[cfg(feature = "client")]
pub use tally::{Count, Tally};
