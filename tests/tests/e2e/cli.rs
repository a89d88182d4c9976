//! The command line: setting up, starting, stopping, exit codes, one JSON document per command.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use e2e::{Api, Daemon, PASSWORD, generous_policy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::credential_matrix::unreachable_nodes;

const NEXT: &str = "correct horse battery staple";

/// A data directory with the environment its commands run in.
pub(crate) struct Home {
    dir: TempDir,
    pub(crate) env: Vec<(&'static str, String)>,
}

/// A daemon of a [`Home`]; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) event: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn url(&self) -> Result<&str> {
        self.event["url"].as_str().context("a url")
    }

    /// A caller without credentials.
    pub(crate) fn api(&self) -> Result<Api> {
        Ok(Api::new(self.url()?))
    }

    /// Waits for the end, which comes well before the 30 seconds it may take at most.
    pub(crate) fn ended(&mut self) -> Result<Option<i32>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the daemon does not end")
    }
}

impl Home {
    pub(crate) fn new(password: Option<&str>) -> Result<Self> {
        let env = password.map(|text| ("WAIAAS_MASTER_PASSWORD", text.to_owned())).into_iter().collect();
        let home = Self { dir: TempDir::new()?, env };
        home.write("config.toml", "[daemon]\nport = 0\n")?;
        Ok(home)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        std::fs::write(self.path(name), text)?;
        Ok(self.path(name))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let here = std::env::current_exe()?;
        let binary =
            here.ancestors().skip(1).take(2).map(|dir| dir.join("waiaas")).find(|path| path.exists());
        let mut command = Command::new(binary.context("waiaas is missing; build waiaas-cli first")?);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WAIAAS_"))
        {
            command.env_remove(name);
        }
        command.arg("--data-dir").arg(self.dir.path()).args(arguments).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Exit code and the one JSON document on standard output.
    pub(crate) fn json(&self, arguments: &[&str]) -> Result<(i32, Value)> {
        document(&self.command(&[&["--json"], arguments].concat())?.output()?)
            .with_context(|| format!("waiaas {arguments:?}"))
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> Result<Value> {
        let (code, value) = self.json(arguments)?;
        assert_eq!(code, 0, "{arguments:?}: {value}");
        Ok(value)
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Result<Running> {
        let log = std::fs::File::create(self.path("test.log"))?;
        let mut command = self.command(&[&["--json", "start"], arguments].concat())?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().context("stdout")?;
        let mut running = Running { child, event: Value::Null };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let mut log = String::new();
        std::fs::File::open(self.path("test.log"))?.read_to_string(&mut log)?;
        running.event = serde_json::from_str(&line).with_context(|| format!("{line}{log}"))?;
        Ok(running)
    }
}

pub(crate) fn document(output: &Output) -> Result<(i32, Value)> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_str(&text).with_context(|| format!("one document: {text}{errors}"))?;
    assert!(!text.contains(PASSWORD) && !errors.contains(PASSWORD), "{text}{errors}");
    Ok((output.status.code().context("an exit code")?, value))
}

pub(crate) fn mode(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

#[test]
fn init_start_and_stop() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    for (arguments, wanted) in
        [(&["status"][..], 3), (&["health"], 3), (&["wallet", "list"], 3), (&["stop"], 3)]
    {
        assert_eq!(home.json(arguments)?.0, wanted, "{arguments:?} without a daemon");
    }
    for arguments in [
        &["nonsense"][..],
        &["wallet"],
        &["start", "--port", "x"],
        &["tx", "show", "7"],
        &["--nonsense", "status"],
    ] {
        assert_eq!(home.command(arguments)?.output()?.status.code(), Some(2), "{arguments:?}");
    }
    let made = home.done(&["init"])?;
    assert_eq!(made["autoProvisioned"], false);
    assert!(!home.path("recovery.key").exists());
    assert_ne!(home.json(&["init"])?.0, 0, "only once");

    let mut daemon = home.start(&[])?;
    assert_eq!(home.done(&["health"])?["status"], "ok");
    assert_eq!(home.done(&["status"])?["status"], "running");
    assert_eq!(mode(&home.path("data/waiaas.db"))? & 0o077, 0, "no other user reads the database");
    let second = home.command(&["--json", "start"])?.output()?;
    let (code, refusal) = document(&second)?;
    assert_ne!(code, 0, "{refusal}");
    assert!(refusal.to_string().contains("another daemon"), "{refusal}");
    assert_eq!(home.done(&["health"])?["status"], "ok", "the first goes on");
    assert_eq!(home.done(&["stop"])?["stopped"], true);
    assert_eq!(daemon.ended()?, Some(0));
    assert!(!home.path("daemon.pid").exists() && !home.path("daemon.url").exists());
    assert_eq!(home.json(&["stop"])?.0, 3);

    let mut daemon = home.start(&[])?;
    let pid = i32::try_from(daemon.child.id())?;
    kill_process(Pid::from_raw(pid).context("a pid")?, Signal::TERM)?;
    assert_eq!(daemon.ended()?, Some(0), "SIGTERM is a clean end");
    // A process id left by a crash must not end the process that has the id now.
    let mut daemon = home.start(&[])?;
    daemon.child.kill()?;
    daemon.child.wait()?;
    assert_eq!(home.json(&["stop"])?.0, 3);

    let mut other = home.command(&["--json", "start"])?;
    let (code, refusal) = document(&other.env("WAIAAS_MASTER_PASSWORD", "not-the-password").output()?)?;
    assert_eq!(code, 4, "{refusal}");
    Ok(())
}

#[test]
fn an_empty_directory_starts_by_itself_as_configured() -> Result<()> {
    let mut home = Home::new(None)?;
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = format!(
        "[daemon]\nport = {free}\nhostname = \"127.0.0.1\"\n\n[database]\npath = \"elsewhere/w.db\"\n"
    );
    home.write("config.toml", &config)?;
    assert_ne!(home.json(&["start"])?.0, 0, "without a password nothing is set up");
    assert!(!home.path("elsewhere/w.db").exists());

    home.env.push(("WAIAAS_MASTER_PASSWORD", PASSWORD.to_owned()));
    let mut daemon = home.start(&[])?;
    assert_eq!(daemon.url()?, format!("http://127.0.0.1:{free}"));
    assert!(home.path("elsewhere/w.db").exists() && !home.path("data/waiaas.db").exists());
    assert_eq!(home.done(&["status"])?["autoProvisioned"], false);
    assert_eq!(home.done(&["stop"])?["stopped"], true);
    assert_eq!(daemon.ended()?, Some(0));
    let daemon = home.start(&["--port", "0", "--hostname", "::1"])?;
    assert!(daemon.url()?.starts_with("http://[::1]:"), "flags come before the file");
    drop(daemon);

    assert_eq!(home.done(&["config", "check"])?["valid"], true);
    assert!(
        home.done(&["config", "defaults"])?["toml"].as_str().is_some_and(|text| text.contains("[daemon]"))
    );
    for (text, named) in [
        ("[daemon]\nprot = 1\n", "prot"),
        ("[demon]\nport = 3100\n", "demon"),
        ("[daemon]\nport = 80\n", "port"),
        ("[security]\nsession_ttl = \"1month\"\n", "session_ttl"),
        ("[security]\nsession_ttl = \"31d\"\n", "2592000 seconds"),
        ("[security]\nsession_ttl = \"86400\"\n", "line 2"),
        ("[daemon\n", "line 1"),
    ] {
        home.write("config.toml", text)?;
        let (code, told) = home.json(&["config", "check"])?;
        assert_eq!(code, 6, "{text}: {told}");
        assert!(told.to_string().contains(named), "{told}");
        assert_ne!(home.json(&["start"])?.0, 0, "{text}");
    }
    home.write("config.toml", "")?;
    home.env.push(("WAIAAS_DAEMON_PROT", "1".to_owned()));
    let (code, told) = home.json(&["config", "check"])?;
    assert!(code == 6 && told.to_string().contains("WAIAAS_DAEMON_PROT"), "{told}");
    Ok(())
}

#[test]
fn the_recovery_key_gives_way_to_a_password() -> Result<()> {
    let home = Home::new(None)?;
    assert_eq!(home.done(&["init", "--auto-provision"])?["autoProvisioned"], true);
    let file = home.path("recovery.key");
    assert_eq!(mode(&file)?, 0o600);
    let recovery = std::fs::read_to_string(&file)?.trim().to_owned();
    assert_eq!(recovery.len(), 64);

    // Online: the running daemon changes it.
    let mut daemon = home.start(&[])?;
    assert_eq!(home.done(&["status"])?["autoProvisioned"], true);
    let weak = home.write("weak", "short\n")?;
    let next = home.write("next", &format!("{NEXT}\n"))?;
    let set = |home: &Home, old: Option<&str>, new: &Path| -> Result<(i32, Value)> {
        let mut command = home.command(&["--json", "set-master"])?;
        command.env("WAIAAS_NEW_MASTER_PASSWORD_FILE", new);
        if let Some(old) = old {
            command.env("WAIAAS_MASTER_PASSWORD", old);
        }
        document(&command.output()?)
    };
    assert_eq!(set(&home, Some("not-the-password"), &next)?.0, 4);
    assert_eq!(set(&home, None, &weak)?.0, 5);
    assert!(file.exists(), "a refused change removes nothing");
    assert_eq!(set(&home, None, &next)?, (0, json!({ "changed": true })));
    assert!(!file.exists());
    let status = |password: &str| -> Result<i32> {
        let mut command = home.command(&["--json", "status"])?;
        Ok(document(&command.env("WAIAAS_MASTER_PASSWORD", password).output()?)?.0)
    };
    assert_eq!(status(&recovery)?, 4, "the old one stops working at once");
    assert_eq!(status(NEXT)?, 0);
    assert_eq!(home.json(&["stop"])?.0, 0, "stopping needs no password");
    assert_eq!(daemon.ended()?, Some(0));

    // Offline: the command does.
    let last = home.write("last", "an entirely different phrase\n")?;
    assert_eq!(set(&home, Some(&recovery), &last)?.0, 4);
    assert_ne!(set(&home, Some(NEXT), &weak)?.0, 0);
    assert_eq!(set(&home, Some(NEXT), &last)?.0, 0);
    let mut old = home.command(&["--json", "start"])?;
    assert_eq!(document(&old.env("WAIAAS_MASTER_PASSWORD", NEXT).output()?)?.0, 4);
    let mut home = home;
    home.env.push(("WAIAAS_MASTER_PASSWORD_FILE", last.display().to_string()));
    let _daemon = home.start(&[])?;
    assert_eq!(home.done(&["status"])?["status"], "running");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_from_every_command() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let run = |arguments: &[&str]| daemon.cli_json(arguments);
    let wallet = run(&["wallet", "create", "main", "--chain", "ethereum", "--mode", "local"])?;
    let key = daemon.data_dir().join("import.key");
    std::fs::write(&key, format!("0x{}\n", "11".repeat(32)))?;
    let key = key.to_string_lossy().into_owned();
    run(&["wallet", "import", "given", "--chain", "ethereum", "--mode", "local", "--key-file", &key])?;
    assert_eq!(run(&["wallet", "show", "main"])?["id"], wallet["id"]);
    assert_eq!(run(&["wallet", "suspend", "main", "--reason", "lunch"])?["status"], "SUSPENDED");
    assert_eq!(run(&["wallet", "resume", "main"])?["status"], "ACTIVE");
    let session = run(&["session", "create", "main", "given", "--ttl", "600"])?;
    let session = session["id"].as_str().context("an id")?.to_owned();
    run(&["session", "rotate", &session])?;
    run(&["session", "list"])?;
    assert_eq!(run(&["session", "revoke", &session])?["status"], "REVOKED");
    run(&["session", "rotate-secret"])?;
    let rules = generous_policy().to_string();
    let policy = run(&["policy", "create", "SPENDING_LIMIT", "--wallet", "main", "--rules", &rules])?;
    let policy = policy["id"].as_str().context("an id")?.to_owned();
    for arguments in [
        &["wallet", "list"][..],
        &["policy", "list"],
        &["policy", "show", &policy],
        &["policy", "delete", &policy, "--yes"],
        &["tx", "list"],
        &["audit", "list", "--wallet", "main"],
        &["kill-switch", "show"],
        &["kill-switch", "activate"],
        &["kill-switch", "recover"],
        &["quickset", "--mode", "testnet"],
        &["status"],
        &["health"],
    ] {
        run(arguments)?;
    }
    for (arguments, wanted) in [
        (&["policy", "create", "SPENDING_LIMIT", "--rules", "{}"][..], 5),
        (&["wallet", "create", "main"], 5),
        (&["kill-switch", "recover"], 5),
        (&["tx", "show", "018f3a4e-0000-7000-8000-000000000001"], 5),
        (&["wallet", "show", "nobody"], 5),
    ] {
        let output = daemon.cli(&[&["--json"], arguments].concat())?;
        assert_eq!(document(&output)?.0, wanted, "{arguments:?}");
    }
    assert_eq!(run(&["audit", "verify"])?["intact"], true);
    let file = daemon.data_dir().join("audit.jsonl");
    let told = run(&["audit", "export", &file.to_string_lossy()])?;
    let lines: Vec<Value> =
        std::fs::read_to_string(&file)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(told["entries"], lines.len() - 1);
    assert_eq!(lines.last().map(|line| &line["checkpoint"]["intact"]), Some(&json!(true)));
    assert_eq!(
        lines[0]["hash"],
        lines[lines.len() - 1]["checkpoint"]["head"],
        "newest first, up to the head"
    );
    assert_eq!(mode(&file)?, 0o600);
    daemon.stop()
}

/// Changes the database of a daemon that is not running.
async fn tamper(home: &Home, statements: &str) -> Result<u64> {
    let url = format!("sqlite://{}?mode=rw", home.path("data/waiaas.db").display());
    let mut file = sqlx::SqliteConnection::connect(&url).await?;
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut file).await?;
    file.close().await?;
    Ok(done.rows_affected())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_audit_log_is_found() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let mut daemon = home.start(&[])?;
    home.done(&["wallet", "create", "main", "--chain", "ethereum", "--mode", "local"])?;
    home.done(&["wallet", "suspend", "main"])?;
    home.done(&["wallet", "resume", "main"])?;
    let sound = home.done(&["audit", "verify"])?;
    assert_eq!((&sound["intact"], &sound["brokenAt"]), (&json!(true), &Value::Null));
    home.done(&["stop"])?;
    assert_eq!(daemon.ended()?, Some(0));

    let rewrite = "UPDATE audit_log SET details = '{}' WHERE event_type = 'WALLET_SUSPENDED'";
    assert!(tamper(&home, rewrite).await.is_err(), "the database itself refuses");
    let unlocked = format!("DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete; {rewrite}");
    assert_eq!(tamper(&home, &unlocked).await?, 1);

    let _daemon = home.start(&[])?;
    let (code, told) = home.json(&["audit", "verify"])?;
    assert_eq!((code, &told["intact"]), (6, &json!(false)), "{told}");
    let list = home.done(&["audit", "list", "--limit", "50"])?;
    let rows = list["data"].as_array().context("entries")?;
    let changed = rows.iter().find(|row| row["eventType"] == "WALLET_SUSPENDED").context("the entry")?;
    assert_eq!(told["brokenAt"], changed["id"], "{told}");
    let plain = home.command(&["audit", "verify"])?.output()?;
    assert_eq!(plain.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&plain.stdout).contains("broken at entry"), "{plain:?}");
    Ok(())
}
