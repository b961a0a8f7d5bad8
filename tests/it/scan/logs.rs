//! Logs to scan.

use super::generator::{Dialect, Plan, Stamps, Truth, write};

/// A case of a web server's mail: a spammer forged the sender, and the bounce hit him.
pub(super) const CASE: &str = "\
Mar 20 14:04:59 web postfix/smtpd[18858]: 8170A4D23E6F: client=localhost[127.0.0.1]
Mar 20 14:04:59 web postfix/cleanup[18861]: 8170A4D23E6F: message-id=<rW9zoq-dylj8W-rZ@correspondencect.web.company.de>
Mar 20 14:04:59 web postfix/qmgr[10478]: 8170A4D23E6F: from=<antonettabaune@godetia.com>, size=1144, nrcpt=1 (queue active)
Mar 20 14:05:00 web postfix/smtp[18862]: 8170A4D23E6F: to=<jfhfdq@hot.de>, relay=none, delay=0.06, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)
Mar 20 14:05:00 web postfix/cleanup[18861]: 955C04D2300E: message-id=<20150320130500.955C04D2300E@web.company.de>
Mar 20 14:05:00 web postfix/bounce[18863]: 8170A4D23E6F: sender non-delivery notification: 955C04D2300E
Mar 20 14:05:00 web postfix/qmgr[10478]: 955C04D2300E: from=<>, size=3033, nrcpt=1 (queue active)
Mar 20 14:05:00 web postfix/qmgr[10478]: 8170A4D23E6F: removed
Mar 20 14:05:03 web postfix/smtp[18862]: 955C04D2300E: to=<antonettabaune@godetia.com>, relay=mx.godetia.com[149.112.112.112]:25, delay=3, delays=0/0/1/2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F2A77C01A3B)
Mar 20 14:05:03 web postfix/qmgr[10478]: 955C04D2300E: removed
";

/// What an administrator found in his log when he searched for it: no more than these lines, and without times.
pub(super) const SEARCHED: &str = "\
postfix/smtp[15520]: 56F464D343AF: to=<treehnh@iphone.com>, relay=mail.iphone.com[127.0.0.6]:25, delay=0.36, delays=0.03/0/0.33/0, dsn=5.4.6, status=bounced (mail for iphone.com loops back to myself)
postfix/smtp[15520]: 84BA23D801C7: to=<lulu21@hotmaol.de>, relay=none, delay=0.06, delays=0.03/0/0.04/0, dsn=5.4.6, status=bounced (mail for hotmaol.de loops back to myself)
postfix/smtp[15520]: B41E04D82877: to=<gdhfgkj@hotmaol.de>, relay=none, delay=0.02, delays=0.02/0/0/0, dsn=5.4.6, status=bounced (mail for hotmaol.de loops back to myself)
postfix/smtp[15520]: 620384D830C0: to=<roberlo@hahoo.es>, relay=none, delay=0.39, delays=0.02/0/0.37/0, dsn=5.4.6, status=bounced (mail for hahoo.es loops back to myself)
postfix/smtp[17135]: 506EB4D830F6: to=<kl@beer.com>, relay=none, delay=0.22, delays=0.03/0/0.19/0, dsn=5.4.6, status=bounced (mail for beer.com loops back to myself)
postfix/smtp[25622]: 6404C4D830DE: to=<stan@man.net>, relay=none, delay=0.18, delays=0.03/0/0.15/0, dsn=5.4.6, status=bounced (mail for man.net loops back to myself)
postfix/smtp[25622]: 6B8664D830E3: to=<jame@live.ong>, relay=your-dns-needs-immediate-attention.ong[127.0.53.53]:25, delay=0.05, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (mail for live.ong loops back to myself)
postfix/smtp[26295]: 47B584D830F6: to=<cesarelkappo@adulto.com>, relay=none, delay=0.07, delays=0.03/0/0.04/0, dsn=5.4.6, status=bounced (mail for adulto.com loops back to myself)
postfix/smtp[26295]: B1FE94D836AF: to=<anita@hot.de>, relay=none, delay=0.04, delays=0.03/0/0.01/0, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)
postfix/smtp[26295]: EF7B44D836B0: to=<vacapinta@gamiel.com>, relay=none, delay=0.41, delays=0.03/0/0.37/0, dsn=5.4.6, status=bounced (mail for gamiel.com loops back to myself)
postfix/smtp[27487]: 604824D83851: to=<0x0fgc@mhx.com>, relay=mail.mhx.com[0.0.0.0]:25, delay=0.17, delays=0.03/0/0.13/0, dsn=5.4.6, status=bounced (mail for mhx.com loops back to myself)
postfix/smtp[30751]: 0CF244D8316C: to=<paco-ds-@hotmeil.es>, relay=none, delay=0.44, delays=0.03/0/0.41/0, dsn=5.4.6, status=bounced (mail for hotmeil.es loops back to myself)
postfix/smtp[30521]: 6FA364D83CB6: to=<hgf@ghn.com>, relay=none, delay=0.15, delays=0.02/0/0.14/0, dsn=5.4.6, status=bounced (mail for ghn.com loops back to myself)
postfix/smtp[30521]: 524074D83D44: to=<bho3397@beer.com>, relay=none, delay=0.4, delays=0.02/0/0.37/0, dsn=5.4.6, status=bounced (mail for beer.com loops back to myself)
postfix/smtp[31226]: AC9A84D83D52: to=<ggs6@webv.de>, relay=none, delay=0.04, delays=0.03/0/0.01/0, dsn=5.4.6, status=bounced (mail for webv.de loops back to myself)
postfix/smtp[31226]: 4B3B24D83D5B: to=<luis_bahamonde@hotmeil.es>, relay=none, delay=0.26, delays=0.03/0/0.22/0, dsn=5.4.6, status=bounced (mail for hotmeil.es loops back to myself)
postfix/smtp[38806]: 1D1954D8177A: to=<www.suneth.a90@gaile.com>, relay=none, delay=0.11, delays=0.02/0/0.08/0, dsn=5.4.6, status=bounced (mail for gaile.com loops back to myself)
postfix/smtp[39895]: 339A74D81843: to=<harley811@version.net>, relay=none, delay=0.28, delays=0.02/0/0.26/0, dsn=5.4.6, status=bounced (mail for version.net loops back to myself)
";

/// Mail without anything odd.
pub(super) const QUIET: &str = "\
Mar 20 14:00:00 web postfix/smtpd[1]: 3F2A14D23E6F: client=mx.good.example[192.0.1.9]
Mar 20 14:00:00 web postfix/qmgr[2]: 3F2A14D23E6F: from=<a@good.example>, size=1144, nrcpt=1 (queue active)
Mar 20 14:00:01 web postfix/local[3]: 3F2A14D23E6F: to=<b@company.de>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
Mar 20 14:00:01 web postfix/qmgr[2]: 3F2A14D23E6F: removed
";

pub(super) const DIALECTS: [Dialect; 4] = [
    Dialect::Postfix {
        stamps: Stamps::Traditional,
        long_ids: false,
    },
    Dialect::Postfix {
        stamps: Stamps::Rfc3339,
        long_ids: true,
    },
    Dialect::Postfix {
        stamps: Stamps::Rfc5424,
        long_ids: false,
    },
    Dialect::Exim,
];

/// A day's time, host and program as syslog writes them, and a mail that looped: that it came, and that it failed.
pub(super) fn looped(stamp: &str, id: &str, sender: &str, recipient: &str) -> String {
    let domain = recipient.rsplit('@').next().unwrap_or_default();
    format!(
        "{stamp} web postfix/smtpd[1]: {id}: client=unknown[192.0.1.66]\n\
         {stamp} web postfix/qmgr[2]: {id}: from=<{sender}>, size=1144, nrcpt=1 (queue active)\n\
         {stamp} web postfix/smtp[3]: {id}: to=<{recipient}>, relay=none, delay=0.1, \
         delays=0.1/0/0/0, dsn=5.4.6, status=bounced (mail for {domain} loops back to myself)\n"
    )
}

/// A mail whose recipient's server did not answer at this address.
pub(super) fn unanswered(stamp: &str, id: &str, recipient: &str, address: &str) -> String {
    let domain = recipient.rsplit('@').next().unwrap_or_default();
    format!(
        "{stamp} web postfix/smtpd[1]: {id}: client=unknown[192.0.1.66]\n\
         {stamp} web postfix/qmgr[2]: {id}: from=<a@b.example>, size=1144, nrcpt=1 (queue active)\n\
         {stamp} web postfix/smtp[3]: {id}: to=<{recipient}>, relay=none, delay=30, \
         delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to mail.{domain}[{address}]:25: \
         Connection timed out)\n"
    )
}

/// What is to be written of this dialect, with much in it.
pub(super) fn plan(dialect: Dialect, octets: u64) -> Plan {
    Plan {
        dialect,
        mails_per_loop: 20,
        per_second: 0.05,
        ..Plan::new(11, octets)
    }
}

pub(super) fn made(dialect: Dialect, octets: u64) -> (Vec<u8>, Truth) {
    let mut log = Vec::new();
    let truth = write(&plan(dialect, octets), &mut log).expect("memory takes everything");
    (log, truth)
}
