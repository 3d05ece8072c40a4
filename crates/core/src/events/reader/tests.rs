use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use serde_json::Value;

use super::*;

/// What a reader said, in a form that is easy to compare.
fn read(source: &[u8]) -> Vec<String> {
    let mut seen = Vec::new();
    read_records(source, &mut |item| {
        seen.push(match item {
            Item::Record(record) => {
                let value: Value = serde_json::from_slice(record.text).unwrap();
                format!("{} {}", record.ordinal, value["eventName"].as_str().unwrap_or("?"))
            }
            Item::DigestFile => "digest".to_owned(),
            Item::Unreadable { offset, reason } => format!("@{offset}: {reason}"),
        });
        ControlFlow::Continue(())
    });
    seen
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const TWO: [&str; 2] = ["1 A", "2 B"];

#[test]
fn every_wrapping_gives_the_same_records() {
    let wrappings = [
        r#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#,
        " { \"Records\" : [ {\"eventName\":\"A\"} ,\n{\"eventName\":\"B\"} ] } \n",
        r#"{"Records":[{"eventName":"A"},{"eventName":"B"}],"more":{"x":["}"]}}"#,
        r#"{"before":1,"Records":[{"eventName":"A"},{"eventName":"B"}]}"#,
        r#"[{"eventName":"A"},{"eventName":"B"}]"#,
        "{\"eventName\":\"A\"}\n{\"eventName\":\"B\"}\n",
        "{\"eventName\":\"A\"}\r\n\r\n{\"eventName\":\"B\"}",
        "{\n  \"eventName\": \"A\"\n}\n{\n  \"eventName\": \"B\"\n}",
        "\u{feff}{\"Records\":[{\"eventName\":\"A\"},{\"eventName\":\"B\"}]}",
        "{\"Records\":[{\"eventName\":\"A\"}]}\n{\"Records\":[{\"eventName\":\"B\"}]}\n",
    ];
    for text in wrappings {
        assert_eq!(read(text.as_bytes()), TWO, "{text}");
        assert_eq!(read(&gzip(text.as_bytes())), TWO, "gzip {text}");
    }
}

#[test]
fn gzip_members_one_after_the_other_are_one_stream() {
    let mut bytes = gzip(b"{\"eventName\":\"A\"}\n");
    bytes.extend(gzip(b"{\"eventName\":\"B\"}\n"));
    assert_eq!(read(&bytes), TWO);
}

#[test]
fn nothing_is_nothing_and_a_digest_is_skipped() {
    for nothing in [&b""[..], b"  \n", &gzip(b"")] {
        assert!(read(nothing)[0].ends_with("there is nothing in it"), "an empty file was not always empty");
    }
    assert!(read(b"{\"Records\":[]}").is_empty());
    assert_eq!(read(br#"{"awsAccountId":"1","digestStartTime":"x","logFiles":[]}"#), ["digest"]);
}

#[test]
fn a_torn_line_costs_that_line_alone() {
    let text = b"{\"eventName\":\"A\"}\n{\"eventName\":\"torn\n{\"eventName\":\"B\"}\n";
    let seen = read(text);
    assert_eq!(seen[0], "1 A");
    assert!(seen[1].starts_with("@18: not JSON: control character"), "{seen:?}");
    assert_eq!(seen[2], "2 B");
}

#[test]
fn a_damaged_record_in_a_list_costs_that_record_alone() {
    let seen = read(br#"{"Records":[{"eventName":"A"},{"a":tru,"b":"}"},null,{"eventName":"B"}]}"#);
    assert_eq!(seen[0], "1 A");
    assert!(seen[1].starts_with("@30: not JSON: expected ident"), "{seen:?}");
    assert_eq!(seen[2], "@48: this is not a record but another JSON value");
    assert_eq!(seen[3], "2 B");
}

#[test]
fn what_ends_early_is_reported_with_its_offset_after_what_was_good() {
    let check = |text: &str, expect: &str| {
        let seen = read(text.as_bytes());
        assert_eq!(seen.first().map(String::as_str), Some("1 A"), "{text}");
        assert_eq!(seen.last().map(String::as_str), Some(expect), "{text}");
    };
    check(r#"{"Records":[{"eventName":"A"},{"eventNa"#, "@30: the text ends inside a record");
    check(r#"{"Records":[{"eventName":"A"}"#, "@29: the text ends early: the list of records is not closed");
    check(r#"{"Records":[{"eventName":"A"}]"#, "@30: the text ends early: the closing brace is missing");
    let whole = gzip(br#"{"Records":[{"eventName":"A"}]}"#);
    let seen = read(&whole[..whole.len() - 9]);
    assert!(seen.last().unwrap().contains("ends early"), "{seen:?}");
}

#[test]
fn damaged_gzip_is_reported() {
    let mut bytes = gzip("{\"eventName\":\"A\"}\n".repeat(1000).as_bytes());
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xff);
    let seen = read(&bytes);
    assert!(seen.last().unwrap().contains("compressed data"), "{:?}", seen.last());
}

#[test]
fn other_files_are_reported_not_guessed_at() {
    let seen = read(b"hello\nworld\n{\"eventName\":\"A\"}\n");
    assert_eq!(seen, ["@0: this is neither a record nor a list of records", "1 A"]);
}

#[test]
fn what_is_no_record_is_never_a_clean_event() {
    for text in [
        r#"{"Events":[{"CloudTrailEvent":"{}"}]}"#,
        r#"{"detail-type":"x","detail":{"eventName":"A"}}"#,
        r#"{"Records":{"0":{"eventName":"A"}}}"#,
        r#"{"Records":[{}]}"#,
        r#"{"x":1,"Records":[{}]}"#,
    ] {
        let seen = read(text.as_bytes());
        assert!(seen[0].contains("no CloudTrail record"), "{text} {seen:?}");
    }
    let text = r#"{"x":1,"Records":["PLANTED",{"eventName":"A"}]}"#;
    assert_eq!(read(text.as_bytes()), ["@0: this is not a record but another JSON value", "1 A"]);
}

#[test]
fn nothing_hides_behind_depth_or_a_second_list() {
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    let text = format!(r#"{{"x":1,"Records":[{{"eventName":"A"}},{{"eventName":"B","a":{deep}}}]}}"#);
    let seen = read_names(text.as_bytes());
    assert_eq!(seen, ["A", "B"], "depth is the document's trouble, not the reader's");
    let seen = read(br#"{"Records":[],"Records":[{"eventName":"A"}]}"#);
    assert!(seen[0].contains("a second `Records`"), "{seen:?}");
}

/// The event names the probe saw.
fn read_names(source: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    read_records(source, &mut |item| {
        if let Item::Record(Record {
            probe: Probe { event_name: crate::events::Seen::Text(name), .. }, ..
        }) = item
        {
            names.push(name.into_owned());
        }
        ControlFlow::Continue(())
    });
    names
}

#[test]
fn a_torn_line_at_the_end_gives_back_what_it_swallowed() {
    let seen = read(b"{\"eventName\":\"A\"}\n{\"broken\":\n{\"eventName\":\"B\"}\n");
    assert_eq!(seen, ["1 A", "@18: the text ends inside a record", "2 B"]);
}

#[test]
fn records_larger_than_the_window_are_read() {
    let long = "x".repeat(3_000_000);
    let text = format!(r#"[{{"eventName":"A","pad":"{long}"}},{{"eventName":"B"}}]"#);
    assert_eq!(read(text.as_bytes()), TWO);
}

#[test]
fn a_sink_can_stop() {
    let mut count = 0;
    read_records(&b"{\"eventName\":1}\n{\"eventName\":2}\n{\"eventName\":3}\n"[..], &mut |_| {
        count += 1;
        if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(count, 2);
}

/// Hands out a few bytes at a time, as pipes do.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

#[test]
fn a_pipe_may_hand_out_a_byte_at_a_time() {
    let plain = br#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#.to_vec();
    for bytes in [gzip(&plain), plain] {
        let mut count = 0;
        read_records(Dribble(&bytes, 1), &mut |item| {
            assert!(matches!(item, Item::Record(_)), "{item:?}");
            count += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(count, 2);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
    }

    #[test]
    fn any_json_like_text_is_answered(text in r#"([{}\[\],:"\\]|Records|eventName| |\n|[a-z0-9])*"#) {
        read(text.as_bytes());
    }

    /// However a good file is cut, all records before the cut are read, and the cut is reported.
    #[test]
    fn a_cut_loses_nothing_before_it(count in 1usize..20, cut in 0.0f64..1.0, step in 1usize..50) {
        let records: Vec<String> = (0..count).map(|n| format!(r#"{{"eventName":"E{n}"}}"#)).collect();
        let text = format!(r#"{{"Records":[{}]}}"#, records.join(","));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a test size")]
        let cut = (text.len() as f64 * cut) as usize;
        let mut seen = Vec::new();
        let mut unreadable = 0;
        read_records(Dribble(&text.as_bytes()[..cut], step), &mut |item| {
            match item {
                Item::Record(record) => seen.push(String::from_utf8(record.text.to_vec()).unwrap()),
                Item::DigestFile => {}
                Item::Unreadable { .. } => unreadable += 1,
            }
            ControlFlow::Continue(())
        });
        let whole: Vec<&String> = records.iter().enumerate()
            .take_while(|(n, _)| 12 + records[..=*n].iter().map(|r| r.len() + 1).sum::<usize>() - 1 <= cut)
            .map(|(_, r)| r).collect();
        prop_assert_eq!(seen.iter().collect::<Vec<_>>(), whole);
        prop_assert_eq!(unreadable, 1);
    }
}
