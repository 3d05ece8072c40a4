//! What a JSON reader does not tell: where statements begin and end, and which keys stand twice.
//!
//! One pass over the bytes with a list of open objects and lists, so that neither depth nor length costs more
//! than the text is long. It does not judge whether the text is JSON, which the JSON reader does better; where
//! it is not, the pass says nothing worth having and does no harm.

use std::borrow::Cow;
use std::ops::Range;

use super::MAX_DEPTH;

/// How much of a key is shown in a path.
const SHOWN: usize = 100;

/// What one pass over a text finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The statements, each from its opening brace to its closing one.
    pub(super) statements: Vec<Range<usize>>,
    /// The path of the first key that stands in its object already, and where it does so again.
    pub(super) twice: Option<(String, usize)>,
}

impl Scan {
    /// Reads a text. Where it is nested too deep, the place is the error.
    pub(super) fn new(text: &str) -> Result<Self, usize> {
        let mut pass = Pass::new(text);
        while pass.step()? {}
        let Pass { statements, mut keys, .. } = pass;
        // Objects are numbered, so equal keys of one object come to stand side by side.
        keys.sort_unstable();
        let again = keys.windows(2).filter_map(|pair| match pair {
            [(first, key, _), (second, same, offset)] if first == second && key == same => Some(*offset),
            _ => None,
        });
        let twice = again.min().map(|offset| (path(text, offset), offset));
        Ok(Self { statements, twice })
    }
}

/// The path of a key: `Statement[1].Effect`.
fn path(text: &str, offset: usize) -> String {
    let mut pass = Pass::new(text);
    while pass.offset <= offset && pass.step() == Ok(true) {}
    let mut path = String::new();
    for open in &pass.open {
        match open {
            Open::Object { key, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(key.chars().take(SHOWN));
            }
            Open::List { item } => path.push_str(&format!("[{item}]")),
        }
    }
    path
}

/// An object or a list that is open.
enum Open<'text> {
    Object {
        /// Which object of the text it is.
        number: usize,
        begins: usize,
        is_statement: bool,
        /// The key that was read last.
        key: Cow<'text, str>,
    },
    List {
        item: usize,
    },
}

struct Pass<'text> {
    text: &'text str,
    offset: usize,
    open: Vec<Open<'text>>,
    /// The next text is a key, if an object is open.
    key_is_next: bool,
    objects: usize,
    statements: Vec<Range<usize>>,
    /// Every key: its object, itself, and where it stands.
    keys: Vec<(usize, Cow<'text, str>, usize)>,
}

impl<'text> Pass<'text> {
    fn new(text: &'text str) -> Self {
        Self {
            text,
            offset: 0,
            open: Vec::new(),
            key_is_next: false,
            objects: 0,
            statements: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Reads one byte, or one text between quotes. Returns whether there is more.
    fn step(&mut self) -> Result<bool, usize> {
        let at = self.offset;
        let Some(byte) = self.text.as_bytes().get(at) else { return Ok(false) };
        self.offset += 1;
        match byte {
            b'"' => self.quoted(),
            b'{' => {
                let is_statement = self.is_at_a_statement();
                let (number, key) = (self.objects, Cow::Borrowed(""));
                self.objects += 1;
                self.key_is_next = true;
                self.enter(Open::Object { number, begins: at, is_statement, key })?;
            }
            b'[' => {
                self.key_is_next = false;
                self.enter(Open::List { item: 0 })?;
            }
            b'}' | b']' => {
                if let Some(Open::Object { begins, is_statement: true, .. }) = self.open.pop() {
                    self.statements.push(begins..at);
                }
            }
            b',' => match self.open.last_mut() {
                Some(Open::List { item }) => *item += 1,
                Some(Open::Object { .. }) => self.key_is_next = true,
                None => {}
            },
            b':' => self.key_is_next = false,
            _ => {}
        }
        Ok(true)
    }

    fn enter(&mut self, open: Open<'text>) -> Result<(), usize> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.offset - 1);
        }
        self.open.push(open);
        Ok(())
    }

    /// Whether an object that begins here is a statement: the value of `Statement`, or an item of it.
    fn is_at_a_statement(&self) -> bool {
        match self.open.as_slice() {
            [Open::Object { key, .. }] | [Open::Object { key, .. }, Open::List { .. }] => key == "Statement",
            _ => false,
        }
    }

    /// Reads on to the closing quote.
    fn quoted(&mut self) {
        let begins = self.offset;
        let mut length = 0;
        let mut escaped = false;
        loop {
            match self.text.as_bytes().get(begins + length) {
                None => {
                    self.offset = self.text.len();
                    return;
                }
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    length += 2;
                }
                Some(_) => length += 1,
            }
        }
        self.offset = begins + length + 1;
        let Some(Open::Object { number, key, .. }) = self.open.last_mut().filter(|_| self.key_is_next) else {
            return;
        };
        self.key_is_next = false;
        let written = self.text.get(begins..begins + length).unwrap_or_default();
        *key = if escaped { unescaped(written) } else { Cow::Borrowed(written) };
        self.keys.push((*number, key.clone(), begins - 1));
    }
}

/// A key without its escapes; as it is written where JSON has no such escape.
fn unescaped(written: &str) -> Cow<'_, str> {
    match serde_json::from_str(&format!("\"{written}\"")) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(written),
    }
}
