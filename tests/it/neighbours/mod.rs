//! The neighbours: `bogusmx` between the real programs that it was made for first, Postfix, Unbound and NSD.
//!
//! | file | what it tests, or gives |
//! | --- | --- |
//! | `seed` | the whole chain: Postfix refuses the domains that started it all, in the same words |
//! | `recipe` | the lines for admins alone, with a list that NSD serves |
//! | `parity` | the list decides as Postfix does with a table of its own, but for named differences |
//! | `differences` | those differences, each with its reason |
//! | `verdicts` | the list decides every domain of the world as its zone file says |

mod differences;
mod parity;
mod recipe;
mod seed;
mod verdicts;
