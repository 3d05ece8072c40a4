//! Idempotency tokens: a random id per request, by which AWS knows a retry from a second wish.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// A random UUID (version 4).
///
/// The randomness is that of the standard library's hash maps, which the operating system seeds: enough to be
/// unique, and nothing is kept secret by it.
pub(super) fn fresh() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let (one, other) = (RandomState::new().hash_one(count), RandomState::new().hash_one(!count));
    let bits = u128::from(one) << 64 | u128::from(other);
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let mut id = String::with_capacity(36);
    for (index, digit) in digits.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}
