//! Provost on AWS: the estates it reads, the places it keeps things in, and the guard before every call.

pub mod actions;
pub mod cloudwatch;
pub mod config_rule;
mod connect;
pub mod dynamo;
mod estate;
pub mod guard;
mod home;
pub mod jobs;
pub mod names;
mod object;
pub mod permissions;
pub mod s3_archive;
pub mod s3_reports;
pub mod security_hub;
pub mod sns;
mod type_check;

pub use connect::{Access, connect, models};
pub use estate::{LiveEstate, Reach};
pub use home::home;
pub use object::read_object;
pub use provost_awsapi::Client;
pub use type_check::check_type;
