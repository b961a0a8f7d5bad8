//! A program as a child process, on processors of its own: it ends with the bench, however the bench ends.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::Outcome;

/// Longer than a start or a stop takes, also with a big zone on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(10);

/// Where programs are installed.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/usr/lib/postfix/sbin"];

/// The processors that a program may use, as taskset takes them: `0`, `0-1`.
#[derive(Clone, Debug)]
pub(crate) struct Processors {
    first: usize,
    last: usize,
}

impl Processors {
    /// From `first` to `last`, both included.
    pub(crate) fn range(first: usize, last: usize) -> Self {
        Self { first, last }
    }

    pub(crate) fn count(&self) -> usize {
        self.last - self.first + 1
    }
}

impl fmt::Display for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// How many processors there are.
pub(crate) fn processors() -> Outcome<usize> {
    Ok(thread::available_parallelism()?.get())
}

/// A running daemon. It is stopped when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `program`, whose output goes to a file in `folder`.
    pub(crate) fn start(
        name: &str,
        on: &Processors,
        program: &Path,
        args: &[&str],
        folder: &Path,
    ) -> Outcome<Self> {
        let output = folder.join(format!("{name}.out"));
        let file = File::create(&output)?;
        let child = pinned(on, program)?
            .args(args)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{name} does not start: {error}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            output,
        })
    }

    /// Waits until `condition` gives something; what the daemon said goes into the message if it never does.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: &str,
        mut condition: impl FnMut() -> Option<T>,
    ) -> Outcome<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = condition() {
                return Ok(found);
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                let how = ended.map_or("waited in vain".to_owned(), |status| status.to_string());
                let said = fs::read_to_string(&self.output).unwrap_or_default();
                return Err(format!("{}: {how}, for {what}:\n{said}", self.name).into());
            }
            thread::sleep(PAUSE);
        }
    }

    pub(crate) fn pid(&self) -> Outcome<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }

    /// Whether it has ended before patience did.
    fn has_ended(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(_)) = self.child.try_wait() {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Ok(pid) = self.pid() else { return };
        if kill(pid, Signal::SIGTERM).is_ok() && self.has_ended() {
            return;
        }
        // Its children with it: the daemon leads a process group of its own.
        if killpg(pid, Signal::SIGKILL).is_ok() {
            drop(self.child.wait());
        }
    }
}

/// A command whose process is that of `program`: setpriv ends it also when the bench is killed and cannot.
pub(crate) fn pinned(on: &Processors, program: &Path) -> Outcome<Command> {
    let mut command = Command::new(installed("setpriv", "util-linux")?);
    command
        .args(["--pdeathsig", "TERM"])
        .arg(installed("taskset", "util-linux")?)
        .args(["--cpu-list", &on.to_string()])
        .arg(program);
    Ok(command)
}

/// The path of an installed program.
pub(crate) fn installed(program: &str, package: &str) -> Outcome<PathBuf> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .ok_or_else(|| format!("{program} is not installed: apt-get install {package}").into())
}

/// A copy of an installed program, because Debian's AppArmor profiles keep some of them out of temporary folders.
pub(crate) fn copied(program: &str, package: &str, folder: &Path) -> Outcome<PathBuf> {
    let copy = folder.join(program);
    fs::copy(installed(program, package)?, &copy)?;
    fs::set_permissions(&copy, Permissions::from_mode(0o755))?;
    Ok(copy)
}

/// A path as an argument.
pub(crate) fn plain(path: &Path) -> Outcome<&str> {
    path.to_str()
        .ok_or_else(|| format!("{}: not in UTF-8", path.display()).into())
}
