//! What is found in a log while it grows, told at once.

use std::io;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::mpsc::Receiver;

use crate::command::print::{self, BAD, GOOD, UNSURE};
use crate::command::scan::report::verdicts::{self, Word};
use crate::command::scan::show::trail;
use crate::command::scan::tally::Place;
use crate::maillog::Story;
use crate::maillog::trail::News;
use crate::oracle::Oracle;
use crate::oracle::upstream::Upstream;
use crate::verdict::Rules;

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

    /// Prints news as they come, until there are no more.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(crate) async fn print(&self, mut news: Receiver<News>) -> io::Result<()> {
        while let Some(news) = news.recv().await {
            let told = match news {
                News::Failed(story) => self.failed(&story).await,
                News::Over(story) => trail::tell_bounce(&story, self.zone),
            };
            match self.is_beside {
                true => print::beside(told),
                false => print::out(told)?,
            }
        }
        Ok(())
    }

    async fn failed(&self, story: &Story) -> String {
        let told = trail::tell_story(story, self.zone);
        let recipient = story.failures.first().map(|failure| &failure.recipient);
        let (Some(oracle), Some(recipient)) = (self.oracle, recipient) else {
            return told;
        };
        let place = Place::of(recipient);
        let verdicts = verdicts::ask(oracle, self.rules, vec![&place.name]).await;
        match verdicts.of(&place.name) {
            Some(said) => {
                let (style, word) = match said.verdict {
                    Word::Listed => (BAD, "listed"),
                    Word::NotListed => (GOOD, "not listed"),
                    Word::Undecided => (UNSURE, "undecided"),
                };
                let reason = said.reason.as_deref().unwrap_or_default();
                format!("{told}    {} {style}{word}{style:#} {reason}\n", place.name)
            }
            None => told,
        }
    }
}
