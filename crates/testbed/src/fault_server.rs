//! An HTTP server whose answers and failures a test decides.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Result;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::date;
use crate::reply::{Delivery, Reply};
use crate::request::Request;
use crate::wire::Wire;

/// An HTTP/1.1 server on loopback that answers as its handler says. It stops when it is dropped: open
/// connections are closed, and answers that still wait are given up.
pub struct FaultServer {
    address: SocketAddr,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

struct State {
    handler: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    requests: Mutex<Vec<Request>>,
    /// How many requests are being answered, and the most there were at a time.
    open: AtomicUsize,
    most_open: AtomicUsize,
    /// Seconds by which the clock of this server is ahead.
    clock_offset: AtomicI64,
    connections: Mutex<Connections>,
    stopping: Condvar,
}

/// The connections that are open, each with its number, so that stopping can close them.
#[derive(Default)]
struct Connections {
    open: Vec<(usize, TcpStream)>,
    count: usize,
    is_stopping: bool,
}

impl FaultServer {
    /// Starts a server that answers every request as `handler` does. Requests on several connections are
    /// answered at the same time. Panics if there is no free port.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State {
            handler: Box::new(handler),
            requests: Mutex::default(),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
            clock_offset: AtomicI64::new(0),
            connections: Mutex::default(),
            stopping: Condvar::new(),
        });
        let shared = Arc::clone(&state);
        let accepting = std::thread::spawn(move || accept(&listener, &shared));
        Self { address, state, accepting: Some(accepting) }
    }

    /// Starts a server that gives these answers one after the other, whatever is asked, and then `{}` for ever.
    pub fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::scripted_then(replies, Reply::new(200, "application/x-amz-json-1.1", "{}"))
    }

    /// Starts a server that gives these answers one after the other, whatever is asked, and then `last` for ever.
    pub fn scripted_then(replies: impl IntoIterator<Item = Reply>, last: Reply) -> Self {
        let script: Mutex<VecDeque<Reply>> = Mutex::new(replies.into_iter().collect());
        Self::start(move |_| locked(&script).pop_front().unwrap_or_else(|| last.clone()))
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, in the order they came.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.state.requests).clone()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        locked(&self.state.requests).len()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        locked(&self.state.requests).clear();
    }

    /// The most requests that were being answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_open.load(Ordering::SeqCst)
    }

    /// From now on the header `Date` is this many seconds ahead of the clock of the machine, or behind it if
    /// negative. A reply that has a `Date` of its own keeps it.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.state.clock_offset.store(seconds, Ordering::SeqCst);
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        let open = {
            let mut connections = locked(&self.state.connections);
            connections.is_stopping = true;
            std::mem::take(&mut connections.open)
        };
        self.state.stopping.notify_all();
        for (_, connection) in open {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Accepting ends with the next connection, which is this one.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// Takes connections until the server stops. Each has a thread of its own, which ends with its connection.
fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let number = {
            let mut connections = locked(&state.connections);
            if connections.is_stopping {
                return;
            }
            let Ok(clone) = stream.try_clone() else { continue };
            connections.count += 1;
            let number = connections.count;
            connections.open.push((number, clone));
            number
        };
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            // A caller that goes away, or does not speak HTTP, is nothing a server has to mention.
            let _ = serve(stream, &state, number);
            state.forget(number);
        });
    }
}

/// Answers the requests of a connection.
fn serve(stream: TcpStream, state: &State, number: usize) -> Result<()> {
    let mut wire = Wire::new(stream)?;
    while let Some(request) = wire.request()? {
        let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_open.fetch_max(open, Ordering::SeqCst);
        locked(&state.requests).push(request.clone());
        let reply = catch_unwind(AssertUnwindSafe(|| (state.handler)(&request)))
            .unwrap_or_else(|_| Reply::text(500, "the handler of this server panicked"));
        let going_on = state.wait(reply.wait) && deliver(&mut wire, state, &request, &reply, number);
        state.open.fetch_sub(1, Ordering::SeqCst);
        if !going_on || reply.is_last || request.header("connection").is_some_and(|word| word == "close") {
            break;
        }
    }
    wire.close();
    Ok(())
}

/// Sends an answer, or fails to as told. Says whether the connection goes on.
fn deliver(wire: &mut Wire, state: &State, request: &Request, reply: &Reply, number: usize) -> bool {
    let body: &[u8] = if request.method == "HEAD" { &[] } else { &reply.body };
    let (half, _) = body.split_at(body.len() / 2);
    if matches!(reply.delivery, Delivery::Reset) {
        // The reset comes when the last handle is closed, with a byte of the request unread.
        state.forget(number);
        let _ = wire.send(&head(state, reply)).and_then(|()| wire.send(half));
        wire.reset();
        return false;
    }
    if wire.accept().is_err() {
        return false;
    }
    match reply.delivery {
        Delivery::Whole => {
            let mut bytes = head(state, reply);
            bytes.extend_from_slice(body);
            wire.send(&bytes).is_ok()
        }
        Delivery::Slow { piece, wait } => {
            let sent = wire.send(&head(state, reply)).is_ok();
            sent && body.chunks(piece).all(|piece| state.wait(wait) && wire.send(piece).is_ok())
        }
        Delivery::Cut => {
            let _ = wire.send(&head(state, reply)).and_then(|()| wire.send(half));
            false
        }
        Delivery::Garbage => {
            let _ = wire.send(body);
            false
        }
        Delivery::Close | Delivery::Reset => false,
        Delivery::Never => {
            while state.wait(Duration::from_secs(3_600)) {}
            false
        }
    }
}

/// The status line and headers of an answer, and the empty line after them.
fn head(state: &State, reply: &Reply) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", reply.status);
    let has = |name: &str| reply.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if !has("date") {
        let moment = date::now() + state.clock_offset.load(Ordering::SeqCst);
        let _ = write!(head, "Date: {}\r\n", date::http(moment));
    }
    // A 204 or 304 has no body and says so without a length.
    if !has("content-length") && !matches!(reply.status, 204 | 304) {
        let _ = write!(head, "Content-Length: {}\r\n", reply.body.len());
    }
    if reply.is_last {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

impl State {
    /// Waits, and says whether the server is still running after it.
    fn wait(&self, wait: Duration) -> bool {
        let end = Instant::now() + wait;
        let mut connections = locked(&self.connections);
        while !connections.is_stopping {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let woken = self.stopping.wait_timeout(connections, left);
            connections = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    /// A connection is closed by its thread, no longer by stopping.
    fn forget(&self, number: usize) {
        locked(&self.connections).open.retain(|(known, _)| *known != number);
    }
}

/// A lock that a panic elsewhere does not take away.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
