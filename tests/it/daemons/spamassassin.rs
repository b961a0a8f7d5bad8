//! SpamAssassin: a filter that is given whole mails, here as a command, with Debian's rules.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::installed;

/// Where Debian has the list of its modules.
const MODULES: &str = "/etc/spamassassin";

/// A configuration of its own.
pub(crate) struct SpamAssassin {
    site: PathBuf,
}

impl SpamAssassin {
    /// With the resolver at `resolver`, and the `rules` of the site.
    pub(crate) fn new(folder: &Path, resolver: IpAddr, rules: &str) -> Self {
        let site = folder.join("spamassassin");
        fs::create_dir(&site).expect("a writable folder");
        let modules = fs::read_dir(MODULES).expect("spamassassin: apt-get install spamassassin");
        for module in modules {
            let module = module.expect("a folder that can be read").path();
            if module.extension().is_some_and(|end| end == "pre") {
                let name = module.file_name().expect("a file");
                fs::copy(&module, site.join(name)).expect("a writable folder");
            }
        }
        let local = format!("dns_server {resolver}:53\ndns_available yes\n");
        for (file, text) in [("local.cf", local.as_str()), ("bogusmx.cf", rules)] {
            fs::write(site.join(file), text).expect("a writable folder");
        }
        Self { site }
    }

    /// The report on a mail with this envelope sender and recipient, its lines joined.
    pub(crate) fn report(&self, from: &str, to: &str) -> String {
        self.report_with(from, &format!("To: <{to}>"))
    }

    /// As `report`, with these header fields for recipients.
    pub(crate) fn report_with(&self, from: &str, recipients: &str) -> String {
        let mail = format!(
            "Return-Path: <{from}>\nReceived: from mail.frd.mn (mail.frd.mn [9.9.9.9]) by web.company.de; \
             Thu, 19 Mar 2015 10:00:00 +0000\nFrom: <j@company.de>\n{recipients}\nSubject: Thursday\n\nSee you then.\n"
        );
        let site = self.site.display();
        let mut child = Command::new(installed("spamassassin", "spamassassin"))
            .arg("--test-mode")
            .arg(format!("--siteconfigpath={site}"))
            .arg("--configpath=/usr/share/spamassassin")
            .arg(format!("--prefs-file={site}/local.cf"))
            .env("HOME", &self.site)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("an installed program");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(mail.as_bytes()).expect("a reader");
        drop(input);
        let output = child.wait_with_output().expect("a child");
        assert!(output.status.success(), "{}", output.status);
        let said = String::from_utf8_lossy(&output.stdout);
        let (_, report) = said
            .rsplit_once("Content analysis details:")
            .expect("a report");
        report.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
