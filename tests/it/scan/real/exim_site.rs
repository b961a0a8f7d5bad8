//! An Exim that delivers, with Debian's configuration or a short one.
//!
//! It runs in a mount namespace of its own with an /etc of its own: the configuration, the resolver, and users whom the
//! machine may not have.

use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::client::{Client, HERE};
use super::log::{Log, Program};
use super::mail::{Mail, Origin};
use super::place::{HOSTS, Place};
use crate::daemons::process::{Process, SECONDS_MAX, installed, unpacked};
use crate::support::wait_until;

/// Nobody's number in Debian.
const ID: u32 = 64_099;

/// What Debian's package asks when it is installed.
const ANSWERS: &str = "dc_eximconfig_configtype='internet'
dc_other_hostnames='web.company.de'
dc_local_interfaces='127.0.0.1'
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets='127.0.0.0/8 : 192.0.1.0/24'
dc_smarthost=''
CFILEMODE='644'
dc_use_split_config='true'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
";

/// Who may log in.
const AUTHENTICATOR: &str = "plain_server:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{shop}}{eq{$auth3}{password}}}}
  server_set_id = $auth2
  server_prompts = :
";

/// A configuration that leaves nobody out: it finds out itself when a mail exchanger is the own machine.
const SHORT: &str = "primary_hostname = web.company.de
local_interfaces = 127.0.0.1
exim_user = @ID@
exim_group = @ID@
acl_smtp_rcpt = accept
host_lookup = *
keep_environment =
# Users may say that they are somebody else.
untrusted_set_sender = *
@MAIN@
begin routers
dnslookup:
  driver = dnslookup
  domains = ! web.company.de
  transport = remote_smtp
  @ROUTER@
  no_more
local:
  driver = accept
  check_local_user
  transport = mailbox
begin transports
remote_smtp:
  driver = smtp
mailbox:
  driver = appendfile
  file = /var/mail/$local_part_data
begin retry
* * F,@PATIENCE@,1s
begin authenticators
";

/// Where mail servers have their program for everybody. Exim starts itself again as other users, who may not get to where
/// it is unpacked.
const EXIM: &str = "/usr/sbin/sendmail";

/// `sh -c` script with the folder and Exim as its first arguments, what to run there as the rest.
const IN_NAMESPACE: &str = "set -e; folder=$1; exim=$2; shift 2
mount --bind \"$exim\" /usr/sbin/sendmail
mount --bind \"$folder/etc\" /etc
mount --bind \"$folder/mailboxes\" /var/mail
exec \"$@\"";

/// Makes Debian's configuration, with the program's folder as the first argument.
const MAKE: &str = "PATH=$1:$PATH; exec update-exim4.conf -o /etc/exim4/made.conf";

/// How it is configured.
pub(super) enum Config<'a> {
    /// Debian's, with more macros.
    Debian(&'a str),
    Short(Short<'a>),
}

/// A short configuration.
#[derive(Clone, Copy)]
pub(super) struct Short<'a> {
    /// More main options.
    pub(super) main: &'a str,
    /// More options of the router.
    pub(super) router: &'a str,
    /// How long mail is tried.
    pub(super) patience: &'a str,
}

/// The running mail server, in its network. Everything stops when dropped, in the order of the fields.
pub(super) struct EximSite {
    _process: Process,
    place: Place,
    folder: PathBuf,
}

impl EximSite {
    /// Starts it; with more arguments for the daemon.
    pub(super) fn new(config: &Config<'_>, args: &[&str]) -> Self {
        let place = Place::new();
        let folder = place.folder().join("exim");
        for name in ["", "spool", "log", "mailboxes"] {
            let name = folder.join(name);
            fs::create_dir(&name).expect("a writable folder");
            chown(&name, Some(ID), Some(ID)).expect("the right to give a folder away: be root");
        }
        let mailboxes = Permissions::from_mode(0o1777);
        fs::set_permissions(folder.join("mailboxes"), mailboxes).expect("an own folder");
        lay_out_etc(&folder, place.resolver().ip());
        configure(&folder, config);
        let exim = exim();
        let pid = folder.join("pid");
        let [path, exim, pid] = [&folder, &exim, &pid].map(|path| path.to_str().expect("plain"));
        let inside = ["--mount", "sh", "-c", IN_NAMESPACE, "sh", path, exim];
        let daemon = ["timeout", SECONDS_MAX, EXIM, "-bdf", "-oP", pid];
        let all = [&inside[..], &daemon, args].concat();
        let unshare = installed("unshare", "util-linux");
        let mut process = Process::start("exim", &unshare, &all, &folder);
        process.wait_for("the SMTP port", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, 25)).ok()
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
    pub(super) fn submit(&self, user: &'static str, sender: &str, recipient: &str) -> Mail {
        let command = format!(
            "exec {EXIM} -f {sender} {recipient} <<'.'\nSubject: Thursday\n\nSee you then.\n."
        );
        let mut inside = in_namespace(&self.folder);
        inside.args([
            "setpriv",
            "--reuid",
            user,
            "--regid",
            user,
            "--clear-groups",
        ]);
        run(inside.args(["sh", "-c", &command]));
        let mut id = None;
        let mark = format!(" <= {sender} U={user} P=local ");
        wait_until("the mail to be taken", || {
            let log = self.log();
            let line = log.text.lines().find(|line| line.contains(&mark));
            let word = line.and_then(|line| line.split(&mark).next()?.rsplit(' ').next());
            id = word.map(str::to_owned);
            id.is_some()
        });
        Mail::new(id.expect("found"), sender, Origin::Local(user.to_owned()))
    }

    /// The log so far.
    pub(super) fn log(&self) -> Log {
        Log {
            program: Program::Exim,
            text: fs::read_to_string(self.log_file()).unwrap_or_default(),
        }
    }

    /// That the report says of the log what has become of these mails, once it has.
    #[track_caller]
    pub(super) fn expect(&self, mails: &[Mail]) {
        self.place.expect(&self.log_file(), &|| self.log(), mails);
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log/mainlog")
    }
}

fn exim() -> PathBuf {
    unpacked("usr/sbin/exim4", "exim4")
}

/// All that Exim and Debian's tools read there.
fn lay_out_etc(folder: &Path, resolver: IpAddr) {
    let etc = folder.join("etc");
    fs::create_dir(&etc).expect("a writable folder");
    run(Command::new("cp")
        .arg("-r")
        .args([&unpacked("etc/exim4", "exim4"), &etc]));
    let write = |file: &str, text: &str| {
        fs::write(etc.join(file), text).expect("a writable folder");
    };
    write("exim4/update-exim4.conf.conf", ANSWERS);
    write("exim4/conf.d/auth/90_shop", AUTHENTICATOR);
    write("resolv.conf", &format!("nameserver {resolver}\n"));
    write("mailname", "web.company.de\n");
    write("email-addresses", "");
    write("hosts", HOSTS);
    write("aliases", "postmaster: hanna\n");
    let users =
        format!("Debian-exim:x:{ID}:{ID}::/:/usr/sbin/nologin\nhanna:x:2000:2000::/:/bin/sh\n");
    let groups = format!("Debian-exim:x:{ID}:\nhanna:x:2000:\n");
    for (file, more) in [
        ("passwd", users.as_str()),
        ("group", groups.as_str()),
        ("nsswitch.conf", ""),
        ("services", ""),
    ] {
        let known =
            fs::read_to_string(Path::new("/etc").join(file)).expect("a file of every Debian");
        write(file, &(known + more));
    }
}

/// Writes the configuration to where Exim looks for it, so that it stays root.
fn configure(folder: &Path, config: &Config<'_>) {
    let etc = folder.join("etc/exim4");
    let text = match config {
        Config::Debian(macros) => {
            fs::write(etc.join("conf.d/main/000_macros"), macros).expect("a writable folder");
            make(folder);
            fs::read_to_string(etc.join("made.conf")).expect("what Debian's tool makes")
        }
        Config::Short(short) => {
            let text = SHORT.replace("@ID@", &ID.to_string());
            let text = text.replace("@MAIN@", short.main);
            let text = text.replace("@ROUTER@", short.router);
            text.replace("@PATIENCE@", short.patience) + AUTHENTICATOR
        }
    };
    let is_path =
        |line: &&str| line.starts_with("exim_path") || line.starts_with("spool_directory");
    let text: Vec<&str> = text.lines().filter(|line| !is_path(line)).collect();
    let path = folder.display();
    let head = format!(
        "exim_path = {EXIM}\nspool_directory = {path}/spool\nlog_file_path = {path}/log/%slog\n"
    );
    let text = head + &text.join("\n") + "\n";
    fs::write(etc.join("exim4.conf"), text).expect("a writable folder");
}

fn make(folder: &Path) {
    let tools = exim();
    let tools = tools.parent().expect("a folder");
    run(in_namespace(folder)
        .args(["sh", "-c", MAKE, "sh"])
        .arg(tools));
}

/// What runs there with the arguments that follow.
fn in_namespace(folder: &Path) -> Command {
    let mut command = Command::new(installed("unshare", "util-linux"));
    command
        .args(["--mount", "sh", "-c", IN_NAMESPACE, "sh"])
        .args([folder, &exim()]);
    command
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.expect("an installed program");
    assert!(output.status.success(), "{command:?}: {output:?}");
}
