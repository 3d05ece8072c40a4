//! Any text given as a CloudWatch Logs filter pattern is answered: with a filter, or with why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_core::posture::log_filter::parse;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    // The pattern, and after a line break the event it is asked about.
    let text = String::from_utf8_lossy(bytes);
    let (pattern, event) = text.split_once('\n').unwrap_or((&text, "{}"));
    let event =
        serde_json::from_str(event).unwrap_or_else(|_| json!({"a": [event, null, 1, true], "b": event}));
    match parse(pattern) {
        Ok(filter) => {
            let once = filter.matches(&event);
            // Parentheses around all of it, and saying it twice, change nothing.
            if let Some(inner) = pattern.trim().strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                for same in [format!("{{({inner})}}"), format!("{{({inner})&&({inner})}}")] {
                    if let Ok(same) = parse(&same) {
                        assert_eq!(same.matches(&event), once, "{pattern}");
                    }
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty(), "an error without a text"),
    }
});
