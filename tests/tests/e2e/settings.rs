//! The daemon's inputs: variables, configuration, the master password and the file that holds one.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};
use e2e::PASSWORD;
use serde_json::{Value, json};

use crate::cli::{Home, document, mode};

#[test]
fn variables_of_other_programs_do_not_stop_the_daemon() -> Result<()> {
    let mut home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    for (name, text) in [
        ("WAIAAS_SERVICE_HOST", "10.96.0.7"),
        ("WAIAAS_SERVICE_PORT", "3100"),
        ("WAIAAS_PORT", "tcp://10.96.0.7:3100"),
        ("WAIAAS_PORT_3100_TCP_ADDR", "10.96.0.7"),
        ("WAIAAS_CLI_PATH", "/usr/bin/waiaas"),
        ("WAIAAS_BASE_URL", ""),
        ("WAIAAS_LOG", ""),
        ("WAIAAS_DATABASE_URL", ""),
        ("WAIAAS_AUTO_PROVISION", ""),
        ("WAIAAS_MASTER_PASSWORD_FILE", ""),
    ] {
        home.env.push((name, text.to_owned()));
    }
    let running = home.start(&[])?;
    let log = std::fs::read_to_string(home.path("test.log"))?;
    assert_eq!(log.matches("Kubernetes").count(), 1, "{log}");
    assert_eq!(log.matches("WAIAAS_CLI_PATH").count(), 1, "{log}");
    assert_eq!(home.done(&["status"])?["status"], "running");
    drop(running);
    let told = home.done(&["config", "check"])?;
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(2), "{told}");
    home.env.push(("WAIAAS_DAEMON_PROT", "1".to_owned()));
    let (ended, told) = home.json(&["start"])?;
    assert_eq!(ended, 6, "{told}");
    assert!(told.to_string().contains("did you mean 'WAIAAS_DAEMON_PORT'?"), "{told}");
    // An empty directory variable is the default directory, not an empty name.
    let mut command = home.command(&["config", "check"])?;
    let program = command.get_program().to_owned();
    command = Command::new(program);
    command.args(["--json", "config", "check"]).env_clear().env("HOME", home.path("nowhere"));
    assert_eq!(document(&command.env("WAIAAS_DATA_DIR", "").output()?)?.0, 0);
    Ok(())
}

#[test]
fn the_check_opens_what_the_configuration_names_and_explains_it() -> Result<()> {
    let mut home = Home::new(None)?;
    let told = home.done(&["config", "check", "--explain"])?;
    let of = |told: &Value, key: &str| -> Result<Value> {
        let settings = told["settings"].as_array().context("settings")?;
        Ok(settings.iter().find(|setting| setting["key"] == key).context("the setting")?.clone())
    };
    let port = of(&told, "daemon.port")?;
    assert_eq!((&port["value"], &port["over"]), (&json!(0), &json!(["the built-in defaults"])));
    assert!(port["source"].as_str().is_some_and(|text| text.ends_with("config.toml")), "{port}");

    let checks: [(&str, String, &str); 6] = [
        ("WAIAAS_DATABASE_URL", "postgres://u:hunter2@db:port/w".to_owned(), "database.url"),
        ("WAIAAS_DATABASE_PATH", "config.toml/w.db".to_owned(), "database.path"),
        ("WAIAAS_MASTER_PASSWORD_FILE", home.path("missing").display().to_string(), "missing"),
        ("WAIAAS_MASTER_PASSWORD", " a blank before it".to_owned(), "begins or ends with a blank"),
        ("WAIAAS_DAEMON_HOSTNAME", "203.0.113.7".to_owned(), "203.0.113.7"),
        ("WAIAAS_LOG", "=nonsense=".to_owned(), "WAIAAS_LOG"),
    ];
    for (name, text, named) in checks {
        home.env = vec![(name, text)];
        let (ended, told) = home.json(&["config", "check"])?;
        assert_eq!(ended, 6, "{name}: {told}");
        assert!(told.to_string().contains(named) && !told.to_string().contains("hunter2"), "{told}");
    }
    home.env = vec![("WAIAAS_DATABASE_URL", "postgres://u:hunter2@db/w".to_owned())];
    let told = home.done(&["config", "check", "--explain"])?;
    assert_eq!(of(&told, "database.url")?["source"], "environment variable WAIAAS_DATABASE_URL");
    assert!(!told.to_string().contains("hunter2"), "{told}");
    let text = home.command(&["config", "check", "--explain"])?.output()?;
    assert!(String::from_utf8_lossy(&text.stdout).contains("security.session_ttl"), "{text:?}");
    Ok(())
}

#[test]
fn one_rule_for_the_master_password_wherever_it_comes_from() -> Result<()> {
    for (bad, reason) in [
        ("elevenchars", "at least 12 characters"),
        ("aaaaaaaaaaaaaa", "different characters"),
        ("a blank after it ", "begins or ends with a blank"),
        ("a line\nbreak inside", "line break"),
        ("a tab\tinside it", "tab"),
        ("pässwörd-pässwörd", "ASCII"),
    ] {
        let mut home = Home::new(None)?;
        let file = home.write("password", &format!("{bad}\n"))?;
        home.env = vec![("WAIAAS_MASTER_PASSWORD", bad.to_owned())];
        let (ended, told) = home.json(&["init"])?;
        assert!(ended != 0 && told.to_string().contains(reason), "{bad:?}: {told}");
        home.env = vec![("WAIAAS_MASTER_PASSWORD_FILE", file.display().to_string())];
        for arguments in [&["init"][..], &["start"]] {
            let (ended, told) = home.json(arguments)?;
            assert!(ended != 0 && told.to_string().contains(reason), "{bad:?} {arguments:?}: {told}");
        }

        // As a new password, of a daemon that runs and of one that does not.
        home.env = vec![("WAIAAS_MASTER_PASSWORD", PASSWORD.to_owned())];
        home.done(&["init"])?;
        home.env.push(("WAIAAS_NEW_MASTER_PASSWORD_FILE", file.display().to_string()));
        let (ended, told) = home.json(&["set-master"])?;
        assert!(ended != 0 && told.to_string().contains(reason), "{bad:?}: {told}");
        let _daemon = home.start(&[])?;
        let (ended, told) = home.json(&["set-master"])?;
        assert!(ended == 5 && told.to_string().contains(reason), "{bad:?}: {told}");

        // A password that cannot arrive unchanged is not sent, so it counts as no wrong guess.
        home.env = vec![("WAIAAS_MASTER_PASSWORD", "a blank after it ".to_owned())];
        for _ in 0..6 {
            let (ended, told) = home.json(&["status"])?;
            assert!(ended == 4 && told.to_string().contains("set-master"), "{told}");
        }
        home.env = vec![("WAIAAS_MASTER_PASSWORD", PASSWORD.to_owned())];
        home.done(&["status"])?;
    }
    Ok(())
}

#[test]
fn an_empty_recovery_key_is_named_or_replaced() -> Result<()> {
    // Before there is anything to open, a leftover is replaced.
    for left in ["", "\n", "0123"] {
        let home = Home::new(None)?;
        // As an interrupted start leaves it, for this user alone.
        let path = home.write("recovery.key", left)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        assert_eq!(home.done(&["init", "--auto-provision"])?["autoProvisioned"], true);
        let key = std::fs::read_to_string(home.path("recovery.key"))?;
        assert_eq!(key.trim().len(), 64, "{left:?}");
        assert_eq!(mode(&home.path("recovery.key"))?, 0o600);
        assert!(!home.path("recovery.key.tmp").exists());
    }
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    home.write("recovery.key", "")?;
    let named = |home: &Home, arguments: &[&str]| -> Result<()> {
        let mut command = home.command(&[&["--json"], arguments].concat())?;
        let (ended, told) = document(&command.env_remove("WAIAAS_MASTER_PASSWORD").output()?)?;
        let message = told["message"].as_str().context("a message")?;
        assert_ne!(ended, 0, "{arguments:?}: {told}");
        assert!(message.contains("recovery.key is empty") && message.contains("delete it"), "{told}");
        Ok(())
    };
    for arguments in [&["start"][..], &["start", "--daemon"], &["config", "check"]] {
        named(&home, arguments)?;
    }
    // No password is read before there is a daemon to send it to.
    assert_eq!(home.json(&["status"])?.0, 3);
    let _daemon = home.start(&[])?;
    named(&home, &["status"])
}
