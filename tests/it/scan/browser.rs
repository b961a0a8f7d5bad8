//! The page in a browser, as it is given to people.

use std::fs;
use std::process::{Command, Stdio};

use super::desk::Desk;
use super::logs::{CASE, looped};

/// Starts without asking anybody for anything.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What the browser has made of a page.
fn dom(desk: &Desk, page: &str) -> String {
    let output = Command::new("chromium")
        .args(FLAGS)
        .arg(format!(
            "--user-data-dir={}",
            desk.path("profile").display()
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", desk.path(page).display()))
        .stdin(Stdio::null())
        .output()
        .expect("install chromium");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_browser_shows_chart_and_rows_and_obeys_no_sender() {
    let sender = "\"<img src=x onerror=document.title='pwned'>\"@x.example";
    let script = "\"<script>document.title='pwned'</script>\"@y.example";
    let log = CASE.to_owned()
        + &looped(
            "Mar 20 15:05:00",
            "56F464D343AF",
            sender,
            "treehnh@iphone.com",
        )
        + &looped(
            "Mar 20 16:05:00",
            "84BA23D801C7",
            script,
            "lulu21@hotmaol.de",
        );
    let desk = Desk::with(log);
    let said = desk.scan("--no-dns --year 2015 --html report.html mail.log");
    assert_eq!(said.status, Some(1), "{said:?}");
    // A page that runs scripts, so that it is known that this browser does.
    desk.put(
        "proof.html",
        "<title>a</title><img src=x onerror=document.title='pwned'>",
    );
    assert!(dom(&desk, "proof.html").contains("<title>pwned</title>"));

    let dom = dom(&desk, "report.html");
    assert!(
        dom.contains("<title>bogusmx scan, 2015-03-20 14:04</title>"),
        "{dom}"
    );
    for bar in [
        "<title>2015-03-20 14:00: 1 mail, 1 bounce left</title>",
        "<rect class=\"loops\"",
        "<rect class=\"backscatter\"",
    ] {
        assert!(dom.contains(bar), "{bar}: {dom}");
    }
    for cell in [
        "hot.de",
        "iphone.com",
        "hotmaol.de",
        "antonettabaune@godetia.com",
    ] {
        assert!(
            dom.contains(&format!("<td class=\"name\">{cell}</td>")),
            "{cell}: {dom}"
        );
    }
    assert!(
        dom.contains("&lt;img src=x onerror=document.title='pwned'&gt;\"@x.example"),
        "{dom}"
    );
    assert!(!dom.contains("<img") && !dom.contains("<script"), "{dom}");
    assert!(fs::exists(desk.path("report.html")).unwrap());
}
