//! The mails that bogusmx was made for, and some others, for tests.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::command::scan::report::verdicts::{self, Verdicts};
use crate::command::scan::report::{FileRead, Reading, Report};
use crate::command::scan::tally::Tally;
use crate::command::scan::tally::around::Around;
use crate::front::fixture::{LIFETIMES, LIMITS};
use crate::maillog::Story;
use crate::maillog::story::{Bounce, Cause, Failure, Fate, Origin, Status};
use crate::oracle::Oracle;
use crate::oracle::world::World;
use crate::verdict::{Policy, Rules, Table};

/// Queue id, recipient, and the relay of what looped in March 2015.
const SEED: &[(&str, &str, &str)] = &[
    ("8170A4D23E6F", "jfhfdq@hot.de", "none"),
    (
        "56F464D343AF",
        "treehnh@iphone.com",
        "mail.iphone.com[127.0.0.6]:25",
    ),
    ("84BA23D801C7", "lulu21@hotmaol.de", "none"),
    ("B41E04D82877", "gdhfgkj@hotmaol.de", "none"),
    ("620384D830C0", "roberlo@hahoo.es", "none"),
    ("506EB4D830F6", "kl@beer.com", "none"),
    ("6404C4D830DE", "stan@man.net", "none"),
    (
        "6B8664D830E3",
        "jame@live.ong",
        "your-dns-needs-immediate-attention.ong[127.0.53.53]:25",
    ),
    ("47B584D830F6", "cesarelkappo@adulto.com", "none"),
    ("B1FE94D836AF", "anita@hot.de", "none"),
    ("EF7B44D836B0", "vacapinta@gamiel.com", "none"),
    ("604824D83851", "0x0fgc@mhx.com", "mail.mhx.com[0.0.0.0]:25"),
    ("0CF244D8316C", "paco-ds-@hotmeil.es", "none"),
    ("6FA364D83CB6", "hgf@ghn.com", "none"),
    ("524074D83D44", "bho3397@beer.com", "none"),
    ("AC9A84D83D52", "ggs6@webv.de", "none"),
    ("4B3B24D83D5B", "luis_bahamonde@hotmeil.es", "none"),
    ("1D1954D8177A", "www.suneth.a90@gaile.com", "none"),
    ("339A74D81843", "harley811@version.net", "none"),
];

/// The DNS of today: `version.net` has mended its MX.
const WORLD: &str = "
    hot.de         MX 10 null.hot.de
    null.hot.de    A  127.0.0.1
    iphone.com     MX 10 mail.iphone.com
    mail.iphone.com A 127.0.0.6
    hotmaol.de     MX 10 null.hot.de
    hahoo.es       MX 10 null.hot.de
    beer.com       MX 10 mailnull.aftermarket.com
    mailnull.aftermarket.com A 127.0.0.1
    man.net        MX 10 null.hot.de
    live.ong       MX 10 your-dns-needs-immediate-attention.ong
    your-dns-needs-immediate-attention.ong A 127.0.53.53
    adulto.com     MX 10 null.hot.de
    gamiel.com     MX 10 null.hot.de
    mhx.com        MX 10 mail.mhx.com
    mail.mhx.com   A  0.0.0.0
    hotmeil.es     MX 10 null.hot.de 20 mx.good.example
    mx.good.example A 192.0.1.1
    good.example   MX 10 mx.good.example
    ghn.com        MX 10 null.hot.de
    webv.de        MX !servfail
    gaile.com      MX 10 null.hot.de
    version.net    MX 0 .
    inside.example MX 10 mx.inside.example
    mx.inside.example A 10.0.0.1
";

pub(crate) fn zone() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// A time on 20 March 2015, in seconds after 14:05 in that time zone.
pub(crate) fn at(second: i64) -> Timestamp {
    let begin: Timestamp = "2015-03-20T13:05:00Z".parse().unwrap();
    Timestamp::from_second(begin.as_second() + second).unwrap()
}

pub(crate) fn oracle(script: &str) -> Arc<Oracle<World>> {
    Arc::new(Oracle::new(
        World::new(script),
        Vec::new(),
        LIMITS,
        LIFETIMES,
    ))
}

pub(crate) fn rules(policy: Policy) -> Rules {
    Rules::new(Table::reserved(), policy)
}

/// A mail to one recipient that bounced, and whose bounce left three seconds later.
pub(crate) fn story(id: &str, recipient: &str, second: i64, cause: Cause) -> Story {
    let domain = recipient.rsplit('@').next().unwrap();
    Story {
        id: id.to_owned(),
        origin: Origin::Client("localhost[127.0.0.1]".to_owned()),
        sender: Some("antonettabaune@godetia.com".to_owned()),
        failures: vec![Failure {
            first_at: Some(at(second)),
            at: Some(at(second)),
            recipient: recipient.to_owned(),
            cause,
            status: Status::Bounced,
            text: format!("mail for {domain} loops back to myself"),
        }],
        bounce: Some(Bounce {
            id: "955C04D2300E".to_owned(),
            recipient: Some("antonettabaune@godetia.com".to_owned()),
            fate: Fate::Left {
                at: Some(at(second + 3)),
                relay: "mx.godetia.com[192.0.1.7]".to_owned(),
            },
        }),
    }
}

/// The mails of the seed, 7 hours from each to the next but for the first two.
pub(crate) fn stories() -> Vec<Story> {
    let story = |(index, (id, recipient, relay)): (i64, &(&str, &str, &str))| {
        let cause = match relay.split_once('[') {
            Some((_, address)) => {
                Cause::Reserved(address.split_once(']').unwrap().0.parse().unwrap())
            }
            None => Cause::Loop,
        };
        let mut story = story(id, recipient, index * 7 * 3600, cause);
        match index {
            7 | 8 => story.origin = Origin::Local("uid 33".to_owned()),
            9..=14 => {
                story.origin = Origin::Account {
                    name: "info@company.de".to_owned(),
                    client: "unknown[192.0.1.66]".to_owned(),
                };
            }
            _ => {}
        }
        if index % 3 == 1 {
            story.sender = Some(format!("victim{index}@example.net"));
        }
        if index == 18 {
            story.bounce = None;
            story.failures[0].status = Status::Deferred;
        }
        story
    };
    (0..).zip(SEED).map(story).collect()
}

/// A tally of the seed, of a suspect, and of a bounce for another reason.
pub(crate) fn tally(around: Option<Around>) -> Tally {
    let mut tally = Tally::new(around);
    for story in stories() {
        tally.tell(&story);
    }
    let private = Cause::Private("10.0.0.1".parse().unwrap());
    tally.tell(&story("0A1B2C3D4E5F", "a@inside.example", 60, private));
    tally.tell(&story("1A1B2C3D4E5F", "b@outside.example", 90, private));
    let mut other = story("2A1B2C3D4E5F", "nobody@gmail.example", 20, Cause::Other);
    other.failures[0].text = "550 5.1.1 no such user".to_owned();
    tally.tell(&other);
    tally
}

pub(crate) async fn verdicts(tally: &Tally, policy: Policy) -> Verdicts {
    verdicts::ask(&oracle(WORLD), &rules(policy), tally.names()).await
}

pub(crate) fn reading() -> Reading {
    Reading {
        files: vec![
            FileRead {
                name: "/var/log/mail.log".to_owned(),
                kind: "plain",
                lines: 4000,
                octets: 500_000,
                unparsable: 2,
                error: None,
            },
            FileRead {
                name: "/var/log/mail.log.2.gz".to_owned(),
                kind: "gz",
                lines: 321,
                octets: 40_000,
                unparsable: 0,
                error: Some("the archive ends too early".to_owned()),
            },
        ],
        lines: 4321,
        octets: 540_000,
        repeated: 0,
        failures_left_out: 0,
        first: Some(at(-86_400)),
        last: Some(at(6 * 86_400)),
    }
}

/// The whole report, as by default.
pub(crate) async fn report(around: Option<Around>) -> Report {
    let tally = tally(around);
    let verdicts = verdicts(&tally, Policy::Any).await;
    Report::new(reading(), &tally, Some(&verdicts), &zone())
}
