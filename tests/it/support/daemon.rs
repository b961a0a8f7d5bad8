//! `bogusmx serve` as a child process: started with a config, ready when its ready line says so, stopped by signal.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::serve;

/// Longer than a start or a stop takes; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(15);

/// What to start: arguments, and files in a folder that the daemon can read after it gave up root.
pub(crate) struct Launch {
    folder: TempDir,
    args: Vec<String>,
    program: Vec<String>,
    environment: Vec<(String, String)>,
}

/// A running daemon. It is killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    addresses: Vec<SocketAddr>,
    stdout: Receiver<String>,
    log: Arc<Log>,
    folder: TempDir,
}

/// A daemon that did not start: what it said, and its exit status.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: Option<i32>,
    pub(crate) message: String,
}

#[derive(Default)]
struct Log {
    text: Mutex<(String, bool)>,
    grown: Condvar,
}

impl Launch {
    /// `bogusmx serve`, with nothing else yet.
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("bogusmx-it-").expect("a temporary folder");
        // The daemon reads its tables again as `nobody`.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            folder,
            args: serve().iter().map(|word| (*word).to_owned()).collect(),
            program: vec![env!("CARGO_BIN_EXE_bogusmx").to_owned()],
            environment: Vec::new(),
        }
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        let args: Vec<String> = args.iter().map(|arg| self.expand(arg)).collect();
        self.args.extend(args);
        self
    }

    /// Writes `bogusmx.toml` and starts with it. `{dir}` stands for the folder of the files.
    pub(crate) fn config(self, text: &str) -> Self {
        let text = self.expand(text);
        self.file("bogusmx.toml", &text)
            .args(&["--config", "{dir}/bogusmx.toml"])
    }

    /// Writes a file that the config or an argument speaks of.
    pub(crate) fn file(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(file), text).expect("a writable folder");
        self
    }

    /// Where a file is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Sets a variable of its environment.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs the shell `script` first, in a mount namespace of its own; `"$@"` in it is the daemon's command line.
    pub(crate) fn inside(mut self, script: &str) -> Self {
        let script = self.expand(script);
        let before = ["unshare", "--mount", "sh", "-ec", script.as_str(), "sh"];
        let program = before.into_iter().map(str::to_owned);
        self.program = program.chain(self.program).collect();
        self
    }

    /// Starts it and waits for the ready line.
    pub(crate) fn start(self) -> Daemon {
        let (mut child, stdout, log) = self.spawn();
        match stdout.recv_timeout(PATIENCE) {
            Ok(line) => Daemon {
                addresses: ready_line(&line),
                child,
                stdout,
                log,
                folder: self.folder,
            },
            Err(_) => {
                drop(child.kill());
                let status = child.wait();
                let said = log.whole();
                panic!("the daemon did not get ready: {status:?}\n{said}");
            }
        }
    }

    /// Starts it and waits until it has given up, as it must.
    pub(crate) fn refused(self) -> Refusal {
        let (mut child, stdout, log) = self.spawn();
        match stdout.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            other => {
                drop(child.kill());
                drop(child.wait());
                let said = log.whole();
                panic!("the daemon should have refused to start, but: {other:?}\n{said}");
            }
        }
        let status = child.wait().expect("a child has an exit status");
        Refusal {
            status: status.code(),
            message: log.whole(),
        }
    }

    fn spawn(&self) -> (Child, Receiver<String>, Arc<Log>) {
        let mut child = Command::new(&self.program[0])
            .args(&self.program[1..])
            .args(&self.args)
            .env_remove("STATE_DIRECTORY")
            .envs(self.environment.iter().cloned())
            .env_remove("RUST_LOG")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (sender, stdout) = channel();
        let pipe = child.stdout.take().expect("stdout is a pipe");
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let log = Arc::new(Log::default());
        let pipe = child.stderr.take().expect("stderr is a pipe");
        thread::spawn({
            let log = Arc::clone(&log);
            move || log.fill(pipe)
        });
        (child, stdout, log)
    }

    fn expand(&self, text: &str) -> String {
        text.replace("{dir}", &self.folder.path().to_string_lossy())
    }
}

impl Daemon {
    /// The first address, UDP and TCP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A file beside the config.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Sends a signal to this process and to no other.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the daemon is there");
    }

    /// Waits for its end and gives the exit status; nothing may follow the ready line on stdout.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        match self.stdout.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            other => panic!(
                "expected the end of stdout, not {other:?}\n{}",
                self.log.so_far()
            ),
        }
        self.child.wait().expect("a child has an exit status")
    }

    /// Waits until the log holds this text.
    pub(crate) fn wait_for_log(&self, wanted: &str) -> String {
        let text = self.log.text.lock().unwrap();
        let (text, _) = self
            .log
            .grown
            .wait_timeout_while(text, PATIENCE, |(text, _)| !text.contains(wanted))
            .unwrap();
        assert!(
            text.0.contains(wanted),
            "the log lacks {wanted:?}:\n{}",
            text.0
        );
        text.0.clone()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.so_far()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Log {
    fn fill(&self, pipe: impl Read) {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut text = self.text.lock().unwrap();
            text.0.push_str(&line);
            text.0.push('\n');
            self.grown.notify_all();
        }
        self.text.lock().unwrap().1 = true;
        self.grown.notify_all();
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap().0.clone()
    }

    /// Everything, once the process has closed its stderr.
    fn whole(&self) -> String {
        let text = self.text.lock().unwrap();
        let (text, _) = self
            .grown
            .wait_timeout_while(text, PATIENCE, |(_, ended)| !*ended)
            .unwrap();
        text.0.clone()
    }
}

/// Replaces a file at once, so that no reader sees half of it.
pub(crate) fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).expect("a writable folder");
    fs::rename(&new, file).expect("a rename within one folder");
}

/// The addresses of `bogusmx ready on ADDRESS ADDRESS ...`.
fn ready_line(line: &str) -> Vec<SocketAddr> {
    let addresses = line
        .strip_prefix("bogusmx ready on ")
        .unwrap_or_else(|| panic!("not a ready line: {line}"));
    addresses
        .split(' ')
        .map(|address| address.parse().expect("an address and a port"))
        .collect()
}
