//! Any text given as a rule, a resource type or a waiver file is answered: with it, or with what is wrong in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_core::collect::ResourceType;
use provost_core::detection::load_sigma;
use provost_core::model::Origin;
use provost_core::posture::PostureRule;
use provost_core::waiver::WaiverFile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let origin = Origin::BuiltIn;

    let loaded = load_sigma("fuzz.yml", text, &origin);
    assert!(
        !(loaded.rules.is_empty() && loaded.not_loaded.is_empty()),
        "a file that is neither loaded nor refused"
    );
    for refused in &loaded.not_loaded {
        assert!(!refused.reason.is_empty(), "a rule refused without a reason");
    }
    for rule in &loaded.rules {
        assert!(!rule.stamp.id.is_empty(), "a rule without an id");
    }

    if let Err(error) = PostureRule::parse(text, &origin) {
        assert!(!error.to_string().is_empty(), "an error without a text");
    }
    if let Err(error) = ResourceType::parse(text) {
        assert!(!error.is_empty(), "an error without a text");
    }
    if let Err(error) = WaiverFile::parse(text) {
        assert!(!error.to_string().is_empty(), "an error without a text");
    }
});
