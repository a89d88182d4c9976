//! The invariants the keys answer for, each over generated input. SECURITY.md lists all twenty, with the
//! tests of the other crates.

use std::sync::LazyLock;

use proptest::prelude::*;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::clearance::{Clearance, Obligation, StopConditions};
use waiaas_core::digest::Digest;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::network::{Chain, NetworkId};
use waiaas_core::policy::Tier;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_keys::{
    ExposeSecret, KdfParams, KeystoreHeader, Purpose, RootKey, SealedKey, SecretString, Vault, backup,
};

/// Two installations.
static VAULTS: LazyLock<[Vault; 2]> =
    LazyLock::new(|| [1, 2].map(|id| Vault::new(keystore(id, "a-long-password").1)));

/// Two wallets with a key of each chain, in each installation.
static WALLETS: LazyLock<Vec<Item>> = LazyLock::new(wallets);

struct Item {
    vault: usize,
    wallet: WalletId,
    sealed: SealedKey,
    address: Address,
}

fn keystore(instance: u128, password: &str) -> (KeystoreHeader, RootKey) {
    let instance = InstanceId::new(Uuid::from_u128(instance));
    KeystoreHeader::create(&password.into(), instance, KdfParams::MINIMUM).unwrap()
}

fn wallets() -> Vec<Item> {
    let mut items = Vec::new();
    for vault in 0..2 {
        for id in [7u128, 8] {
            for chain in [Chain::Solana, Chain::Ethereum] {
                let wallet = WalletId::new(Uuid::from_u128(id));
                let (sealed, address) = VAULTS[vault].generate(wallet, chain).unwrap();
                items.push(Item { vault, wallet, sealed, address });
            }
        }
    }
    items
}

fn cases(usual: u32) -> ProptestConfig {
    let runs = std::env::var("INVARIANT_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u32);
    ProptestConfig {
        cases: usual.saturating_mul(runs),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn cleared(wallet: WalletId, digest: Digest) -> Clearance {
    let tx = TxId::new(Uuid::from_u128(3));
    let obligation = Obligation { tx, wallet, digest, tier: Tier::Instant, execute_after: None };
    let stop_conditions = StopConditions {
        wallet: WalletStatus::Active,
        kill_switch: KillSwitch::Running,
        admitted_generation: 0,
        generation: 0,
        session_revoked: false,
        session_unlinked: false,
    };
    obligation.clear(digest, None, stop_conditions, 0).unwrap()
}

/// A draft near another one: some of its three fields are different.
fn draft(from: Address, network: bool, body: &[u8]) -> Draft {
    let network = NetworkId::new(if network { "local" } else { "elsewhere" });
    Draft { network, from, body: body.to_vec() }
}

fn payload(chain: Chain, bytes: &[u8]) -> SigningPayload {
    match chain {
        Chain::Solana => SigningPayload::Ed25519(bytes.to_vec()),
        Chain::Ethereum => SigningPayload::Secp256k1(*Digest::of("test", &[bytes]).as_bytes()),
    }
}

/// Small secrets, as two installations would keep them: everything they are bound to, then the bytes.
fn secret(vault: usize, purpose: usize, id: &str) -> Vec<u8> {
    VAULTS[vault].seal_secret(PURPOSES[purpose], id, &vec![9; 32].into()).unwrap()
}

const PURPOSES: [Purpose; 4] =
    [Purpose::SessionSigning, Purpose::Settings, Purpose::Webhooks, Purpose::Channels];

/// Where a sealed key may be cut: at the ends of its fields, mostly.
fn cuts() -> impl Strategy<Value = usize> {
    prop_oneof![3 => prop::sample::select(vec![0, 1, 2, 18, 50, 51, 122, 123, 194, 195]), 1 => 0usize..196]
}

proptest! {
    #![proptest_config(cases(600))]

    /// Invariant 1: a key signs exactly when clearance, completed bytes, key and sender are of one wallet
    /// and one digest; the clearance is gone afterwards, for `sign` takes it (see `traits.rs`: it cannot
    /// be copied or made up).
    #[test]
    fn a_key_signs_the_cleared_bytes_of_its_own_wallet_alone(
        of_clearance in 0usize..8, of_key in 0usize..8, of_sender in 0usize..8, of_vault in 0usize..2,
        judged in (any::<bool>(), 0u8..2), recovered in (any::<bool>(), 0u8..2), chain: bool, same in 0u8..4,
    ) {
        // Three times in four as it should be, but for one of them.
        let pick = |at: usize, which: u8| if same == 0 || same == which { at } else { of_clearance };
        let (owner, key, sender) =
            (&WALLETS[of_clearance], &WALLETS[pick(of_key, 1)], &WALLETS[pick(of_sender, 2)]);
        let vault = if same == 0 { of_vault } else { owner.vault };
        let recovered = if same == 0 || same == 3 { recovered } else { judged };
        let judged = draft(owner.address, judged.0, &[judged.1]);
        let recovered = draft(owner.address, recovered.0, &[recovered.1]);
        let chain = if same == 0 && chain { Chain::Ethereum } else { key.sealed.chain() };
        let completed = Completed::new(&recovered, b"unsigned".to_vec(), payload(chain, b"message"));
        let signed =
            VAULTS[vault].sign(cleared(owner.wallet, judged.digest()), &completed, &key.sealed, sender.address);
        let expected = owner.wallet == key.wallet
            && recovered.digest() == judged.digest()
            && sender.address == key.address
            && vault == key.vault
            && chain == key.sealed.chain();
        prop_assert_eq!(signed.is_ok(), expected);
    }

    /// Invariant 17: a sealed private key opens as the item it was sealed as or not at all; no part of it
    /// can be put into another.
    #[test]
    fn no_part_of_a_sealed_key_fits_another(
        one in 0usize..8, other in 0usize..8, cut in (cuts(), cuts()),
    ) {
        let (one, other) = (&WALLETS[one], &WALLETS[other]);
        let (mine, theirs) = (one.sealed.to_bytes(), other.sealed.to_bytes());
        let (from, to) = (cut.0.min(cut.1).min(mine.len()), cut.0.max(cut.1).min(mine.len()));
        let Some(part) = theirs.get(from..to) else { return Ok(()) };
        let mut spliced = mine.clone();
        spliced[from..to].copy_from_slice(part);
        let whose = if spliced == mine { Some(one) } else if spliced == theirs { Some(other) } else { None };
        let Ok(read) = SealedKey::from_bytes(&spliced) else {
            prop_assert!(whose.is_none());
            return Ok(());
        };
        for (number, vault) in VAULTS.iter().enumerate() {
            let completed = Completed::new(
                &draft(read.address(), true, b""), Vec::new(), payload(read.chain(), b"message"),
            );
            let clearance = cleared(read.wallet(), completed.draft());
            let signed = vault.sign(clearance, &completed, &read, read.address());
            prop_assert_eq!(signed.is_ok(), whose.is_some_and(|item| item.vault == number));
        }
    }

    /// Invariant 17: nor does any part of a small secret of any purpose.
    #[test]
    fn no_part_of_a_sealed_secret_fits_another(
        one in (0usize..2, 0usize..4, "[ab]"), other in (0usize..2, 0usize..4, "[ab]"),
        range in prop_oneof![1 => Just(None), 2 => any::<(prop::sample::Index, prop::sample::Index)>().prop_map(Some)],
    ) {
        let (mine, theirs) = (secret(one.0, one.1, &one.2), secret(other.0, other.1, &other.2));
        // All of it, or some part.
        let (from, to) = range.map_or((0, mine.len()), |(a, b)| {
            let (a, b) = (a.index(mine.len()), b.index(mine.len()));
            (a.min(b), a.max(b) + 1)
        });
        let mut spliced = mine.clone();
        spliced[from..to].copy_from_slice(&theirs[from..to]);
        for (vault, purpose, id) in [&one, &other] {
            let opened = VAULTS[*vault].open_secret(PURPOSES[*purpose], id, &spliced);
            let whole = (spliced == mine && (vault, purpose, id) == (&one.0, &one.1, &one.2))
                || (spliced == theirs && (vault, purpose, id) == (&other.0, &other.1, &other.2));
            prop_assert_eq!(opened.is_ok(), whole);
        }
    }
}

/// Everything that one installation keeps sealed.
struct Kept {
    key: SealedKey,
    secret: Vec<u8>,
}

/// Whether this header and password open everything.
fn opens_all(header: &KeystoreHeader, password: &str, kept: &Kept) -> bool {
    let Ok(root) = header.unlock(&SecretString::from(password)) else { return false };
    let vault = Vault::new(root);
    let address = kept.key.address();
    let completed =
        Completed::new(&draft(address, true, b""), Vec::new(), payload(kept.key.chain(), b"message"));
    let signed = vault.sign(cleared(kept.key.wallet(), completed.draft()), &completed, &kept.key, address);
    let opened = vault.open_secret(Purpose::Settings, "id", &kept.secret);
    signed.is_ok() && opened.is_ok_and(|secret| secret.expose_secret() == [5; 8])
}

proptest! {
    #![proptest_config(cases(2))]

    /// Invariant 20: through any number of password changes, each header opens everything with its own
    /// password and nothing with another's, so either of the two that a crash may leave is good.
    #[test]
    fn every_header_opens_everything_with_its_own_password(
        passwords in proptest::collection::vec("[a-z]{4}-[a-z]{4}-[0-9]{3}", 2..4), chain: bool,
    ) {
        let (first, root) = keystore(9, &passwords[0]);
        let vault = Vault::new(root);
        let chain = if chain { Chain::Solana } else { Chain::Ethereum };
        let key = vault.generate(WalletId::new(Uuid::from_u128(1)), chain).unwrap().0;
        let kept = Kept { key, secret: vault.seal_secret(Purpose::Settings, "id", &vec![5; 8].into()).unwrap() };
        let mut headers = vec![first];
        for password in &passwords[1..] {
            headers.push(vault.rewrap(&password.as_str().into(), KdfParams::MINIMUM).unwrap());
        }
        for (at, header) in headers.iter().enumerate() {
            let stored = KeystoreHeader::from_text(&header.to_text()).unwrap();
            for (of, password) in passwords.iter().enumerate() {
                let right = password == &passwords[at];
                prop_assert_eq!(opens_all(&stored, password, &kept), right, "{} with {}", at, of);
            }
            let file = vault.seal_backup(header, b"state").unwrap();
            prop_assert!(backup::open(&passwords[at].as_str().into(), &file).is_ok());
        }
    }
}
