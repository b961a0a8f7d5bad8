//! A mail's way through Postfix, line by line.
//!
//! | file | what it does |
//! | --- | --- |
//! | `mail` | a mail in the queue |
//! | `arrival` | how mails come in |
//! | `delivery` | mails that arrive where they should |
//! | `failure` | mails that are tried again, or bounce for ordinary reasons |
//! | `looped` | mails to domains without a proper mail server |
//! | `bounce` | the bounce, and what becomes of it |

mod arrival;
mod bounce;
mod delivery;
mod failure;
mod looped;
mod mail;

use super::agenda::Micros;
use super::house::House;
use super::noise;
use arrival::Way;

/// The full name of the server.
const NAME: &str = "web.company.de";

/// Somebody comes, with a mail or without.
pub(super) fn act(house: &mut House, now: Micros) {
    match house.dice.below(100) {
        0..30 => from_outside(house, now),
        30..42 => from_user(house, now),
        42..48 => from_script(house, now),
        48..66 => noise::refused(house, now),
        66..74 => noise::screened(house, now),
        74..82 => noise::knocking(house, now),
        _ => noise::mailbox(house, now),
    }
}

/// A mail for people of the house.
fn from_outside(house: &mut House, now: Micros) {
    let (sender, _) = house.world.stranger(&mut house.dice);
    let way = Way::client(house);
    if house.is_loop_due() {
        return match house.dice.one_in(4) {
            true => looped::forwarded(house, now, &way),
            false => looped::spam(house, now),
        };
    }
    let recipient = house.world.inmate(&mut house.dice);
    match house.dice.below(100) {
        0..45 => delivery::filtered(house, now, &way, &sender, &recipient),
        45..88 => delivery::inbound(house, now, &way, &sender, &recipient),
        88..95 => delivery::forwarded(house, now, &way, &sender, &recipient),
        95..98 => failure::forwarded(house, now, &way, &sender, &recipient),
        _ => failure::local(house, now, &way, &sender, &recipient),
    }
}

/// A mail of a user, who has logged in.
fn from_user(house: &mut House, now: Micros) {
    if house.is_loop_due() {
        return looped::spam(house, now);
    }
    let way = Way::user(house);
    let sender = house.world.inmate(&mut house.dice);
    outbound(house, now, &way, &sender);
}

/// A mail of a web site.
fn from_script(house: &mut House, now: Micros) {
    if house.is_loop_due() {
        return looped::spam(house, now);
    }
    let way = Way::script(house);
    let sender = house.world.inmate(&mut house.dice);
    outbound(house, now, &way, &sender);
}

fn outbound(house: &mut House, now: Micros, way: &Way, sender: &str) {
    match house.dice.below(100) {
        0..3 => failure::outbound(house, now, way, sender),
        3..7 => failure::retried(house, now, way, sender),
        _ => delivery::outbound(house, now, way, sender),
    }
}
