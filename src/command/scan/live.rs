//! What is found in a log while it grows, told at once.

use std::fmt::Display;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, Receiver};

use crate::command::print;
use crate::command::scan::read::source::Stop;
use crate::command::scan::report::verdicts;
use crate::command::scan::show::{table, trail};
use crate::command::scan::tally::domain_behind;
use crate::maillog::story::News;
use crate::oracle::Oracle;
use crate::oracle::upstream::Upstream;
use crate::verdict::Rules;

/// Domains that are looked up at one time.
const CONCURRENT: usize = 64;

/// Domains that wait to be looked up. What the list says of any beyond is in the report.
const WAITING: usize = 4096;

/// Tells people, and whether a domain is listed now.
pub(crate) struct Live<'l> {
    zone: &'l TimeZone,
    rules: &'l Rules,
    oracle: Option<&'l Arc<Oracle<Upstream>>>,
    /// Whether a program reads standard output.
    is_beside: bool,
}

impl<'l> Live<'l> {
    pub(crate) fn new(
        zone: &'l TimeZone,
        rules: &'l Rules,
        oracle: Option<&'l Arc<Oracle<Upstream>>>,
        is_beside: bool,
    ) -> Self {
        Self {
            zone,
            rules,
            oracle,
            is_beside,
        }
    }

    /// Prints news as they come, and verdicts as they are found, until there are no more. When told to stop, none is
    /// waited for.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(crate) async fn print(&self, mut news: Receiver<News>, stop: &Stop) -> io::Result<()> {
        let (ask, mut asked) = mpsc::channel(WAITING);
        let tell = async move {
            while let Some(news) = news.recv().await {
                match news {
                    News::Over(story) => self.say(trail::tell_bounce(&story, self.zone))?,
                    News::Failed(story) => {
                        self.say(trail::tell_story(&story, self.zone))?;
                        if let Some(failure) = story.failures.first() {
                            // If there are too many, or it is time to stop, the report tells.
                            let _asked = ask.try_send(domain_behind(&failure.recipient));
                        }
                    }
                }
            }
            Ok(())
        };
        let judge = async move {
            let names = stream::poll_fn(move |context| asked.poll_recv(context));
            let verdicts = names.map(|name| self.verdict(name));
            let verdicts = verdicts.buffer_unordered(CONCURRENT);
            let mut verdicts = pin!(verdicts.take_until(stop.cancelled()));
            while let Some(verdict) = verdicts.next().await {
                self.say(verdict.unwrap_or_default())?;
            }
            Ok(())
        };
        tokio::try_join!(tell, judge).map(|((), ())| ())
    }

    fn say(&self, told: impl Display) -> io::Result<()> {
        match self.is_beside {
            true => print::beside(told),
            false => print::out(told)?,
        }
        Ok(())
    }

    /// A line on what the list says of a domain now.
    async fn verdict(&self, name: Box<str>) -> Option<String> {
        let verdicts = verdicts::ask(self.oracle?, self.rules, vec![&name]).await;
        let said = verdicts.of(&name)?;
        let (word, style) = table::shown(said.verdict);
        let reason = said.reason.as_deref().unwrap_or_default();
        Some(format!("    {name} {style}{word}{style:#} {reason}\n"))
    }
}

/// Waits until the program is asked to end, and makes it do so with a report; and until it is asked once more, by who does
/// not want to wait for that.
///
/// # Errors
/// If signals cannot be heard.
pub(crate) async fn until_asked_twice(stop: &Stop) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut asked = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    asked().await;
    stop.cancel();
    asked().await;
    Ok(())
}
