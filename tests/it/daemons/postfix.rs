//! Postfix: the mail server that asks the list. Two SMTP services in one instance: port 25 has the lines of
//! `docs/mail/postfix.md`, port 26 has a table of its own, as the seed had.
//!
//! It runs in a mount namespace of its own, because it knows no other resolver than the one of /etc/resolv.conf. The
//! hosts file there names one exchanger of the world, so that the tests see who believes it.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::unistd::User;

use super::address;
use super::page::Page;
use super::process::{Process, SECONDS_MAX, installed};

/// Sockets and queue files. Only what is needed up to RCPT: nothing is ever delivered.
const QUEUE: [&str; 9] = [
    "maildrop", "pid", "private", "public", "incoming", "active", "deferred", "defer", "bounce",
];

/// `sh -c` script with the folder as its first argument, Postfix's master as the rest.
const IN_NAMESPACE: &str = "set -e; folder=$1; shift
mount --bind \"$folder/resolv.conf\" /etc/resolv.conf
mount --bind \"$folder/hosts\" /etc/hosts
exec \"$@\"";

/// The running mail server. It stops when dropped.
pub(crate) struct Postfix {
    _process: Process,
    address: Ipv4Addr,
    folder: PathBuf,
}

impl Postfix {
    /// Starts it with the page's lines and the resolver at `resolver`, and with `table` (a file as in cidr_table(5))
    /// for port 26.
    pub(crate) fn start(folder: &Path, resolver: IpAddr, table: &Path) -> Self {
        let lines = Page::read("mail/postfix.md").file("/etc/postfix/main.cf");
        Self::start_with(folder, resolver, table, &lines)
    }

    /// As `start`, with other lines in main.cf.
    pub(crate) fn start_with(folder: &Path, resolver: IpAddr, table: &Path, lines: &str) -> Self {
        let folder = folder.join("postfix");
        let master = installed("master", "postfix");
        let address = address::loopback();
        lay_out(&folder);
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::write(&file, text).expect("a writable folder");
            age(&file);
        };
        write("resolv.conf", &format!("nameserver {resolver}\n"));
        write(
            "hosts",
            "127.0.0.1 localhost\n127.0.0.1 mx.hosts-file.good\n",
        );
        write("main.cf", &main_cf(&folder, lines));
        write("master.cf", &master_cf(address, table));
        let path = folder.to_str().expect("a plain path");
        let master = master.to_str().expect("a plain path");
        let args = [
            "--mount",
            "sh",
            "-c",
            IN_NAMESPACE,
            "sh",
            path,
            master,
            "-c",
            path,
            "-d",
            "-e",
            SECONDS_MAX,
        ];
        let unshare = installed("unshare", "util-linux");
        let mut process = Process::start("postfix", &unshare, &args, &folder);
        process.wait_for("the SMTP port (errors: see the system log)", || {
            TcpStream::connect((address, 26)).ok()
        });
        Self {
            _process: process,
            address,
            folder,
        }
    }

    /// Submits a mail as programs on the host do, without SMTP; gives whether it was taken.
    pub(crate) fn submit(&self, recipient: &str) -> bool {
        let mut child = Command::new(installed("sendmail", "postfix"))
            .arg("-C")
            .arg(&self.folder)
            .args(["-f", "www@company.de", recipient])
            .stdin(Stdio::piped())
            .spawn()
            .expect("an installed program");
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(b"Subject: Thursday\n\nSee you then.\n")
            .expect("a reader");
        drop(input);
        let status = child.wait().expect("a child");
        let mut queued = fs::read_dir(self.folder.join("queue/maildrop")).expect("a queue");
        status.success() && queued.next().is_some()
    }

    /// Where it asks the list.
    pub(crate) fn with_list(&self) -> SocketAddr {
        (self.address, 25).into()
    }

    /// Where it asks its own table.
    pub(crate) fn with_table(&self) -> SocketAddr {
        (self.address, 26).into()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("mail.log")).unwrap_or_default()
    }
}

/// Makes a file look old. Each Postfix process waits until main.cf has not been touched for a while.
pub(crate) fn age(file: &Path) {
    let file = File::options().append(true).open(file);
    let minute_ago = SystemTime::now() - Duration::from_mins(1);
    let aged = file.and_then(|file| file.set_modified(minute_ago));
    aged.expect("an own file");
}

/// Makes `folder` the one where Debian's Postfix looks for users, with one whose password is `password`.
pub(crate) fn add_user(folder: &Path, user: &str) {
    fs::create_dir_all(folder).expect("a writable folder");
    let users = folder.join("users.db");
    let config = format!(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\nsasldb_path: {}\n",
        users.display()
    );
    fs::write(folder.join("smtpd.conf"), config).expect("a writable folder");
    let mut child = Command::new(installed("saslpasswd2", "sasl2-bin"))
        .args(["-p", "-c", "-u", "web.company.de", "-f"])
        .arg(&users)
        .arg(user)
        .stdin(Stdio::piped())
        .spawn()
        .expect("an installed program");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"password").expect("a reader");
    drop(input);
    assert!(child.wait().expect("a child").success());
    fs::set_permissions(&users, Permissions::from_mode(0o644)).expect("an own file");
}

/// The folders that `postfix check` makes otherwise.
fn lay_out(folder: &Path) {
    let user = User::from_name("postfix").expect("a user database");
    let owner = user
        .expect("the user postfix: apt-get install postfix")
        .uid
        .as_raw();
    let make = |path: PathBuf, mine: bool| {
        fs::create_dir_all(&path).expect("a writable folder");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("an own folder");
        if mine {
            chown(&path, Some(owner), None).expect("the right to give a folder away: run as root");
        }
    };
    make(folder.to_owned(), false);
    make(folder.join("data"), true);
    make(folder.join("queue"), false);
    for name in QUEUE {
        make(folder.join("queue").join(name), name != "pid");
    }
}

/// What a mail server has already, and below it the lines for admins.
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
         mydestination =\n\
         local_recipient_maps =\n\
         alias_maps =\n\
         inet_interfaces = loopback-only\n\
         mynetworks = 127.0.0.0/8\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         # Hundreds of recipients in one session, most of them refused.\n\
         smtpd_soft_error_limit = 10000\n\
         smtpd_hard_error_limit = 10000\n\
         # Nothing leaves the queue here, so do not wait for it to.\n\
         in_flow_delay = 0\n\
         {lines}"
    )
}

fn master_cf(address: Ipv4Addr, table: &Path) -> String {
    let table = table.display();
    format!(
        "{address}:25 inet n - n - - smtpd\n\
         {address}:26 inet n - n - - smtpd\n\
         \x20 -o {{ smtpd_recipient_restrictions = check_recipient_mx_access cidr:{table} }}\n\
         rewrite unix - - n - - trivial-rewrite\n\
         cleanup unix n - n - 0 cleanup\n\
         anvil unix - - n - 1 anvil\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}
