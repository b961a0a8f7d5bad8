//! A queue that is emptied: the server is stopped, queries pile up at its sockets, and then it gets all processors that it
//! may use for itself. So threads can be measured on a machine that has no processor left for the load.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::thread;
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;

use super::ground::bogusmx::ZONE;
use super::ground::process::Process;
use super::ground::{Outcome, question, usage};
use super::names;

/// So many that the kernel gives each of the server's sockets about the same part of them, and few enough for the usual
/// limit of open files.
const CLIENTS: u32 = 800;

/// Queries of one client for each thread: together they take about half of the room that bogusmx asks for.
const QUERIES: u32 = 5;

/// Neighbours in the queue are no neighbours among the names.
const STRIDE: u32 = 7919;

/// After this without any work the queue is empty.
const QUIET: Duration = Duration::from_millis(20);

/// How a queue was emptied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drained {
    pub(crate) answered: u32,
    pub(crate) lost: u32,
    /// From the first answer to the last one.
    pub(crate) elapsed: Duration,
    /// Processor time of the server.
    pub(crate) time: Duration,
}

impl Drained {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.answered) / self.elapsed.as_secs_f64()
    }
}

/// Fills the queues of so many threads with queries for the names below `count`, and has them emptied.
pub(crate) fn drain(
    process: &Process,
    server: SocketAddr,
    threads: u32,
    count: u32,
) -> Outcome<Drained> {
    let clients: Vec<UdpSocket> = (0..CLIENTS)
        .map(|_| client(server))
        .collect::<Outcome<_>>()?;
    let pid = process.pid()?;
    kill(pid, Signal::SIGSTOP)?;
    let sent = send(&clients, QUERIES * threads, count);
    let before = usage::processor_time(pid)?;
    kill(pid, Signal::SIGCONT)?;
    let sent = sent?;
    let mut time = Duration::ZERO;
    loop {
        thread::sleep(QUIET);
        let now = usage::processor_time(pid)?.saturating_sub(before);
        if now == time {
            break;
        }
        time = now;
    }
    let mut times = Vec::new();
    for client in &clients {
        while let Some(time) = answer(client)? {
            times.push(time);
        }
    }
    let answered = u32::try_from(times.len())?;
    let (first, last) = (times.iter().min(), times.iter().max());
    let elapsed = first.zip(last).map(|(first, last)| *last - *first);
    Ok(Drained {
        answered,
        lost: sent.saturating_sub(answered),
        elapsed: elapsed.ok_or("no answer at all")?.into(),
        time,
    })
}

/// A socket whose datagrams come with the time of their arrival.
fn client(server: SocketAddr) -> Outcome<UdpSocket> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.connect(server)?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    Ok(socket)
}

/// So many queries from each client; says how many in all.
fn send(clients: &[UdpSocket], queries: u32, count: u32) -> Outcome<u32> {
    let mut sent: u32 = 0;
    for _ in 0..queries {
        for client in clients {
            let name = names::domain(sent.wrapping_mul(STRIDE) % count);
            client.send(&question::query(&format!("{name}.{ZONE}"))?)?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// When the next answer to a client came, if there is one.
fn answer(client: &UdpSocket) -> Outcome<Option<TimeSpec>> {
    let mut control = cmsg_space!(TimeSpec);
    let flags = MsgFlags::empty();
    let message = match recvmsg::<()>(client.as_raw_fd(), &mut [], Some(&mut control), flags) {
        Ok(message) => message,
        Err(Errno::EAGAIN) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let time = message.cmsgs()?.find_map(|control| {
        if let ControlMessageOwned::ScmTimestampns(time) = control {
            Some(time)
        } else {
            None
        }
    });
    Ok(Some(time.ok_or("an answer without its time")?))
}
