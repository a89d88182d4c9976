//! The owner and the backup at the command line: a restored wallet is whole, and still signs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, PASSWORD, generous_policy, until};
use serde_json::{Value, json};

use crate::cli::{Home, mode};

const SOL: u64 = 1_000_000_000;

fn string<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} in {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_decides_and_a_backup_comes_back_whole() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "solana").await?;
    localnet.solana.fund(&agent.address, 500 * SOL).await?;
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let to = OwnerKey::solana(31).address();

    // The owner's key in a file: EVM hex for one owner, a Solana keypair for the next.
    let keys = tempfile::TempDir::new()?;
    let (evm, solana) = (OwnerKey::evm(3)?, OwnerKey::solana(3));
    let file = |name: &str, text: String| -> Result<String> {
        let path = keys.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let evm_file = file("evm.key", format!("0x{}\n", hex::encode([3u8; 32])))?;
    let OwnerKey::Solana(pair) = &solana else { anyhow::bail!("a Solana key") };
    let solana_file = file("solana.json", serde_json::to_string(&pair.to_keypair_bytes().to_vec())?)?;
    let run = |arguments: &[&str]| daemon.cli_json(arguments);
    let set = run(&["owner", "set", &agent.wallet, &evm.address()])?;
    assert_eq!(set["ownerState"], "GRACE");
    let asks = daemon.cli(&["--json", "owner", "verify", &agent.wallet])?;
    assert_eq!(asks.status.code(), Some(7), "without a key it asks");
    let asked: Value = serde_json::from_slice(&asks.stdout)?;
    assert_eq!(asked["ownerAddress"], evm.address());
    assert_eq!(
        run(&["owner", "verify", &agent.wallet, "--key-file", &evm_file, "--yes"])?["ownerState"],
        "LOCKED"
    );
    let refused = daemon.cli(&["--json", "owner", "set", &agent.wallet, &solana.address()])?;
    assert_eq!(refused.status.code(), Some(5), "locked");
    let told: Value = serde_json::from_slice(&refused.stdout)?;
    assert!(told["details"]["challenge"]["expiresAt"].is_string(), "a time like every other: {told}");
    let change = ["owner", "set", &agent.wallet, &solana.address(), "--key-file", &evm_file, "--yes"];
    let handed = run(&change)?;
    assert_eq!((&handed["ownerState"], &handed["ownerAddress"]), (&json!("LOCKED"), &json!(evm.address())));
    assert_eq!(handed["pendingOwnerAddress"], solana.address());
    assert_eq!(
        run(&["owner", "verify", &agent.wallet, "--key-file", &solana_file, "--yes"])?["ownerState"],
        "LOCKED"
    );

    let held = run(&["wallet", "list", "--balances"])?;
    let wallet =
        held["data"].as_array().and_then(|all| all.iter().find(|w| w["id"] == agent.wallet.as_str()));
    let on = wallet.and_then(|wallet| wallet["balances"].as_array()).and_then(|all| all.first());
    let native = &on.context("a network")?["native"];
    assert_eq!((&native["balance"], &native["symbol"]), (&json!("500"), &json!("SOL")), "{held}");

    let waiting = agent.send(&daemon, &to, "50.0").await?.expect(201)?;
    let id = string(&waiting, "id")?;
    let said = |arguments: &[&str]| -> Result<String> {
        let output = daemon.cli(arguments)?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let shown = said(&["tx", "show", id])?;
    for part in ["50 SOL", "owner answers by", "native out", "because", &to] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("0x") && !shown.contains("{\""), "people read no hex and no JSON: {shown}");
    let name = string(wallet.context("the wallet")?, "name")?;
    assert!(
        said(&["tx", "list"])?.contains(name) && said(&["wallet", "list", "--balances"])?.contains("500 SOL")
    );
    let listed = run(&["tx", "list"])?;
    let at = listed["data"][0]["createdAt"].as_str().context("a time in ISO 8601")?;
    assert!(at.ends_with('Z') && at.contains('T'), "{listed}");
    assert_ne!(
        daemon.cli(&["owner", "approve", id, "--key-file", &evm_file, "--yes"])?.status.code(),
        Some(0),
        "not this key"
    );
    run(&["owner", "approve", id, "--key-file", &solana_file, "--yes"])?;
    until("a confirmation", Duration::from_secs(30), || async {
        Ok((agent.transaction(&daemon, id).await?["status"] == "CONFIRMED").then_some(()))
    })
    .await?;
    assert_eq!(localnet.solana.balance(&to).await?, 50 * SOL);
    assert_eq!(
        daemon.cli(&["owner", "approve", id, "--key-file", &solana_file, "--yes"])?.status.code(),
        Some(5),
        "once"
    );
    let second = agent.send(&daemon, &to, "50.0").await?.expect(201)?;
    let rejected = run(&["owner", "reject", string(&second, "id")?, "--key-file", &solana_file, "--yes"])?;
    assert_eq!(rejected["status"], "CANCELLED");

    // A delayed transfer is under way when the backup is made.
    let queued = agent.send(&daemon, &to, "5.0").await?.expect(201)?;
    let copy = keys.path().join("copy.backup");
    let backup = run(&["backup", "--to", &copy.to_string_lossy()])?;
    assert_eq!(backup["path"].as_str(), copy.to_str(), "where it was asked for");
    let sealed = std::fs::read(&copy)?;
    assert_eq!(backup["size"].as_u64(), u64::try_from(sealed.len()).ok(), "{backup}");
    assert!(!daemon.data_dir().join("backups").exists(), "and nowhere else");
    let clear = |text: &str| sealed.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!clear(&agent.address) && !clear("SPENDING_LIMIT"), "nothing of it is readable");
    let before = daemon.operator();
    let kept = ["/v1/wallets", "/v1/policies"];
    let mut expected = Vec::new();
    for path in kept {
        expected.push(before.get(path).await?.expect(200)?);
    }
    let entries = before.get("/v1/admin/audit/verify").await?.expect(200)?["entries"].clone();
    drop(daemon);

    let copy = copy.to_string_lossy().into_owned();
    let home = Home::new(Some(PASSWORD))?;
    std::fs::remove_file(home.path("config.toml"))?;
    let mut wrong = home.command(&["--json", "restore", &copy])?;
    let refused = wrong.env("WAIAAS_MASTER_PASSWORD", "not-the-password").output()?;
    assert_eq!(refused.status.code(), Some(4));
    let mut cut = std::fs::read(&copy)?;
    let middle = cut.len() / 2;
    cut[middle] ^= 1;
    let damaged = keys.path().join("damaged.backup");
    std::fs::write(&damaged, cut)?;
    assert_ne!(home.json(&["restore", &damaged.to_string_lossy()])?.0, 0, "one bit off");
    assert!(!home.path("data").exists() && !home.path("config.toml").exists(), "nothing is left of these");
    let restored = home.done(&["restore", &copy])?;
    assert_eq!((&restored["restored"], &restored["config"]), (&json!(true), &json!("restored")));
    assert_ne!(home.json(&["restore", &copy])?.0, 0, "only into an empty directory");

    let running = home.start(&[])?;
    let api = running.api()?;
    let operator = api.clone().password(PASSWORD);
    for (path, expected) in kept.iter().zip(&expected) {
        assert_eq!(&operator.get(path).await?.expect(200)?, expected, "{path}");
    }
    let report = operator.get("/v1/admin/audit/verify").await?.expect(200)?;
    assert_eq!(report["intact"], true);
    assert!(report["entries"].as_u64() > entries.as_u64(), "the old entries and the restore: {report}");
    let old = api.clone().token(&agent.token);
    assert_eq!(old.get("/v1/wallet/address").await?.refused(401)?, "SESSION_REVOKED");
    let path = format!("/v1/admin/transactions/{}", string(&queued, "id")?);
    assert_eq!(operator.get(&path).await?.expect(200)?["status"], "CANCELLED");

    let session = operator.post("/v1/sessions", json!({ "walletId": agent.wallet })).await?.expect(201)?;
    let fresh = api.token(string(&session, "token")?);
    let small = json!({ "to": to, "amount": "0.05" });
    let sent = fresh.post("/v1/transactions/send?wait=confirmed", small).await?.expect(201)?;
    assert_eq!(sent["status"], "CONFIRMED", "the restored key signs: {sent}");
    assert_eq!(localnet.solana.balance(&to).await?, 50 * SOL + SOL / 20);
    Ok(())
}

#[test]
fn a_backup_never_replaces_a_file_unasked_and_leaves_nothing_behind() -> Result<()> {
    let home = Home::new(Some(PASSWORD))?;
    home.done(&["init"])?;
    let target = home.path("mine.backup");
    let to = target.to_string_lossy().into_owned();
    assert_eq!(home.json(&["backup", "--to", &to])?.0, 3, "no daemon");
    assert!(!target.exists() && !home.path("mine.backup.tmp").exists());
    let daemon = home.start(&[])?;
    home.write("mine.backup", "precious")?;
    let (code, told) = home.json(&["backup", "--to", &to])?;
    assert!(code == 1 && told.to_string().contains("--force"), "{told}");
    assert_eq!(std::fs::read_to_string(&target)?, "precious");
    let (code, told) = home.json(&["backup", "--to", "/dev/null", "--force"])?;
    assert!(code == 1 && told.to_string().contains("not a file"), "{told}");
    let (code, _) = home.json(&["backup", "--to", &home.path("no/such/place").to_string_lossy()])?;
    assert_eq!(code, 1);
    let mut wrong = home.command(&["backup", "--to", &to, "--force"])?;
    assert_eq!(wrong.env("WAIAAS_MASTER_PASSWORD", "not-the-password").output()?.status.code(), Some(4));
    assert_eq!(std::fs::read_to_string(&target)?, "precious", "a refusal replaces nothing");
    assert!(!home.path("mine.backup.tmp").exists() && !home.path("backups").exists());

    home.done(&["backup", "--to", &to, "--force"])?;
    assert!(std::fs::read(&target)?.starts_with(b"WAIAAS"));
    assert_eq!(mode(&target)?, 0o600);
    assert!(!home.path("backups").exists(), "none stays with the daemon");

    // From elsewhere the password does not fetch one, and the command says where it does.
    let url = daemon.event["url"].as_str().context("a url")?;
    let (code, told) = home.json(&["--base-url", url, "backup", "--to", &to, "--force"])?;
    assert_eq!((code, &told["code"]), (5, &json!("SOCKET_ONLY")), "{told}");
    let output = home.command(&["--base-url", url, "backup", "--to", &to, "--force"])?.output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("docker exec") && told.contains("--base-url"), "{told}");
    assert!(std::fs::read(&target)?.starts_with(b"WAIAAS"), "a refusal replaces nothing");
    assert!(!home.path("mine.backup.tmp").exists());

    // Without --to it is the daemon's to keep; where it cannot, nothing is left.
    let kept = home.done(&["backup"])?;
    assert_eq!(std::fs::read_dir(home.path("backups"))?.count(), 1, "{kept}");
    std::fs::remove_dir_all(home.path("backups"))?;
    home.write("backups", "in the way")?;
    assert_ne!(home.json(&["backup"])?.0, 0);
    assert_eq!(std::fs::read_to_string(home.path("backups"))?, "in the way");
    Ok(())
}

#[test]
fn a_restore_says_what_it_takes_and_what_it_leaves() -> Result<()> {
    let origin = Home::new(Some(PASSWORD))?;
    origin.write("config.toml", "[daemon]\nport = 0\nshutdown_timeout = 7\n")?;
    origin.done(&["init"])?;
    let daemon = origin.start(&[])?;
    let backup = origin.path("it.backup").to_string_lossy().into_owned();
    origin.done(&["backup", "--to", &backup])?;
    drop(daemon);

    // Another configuration stays in force, and the backup's is beside it.
    let home = Home::new(Some(PASSWORD))?;
    let mine = std::fs::read_to_string(home.path("config.toml"))?;
    home.write("notes.txt", "mine")?;
    let told = home.done(&["restore", &backup])?;
    assert_eq!((&told["config"], &told["left"]), (&json!("kept"), &json!(["notes.txt"])), "{told}");
    assert_eq!(std::fs::read_to_string(home.path("config.toml"))?, mine);
    let beside = std::fs::read_to_string(home.path("config.from-backup.toml"))?;
    assert!(beside.contains("shutdown_timeout = 7"), "{beside}");
    let _daemon = home.start(&[])?;

    // Files that look like another installation have to go first.
    for name in ["recovery.key", "mcp-token"] {
        let home = Home::new(Some(PASSWORD))?;
        home.write(name, "of somebody else\n")?;
        let (code, told) = home.json(&["restore", &backup])?;
        assert!(code == 1 && told.to_string().contains(name), "{told}");
        assert!(!home.path("data").exists());
    }

    // A configuration that names another database is not put in force in silence.
    let mut home = Home::new(Some(PASSWORD))?;
    std::fs::remove_file(home.path("config.toml"))?;
    home.env.push(("WAIAAS_DAEMON_PORT", "0".to_owned()));
    let text = "[database]\npath = \"elsewhere/w.db\"\n[daemon]\nport = 0\n";
    let other = Home::new(Some(PASSWORD))?;
    other.write("config.toml", text)?;
    other.done(&["init"])?;
    let daemon = other.start(&[])?;
    let backup = other.path("it.backup").to_string_lossy().into_owned();
    other.done(&["backup", "--to", &backup])?;
    drop(daemon);
    let told = home.done(&["restore", &backup])?;
    assert_eq!(told["config"], "beside", "{told}");
    assert!(!home.path("config.toml").exists());
    assert_eq!(std::fs::read_to_string(home.path("config.from-backup.toml"))?, text);
    let _daemon = home.start(&[])?;
    assert_eq!(home.done(&["status"])?["status"], "running");
    Ok(())
}
