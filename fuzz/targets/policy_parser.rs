//! Any text given as a policy document is answered: with a policy, or with what is wrong in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_iam::Policy;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    match Policy::parse(&text) {
        Ok(policy) => {
            // IAM's wrapping changes nothing. Only one layer of it is undone, so plain JSON alone is wrapped here.
            if text.starts_with('{') {
                assert_eq!(Policy::parse(&percent_encode(&text)), Ok(policy));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty(), "an error without a text"),
    }
});

/// Every byte as IAM may write it.
fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
