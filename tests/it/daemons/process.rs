//! A daemon as a child process: it ends with the test, however the test ends.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// Longer than a start or a stop takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// After so many seconds, what setpriv cannot end has an end all the same.
pub(crate) const SECONDS_MAX: &str = "600";

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(10);

/// Where daemons are installed.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/usr/lib/postfix/sbin"];

/// A running daemon. It is stopped when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    /// Those that it needs, which end after it.
    needed: Vec<Self>,
}

impl Process {
    /// Starts `program`, whose output goes to a file in `folder`.
    pub(crate) fn start(name: &str, program: &Path, args: &[&str], folder: &Path) -> Self {
        let output = folder.join(format!("{name}.out"));
        let file = File::create(&output).expect("a writable folder");
        // setpriv ends a daemon, if it stays root, also when the test is killed and cannot.
        let child = Command::new(installed("setpriv", "util-linux"))
            .args(["--pdeathsig", "TERM"])
            .arg(program)
            .args(args)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name: name.to_owned(),
            child,
            output,
            needed: Vec::new(),
        }
    }

    /// Keeps another one running for as long as this one.
    pub(crate) fn needs(mut self, other: Self) -> Self {
        self.needed.push(other);
        self
    }

    /// Waits until `condition` gives something; what the daemon said goes into the message if it never does.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: &str,
        mut condition: impl FnMut() -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = condition() {
                return found;
            }
            let ended = self.child.try_wait().expect("a child");
            if let Some(status) = ended {
                panic!(
                    "{} ended ({status}), before {what}:\n{}",
                    self.name,
                    self.output()
                );
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{}: waited in vain for {what}:\n{}",
                self.name,
                self.output()
            );
            thread::sleep(PAUSE);
        }
    }

    /// Where it prints.
    pub(crate) fn output_file(&self) -> &Path {
        &self.output
    }

    /// What it has printed so far.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Has it read its files again.
    pub(crate) fn reload(&self) {
        kill(self.pid(), Signal::SIGHUP).expect("a running daemon");
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Waits for the end, for as long as patience lasts.
    fn ended(&mut self) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(PAUSE);
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if kill(self.pid(), Signal::SIGTERM).is_ok() && self.ended().is_some() {
            return;
        }
        // Its children with it: the daemon leads a process group of its own.
        if let Err(error) = killpg(self.pid(), Signal::SIGKILL) {
            eprintln!("{} does not end: {error}", self.name);
        }
        drop(self.child.wait());
    }
}

/// A copy of an installed program, because Debian's AppArmor profiles keep some of them out of temporary folders.
pub(crate) fn copied(program: &str, package: &str, folder: &Path) -> PathBuf {
    let copy = folder.join(program);
    fs::copy(installed(program, package), &copy).expect("a writable folder");
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).expect("an own file");
    copy
}

/// The path of a program that is installed, or else unpacked below `target/debian` by `tests/run`.
pub(crate) fn unpacked(path: &str, package: &str) -> PathBuf {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/debian");
    [PathBuf::from("/"), unpacked.join(package)]
        .iter()
        .map(|root| root.join(path))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{path} is not there: tests/run unpacks {package}"))
}

/// The path of an installed program.
pub(crate) fn installed(program: &str, package: &str) -> PathBuf {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{program} is not installed: apt-get install {package}"))
}
