//! Trouble between the daemon and its upstream, a real Unbound in front of a real NSD: nothing false is ever said, and
//! after the trouble all is right again.
//!
//! | file | what it is |
//! | --- | --- |
//! | `verdicts` | each fault alone, and all together |
//! | `recovery` | how soon all is right again |
//! | `turning` | domains that change meanwhile |
//! | `fault` | what is done to a message |
//! | `proxy`, `delivery` | the way that messages take, and when they arrive |
//! | `world` | ten thousand domains, and what is right to say of them |
//! | `asking`, `stage` | asking for all of them; the daemons |
//!
//! A fault changes what contradicts itself, or the question: ids, questions, counts, lengths, the end of a message. An
//! address or a name in a record that has another value makes another answer without any fault, and nobody can tell it
//! from the right one without signatures; in reality the checksum of the datagram does. That is what `Damage` shows:
//! any octet is changed, and the checksum stays as it was.
//!
//! Faults are drawn with a seed that a failing test prints; with `BOGUSMX_TESTS_SEED` they are drawn with it again,
//! though in another order of messages.

mod asking;
mod delivery;
mod fault;
mod proxy;
mod recovery;
mod stage;
mod turning;
mod verdicts;
mod world;
