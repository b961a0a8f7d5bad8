//! DNSSEC: with `dnssec = true` the daemon itself proves what it is told. Behind it a real Unbound that proves nothing, a
//! real NSD with signed zones, and in some tests somebody between the two.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{RData, Record, RecordType};
use tempfile::TempDir;

use crate::daemons::liar::{Liar, Lie, Truth};
use crate::daemons::nsd::Nsd;
use crate::daemons::oracle::Oracle;
use crate::daemons::signing::{Signing, Zone};
use crate::daemons::unbound::Unbound;
use crate::daemons::world::Verdict;
use crate::daemons::{address, question};
use crate::support::client::over_udp;
use crate::support::packet::name;

/// What every kind of zone has.
const RECORDS: &str = "
hot          MX 10 null.hot
null.hot     A 127.0.0.1
good         MX 10 mail.good
mail.good    A 9.9.9.9
implicit     A 127.0.0.1
implicit     TXT \"no MX\"
empty        TXT \"neither MX nor address\"
alias        MX 10 mail.alias
mail.alias   CNAME null.hot
whole        CNAME hot
away         MX 10 null.hot.de.
out          MX 10 mail.out
mail.out     CNAME null.hot.de.
*.wild       A 127.0.0.1
closer.wild  A 9.9.9.9
*.any        CNAME hot
moved        DNAME @
";

/// The lower ones first.
const ZONES: [Zone; 7] = [
    zone("child.secure", Signing::Nsec3),
    zone("plain.secure", Signing::Unsigned),
    zone("plain.hashed", Signing::Unsigned),
    zone("secure", Signing::Nsec),
    zone("hashed", Signing::Nsec3),
    zone("broken", Signing::Broken),
    zone("often", Signing::Nsec3Often),
];

const fn zone(name: &'static str, signing: Signing) -> Zone {
    Zone {
        name,
        records: RECORDS,
        signing,
    }
}

/// The daemons. They stop when dropped, in the order of the fields.
pub(crate) struct Site {
    oracle: Oracle,
    /// The daemon's.
    config: PathBuf,
    upstream: SocketAddr,
    liar: Option<Liar>,
    _unbound: Unbound,
    _nsd: Nsd,
    _folder: TempDir,
}

impl Site {
    fn new(setting: &str, lie: Option<Lie>) -> Self {
        Self::with(&ZONES, setting, lie)
    }

    /// With other zones.
    pub(crate) fn with(zones: &[Zone], setting: &str, lie: Option<Lie>) -> Self {
        let folder = TempDir::with_prefix("bogusmx-dnssec-").expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an own folder");
        let nsd = Nsd::start_with(folder.path(), &[], zones);
        let resolver = (address::loopback(), 53).into();
        let proves_nothing = "module-config: \"iterator\"";
        let unbound = Unbound::start_with(folder.path(), resolver, &nsd, "", proves_nothing);
        let anchor = folder.path().join("root.key");
        fs::write(&anchor, format!("{}\n", nsd.anchor().dnskey)).expect("a writable folder");
        let config = folder.path().join("bogusmx.toml");
        let anchored = setting.replace("@ANCHOR@", anchor.to_str().expect("a plain path"));
        fs::write(&config, anchored + "\nundecided_min_ttl = \"1s\"\n").expect("a writable folder");
        let liar = lie.map(|lie| Liar::start(resolver, lie));
        let upstream = liar.as_ref().map_or(resolver, Liar::address);
        Self {
            oracle: Oracle::start(
                folder.path(),
                upstream,
                &["--config", config.to_str().expect("a plain path")],
            ),
            config,
            upstream,
            liar,
            _unbound: unbound,
            _nsd: nsd,
            _folder: folder,
        }
    }

    fn validating(lie: Option<Lie>) -> Self {
        Self::new("dnssec = true\ntrust_anchor = \"@ANCHOR@\"", lie)
    }

    /// What `bogusmx check` says of a domain once it knows all of it.
    pub(crate) fn check(&self, domain: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
            .args(["check", "--json", domain])
            .args(["--upstream", &self.upstream.to_string()])
            .arg("--config")
            .arg(&self.config)
            .output()
            .expect("the program starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// How many queries somebody on the path has seen.
    pub(crate) fn queries(&self) -> usize {
        self.liar.as_ref().map_or(0, Liar::queries)
    }

    /// Lines of `domain -> verdict`.
    fn expect(&self, table: &str) {
        let mut wrong = Vec::new();
        for line in table.lines() {
            let (domain, expected) = line.trim().split_once(" -> ").expect("domain -> verdict");
            let wanted = match expected {
                "listed" => Verdict::Listed("Domain MX in loopback network".to_owned()),
                "not listed" => Verdict::NotListed,
                _ => Verdict::Undecided,
            };
            let verdict = question::final_verdict(self.oracle.address(), domain, &wanted);
            if verdict != wanted {
                wrong.push(format!("{domain}: {verdict:?} and not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn signed_zones_and_unsigned_ones_below_them_are_judged_as_ever() {
    let site = Site::validating(None);
    for zone in [
        "secure",
        "hashed",
        "child.secure",
        "plain.secure",
        "plain.hashed",
    ] {
        site.expect(&format!(
            "hot.{zone} -> listed
             good.{zone} -> not listed
             implicit.{zone} -> listed
             empty.{zone} -> not listed
             gone.{zone} -> not listed
             x.gone.{zone} -> not listed
             alias.{zone} -> listed
             whole.{zone} -> listed
             away.{zone} -> listed
             out.{zone} -> listed
             x.wild.{zone} -> listed
             closer.wild.{zone} -> not listed
             x.any.{zone} -> listed"
        ));
    }
    site.expect(
        "hot.de -> listed
         company.de -> not listed
         gone.de -> not listed
         no-such-top-level-domain.example -> not listed",
    );
}

#[test]
fn a_broken_signature_is_undecided() {
    let site = Site::validating(None);
    site.expect(
        "hot.broken -> undecided
         implicit.broken -> undecided
         good.broken -> not listed",
    );
    let query = crate::support::question("hot.broken", RecordType::A);
    let (_, text) = over_udp(site.oracle.address(), &query).ede().unwrap();
    assert_eq!(
        text,
        "null.hot.broken: upstream's answer fails DNSSEC validation"
    );
}

#[test]
fn without_dnssec_nothing_is_proved() {
    Site::new("dnssec = false", None).expect("hot.broken -> listed");
}

#[test]
fn another_root_proves_nothing() {
    // The one of the real Internet.
    Site::new("dnssec = true", None).expect("hot.secure -> undecided\nhot.de -> undecided");
}

/// hickory's validator does not prove a CNAME from the DNAME that it is made of (RFC 6672, section 5.3.1).
#[test]
fn a_signed_dname_is_undecided() {
    let site = Site::validating(None);
    site.expect("hot.moved.plain.secure -> listed\nhot.moved.secure -> undecided");
}

fn is_about(question: &Query, owner: &str, rtype: RecordType) -> bool {
    *question.name() == name(owner) && question.query_type() == rtype
}

#[test]
fn an_answer_without_its_signatures_is_undecided() {
    let site = Site::validating(Some(|_, answer, _| {
        let is_left = |record: &Record| record.record_type() != RecordType::RRSIG;
        answer.answers.retain(is_left);
        answer.authorities.retain(is_left);
    }));
    // What is not signed cannot be told from what has lost its signature.
    site.expect("hot.secure -> undecided\nhot.de -> undecided");
}

#[test]
fn a_changed_answer_is_undecided() {
    let site = Site::validating(Some(|question, answer, _| {
        if is_about(question, "null.hot.secure", RecordType::A) {
            let good = answer.answers.iter_mut();
            for record in good.filter(|record| record.record_type() == RecordType::A) {
                record.data = RData::A("9.9.9.9".parse().unwrap());
            }
        }
    }));
    site.expect("hot.secure -> undecided\ngood.secure -> not listed\nhot.de -> listed");
}

#[test]
fn a_denial_without_its_proof_is_undecided() {
    for is_nxdomain in [false, true] {
        let deny: Lie = if is_nxdomain {
            |question, answer, _| {
                if is_about(question, "hot.secure", RecordType::MX) {
                    answer.answers.clear();
                    answer.authorities.clear();
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
            }
        } else {
            |question, answer, _| {
                if is_about(question, "hot.secure", RecordType::MX) {
                    answer.answers.clear();
                    answer.authorities.clear();
                }
            }
        };
        Site::validating(Some(deny)).expect("hot.secure -> undecided\nhot.hashed -> listed");
    }
}

/// hickory's validator alone would believe it (see `src/oracle/upstream/relevant.rs`).
#[test]
fn a_denial_by_an_unsigned_zone_that_the_name_is_not_in_is_undecided() {
    let site = Site::validating(Some(|question, answer, truth| {
        if is_about(question, "hot.secure", RecordType::MX) {
            answer.answers.clear();
            answer.authorities = truth.denial("nothing.de", RecordType::MX);
        }
    }));
    site.expect("hot.secure -> undecided\nhot.hashed -> listed");
}

/// The zone in which a question is about the address of the name beside the wildcard.
fn attacked_zone(question: &Query) -> Option<&'static str> {
    let is_about_it = |zone: &&str| {
        let owner = format!("closer.wild.{zone}");
        is_about(question, &owner, RecordType::A)
    };
    ["secure", "hashed"].into_iter().find(is_about_it)
}

/// Says of the name what the wildcard beside it says of names that do not exist, and denies it with these records.
fn replay(question: &Query, answer: &mut Message, truth: &Truth, denial: Vec<Record>) {
    if let Some(zone) = attacked_zone(question) {
        answer.answers = truth.answers(&format!("x.wild.{zone}"), RecordType::A);
        for record in &mut answer.answers {
            record.name = question.name().clone();
        }
        answer.authorities = denial;
    }
}

#[test]
fn a_wildcard_is_not_believed_where_there_is_a_closer_name() {
    let bare: Lie = |question, answer, truth| replay(question, answer, truth, Vec::new());
    let with_another_name_s: Lie = |question, answer, truth| {
        let zone = attacked_zone(question).unwrap_or("secure");
        let denial = truth.denial(&format!("x.wild.{zone}"), RecordType::A);
        replay(question, answer, truth, denial);
    };
    // hickory's validator alone would believe this one (see `src/oracle/upstream/proof.rs`).
    let with_an_unsigned_one: Lie = |question, answer, truth| {
        let zone = attacked_zone(question).unwrap_or("secure");
        let (owner, next) = (format!("a.plain.{zone}"), format!("z.plain.{zone}"));
        let denial = NSEC::new(name(&next), [RecordType::A]);
        let denial = RData::DNSSEC(DNSSECRData::NSEC(denial));
        let denial = Record::from_rdata(name(&owner), 300, denial);
        replay(question, answer, truth, vec![denial]);
    };
    for lie in [bare, with_another_name_s, with_an_unsigned_one] {
        Site::validating(Some(lie)).expect(
            "closer.wild.secure -> undecided
             closer.wild.hashed -> undecided
             x.wild.secure -> listed
             x.wild.hashed -> listed",
        );
    }
}

#[test]
fn a_server_that_does_not_tell_where_zones_begin_is_no_obstacle() {
    let site = Site::validating(Some(|question, answer, _| {
        let is_zone = [name("plain.secure"), name("de")].contains(question.name());
        if question.query_type() == RecordType::NS && !is_zone {
            answer.answers.clear();
            answer.authorities.clear();
            answer.metadata.response_code = ResponseCode::ServFail;
        }
    }));
    site.expect("hot.plain.secure -> listed\nhot.de -> listed");
}

#[test]
fn denials_that_are_hashed_too_often_count_as_unsigned() {
    Site::validating(None).expect(
        "hot.often -> listed
         implicit.often -> listed
         gone.often -> not listed",
    );
}

#[test]
fn an_alias_that_is_none_is_undecided() {
    let site = Site::validating(Some(|question, answer, _| {
        if is_about(question, "hot.secure", RecordType::MX) {
            let alias = RData::CNAME(CNAME(name("good.secure")));
            let alias = Record::from_rdata(name("hot.secure"), 300, alias);
            answer.answers.push(alias);
        }
    }));
    site.expect("hot.secure -> undecided\nhot.hashed -> listed");
}

#[test]
fn keys_are_kept_for_other_questions() {
    static ABOUT_KEYS: AtomicUsize = AtomicUsize::new(0);
    let site = Site::validating(Some(|question, _, _| {
        if [RecordType::DNSKEY, RecordType::DS].contains(&question.query_type()) {
            ABOUT_KEYS.fetch_add(1, Ordering::Relaxed);
        }
    }));
    site.expect("hot.secure -> listed");
    let asked = ABOUT_KEYS.load(Ordering::Relaxed);
    assert!(asked >= 3, "{asked}");
    site.expect("good.secure -> not listed\nalias.secure -> listed");
    assert_eq!(ABOUT_KEYS.load(Ordering::Relaxed), asked);
}
