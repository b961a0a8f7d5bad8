//! rspamd: a filter that is asked about whole mails, over HTTP.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::address;
use super::process::{Process, SECONDS_MAX, installed};

/// Longer than it takes for one mail.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing in it that any rule minds much.
const MAIL: &str = "From: <@FROM@>\r\nTo: <@TO@>\r\nSubject: Thursday\r\nMessage-ID: <1@frd.mn>\r\n\
    Date: Thu, 19 Mar 2015 10:00:00 +0000\r\n\r\nSee you then.\r\n";

/// The running filter. It stops when dropped.
pub(crate) struct Rspamd {
    process: Process,
    server: SocketAddr,
}

/// What it says of a mail.
#[derive(Debug)]
pub(crate) struct Scan(Value);

impl Rspamd {
    /// Starts it with the resolver at `resolver`, and `local` files of its configuration: names below `local.d`, with
    /// their texts. It looks at its lists 300 times as often as by default.
    pub(crate) fn start(folder: &Path, resolver: IpAddr, local: &[(&str, String)]) -> Self {
        let folder = folder.join("rspamd");
        let config = folder.join("local.d");
        fs::create_dir_all(&config).expect("a writable folder");
        let address = address::loopback();
        let server = SocketAddr::from((address, 11_333));
        let own = [
            (
                "options.inc",
                format!(
                    "dns {{ nameserver = [\"{resolver}:53\"]; }}\nmonitoring_watch_interval = 200ms;\n\
                     # With all that there are, it takes seconds to start.\n\
                     url_tld = \"{}\";\n",
                    config.join("tlds").display()
                ),
            ),
            (
                "worker-normal.inc",
                format!("bind_socket = \"{server}\";\ncount = 1;\n"),
            ),
            ("worker-controller.inc", "enabled = false;\n".to_owned()),
            ("worker-proxy.inc", "enabled = false;\n".to_owned()),
            (
                "logging.inc",
                "type = \"console\";\nlevel = \"info\";\ndebug_modules = [\"monitored\"];\n"
                    .to_owned(),
            ),
        ];
        fs::write(config.join("tlds"), "com\nde\nnet\n").expect("a writable folder");
        for (file, text) in own.iter().chain(local) {
            fs::write(config.join(file), text).expect("a writable folder");
        }
        let path = folder.to_str().expect("a plain path");
        let variables = ["LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR"];
        let variables = variables.map(|name| format!("--var={name}={path}"));
        let rspamd = installed("rspamd", "rspamd");
        let mut args = vec![SECONDS_MAX, rspamd.to_str().expect("a plain path")];
        args.extend(["--no-fork", "--insecure", "--user=root", "--group=root"]);
        args.extend(["--config", "/etc/rspamd/rspamd.conf"]);
        args.extend(variables.iter().map(String::as_str));
        let timeout = installed("timeout", "coreutils");
        let mut process = Process::start("rspamd", &timeout, &args, &folder);
        process.wait_for("its port", || TcpStream::connect(server).ok());
        Self { process, server }
    }

    /// What it says of a mail with this envelope, from a stranger.
    pub(crate) fn scan(&self, from: &str, to: &[&str]) -> Scan {
        self.scan_from_client("IP: 192.0.1.1\r\n", from, to)
    }

    /// As `scan`, from a client that these headers describe.
    pub(crate) fn scan_from_client(&self, client: &str, from: &str, to: &[&str]) -> Scan {
        let mail = MAIL.replace("@FROM@", from).replace("@TO@", to[0]);
        let recipients: String = to.iter().map(|to| format!("Rcpt: {to}\r\n")).collect();
        let request = format!(
            "POST /checkv2 HTTP/1.0\r\nFrom: {from}\r\n{recipients}{client}Helo: mail.frd.mn\r\n\
             Content-Length: {}\r\n\r\n{mail}",
            mail.len()
        );
        let mut stream = TcpStream::connect(self.server).expect("a running filter");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream
            .write_all(request.as_bytes())
            .expect("a running filter");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        let (_, body) = reply.split_once("\r\n\r\n").expect("headers");
        Scan(serde_json::from_str(body).expect("JSON"))
    }

    /// Waits until it has said something so often.
    pub(crate) fn wait_for_log(&mut self, what: &str, times: usize) {
        let Self { process, .. } = self;
        let output = process.output_file().to_owned();
        process.wait_for(what, || {
            let log = fs::read_to_string(&output).ok()?;
            (log.matches(what).count() >= times).then_some(())
        });
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.process.output()
    }
}

impl Scan {
    /// The score of a symbol and its options, if it is there.
    pub(crate) fn symbol(&self, name: &str) -> Option<(f64, Vec<String>)> {
        let symbol = self.0["symbols"].get(name)?;
        let options = symbol["options"].as_array().into_iter().flatten();
        let options = options.filter_map(|option| Some(option.as_str()?.to_owned()));
        Some((symbol["score"].as_f64()?, options.collect()))
    }

    /// What to do with the mail.
    pub(crate) fn action(&self) -> &str {
        self.0["action"].as_str().expect("an action")
    }

    /// What to say to who sends it.
    pub(crate) fn message(&self) -> Option<&str> {
        self.0["messages"]["smtp_message"].as_str()
    }
}
