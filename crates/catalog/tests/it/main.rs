//! The built-in catalog holds what it promises, and users' additions do what they say.

mod additions;
mod built_in;
