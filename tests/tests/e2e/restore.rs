//! The owner and the backup at the command line: what is restored is whole, and still signs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, PASSWORD, generous_policy, until};
use serde_json::{Value, json};

use crate::cli::Home;

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
    assert_eq!(
        run(&["owner", "verify", &agent.wallet])?["ownerAddress"],
        evm.address(),
        "without a key it asks"
    );
    assert_eq!(
        run(&["owner", "verify", &agent.wallet, "--key-file", &evm_file, "--yes"])?["ownerState"],
        "LOCKED"
    );
    let refused = daemon.cli(&["owner", "set", &agent.wallet, &solana.address()])?;
    assert_eq!(refused.status.code(), Some(5), "locked");
    let change = ["owner", "set", &agent.wallet, &solana.address(), "--key-file", &evm_file, "--yes"];
    assert_eq!(run(&change)?["ownerState"], "GRACE");
    assert_eq!(
        run(&["owner", "verify", &agent.wallet, "--key-file", &solana_file, "--yes"])?["ownerState"],
        "LOCKED"
    );

    let waiting = agent.send(&daemon, &to, "50.0").await?.expect(201)?;
    let id = string(&waiting, "id")?;
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
    assert!(backup["size"].as_u64().is_some_and(|size| size > 0), "{backup}");
    let sealed = std::fs::read(&copy)?;
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
    assert_eq!(home.done(&["restore", &copy])?["restored"], true);
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
