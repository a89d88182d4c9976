//! An owner takes charge of a wallet, over the wire.

use ed25519_dalek::{Signer as _, SigningKey};
use waiaas_api::client::OwnerSignature;
use waiaas_api::owners::Challenge;
use waiaas_core::wallet::{OwnerState, WalletStatus};

use crate::daemon::{Daemon, PASSWORD};

fn sign(key: &SigningKey, challenge: &Challenge) -> OwnerSignature {
    let signature = bs58::encode(key.sign(challenge.message.as_bytes()).to_bytes()).into_string();
    OwnerSignature { message: challenge.message.clone(), signature, address: None }
}

fn address(key: &SigningKey) -> String {
    bs58::encode(key.verifying_key().to_bytes()).into_string()
}

#[tokio::test]
async fn a_proved_owner_changes_only_by_its_own_signature() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    let (owner, heir) = (SigningKey::from_bytes(&[7; 32]), SigningKey::from_bytes(&[8; 32]));
    let set = operator.set_owner(wallet.id, &address(&owner), None).await.expect("set");
    assert_eq!(set.wallet.owner_state, OwnerState::Grace);
    let challenge = set.challenge.expect("a message to sign");
    let forged = sign(&heir, &challenge);
    let refused = operator.verify_owner(wallet.id, &forged).await.expect_err("not the owner");
    assert_eq!(refused.code(), Some("INVALID_SIGNATURE"));
    let verified = operator.verify_owner(wallet.id, &sign(&owner, &challenge)).await.expect("verified");
    assert_eq!((verified.owner_state, verified.owner_verified), (OwnerState::Locked, true));
    let replayed = operator.verify_owner(wallet.id, &sign(&owner, &challenge)).await;
    assert!(replayed.is_err(), "a nonce serves once");

    let refused = operator.set_owner(wallet.id, &address(&heir), None).await.expect_err("locked");
    assert_eq!(refused.code(), Some("OWNER_ALREADY_CONNECTED"));
    let waiaas_api::client::ClientError::Api(error) = refused else { panic!("an answer") };
    let asked = error.problem.details.expect("details")["challenge"].clone();
    let message = asked["message"].as_str().expect("message").to_owned();
    let signature = bs58::encode(owner.sign(message.as_bytes()).to_bytes()).into_string();
    let consent = OwnerSignature { message, signature, address: Some(address(&owner)) };
    let set = operator.set_owner(wallet.id, &address(&heir), Some(&consent)).await.expect("handed over");
    assert_eq!(set.wallet.owner_address, Some(address(&owner)));
    assert_eq!(set.wallet.owner_state, OwnerState::Locked, "until the heir has proved the address");
    assert_eq!(set.wallet.pending_owner_address, Some(address(&heir)));
    let proof = sign(&heir, &set.challenge.expect("a message to the heir"));
    let verified = operator.verify_owner(wallet.id, &proof).await.expect("proved");
    assert_eq!(verified.owner_address, Some(address(&heir)));
    let wallet = operator.wallet(wallet.id).await.expect("wallet");
    assert_eq!((wallet.owner_state, wallet.pending_owner_address), (OwnerState::Locked, None));
}

#[tokio::test]
async fn a_wallet_with_a_locked_owner_is_terminated_by_the_socket_alone() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    let owner = SigningKey::from_bytes(&[7; 32]);
    let set = operator.set_owner(wallet.id, &address(&owner), None).await.expect("set");
    let proof = sign(&owner, &set.challenge.expect("a message to sign"));
    operator.verify_owner(wallet.id, &proof).await.expect("verified");
    let refused = operator.terminate_wallet(wallet.id).await.expect_err("by TCP");
    assert_eq!(refused.code(), Some("SOCKET_ONLY"));
    assert_eq!(operator.wallet(wallet.id).await.expect("wallet").status, WalletStatus::Active);
    let local = daemon.local().master_password(PASSWORD.into());
    let ended = local.terminate_wallet(wallet.id).await.expect("by the socket");
    assert_eq!(ended.status, WalletStatus::Terminated);
    let again = operator.terminate_wallet(wallet.id).await.expect_err("ended");
    assert_eq!(again.code(), Some("WALLET_TERMINATED"));
}

#[tokio::test]
async fn an_unproved_owner_can_be_removed() {
    let daemon = Daemon::start().await;
    let (operator, wallet) = (daemon.operator(), daemon.wallet("main").await);
    let owner = SigningKey::from_bytes(&[7; 32]);
    operator.set_owner(wallet.id, &address(&owner), None).await.expect("set");
    let removed = operator.remove_owner(wallet.id, None).await.expect("removed");
    assert_eq!((removed.wallet.owner_state, removed.wallet.owner_address), (OwnerState::None, None));
    assert!(operator.owner_challenge(wallet.id).await.is_err());
}
