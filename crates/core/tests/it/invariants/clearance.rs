//! The conditions of a clearance.

use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::clearance::{Obligation, StopConditions};
use waiaas_core::digest::Digest;
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::owner::{Challenge, OwnerAction, OwnerConsent, verify};
use waiaas_core::policy::Tier;
use waiaas_core::wallet::{KillSwitch, WalletStatus};

use super::cases;

const NOW: i64 = 1_800_000_000;

fn tx(n: u8) -> TxId {
    TxId::new(Uuid::from_u128(n.into()))
}

fn wallet(n: u8) -> WalletId {
    WalletId::new(Uuid::from_u128(u128::from(n) << 64))
}

/// A real owner's signed answer.
fn consent(wallet: WalletId, action: OwnerAction) -> OwnerConsent {
    let key = SigningKey::from_bytes(&[5; 32]);
    let owner = Address::Solana(key.verifying_key().to_bytes());
    let asked = Challenge {
        instance: InstanceId::new(Uuid::from_u128(1)),
        wallet,
        owner,
        action,
        chain_id: "localnet".into(),
        summary: "Send 1 SOL".into(),
        nonce: "00112233445566778899aabbccddeeff".into(),
        issued_at: NOW,
        expires_at: NOW + 600,
    };
    let signature = bs58::encode(key.sign(asked.message().as_bytes()).to_bytes()).into_string();
    verify(&asked, Some(owner), &asked.message(), &signature, NOW).expect("the owner's own answer")
}

/// Ones and twos, so that two values agree half of the time.
fn either() -> impl Strategy<Value = u8> {
    1u8..=2
}

fn consents() -> impl Strategy<Value = Option<OwnerConsent>> {
    let given = (either(), either(), either(), 0u8..5).prop_map(|(of, about, digest, kind)| {
        let (tx, digest) = (tx(about), Digest::new([digest; 32]));
        let action = match kind {
            0..=2 => OwnerAction::Approve { tx, digest },
            3 => OwnerAction::Reject { tx, digest },
            _ => OwnerAction::VerifyOwner,
        };
        consent(wallet(of), action)
    });
    prop_oneof![1 => Just(None), 5 => given.prop_map(Some)]
}

fn stop_conditions() -> impl Strategy<Value = StopConditions> {
    let wallet = prop_oneof![4 => Just(WalletStatus::Active), 1 => select(WalletStatus::ALL.to_vec())];
    let switch = prop_oneof![4 => Just(KillSwitch::Running), 1 => select(KillSwitch::ALL.to_vec())];
    let generations = prop_oneof![3 => (0u64..3).prop_map(|g| (g, g)), 1 => (any::<u64>(), any::<u64>())];
    let session = (prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    (wallet, switch, generations, session).prop_map(
        |(wallet, kill_switch, (admitted_generation, generation), (session_revoked, session_unlinked))| {
            StopConditions {
                wallet,
                kill_switch,
                admitted_generation,
                generation,
                session_revoked,
                session_unlinked,
            }
        },
    )
}

fn obligations() -> impl Strategy<Value = Obligation> {
    let end = prop_oneof![1 => Just(None), 4 => (-2i64..=2).prop_map(|by| Some(NOW + by))];
    (either(), either(), either(), select(Tier::ALL.to_vec()), end).prop_map(
        |(about, of, digest, tier, execute_after)| Obligation {
            tx: tx(about),
            wallet: wallet(of),
            digest: Digest::new([digest; 32]),
            tier,
            execute_after,
        },
    )
}

proptest! {
    #![proptest_config(cases(800))]

    /// Invariant 1: a clearance exists exactly when the bytes to be signed are those that were judged, the
    /// wallet is ACTIVE, the kill switch is off and was not activated since, and the tier's obligation is
    /// done; and it is for that transaction, wallet and digest.
    #[test]
    fn a_clearance_is_for_the_judged_bytes_with_nothing_that_stops_it(
        owed in obligations(), about_to_sign in either(), consent in consents(), conditions in stop_conditions(),
    ) {
        let digest = Digest::new([about_to_sign; 32]);
        let waited = match owed.tier {
            Tier::Instant | Tier::Notify => true,
            Tier::Delay => owed.execute_after.is_some_and(|end| end <= NOW),
            Tier::Approval => consent.as_ref().is_some_and(|given| {
                given.wallet() == owed.wallet
                    && given.action() == OwnerAction::Approve { tx: owed.tx, digest: owed.digest }
            }),
        };
        let expected = digest == owed.digest
            && conditions.wallet == WalletStatus::Active
            && conditions.kill_switch == KillSwitch::Running
            && conditions.generation == conditions.admitted_generation
            && waited
            && (!(conditions.session_revoked || conditions.session_unlinked) || owed.tier == Tier::Approval);
        let cleared = owed.clear(digest, consent.as_ref(), conditions, NOW);
        prop_assert_eq!(cleared.is_ok(), expected, "{:?} {:?}", owed, conditions);
        if let Ok(clearance) = cleared {
            prop_assert_eq!(
                (clearance.tx(), clearance.wallet(), clearance.digest()),
                (owed.tx, owed.wallet, digest)
            );
        }
    }
}
