//! The command line and the start where the output has no reader, or a daemon runs already.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result};
use e2e::{Api, PASSWORD};
use rustix::process::{Pid, test_kill_process};
use serde_json::Value;

use crate::cli::{Home, document, mode};

/// The writing end of a pipe without a reader.
fn unread_pipe() -> Result<Stdio> {
    let (reader, writer) = pipe()?;
    drop(reader);
    Ok(writer.into())
}

fn full() -> Result<Stdio> {
    Ok(File::options().write(true).open("/dev/full")?.into())
}

pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(command: &mut Command) -> Result<(Option<i32>, String)> {
    let output = command.output()?;
    let errors = errors(&output);
    assert!(!errors.contains("panicked"), "{command:?}: {errors}");
    Ok((output.status.code(), errors))
}

#[test]
fn an_unread_result_is_no_failure() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    let printing: [&[&str]; 7] = [
        &["config", "defaults"],
        &["config", "check", "--explain"],
        &["--help"],
        &["wallet", "--help"],
        &["--version"],
        &["openapi"],
        &["--json", "config", "defaults"],
    ];
    for arguments in printing {
        let mut command = home.command(arguments)?;
        assert_eq!(code(command.stdout(unread_pipe()?).stderr(unread_pipe()?))?.0, Some(0), "{arguments:?}");
        let (ended, told) = code(home.command(arguments)?.stdout(full()?))?;
        assert_eq!(ended, Some(8), "{arguments:?}: {told}");
        assert!(told.contains("cannot be written") && told.contains("No space left"), "{told}");
        assert_eq!(code(home.command(arguments)?.stdout(full()?).stderr(full()?))?.0, Some(8));
    }
    // A command that has acted has acted, even if its output is lost.
    let (ended, told) = code(home.command(&["init"])?.stdout(full()?))?;
    assert_eq!(ended, Some(8), "{told}");
    assert!(home.path("data/waiaas.db").exists());
    // A command that fails keeps its exit code.
    for (out, err) in [(unread_pipe()?, unread_pipe()?), (full()?, full()?)] {
        let mut command = home.command(&["--json", "status"])?;
        assert_eq!(code(command.stdout(out).stderr(err))?.0, Some(3));
    }
    assert_eq!(code(home.command(&["nonsense"])?.stdout(unread_pipe()?).stderr(unread_pipe()?))?.0, Some(2));
    let binary = home.command(&[])?.get_program().to_owned();
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" --data-dir \"$1\" config defaults >&- 2>&- <&-"]);
    assert_eq!(code(closed.arg(binary).arg(home.path("")))?.0, Some(0));
    Ok(())
}

#[test]
fn what_the_daemon_did_is_not_reported_as_failed() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let _daemon = home.start(&[])?;
    let create = |name: &'static str| home.command(&["wallet", "create", name, "--mode", "local"]);
    assert_eq!(code(create("pipe")?.stdout(unread_pipe()?).stderr(unread_pipe()?))?.0, Some(0));
    assert_eq!(code(create("full")?.stdout(full()?))?.0, Some(8));
    let wallets = home.done(&["wallet", "list"])?.to_string();
    assert!(wallets.contains("\"pipe\"") && wallets.contains("\"full\""), "{wallets}");
    // A refusal keeps its code and is told where it can be.
    let (ended, told) = code(create("full")?.arg("--json").stdout(full()?))?;
    assert_eq!(ended, Some(5), "{told}");
    // The file of an export is the result; a disk that is full there is an error of its own.
    let export = home.command(&["audit", "export", "/dev/full"])?.output()?;
    assert_eq!(export.status.code(), Some(1), "{export:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_whose_output_is_gone_goes_on() -> Result<()> {
    for (out, err) in [(unread_pipe()?, unread_pipe()?), (full()?, full()?)] {
        let home = Home::new(Some(PASSWORD))?;
        home.done(&["init"])?;
        let mut child = home.command(&["start"])?.stdout(out).stderr(err).spawn()?;
        e2e::until("the daemon answers", std::time::Duration::from_secs(30), || async {
            Ok((home.json(&["health"])?.0 == 0).then_some(()))
        })
        .await?;
        home.done(&["stop"])?;
        assert_eq!(child.wait()?.code(), Some(0));
    }
    Ok(())
}

fn alive(pid: &Value) -> Result<bool> {
    let pid = pid.as_i64().and_then(|pid| i32::try_from(pid).ok()).context("a process id")?;
    Ok(test_kill_process(Pid::from_raw(pid).context("a process id")?).is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_says_that_one_runs() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let first = home.done(&["start", "--daemon"])?;
    assert!(alive(&first["pid"])?, "{first}");
    let url = first["url"].as_str().context("a url")?;
    let status = Api::new(url).password(PASSWORD).get("/v1/admin/status").await?.expect(200)?;
    assert!(!first["instance"].is_null(), "{first}");
    assert_eq!(mode(&home.path("daemon.log"))?, 0o600);
    for arguments in [&["start", "--daemon"][..], &["start"], &["start", "--daemon", "--port", "0"]] {
        let (ended, told) = home.json(arguments)?;
        assert_eq!(ended, 1, "{arguments:?}: {told}");
        let message = told["message"].as_str().context("a message")?;
        assert!(message.contains("another daemon"), "{told}");
        assert!(message.contains(&format!("process {}", first["pid"])), "{told}");
    }
    assert_eq!(Api::new(url).get("/health").await?.status, 200, "the first goes on: {status}");

    // Another directory: the port is taken, and a file that is left names the first daemon.
    let other = Home::new(Some(PASSWORD))?;
    other.done(&["init"])?;
    other.write("daemon.url", &format!("{url}\n"))?;
    other.write("daemon.pid", &format!("{}\n", first["pid"]))?;
    let port = url.rsplit(':').next().context("a port")?.to_owned();
    let (ended, told) = other.json(&["start", "--daemon", "--port", &port])?;
    assert_eq!(ended, 1, "{told}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("cannot listen on")), "{told}");
    assert_eq!(other.json(&["stop"])?.0, 3, "not the neighbour's");
    assert!(alive(&first["pid"])?);

    // The message of the background process is printed, with its exit code.
    let mut wrong = other.command(&["--json", "start", "--daemon"])?;
    let (ended, told) = document(&wrong.env("WAIAAS_MASTER_PASSWORD", "not-the-password").output()?)?;
    assert_eq!(ended, 4, "{told}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("password is not right")), "{told}");
    let mut unset = other.command(&["--json", "start", "--daemon"])?;
    let (ended, told) = document(&unset.env_remove("WAIAAS_MASTER_PASSWORD").output()?)?;
    assert_ne!(ended, 0, "{told}");
    assert!(told.to_string().contains("WAIAAS_MASTER_PASSWORD_FILE"), "how to give it: {told}");
    let text =
        other.command(&["start", "--daemon"])?.env("WAIAAS_MASTER_PASSWORD", "not-the-password").output()?;
    assert!(errors(&text).contains("error: ") && text.stdout.is_empty(), "{text:?}");

    let second = other.done(&["start", "--daemon"])?;
    assert!(alive(&second["pid"])? && second["pid"] != first["pid"] && second["url"] != first["url"]);
    assert_ne!(second["instance"], first["instance"]);
    for home in [&home, &other] {
        home.done(&["stop"])?;
    }
    assert_eq!(home.json(&["stop"])?.0, 3);
    Ok(())
}

#[test]
fn listening_to_other_machines_is_said() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let running = home.start(&["--hostname", "0.0.0.0"])?;
    let (url, address) = (running.event["url"].to_string(), running.event["address"].to_string());
    assert!(url.contains("http://127.0.0.1:") && address.contains("0.0.0.0:"), "{}", running.event);
    assert_eq!(home.done(&["health"])?["status"], "ok");
    let log = std::fs::read_to_string(home.path("test.log"))?;
    assert!(log.contains("other machines can reach 0.0.0.0") && log.contains("unencrypted"), "{log}");
    drop(running);
    let running = home.start(&[])?;
    assert!(!std::fs::read_to_string(home.path("test.log"))?.contains("other machines"));
    drop(running);
    Ok(())
}
