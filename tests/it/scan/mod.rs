//! `bogusmx scan`.
//!
//! | file | what it tests |
//! | --- | --- |
//! | `real` | logs that a real Postfix and a real Exim write while the tests send mail through them |

mod real;
