//! Changing the master password, cut off at any byte that is written.

use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::Books;
use tempfile::TempDir;
use waiaas_engine::config::Config;
use waiaas_engine::core::clearance::{Obligation, StopConditions};
use waiaas_engine::core::draft::{Completed, Draft, SigningPayload};
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::network::NetworkId;
use waiaas_engine::core::policy::Tier;
use waiaas_engine::core::wallet::{KillSwitch, WalletStatus};
use waiaas_engine::offline::set_master_password;
use waiaas_engine::{Clock as _, DataDir};
use waiaas_keys::{KeystoreHeader, Purpose, SealedKey, Vault};
use waiaas_store::{DatabaseUrl, Store};

use super::{Dice, seeds};
use crate::stage::{PASSWORD, Stage};

const NEW: &str = "another-password-of-the-tests";

/// Whether the password opens everything the database holds: the wallet's key, which has to sign, and
/// the key that signs tokens.
async fn opens_everything(store: &Store, password: &str) -> Result<bool> {
    let header = KeystoreHeader::from_text(&store.keystore_header().await?.context("a header")?)?;
    let password = password.to_owned();
    let unlocked = tokio::task::spawn_blocking(move || header.unlock(&password.into())).await?;
    let Ok(root) = unlocked else { return Ok(false) };
    let vault = Vault::new(root);
    let wallet = store.wallets().await?.pop().context("a wallet")?;
    let sealed = store.wallet_key(wallet.id).await?.context("a sealed key")?;
    let sealed = SealedKey::from_bytes(&sealed)?;
    let draft = Draft { network: NetworkId::new("local"), from: wallet.address, body: vec![1] };
    let obligation = Obligation {
        tx: TxId::new(wallet.id.uuid()),
        wallet: wallet.id,
        digest: draft.digest(),
        tier: Tier::Instant,
        execute_after: None,
    };
    let stop_conditions = StopConditions {
        wallet: WalletStatus::Active,
        kill_switch: KillSwitch::Running,
        admitted_generation: 0,
        generation: 0,
        session_revoked: false,
        session_unlinked: false,
    };
    let clearance = obligation.clear(draft.digest(), None, stop_conditions, 0)?;
    let completed = Completed::new(&draft, Vec::new(), SigningPayload::Ed25519(b"message".to_vec()));
    vault.sign(clearance, &completed, &sealed, wallet.address)?;
    let current = store.session_keys().await?.current;
    vault.open_secret(Purpose::SessionSigning, &current.kid, &current.sealed)?;
    Ok(true)
}

/// The database after a crash at which so many bytes of the log had been written, followed by garbage.
async fn after_a_crash(
    files: &(Vec<u8>, Vec<u8>),
    length: usize,
    garbage: &[u8],
) -> Result<(TempDir, Store)> {
    let dir = TempDir::new()?;
    let path = dir.path().join("waiaas.db");
    std::fs::write(&path, &files.0)?;
    let log = [files.1.get(..length).context("within the log")?, garbage].concat();
    std::fs::write(dir.path().join("waiaas.db-wal"), log)?;
    let store = Store::open(&DatabaseUrl::sqlite(&path)?).await?;
    Ok((dir, store))
}

fn database(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("data/waiaas.db")
}

/// Invariant 20: a crash at any byte of a password change leaves the old password or the new one, and
/// that one opens everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_byte_leaves_one_password_that_opens_everything() -> Result<()> {
    let mut stage = Stage::set_up(None).await?;
    stage.stop().await;
    // A reader keeps the log from being folded into the database.
    let path = database(stage.data_dir());
    let mut reader = Books::open(stage.data_dir()).await?;
    reader.statuses("").await?;
    let log = path.with_extension("db-wal");
    let before = std::fs::metadata(&log).map_or(0, |file| usize::try_from(file.len()).unwrap_or(0));
    let config = Config::from_parts(None, [], [])?;
    let data_dir = DataDir::new(stage.data_dir());
    let now = stage.clock.now();
    set_master_password(&data_dir, &config, PASSWORD.into(), NEW.into(), now).await?;
    let files = (std::fs::read(&path)?, std::fs::read(&log)?);
    assert!(files.1.len() > before, "the change is in the log");

    let (mut old, mut new) = (0, 0);
    for seed in seeds(6) {
        let mut dice = Dice::new(seed);
        // The last bytes written decide.
        let length = match seed {
            0 => files.1.len(),
            1 => files.1.len() - 1,
            2 => before,
            _ => dice.roll(before..=files.1.len()),
        };
        let garbage = dice.roll(proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..100));
        let (_dir, store) = after_a_crash(&files, length, &garbage).await?;
        // One header is stored, so only one of the two passwords opens it.
        let with_old = opens_everything(&store, PASSWORD).await?;
        let opened = with_old || opens_everything(&store, NEW).await?;
        assert!(opened, "after {length} of {} bytes neither opens it", files.1.len());
        let report = store.verify_chain().await?;
        assert_eq!(report.first_bad, None, "with its row in the audit log, or without");
        if with_old {
            old += 1
        } else {
            new += 1
        }
        store.close().await;
    }
    assert!(old > 0 && new > 0, "{old} old, {new} new");
    drop(reader);
    Ok(())
}
