//! `waiaas owner`: the human who approves. With `--key-file` the message is signed here; without it the
//! message is printed, to be signed elsewhere and passed in with `--signature`.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use waiaas_api::client::{ClientError, OwnerSignature};
use waiaas_api::owners::OwnerChange;
use waiaas_api::transactions::Approved;
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::TxId;
use waiaas_engine::core::owner::OwnerAction;
use waiaas_engine::core::presentation::Ask;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::core::wallet::OwnerState;
use waiaas_engine::question;

use crate::commands::answer::{self, Answer, Key};
use crate::commands::wallet::find;
use crate::context::Context;
use crate::{exit, output};

/// The owner.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Name a wallet's owner: a Solana or EVM address. A LOCKED owner must sign, and stays until the new one
    /// is proved.
    Set {
        /// Id or name.
        wallet: String,
        /// The owner's address.
        address: String,
        #[command(flatten)]
        key: Key,
    },
    /// Remove a wallet's owner.
    Remove {
        /// Id or name.
        wallet: String,
        #[command(flatten)]
        key: Key,
    },
    /// Prove the owner's address; afterwards only that owner can change it.
    Verify {
        /// Id or name.
        wallet: String,
        #[command(flatten)]
        answer: Answer,
    },
    /// Approve a waiting transaction.
    Approve {
        /// Id of the transaction.
        tx: TxId,
        #[command(flatten)]
        answer: Answer,
    },
    /// Reject a waiting transaction.
    Reject {
        /// Id of the transaction.
        tx: TxId,
        #[command(flatten)]
        answer: Answer,
    },
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Set { wallet, address, key } => {
            let client = context.operator().await?;
            let wallet = find(&client, &wallet).await?;
            let change = match client.set_owner(wallet.id, &address, None).await {
                Err(error) => {
                    // The daemon accepted it as an address, so it is one.
                    let wanted = address.parse().map(|new_owner| OwnerAction::ChangeOwner { new_owner });
                    let Ok(wanted) = wanted else { return Err(error.into()) };
                    let consent = consent(error, &wallet, wanted, &key)?;
                    client.set_owner(wallet.id, &address, Some(&consent)).await?
                }
                Ok(change) => change,
            };
            output::show(context, &change, named)
        }
        Verb::Remove { wallet, key } => {
            let client = context.operator().await?;
            let wallet = find(&client, &wallet).await?;
            let change = match client.remove_owner(wallet.id, None).await {
                Err(error) => {
                    let consent = consent(error, &wallet, OwnerAction::RemoveOwner, &key)?;
                    client.remove_owner(wallet.id, Some(&consent)).await?
                }
                Ok(change) => change,
            };
            output::show(context, &change, |c| format!("{} has no owner.", c.wallet.name))
        }
        Verb::Verify { wallet, answer } => {
            let client = context.operator().await?;
            let wallet = find(&client, &wallet).await?;
            let asked = wallet.pending_owner_address.as_ref().or(wallet.owner_address.as_ref());
            if let Some(proof) = answer.made_elsewhere(asked.cloned())? {
                let signed = question::check_wallet(&proof.message, OwnerAction::VerifyOwner, wallet.id);
                answer::sound(signed)?;
                let verified = client.verify_owner(wallet.id, &proof).await?;
                return output::show(context, &verified, |v| format!("The owner is {}.", v.owner_state));
            }
            let challenge = client.owner_challenge(wallet.id).await?;
            let wanted = OwnerAction::VerifyOwner;
            let asked = answer::sound(question::check_wallet(&challenge.message, wanted, wallet.id))?;
            let proof = answer.to(context, &challenge, &asked, &[])?;
            let verified = client.verify_owner(wallet.id, &proof).await?;
            output::show(context, &verified, |v| format!("The owner is {}.", v.owner_state))
        }
        Verb::Approve { tx, answer } => {
            let client = context.anonymous().await?;
            let waiting = client.approval(tx).await?;
            let (asked, lines) = answer::of_transaction(&waiting, tx, Ask::Approve)?;
            if let Some(why) = &waiting.transaction.pending_reason {
                output::progress(&format!("warning: {why}"));
            }
            let signed = answer.to(context, &waiting.approve, &asked, &lines)?;
            approved(context, &client.approve(tx, &signed).await?)
        }
        Verb::Reject { tx, answer } => {
            let client = context.anonymous().await?;
            let waiting = client.approval(tx).await?;
            let (asked, lines) = answer::of_transaction(&waiting, tx, Ask::Reject)?;
            let signed = answer.to(context, &waiting.reject, &asked, &lines)?;
            let done = client.reject(tx, &signed).await?;
            output::show(context, &json!(done), |_| {
                format!("Rejected; the transaction is {}.", done.transaction.status)
            })
        }
    }
}

/// The current owner, and the address that must be proved next.
fn named(change: &OwnerChange) -> String {
    let wallet = &change.wallet;
    let owner = wallet.owner_address.as_deref().unwrap_or("none");
    match (&wallet.pending_owner_address, wallet.owner_state) {
        (Some(next), _) => format!(
            "{owner} stays the owner (LOCKED) until {next} is proved with `waiaas owner verify {}`.",
            wallet.name
        ),
        (None, OwnerState::Locked) => format!("{owner} is and stays the owner (LOCKED)."),
        (None, state @ (OwnerState::None | OwnerState::Grace)) => {
            format!("The owner is {owner} ({state}). Prove it with `waiaas owner verify {}`.", wallet.name)
        }
    }
}

/// The current owner's signature of the challenge in a refusal, if a key is available.
fn consent(error: ClientError, wallet: &Wallet, wanted: OwnerAction, key: &Key) -> Result<OwnerSignature> {
    let message = match &error {
        ClientError::Api(api) if api.problem.code == "OWNER_ALREADY_CONNECTED" => {
            let details = api.problem.details.as_ref();
            details.and_then(|d| d["challenge"]["message"].as_str()).map(str::to_owned)
        }
        _ => None,
    };
    let (Some(message), true, Some(owner)) = (message, key.is_given(), &wallet.owner_address) else {
        return Err(error.into());
    };
    let asked = answer::sound(question::check_wallet(&message, wanted, wallet.id))?;
    key.sign(&asked, owner, &[])
}

/// Reports the result of an approval; it is an error if the transaction did not run.
fn approved(context: &Context, done: &Approved) -> Result<()> {
    let transaction = &done.transaction;
    let ended = match transaction.status {
        TxStatus::Executing
        | TxStatus::Broadcasting
        | TxStatus::Submitted
        | TxStatus::Signed
        | TxStatus::Confirmed
        | TxStatus::Queued
        | TxStatus::PendingApproval => None,
        TxStatus::Cancelled | TxStatus::Failed | TxStatus::Expired | TxStatus::Denied => {
            Some(exit::NotRun { status: transaction.status, why: transaction.error.clone() })
        }
    };
    let text = |_: &Approved| match (&ended, transaction.tx_hash.as_deref()) {
        (Some(not_run), _) => format!("The approval was accepted, but {not_run}"),
        (None, Some(hash)) => format!("Approved; the transaction is {} ({hash}).", transaction.status),
        (None, None) => format!("Approved; the transaction is {}, not broadcast yet.", transaction.status),
    };
    output::show(context, done, text)?;
    ended.map_or(Ok(()), |not_run| Err(not_run.into()))
}
