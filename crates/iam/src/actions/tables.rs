//! Many small texts, and many short lists of numbers, each kind in one piece of memory.

/// Set in the number of a resource type that an action does not require.
pub(super) const OPTIONAL: u16 = 1 << 15;

/// Texts, one after the other in one buffer.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    /// Where each text ends and the next begins.
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.text.push_str(part));
        self.ends.push(position(self.text.len()));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number. Numbers come from the reader, which has compared them with the length.
    pub(super) fn get(&self, index: usize) -> &str {
        range(&self.ends, index).and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Lists of numbers, one after the other in one buffer.
#[derive(Default)]
pub(super) struct Lists {
    numbers: Vec<u16>,
    /// Where each list ends and the next begins.
    ends: Vec<u32>,
}

impl Lists {
    /// Adds a number to the list that is open.
    pub(super) fn add(&mut self, number: u16) {
        self.numbers.push(number);
    }

    /// Ends the list that is open.
    pub(super) fn end(&mut self) {
        self.ends.push(position(self.numbers.len()));
    }

    /// A list by its number.
    pub(super) fn get(&self, index: usize) -> &[u16] {
        range(&self.ends, index).and_then(|range| self.numbers.get(range)).unwrap_or_default()
    }

    pub(super) fn shrink(&mut self) {
        self.numbers.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Both buffers hold about a million items. One that were too large would show nothing rather than something else.
fn position(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn range(ends: &[u32], index: usize) -> Option<std::ops::Range<usize>> {
    let end = usize::try_from(*ends.get(index)?).ok()?;
    let start = match index.checked_sub(1) {
        Some(before) => usize::try_from(*ends.get(before)?).ok()?,
        None => 0,
    };
    Some(start..end)
}
