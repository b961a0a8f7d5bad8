//! A Postfix that delivers: all of its services, and users who log in.
//!
//! It runs in a mount namespace of its own, with its configuration as the machine's.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Group, User};

use super::client::{Client, HERE};
use super::log::{Log, Program};
use super::mail::{Mail, Origin};
use super::others::Server;
use super::place::{HOSTS, Place};
use crate::daemons::postfix::{add_user, age};
use crate::daemons::process::{Process, SECONDS_MAX, installed};
use crate::support::wait_until;

/// `sh -c` script with the folder as its first argument, what to run there as the rest.
const IN_NAMESPACE: &str = "set -e; folder=$1; shift
mount --bind \"$folder/resolv.conf\" /etc/resolv.conf
mount --bind \"$folder/hosts\" /etc/hosts
mount --bind \"$folder\" /etc/postfix
exec \"$@\"";

const QUEUE: [&str; 14] = [
    "maildrop", "pid", "private", "public", "incoming", "active", "deferred", "defer", "bounce",
    "corrupt", "flush", "hold", "saved", "trace",
];

/// The port with this filter behind it, and where the filter is.
pub(super) const FILTERS: [(u16, Ipv4Addr); 2] = [
    (2525, Ipv4Addr::new(127, 0, 0, 20)),
    (2526, Ipv4Addr::new(127, 0, 0, 21)),
];

/// As FILTERS, before mail is in the queue.
pub(super) const PROXY: u16 = 2527;

const MASTER_CF: &str = "\
127.0.0.1:25 inet n - n - - smtpd
127.0.0.1:587 inet n - n - - smtpd
  -o syslog_name=postfix/submission
127.0.0.1:2525 inet n - n - - smtpd
  -o content_filter=xforward:[127.0.0.20]:10024
127.0.0.1:2526 inet n - n - - smtpd
  -o content_filter=smtp:[127.0.0.21]:10024
127.0.0.1:2527 inet n - n - - smtpd
  -o smtpd_proxy_filter=127.0.0.20:10024
127.0.0.1:10025 inet n - n - - smtpd
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
xforward unix - - n - - smtp
  -o smtp_send_xforward_command=yes
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

/// The running mail server, in its network. Everything stops when dropped, in the order of the fields.
pub(super) struct PostfixSite {
    _process: Process,
    place: Place,
    folder: PathBuf,
}

impl PostfixSite {
    /// Starts it.
    pub(super) fn new() -> Self {
        Self::with("")
    }

    /// As `new`, with more lines in main.cf.
    pub(super) fn with(lines: &str) -> Self {
        let place = Place::new();
        let folder = place.folder().join("postfix");
        lay_out(&folder);
        add_user(&folder.join("sasl"), "shop");
        write(&folder, place.resolver().ip(), lines);
        let lmtp = folder.join("queue/private/dovecot-lmtp");
        Server::taking("dovecot").listen_for_lmtp(&lmtp);
        fs::set_permissions(&lmtp, Permissions::from_mode(0o777)).expect("an own socket");
        for (at, (_, address)) in FILTERS.into_iter().enumerate() {
            Server::filter(at == 0).listen((address, 10024));
        }
        let master = installed("master", "postfix");
        let path = folder.to_str().expect("a plain path");
        let master = master.to_str().expect("a plain path");
        let inside = ["--mount", "sh", "-c", IN_NAMESPACE, "sh", path];
        let args = [&inside[..], &[master, "-d", "-e", SECONDS_MAX]].concat();
        let unshare = installed("unshare", "util-linux");
        let mut process = Process::start("postfix", &unshare, &args, &folder);
        process.wait_for("the SMTP port", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, 10025)).ok()
        });
        Self {
            _process: process,
            place,
            folder,
        }
    }

    /// Sends a mail from a client on the machine itself.
    pub(super) fn send(&self, sender: &str, recipients: &[&str]) -> Mail {
        let client = Client::connect((Ipv4Addr::LOCALHOST, 25).into());
        client.send(Origin::Client(HERE), sender, recipients)
    }

    /// Sends a mail as programs on the machine do, as a user.
    pub(super) fn submit(&self, user: &str, sender: &str, recipient: &str) -> Mail {
        let known = self.log().text.lines().count();
        let user = User::from_name(user).expect("a user database");
        let user = user.expect("a user of every Debian");
        let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
        let mut child = Command::new(installed("unshare", "util-linux"))
            .args(["--mount", "sh", "-c", IN_NAMESPACE, "sh"])
            .arg(&self.folder)
            .arg(installed("setpriv", "util-linux"))
            .args(["--reuid", &uid, "--regid", &gid, "--clear-groups"])
            .arg(installed("sendmail", "postfix"))
            .args(["-f", sender, recipient])
            .stdin(Stdio::piped())
            .spawn()
            .expect("an installed program");
        let mut input = child.stdin.take().expect("a pipe");
        let text = b"Subject: Thursday\n\nSee you then.\n";
        input.write_all(text).expect("a reader");
        drop(input);
        assert!(child.wait().expect("a child").success());
        let mut id = None;
        let mark = format!(": uid={uid} from=<");
        wait_until("the mail to be picked up", || {
            let log = self.log();
            let mut lines = log.text.lines().skip(known);
            let line = lines.find(|line| line.contains(&mark));
            let word = line.and_then(|line| line.split(&mark).next()?.rsplit(' ').next());
            id = word.map(str::to_owned);
            id.is_some()
        });
        Mail::new(
            id.expect("found"),
            sender,
            Origin::Local(format!("uid {uid}")),
        )
    }

    /// The mail that a filter has handed back for this one: the same in all but its id.
    pub(super) fn behind_filter(&self, mail: Mail) -> Mail {
        let mut id = None;
        wait_until("the filter to hand the mail back", || {
            id = self.log().handed_back(&mail.id);
            id.is_some()
        });
        Mail {
            id: id.expect("found"),
            ..mail
        }
    }

    /// The log so far.
    pub(super) fn log(&self) -> Log {
        Log {
            program: Program::Postfix,
            text: fs::read_to_string(self.log_file()).unwrap_or_default(),
        }
    }

    /// That the report says of the log what has become of these mails, once it has.
    #[track_caller]
    pub(super) fn expect(&self, mails: &[Mail]) {
        self.place.expect(&self.log_file(), &|| self.log(), mails);
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("mail.log")
    }
}

/// The folders that `postfix check` makes otherwise, and those of mailboxes.
fn lay_out(folder: &Path) {
    let user = User::from_name("postfix").expect("a user database");
    let user = user.expect("the user postfix: apt-get install postfix").uid;
    let group = Group::from_name("postdrop").expect("a group database");
    let group = group.expect("the group postdrop").gid;
    let make = |name: &str, mode: u32| {
        let path = folder.join(name);
        fs::create_dir_all(&path).expect("a writable folder");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("an own folder");
        path
    };
    let own = |path: PathBuf| {
        let group = Some(group.as_raw());
        chown(path, Some(user.as_raw()), group).expect("the right to give a folder away: be root");
    };
    for name in ["", "queue", "queue/pid", "sasl"] {
        make(name, 0o755);
    }
    make("mailboxes", 0o1777);
    own(make("data", 0o755));
    for name in QUEUE {
        own(make(&format!("queue/{name}"), 0o755));
    }
    // sendmail runs as anybody, with the rights of the group.
    make("queue/maildrop", 0o1730);
    make("queue/public", 0o710);
}

fn write(folder: &Path, resolver: IpAddr, lines: &str) {
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).expect("a writable folder");
        age(&file);
    };
    write("resolv.conf", &format!("nameserver {resolver}\n"));
    write("hosts", HOSTS);
    write("main.cf", &main_cf(folder, lines));
    write("master.cf", MASTER_CF);
}

/// A web server that sends mail, and has mailboxes of all kinds.
fn main_cf(folder: &Path, lines: &str) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         command_directory = /usr/sbin\n\
         daemon_directory = /usr/lib/postfix/sbin\n\
         maillog_file = {folder}/mail.log\n\
         maillog_file_prefixes = {folder}\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         myhostname = web.company.de\n\
         myorigin = web.company.de\n\
         mydestination = web.company.de\n\
         local_recipient_maps =\n\
         alias_maps =\n\
         mail_spool_directory = {folder}/mailboxes/\n\
         virtual_mailbox_domains = virtual.company.de\n\
         virtual_mailbox_base = {folder}/mailboxes\n\
         virtual_mailbox_maps = static:virtual/\n\
         virtual_uid_maps = static:65534\n\
         virtual_gid_maps = static:65534\n\
         transport_maps = inline:{{\n\
         \x20 {{ dovecot.company.de = lmtp:unix:private/dovecot-lmtp }}\n\
         \x20 {{ inside.company.de = smtp:[10.1.0.25] }} }}\n\
         inet_interfaces = 127.0.0.1, ::1\n\
         mynetworks = 127.0.0.0/8, 192.0.1.0/24\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         smtpd_sasl_auth_enable = yes\n\
         smtpd_sasl_local_domain = web.company.de\n\
         smtp_helo_timeout = 1s\n\
         in_flow_delay = 0\n\
         {lines}"
    )
}
