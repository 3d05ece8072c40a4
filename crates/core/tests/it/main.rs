//! The ports' contracts over the memory adapters, and the jobs through their ports.

mod contracts;
