//! The binding of an owner's signature.

use alloy_primitives::eip191_hash_message;
use ed25519_dalek::Signer as _;
use proptest::prelude::*;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::owner::{Challenge, ConsentError, OwnerAction, verify};

use super::cases;

/// A holder of a key.
enum Signer {
    Solana(ed25519_dalek::SigningKey),
    Evm(k256::ecdsa::SigningKey),
}

impl Signer {
    fn new(evm: bool, seed: u8) -> Self {
        let seed = [seed.max(1); 32];
        if evm {
            Self::Evm(k256::ecdsa::SigningKey::from_slice(&seed).expect("a scalar"))
        } else {
            Self::Solana(ed25519_dalek::SigningKey::from_bytes(&seed))
        }
    }

    fn address(&self) -> Address {
        match self {
            Self::Solana(key) => Address::Solana(key.verifying_key().to_bytes()),
            Self::Evm(key) => Address::Evm(alloy_primitives::Address::from_private_key(key).into_array()),
        }
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        match self {
            Self::Solana(key) => key.sign(message.as_bytes()).to_bytes().to_vec(),
            Self::Evm(key) => {
                let hash = eip191_hash_message(message.as_bytes());
                let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
                [&signature.to_bytes()[..], &[27 + recovery.to_byte()]].concat()
            }
        }
    }
}

fn text(owner: &Address, signature: &[u8]) -> String {
    match owner {
        Address::Evm(_) => format!("0x{}", hex::encode(signature)),
        Address::Solana(_) => bs58::encode(signature).into_string(),
    }
}

fn actions() -> impl Strategy<Value = OwnerAction> {
    let about = (any::<u128>(), any::<[u8; 32]>())
        .prop_map(|(tx, digest)| (TxId::new(Uuid::from_u128(tx)), Digest::new(digest)));
    let owner =
        prop_oneof![any::<[u8; 20]>().prop_map(Address::Evm), any::<[u8; 32]>().prop_map(Address::Solana),];
    prop_oneof![
        3 => about.clone().prop_map(|(tx, digest)| OwnerAction::Approve { tx, digest }),
        2 => about.prop_map(|(tx, digest)| OwnerAction::Reject { tx, digest }),
        1 => Just(OwnerAction::VerifyOwner),
        1 => owner.prop_map(|new_owner| OwnerAction::ChangeOwner { new_owner }),
        1 => Just(OwnerAction::RemoveOwner),
    ]
}

prop_compose! {
    fn challenges(owner: Address)(
        instance: u128, wallet: u128, action in actions(), chain_id in "[a-zA-Z0-9]{1,32}",
        summary in "[ -~]{0,80}", nonce in "[0-9a-f]{32}", issued_at in 0i64..4_000_000_000, life in 1i64..100_000,
    ) -> Challenge {
        Challenge {
            instance: InstanceId::new(Uuid::from_u128(instance)),
            wallet: WalletId::new(Uuid::from_u128(wallet)),
            owner, action, chain_id, summary, nonce, issued_at, expires_at: issued_at + life,
        }
    }
}

/// One of the things an answer is bound to, as it is in another question.
fn altered(asked: &Challenge, other: &Challenge) -> Vec<Challenge> {
    let with = |change: &dyn Fn(&mut Challenge)| {
        let mut altered = asked.clone();
        change(&mut altered);
        altered
    };
    let mut all = vec![
        with(&|c| c.instance = other.instance),
        with(&|c| c.wallet = other.wallet),
        with(&|c| c.owner = other.owner),
        with(&|c| c.action = other.action),
        with(&|c| c.chain_id.push('x')),
        with(&|c| c.summary.push('x')),
        with(&|c| c.nonce = other.nonce.clone()),
        with(&|c| c.issued_at += 1),
        with(&|c| c.expires_at += 1),
    ];
    if let OwnerAction::Approve { tx, digest } = asked.action {
        all.extend([
            with(&|c| c.action = OwnerAction::Reject { tx, digest }),
            with(&|c| c.action = OwnerAction::Approve { tx: TxId::new(other.wallet.uuid()), digest }),
            with(&|c| c.action = OwnerAction::Approve { tx, digest: Digest::of("another", &[]) }),
        ]);
    }
    all.retain(|altered| altered != asked);
    all
}

fn questions() -> impl Strategy<Value = (bool, u8, Challenge, Challenge)> {
    (any::<bool>(), 1u8..100).prop_flat_map(|(evm, seed)| {
        let owner = Signer::new(evm, seed).address();
        let other = Signer::new(evm, seed + 100).address();
        (Just(evm), Just(seed), challenges(owner), challenges(other))
    })
}

proptest! {
    #![proptest_config(cases(60))]

    /// Invariant 8: an owner's signature is good for one question alone: one instance, action, wallet,
    /// transaction, digest, nonce and time. Under any other question it is no consent.
    #[test]
    fn an_answer_is_bound_to_everything_that_was_asked((evm, seed, asked, other) in questions()) {
        let signer = Signer::new(evm, seed);
        let (owner, message) = (signer.address(), asked.message());
        let signature = text(&owner, &signer.sign(&message));
        let consent = verify(&asked, Some(owner), &message, &signature, asked.issued_at);
        prop_assert_eq!(consent.map(|c| (c.wallet(), c.owner(), c.action())), Ok((asked.wallet, owner, asked.action)));
        for altered in altered(&asked, &other) {
            prop_assert_ne!(altered.message(), message.clone(), "{:?} is not in the text", altered);
            let now = altered.issued_at.min(altered.expires_at - 1);
            let as_signed = verify(&altered, Some(altered.owner), &message, &signature, now);
            prop_assert_eq!(as_signed, Err(ConsentError::MessageMismatch));
            let as_asked = verify(&altered, Some(altered.owner), &altered.message(), &signature, now);
            prop_assert_eq!(as_asked, Err(ConsentError::BadSignature));
        }
    }

    /// Invariant 8: only the current owner, in time, with an untouched message and signature.
    #[test]
    fn nothing_near_an_answer_is_one(
        (evm, seed, asked, other) in questions(), at: prop::sample::Index, flip in 1u8.., late in 0i64..1_000_000,
    ) {
        let signer = Signer::new(evm, seed);
        let (owner, message) = (signer.address(), asked.message());
        let bytes = signer.sign(&message);
        let signature = text(&owner, &bytes);
        let answer = |owner, message: &str, signature: &str, at| {
            verify(&asked, owner, message, signature, at).map(|_| ())
        };
        let now = asked.issued_at;
        prop_assert_eq!(answer(Some(owner), &message, &signature, asked.expires_at - 1), Ok(()));
        prop_assert_eq!(
            answer(Some(owner), &message, &signature, asked.expires_at + late), Err(ConsentError::Expired)
        );
        for successor in [None, Some(other.owner), Some(Signer::new(!evm, seed).address())] {
            prop_assert_eq!(answer(successor, &message, &signature, now), Err(ConsentError::NotTheOwner));
        }
        let mut edited = message.clone().into_bytes();
        let place = at.index(edited.len());
        edited[place] ^= flip & 0x7f | 1;
        let edited = String::from_utf8_lossy(&edited).into_owned();
        prop_assert_eq!(answer(Some(owner), &edited, &signature, now), Err(ConsentError::MessageMismatch));
        let mut broken = bytes.clone();
        let place = at.index(64);
        broken[place] ^= flip;
        prop_assert_eq!(
            answer(Some(owner), &message, &text(&owner, &broken), now), Err(ConsentError::BadSignature)
        );
        let stranger = Signer::new(evm, seed + 100).sign(&message);
        prop_assert_eq!(
            answer(Some(owner), &message, &text(&owner, &stranger), now), Err(ConsentError::BadSignature)
        );
    }
}
