//! Postfix: one SMTP service, in a mount namespace of its own, because it knows no other resolver than the one of
//! /etc/resolv.conf.

use std::fs::{self, File, Permissions};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::unistd::User;

use super::args::Way;
use super::ground::bogusmx::ZONE;
use super::ground::process::{Process, Processors, installed, plain};
use super::ground::{Outcome, address};

/// Sockets and queue files. Only what is needed up to RCPT: nothing is ever delivered.
const QUEUE: [&str; 9] = [
    "maildrop", "pid", "private", "public", "incoming", "active", "deferred", "defer", "bounce",
];

/// `sh -c` script with the folder as its first argument, Postfix's master as the rest.
const IN_NAMESPACE: &str = "set -e; folder=$1; shift
mount --bind \"$folder/resolv.conf\" /etc/resolv.conf
exec \"$@\"";

/// The list's own table, which Postfix can read as well.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/zones/reserved.cidr");

/// Starts it with the resolver at `resolver`; gives where it takes mail. It stops when dropped.
pub(crate) fn start(
    folder: &Path,
    on: &Processors,
    way: Way,
    resolver: IpAddr,
) -> Outcome<(Process, SocketAddr)> {
    let folder = folder.join("postfix");
    let server = SocketAddr::from((address::loopback()?, 25));
    lay_out(&folder)?;
    write_old(
        &folder.join("resolv.conf"),
        &format!("nameserver {resolver}\n"),
    )?;
    write_old(&folder.join("main.cf"), &main_cf(&folder, way))?;
    write_old(&folder.join("master.cf"), &master_cf(server.ip()))?;
    let path = plain(&folder)?;
    let master = installed("master", "postfix")?;
    let master = plain(&master)?;
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
    ];
    let unshare = installed("unshare", "util-linux")?;
    let mut process = Process::start("postfix", on, &unshare, &args, &folder)?;
    process.wait_for("the SMTP port (errors: see the system log)", || {
        TcpStream::connect(server).ok()
    })?;
    Ok((process, server))
}

/// Each Postfix process waits until main.cf has not been touched for a while, so it gets to look old.
fn write_old(file: &Path, text: &str) -> Outcome<()> {
    fs::write(file, text)?;
    let minute_ago = SystemTime::now() - Duration::from_mins(1);
    let file = File::options().append(true).open(file)?;
    Ok(file.set_modified(minute_ago)?)
}

/// The folders that `postfix check` makes otherwise.
fn lay_out(folder: &Path) -> Outcome<()> {
    let user = User::from_name("postfix")?;
    let user = user.ok_or("no user postfix: apt-get install postfix")?;
    let make = |path: PathBuf, mine: bool| -> Outcome<()> {
        fs::create_dir_all(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        if mine {
            chown(&path, Some(user.uid.as_raw()), None)?;
        }
        Ok(())
    };
    make(folder.to_owned(), false)?;
    make(folder.join("data"), true)?;
    make(folder.join("queue"), false)?;
    for name in QUEUE {
        make(folder.join("queue").join(name), name != "pid")?;
    }
    Ok(())
}

fn restrictions(way: Way) -> String {
    match way {
        Way::None => "permit_mynetworks".to_owned(),
        Way::Table => format!("check_recipient_mx_access cidr:{TABLE}"),
        Way::Forwarded | Way::Direct => format!("reject_rhsbl_recipient {ZONE}"),
    }
}

fn main_cf(folder: &Path, way: Way) -> String {
    let folder = folder.display();
    let restrictions = restrictions(way);
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
         smtpd_recipient_restrictions = {restrictions}\n\
         # A client may name as many recipients as it likes, and begin anew as often.\n\
         smtpd_soft_error_limit = 10000000\n\
         smtpd_hard_error_limit = 10000000\n\
         smtpd_junk_command_limit = 10000000\n\
         in_flow_delay = 0\n"
    )
}

/// Each smtpd serves one connection only: what it remembers of a list is of no use to the next one.
fn master_cf(address: IpAddr) -> String {
    format!(
        "{address}:25 inet n - n - - smtpd -o max_use=1\n\
         rewrite unix - - n - - trivial-rewrite\n\
         cleanup unix n - n - 0 cleanup\n\
         anvil unix - - n - 1 anvil\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}
