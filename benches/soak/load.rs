//! All clients together.

use std::net::SocketAddrV4;
use std::thread;
use std::time::Duration;

use super::args::Args;
use super::ground::Outcome;
use super::names::Names;
use super::season::Calendar;
use super::tally::Tally;
use super::{tcp, udp};

/// Connections over TCP at one time.
const CONNECTIONS: u32 = 4;

/// What all clients share.
pub(crate) struct Load<'a> {
    pub(crate) server: SocketAddrV4,
    pub(crate) names: Names,
    pub(crate) calendar: &'a Calendar,
    pub(crate) tally: &'a Tally,
}

impl Load<'_> {
    /// Asks for so long.
    pub(crate) fn run(&self, args: &Args, time: Duration) -> Outcome<()> {
        let over_tcp = args.rate * args.tcp_percent / 100;
        let plain = |outcome: Outcome<()>| outcome.map_err(|error| error.to_string());
        thread::scope(|scope| {
            let mut clients =
                vec![scope.spawn(|| plain(udp::run(self, args.rate - over_tcp, time)))];
            for _ in 0..CONNECTIONS {
                clients.push(scope.spawn(|| plain(tcp::run(self, over_tcp / CONNECTIONS, time))));
            }
            for client in clients {
                client.join().map_err(|_panicked| "a client panicked")??;
            }
            Ok(())
        })
    }
}
