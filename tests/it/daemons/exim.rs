//! Exim: a mail server with Debian's own configuration for an Internet site, and the lines for admins in it.
//!
//! It runs in a mount namespace of its own with an /etc of its own, because it knows no other resolver than the one of
//! /etc/resolv.conf, its user may be missing, and Debian's tools look for its configuration there.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::address;
use super::process::{Process, SECONDS_MAX, installed, unpacked};

/// Nobody's number in Debian.
const ID: u32 = 64_099;

/// What the package asks when it is installed.
const ANSWERS: &str = "dc_eximconfig_configtype='internet'
dc_other_hostnames='web.company.de'
dc_local_interfaces='@ADDRESS@'
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets='127.0.0.0/8'
dc_smarthost=''
CFILEMODE='644'
dc_use_split_config='@SPLIT@'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
";

/// `sh -c` script with the folder as its first argument, what makes the configuration as the second, Exim as the third.
const IN_NAMESPACE: &str = "set -e; folder=$1; make=$2; exim=$3
mount --bind \"$folder/etc\" /etc
PATH=${exim%/*}:$PATH \"$make\" -o \"$folder/made.conf\"
echo \"log_file_path = $folder/log/%slog\" > \"$folder/exim.conf\"
sed \"s#/var/spool/exim4#$folder/spool#\" \"$folder/made.conf\" >> \"$folder/exim.conf\"
exec timeout @SECONDS@ \"$exim\" -C \"$folder/exim.conf\" -bdf -oP \"$folder/pid\"";

/// Debian has its configuration in many files, or in a single one as the package does it when it is not asked.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    Split,
    Single,
}

/// The running mail server. It stops when dropped.
pub(crate) struct Exim {
    _process: Process,
    address: Ipv4Addr,
    log: PathBuf,
}

impl Exim {
    /// Starts it with the resolver at `resolver`, and `more` files of its configuration: paths below `/etc/exim4`, with
    /// their texts.
    pub(crate) fn start(
        folder: &Path,
        resolver: IpAddr,
        layout: Layout,
        more: &[(&str, String)],
    ) -> Self {
        let folder = folder.join("exim");
        let address = address::loopback();
        for name in ["", "spool", "log"] {
            let name = folder.join(name);
            fs::create_dir(&name).expect("a writable folder");
            chown(&name, Some(ID), Some(ID)).expect("the right to give a folder away: run as root");
        }
        lay_out_etc(&folder.join("etc"), resolver, &answers(address, layout));
        for (file, text) in more {
            fs::write(folder.join("etc/exim4").join(file), text).expect("a writable folder");
        }
        let mut process = start_in_namespace(&folder);
        process.wait_for("the SMTP port", || TcpStream::connect((address, 25)).ok());
        Self {
            _process: process,
            address,
            log: folder.join("log/mainlog"),
        }
    }

    /// Where it takes mail.
    pub(crate) fn server(&self) -> SocketAddr {
        (self.address, 25).into()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// The template of the configuration in a single file, as Debian ships it.
pub(crate) fn template() -> String {
    fs::read_to_string(debian().join("exim4.conf.template")).expect("Debian's template")
}

fn debian() -> PathBuf {
    unpacked("etc/exim4", "exim4")
}

fn answers(address: Ipv4Addr, layout: Layout) -> String {
    let is_split = matches!(layout, Layout::Split);
    ANSWERS
        .replace("@ADDRESS@", &address.to_string())
        .replace("@SPLIT@", &is_split.to_string())
}

/// All that Exim and the tools read there.
fn lay_out_etc(etc: &Path, resolver: IpAddr, answers: &str) {
    fs::create_dir(etc).expect("a writable folder");
    copy(&debian(), etc);
    let write = |file: &str, text: &str| {
        fs::write(etc.join(file), text).expect("a writable folder");
    };
    write("exim4/update-exim4.conf.conf", answers);
    write("resolv.conf", &format!("nameserver {resolver}\n"));
    write("mailname", "web.company.de\n");
    let user = format!("Debian-exim:x:{ID}:{ID}::/:/usr/sbin/nologin\n");
    for (file, more) in [
        ("passwd", user.as_str()),
        ("group", &format!("Debian-exim:x:{ID}:\n")),
        ("hosts", ""),
        ("nsswitch.conf", ""),
        ("services", ""),
    ] {
        let known =
            fs::read_to_string(Path::new("/etc").join(file)).expect("a file of every Debian");
        write(file, &(known + more));
    }
}

fn start_in_namespace(folder: &Path) -> Process {
    let script = IN_NAMESPACE.replace("@SECONDS@", SECONDS_MAX);
    let make = unpacked("usr/sbin/update-exim4.conf", "exim4");
    let exim = unpacked("usr/sbin/exim4", "exim4");
    let mut args = vec!["--mount", "sh", "-c", &script, "sh"];
    args.extend([folder, &make, &exim].map(|path| path.to_str().expect("a plain path")));
    let unshare = installed("unshare", "util-linux");
    Process::start("exim", &unshare, &args, folder)
}

fn copy(from: &Path, into: &Path) {
    let status = Command::new("cp").arg("-r").args([from, into]).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "cannot copy {}",
        from.display()
    );
}
