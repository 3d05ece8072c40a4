//! Telling Lambda that the function could not start: whoever invokes it then sees why.
//!
//! The runtime has no way to say it, so this is one request by hand.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror>, looked at 2026-11-22.

use std::io::{BufRead as _, BufReader, Error, Result, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use tracing::warn;

use crate::failure::Failure;

const PATH: &str = "/2018-06-01/runtime/init/error";

/// Lambda's interface is on the same machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reports it to Lambda's interface at `host:port`. A report that does not arrive is logged; there is nobody
/// else to tell.
pub(crate) fn report(interface: &str, failure: &Failure) {
    if let Err(error) = send(interface, failure) {
        warn!(error = %error, "Lambda could not be told of the failure to start.");
    }
}

fn send(interface: &str, failure: &Failure) -> Result<()> {
    let (kind, message) = (failure.kind(), failure.message());
    let body = json!({ "errorType": kind, "errorMessage": message }).to_string();
    let mut stream = TcpStream::connect(interface)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST {PATH} HTTP/1.1\r\nHost: {interface}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Lambda-Runtime-Function-Error-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    match status.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(()),
        _ => Err(Error::other(format!("it answers `{}`", status.trim()))),
    }
}
