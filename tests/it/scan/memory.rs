//! How much memory a log can take whose every mail is another, and none of which ends.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use super::desk::{Desk, Said, number};
use super::logs::looped;

/// What is kept has a bound, and so has the report; the rest is the program itself, which is large when it is not optimized.
const KIB_MAX: u64 = 112 << 10;

/// Mails; each has four lines.
const MAILS: u32 = 80_000;

/// Hosts, ids, domains, senders and clients that never come again.
fn hostile() -> String {
    let mut log = String::new();
    for number in 0..MAILS {
        let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
        let head = format!("Mar 20 {hour:02}:{minute:02}:{second:02} web postfix");
        let id = format!("8170{number:08X}");
        writeln!(
            log,
            "{head}/smtpd[1]: {id}: client=c{number}.example.net[192.0.2.1], \
             sasl_method=PLAIN, sasl_username=user{number}@company.de\n\
             {head}/qmgr[2]: {id}: from=<sender{number}@forged{number}.example>, size=1, nrcpt=1 \
             (queue active)\n\
             {head}/smtp[3]: {id}: to=<to{number}@d{number}.example>, relay=none, delay=0.1, \
             dsn=5.4.6, status=bounced (mail for d{number}.example loops back to myself)\n\
             {head}/bounce[4]: {id}: sender non-delivery notification: 9{id}"
        )
        .unwrap();
    }
    log
}

/// Runs it to where it writes its report, and says what it has needed by then: nobody reads that before.
fn peak_kib(mut command: Command) -> (u64, Said) {
    command.stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut begin = [0];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut begin)
        .unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
    let peak = peak.unwrap_or_else(|| panic!("{status}")).parse().unwrap();
    let mut said = Said::from(&child.wait_with_output().unwrap());
    said.out.insert(0, char::from(begin[0]));
    (peak, said)
}

#[test]
fn a_log_of_nothing_but_loops_is_no_danger() {
    let log = hostile();
    assert!(log.len() > 30_000_000, "{}", log.len());
    let desk = Desk::with(log);
    let scan = || desk.command("--json --no-dns --html report.html mail.log");
    let (peak, said) = peak_kib(scan());
    assert!(peak < KIB_MAX, "{peak} KiB");
    for processors in ["1", "64"] {
        let mut scan = scan();
        scan.env("RAYON_NUM_THREADS", processors);
        let (peak, same) = peak_kib(scan);
        assert!(peak < KIB_MAX, "{peak} KiB");
        assert_eq!(same.out, said.out);
    }
    let said = said.json();
    // Each is counted, if not named.
    let loops = u64::from(MAILS);
    assert_eq!(number(&said, "/found/loops"), loops);
    let kept = said["domains"].as_array().unwrap().len();
    assert!((5_000..=20_000).contains(&kept), "{kept}");
    let named: u64 = u64::try_from(kept).unwrap();
    assert_eq!(named + number(&said, "/left_out/domains"), loops);
    assert!(number(&said, "/left_out/senders") > loops / 2, "{said:#}");
    assert_eq!(number(&said, "/incidents_left_out"), loops - 1000);
    let page = fs::metadata(desk.path("report.html")).unwrap().len();
    assert!(page < 1 << 20, "{page}");
}

/// A line without an end may be all there is.
#[test]
fn a_line_without_an_end_is_no_danger() {
    let desk = Desk::with(vec![b'a'; 150 << 20]);
    // A pipe takes some text before anybody reads it.
    let loops = (0..500_u32).map(|number| {
        let id = format!("8170A4D2{number:04X}");
        looped("Mar 20 14:05:00", &id, "a@b.example", "c@hot.de")
    });
    desk.put("loops", loops.collect::<String>());
    desk.run("gzip", &["-k", "-1", "mail.log"]);
    for file in ["mail.log", "mail.log.gz"] {
        let (peak, said) = peak_kib(desk.command(&format!("--json --no-dns {file} loops")));
        assert!(peak < KIB_MAX, "{file}: {peak} KiB");
        let said = said.json();
        assert!(number(&said, "/octets") > 150 << 20, "{file}");
        assert_eq!(number(&said, "/found/loops"), 500, "{file}");
    }
}
