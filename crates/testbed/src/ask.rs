//! One HTTP request on a connection of its own: enough for the controls of the emulator.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::TcpStream;

/// Sends a request to `http://host:port` and returns the body of its answer. A status that is no success is an error.
pub(crate) fn ask(url: &str, method: &str, path: &str, kind: &str, body: &str) -> Result<String> {
    let host = url.strip_prefix("http://").unwrap_or(url);
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| Error::other("no HTTP answer"))?;
    match head.split(' ').nth(1) {
        Some(status) if status.starts_with('2') => Ok(body.to_owned()),
        Some(status) => Err(Error::other(format!("status {status}: {}", body.trim()))),
        None => Err(Error::other("no HTTP answer")),
    }
}
