//! Other programs of the host, asked about their own configuration.

use std::io::ErrorKind;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Where programs for administrators are, also for who is not one.
const FOLDERS: [&str; 3] = ["", "/usr/sbin/", "/usr/local/sbin/"];

/// Longer than reading a configuration takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program prints; none if it is not installed.
///
/// # Errors
/// What it says when it fails, or why it cannot be started.
pub(super) async fn output(program: &str, args: &[&str]) -> Result<Option<String>, String> {
    for folder in FOLDERS {
        let output = Command::new(format!("{folder}{program}"))
            .args(args)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        match timeout(PATIENCE, output).await {
            Ok(Ok(output)) => return said(program, &output).map(Some),
            Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {}
            Ok(Err(error)) => return Err(format!("{program}: {error}")),
            Err(_elapsed) => return Err(format!("{program} does not end")),
        }
    }
    Ok(None)
}

fn said(program: &str, output: &Output) -> Result<String, String> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let complaint = stderr.lines().chain(stdout.lines()).next();
    let complaint = complaint.map_or_else(|| output.status.to_string(), str::to_owned);
    Err(format!("{program}: {complaint}"))
}
