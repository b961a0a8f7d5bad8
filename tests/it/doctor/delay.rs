//! Somebody in between who sits on every question for a while.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

/// Hands questions at `address`, port 53, to `server` after `delay`, and its answers back at once. It ends with the
/// test process.
pub(super) fn delay(address: Ipv4Addr, server: SocketAddr, delay: Duration) {
    let front = UdpSocket::bind((address, 53)).expect("an own address");
    thread::spawn(move || {
        let mut question = [0; 4096];
        while let Ok((length, client)) = front.recv_from(&mut question) {
            let (question, front) = (question[..length].to_vec(), front.try_clone());
            thread::spawn(move || {
                thread::sleep(delay);
                let behind = UdpSocket::bind("127.0.0.1:0").expect("a free port");
                behind.send_to(&question, server).expect("a running server");
                let mut answer = [0; 4096];
                let length = behind.recv(&mut answer).expect("an answer");
                let front = front.expect("a socket");
                front.send_to(&answer[..length], client).expect("a client");
            });
        }
    });
}
