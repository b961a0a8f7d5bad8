//! Exim: a mail server with Debian's own configuration for an Internet site, and the lines for admins in it.
//!
//! It runs in a mount namespace of its own, because it knows no other resolver than the one of /etc/resolv.conf, and
//! because its user may be missing.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::chown;
use std::path::Path;
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
dc_use_split_config='true'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
";

/// `sh -c` script with the folder as its first argument, what makes the configuration as the second, Exim as the third.
/// The configuration is Debian's, with this folder wherever it names one of its own.
const IN_NAMESPACE: &str = "set -e; folder=$1; make=$2; exim=$3
for file in passwd group resolv.conf; do mount --bind \"$folder/$file\" /etc/$file; done
PATH=${exim%/*}:$PATH \"$make\" -d \"$folder/exim4\" -o \"$folder/made.conf\"
echo \"log_file_path = $folder/log/%slog\" > \"$folder/exim.conf\"
sed \"s#/etc/exim4#$folder/exim4#; s#/var/spool/exim4#$folder/spool#\" \"$folder/made.conf\" >> \"$folder/exim.conf\"
exec timeout @SECONDS@ \"$exim\" -C \"$folder/exim.conf\" -bdf -oP \"$folder/pid\"";

/// The running mail server. It stops when dropped.
pub(crate) struct Exim {
    _process: Process,
    address: Ipv4Addr,
}

impl Exim {
    /// Starts it with the resolver at `resolver`, and `more` files of its split configuration: paths below `conf.d`,
    /// with their texts.
    pub(crate) fn start(folder: &Path, resolver: IpAddr, more: &[(&str, String)]) -> Self {
        let folder = folder.join("exim");
        let address = address::loopback();
        for name in ["", "spool", "log"] {
            let name = folder.join(name);
            fs::create_dir(&name).expect("a writable folder");
            chown(&name, Some(ID), Some(ID)).expect("the right to give a folder away: run as root");
        }
        copy(&unpacked("etc/exim4", "exim4"), &folder);
        let write = |file: &str, text: &str| {
            fs::write(folder.join(file), text).expect("a writable folder");
        };
        for (file, text) in more {
            write(&format!("exim4/conf.d/{file}"), text);
        }
        let answers = ANSWERS.replace("@ADDRESS@", &address.to_string());
        write("exim4/update-exim4.conf.conf", &answers);
        write("resolv.conf", &format!("nameserver {resolver}\n"));
        for (file, line) in [
            (
                "passwd",
                format!("Debian-exim:x:{ID}:{ID}::/:/usr/sbin/nologin\n"),
            ),
            ("group", format!("Debian-exim:x:{ID}:\n")),
        ] {
            let known = fs::read_to_string(format!("/etc/{file}")).expect("a user database");
            write(file, &(known + &line));
        }
        let script = IN_NAMESPACE.replace("@SECONDS@", SECONDS_MAX);
        let make = unpacked("usr/sbin/update-exim4.conf", "exim4");
        let exim = unpacked("usr/sbin/exim4", "exim4");
        let path = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let (folder_path, make, exim) = (path(&folder), path(&make), path(&exim));
        let args = [
            "--mount",
            "sh",
            "-c",
            &script,
            "sh",
            &folder_path,
            &make,
            &exim,
        ];
        let unshare = installed("unshare", "util-linux");
        let mut process = Process::start("exim", &unshare, &args, &folder);
        process.wait_for("the SMTP port", || TcpStream::connect((address, 25)).ok());
        Self {
            _process: process,
            address,
        }
    }

    /// Where it takes mail.
    pub(crate) fn server(&self) -> SocketAddr {
        (self.address, 25).into()
    }
}

fn copy(from: &Path, into: &Path) {
    let status = Command::new("cp").arg("-r").args([from, into]).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "cannot copy {}",
        from.display()
    );
}
