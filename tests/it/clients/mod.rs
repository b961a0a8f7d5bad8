//! Every mail server and filter that asks the list, with the lines of its page in `docs/mail/`: listed domains are
//! refused or scored, with the reason; good ones are accepted; and mail flows when the list is gone.
//!
//! | file | what it tests |
//! | --- | --- |
//! | `postfix` | Postfix, over SMTP: what `neighbours` has not, senders, codes, order |
//! | `exim` | Exim, over SMTP |
//! | `rspamd`, `spamassassin` | filters, given whole mails |
//! | `slow` | domains that take the list long |
//! | `pages` | everything on the pages is what the tests run |

mod exim;
mod pages;
mod postfix;
mod rspamd;
mod slow;
mod spamassassin;
