//! Telling people.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PortResult;

/// The longest subject, in characters. SNS takes fewer than 100.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>, looked at 2026-11-22.
pub const MOST_SUBJECT: usize = 99;

/// One message: the same thing said to a person and to a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Unique to what is told, so that whoever gets it twice can tell.
    pub id: String,
    /// One line of printable ASCII, at most [`MOST_SUBJECT`] characters.
    pub subject: String,
    /// For a person.
    pub text: String,
    /// For a program.
    pub body: Value,
    /// What receivers choose by: `kind`, `severity`, `rule`. No value is empty.
    pub attributes: BTreeMap<String, String>,
}

impl Message {
    /// A subject made of any text: one line, printable ASCII, cut at [`MOST_SUBJECT`] characters.
    #[must_use]
    pub fn subject_of(text: &str) -> String {
        let printable = |letter: char| match letter {
            ' '..='~' => letter,
            letter if letter.is_whitespace() || letter.is_control() => ' ',
            _ => '?',
        };
        let subject: String = text.chars().map(printable).collect();
        let subject = subject.trim().to_owned();
        if subject.len() <= MOST_SUBJECT {
            return subject;
        }
        let kept: String = subject.chars().take(MOST_SUBJECT - 3).collect();
        format!("{}...", kept.trim_end())
    }

    /// The bytes of text and body, which [`Notifier::most_bytes`] speaks of.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.body.to_string().len()
    }
}

/// Tells people, or the programs that do.
///
/// A message is told as a whole or not at all, never in parts. One that was accepted may arrive more than once.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// How many bytes of [`Message::bytes`] always fit. One with more may be refused.
    fn most_bytes(&self) -> usize;

    /// Where messages go, in words: `the topic arn:aws:sns:...`.
    fn place(&self) -> String;

    /// Hands a message over. After an error it may still arrive.
    async fn notify(&self, message: &Message) -> PortResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_one_line_of_ascii() {
        assert_eq!(Message::subject_of(" [HIGH] a\nb\tc – ü\u{7f} "), "[HIGH] a b c ? ?");
        let long = Message::subject_of(&"ä".repeat(300));
        assert_eq!(long, format!("{}...", "?".repeat(96)));
        assert_eq!(Message::subject_of(&"a".repeat(99)).len(), 99);
    }
}
