//! `waiaas owner`: the human who approves. With `--key-file` the message is signed here; without it
//! the message is printed, to be signed elsewhere and brought back with `--signature`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use waiaas_api::client::{ClientError, OwnerSignature};
use waiaas_api::owners::Challenge;
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::TxId;

use crate::commands::wallet::find;
use crate::context::Context;
use crate::{output, owner_key};

/// The owner.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Name a wallet's owner: a Solana or EVM address.
    Set {
        /// Id or name.
        wallet: String,
        /// The owner's address.
        address: String,
        /// The present owner's key, where that owner is LOCKED and must consent.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Leave a wallet without an owner.
    Remove {
        /// Id or name.
        wallet: String,
        /// The present owner's key, where that owner is LOCKED and must consent.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Prove the owner's address; from then on only that owner changes it.
    Verify {
        /// Id or name.
        wallet: String,
        #[command(flatten)]
        answer: Answer,
    },
    /// Approve a waiting transaction.
    Approve {
        /// The transaction.
        tx: TxId,
        #[command(flatten)]
        answer: Answer,
    },
    /// Reject a waiting transaction.
    Reject {
        /// The transaction.
        tx: TxId,
        #[command(flatten)]
        answer: Answer,
    },
}

/// How the owner signs.
#[derive(clap::Args)]
pub(crate) struct Answer {
    /// Sign here with the key in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    key_file: Option<PathBuf>,
    /// A signature made elsewhere over the message printed before.
    #[arg(long, requires = "message_file")]
    signature: Option<String>,
    /// A file with exactly the message that was signed.
    #[arg(long, value_name = "FILE")]
    message_file: Option<PathBuf>,
}

impl Answer {
    /// The signature, or none when the message was printed instead.
    pub(crate) fn to(&self, context: &Context, challenge: &Challenge) -> Result<Option<OwnerSignature>> {
        let address = Some(challenge.owner_address.clone());
        if let Some(path) = &self.key_file {
            let signature = owner_key::sign(path, &challenge.owner_address, &challenge.message)?;
            return Ok(Some(OwnerSignature { message: challenge.message.clone(), signature, address }));
        }
        if let (Some(signature), Some(path)) = (&self.signature, &self.message_file) {
            let message = std::fs::read_to_string(path)?;
            return Ok(Some(OwnerSignature { message, signature: signature.clone(), address }));
        }
        output::show(context, challenge, |c| {
            format!(
                "{}\n\nSign exactly the text above (without this line) as {}, save it, and run this again with\n\
                 --signature SIGNATURE --message-file FILE, or sign here with --key-file FILE.",
                c.message, c.owner_address
            )
        })?;
        Ok(None)
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Set { wallet, address, key_file } => {
            let client = context.operator()?;
            let wallet = find(&client, &wallet).await?;
            let change = match client.set_owner(wallet.id, &address, None).await {
                Err(error) => {
                    let consent = consent(error, &wallet, key_file.as_deref())?;
                    client.set_owner(wallet.id, &address, Some(&consent)).await?
                }
                Ok(change) => change,
            };
            output::show(context, &change, |c| {
                format!(
                    "The owner is {} ({}). Prove it with `waiaas owner verify {}`.",
                    c.wallet.owner_address.as_deref().unwrap_or("nobody"),
                    c.wallet.owner_state,
                    c.wallet.name
                )
            })
        }
        Verb::Remove { wallet, key_file } => {
            let client = context.operator()?;
            let wallet = find(&client, &wallet).await?;
            let change = match client.remove_owner(wallet.id, None).await {
                Err(error) => {
                    let consent = consent(error, &wallet, key_file.as_deref())?;
                    client.remove_owner(wallet.id, Some(&consent)).await?
                }
                Ok(change) => change,
            };
            output::show(context, &change, |c| format!("{} has no owner.", c.wallet.name))
        }
        Verb::Verify { wallet, answer } => {
            let client = context.operator()?;
            let wallet = find(&client, &wallet).await?;
            if answer.signature.is_some() {
                let path = answer.message_file.as_ref();
                let Some(path) = path else { bail!("give --message-file") };
                let message = std::fs::read_to_string(path)?;
                let signature = answer.signature.clone().unwrap_or_default();
                let proof = OwnerSignature { message, signature, address: wallet.owner_address };
                let verified = client.verify_owner(wallet.id, &proof).await?;
                return output::show(context, &verified, |v| format!("The owner is {}.", v.owner_state));
            }
            let challenge = client.owner_challenge(wallet.id).await?;
            let Some(proof) = answer.to(context, &challenge)? else { return Ok(()) };
            let verified = client.verify_owner(wallet.id, &proof).await?;
            output::show(context, &verified, |v| format!("The owner is {}.", v.owner_state))
        }
        Verb::Approve { tx, answer } => {
            let client = context.anonymous()?;
            let waiting = client.approval(tx).await?;
            let Some(signed) = answer.to(context, &waiting.approve)? else { return Ok(()) };
            let done = client.approve(tx, &signed).await?;
            output::show(context, &done, |d| {
                let hash = d.transaction.tx_hash.as_deref().unwrap_or("not broadcast yet");
                format!("Approved; the transaction is {} ({hash}).", d.transaction.status)
            })
        }
        Verb::Reject { tx, answer } => {
            let client = context.anonymous()?;
            let waiting = client.approval(tx).await?;
            let Some(signed) = answer.to(context, &waiting.reject)? else { return Ok(()) };
            let done = client.reject(tx, &signed).await?;
            output::show(context, &json!(done), |_| {
                format!("Rejected; the transaction is {}.", done.transaction.status)
            })
        }
    }
}

/// The present owner's signature over the challenge that a refusal carries, if a key is at hand.
fn consent(error: ClientError, wallet: &Wallet, key_file: Option<&Path>) -> Result<OwnerSignature> {
    let message = match &error {
        ClientError::Api(api) if api.problem.code == "OWNER_ALREADY_CONNECTED" => {
            let details = api.problem.details.as_ref();
            details.and_then(|d| d["challenge"]["message"].as_str()).map(str::to_owned)
        }
        _ => None,
    };
    let (Some(message), Some(path), Some(owner)) = (message, key_file, &wallet.owner_address) else {
        return Err(error.into());
    };
    let signature = owner_key::sign(path, owner, &message)?;
    Ok(OwnerSignature { message, signature, address: Some(owner.clone()) })
}
