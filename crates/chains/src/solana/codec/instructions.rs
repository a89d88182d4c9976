//! Instructions as given and as compiled. Pure; refuses unsuitable ones.

use solana_compute_budget_interface::{self as compute_budget, ComputeBudgetInstruction};
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use waiaas_core::intent::{Intent, ProgramInstruction};

use super::decode::advances_nonce;
use super::fees::{self, budget_instruction};
use super::message::{Call, MAX_TRANSACTION};
use super::{not_replaced, solana, unsupported};
use crate::{CodecError, Refusal};

/// Reads an instruction as the caller gives it.
pub(in crate::solana) fn instruction(
    wallet: &Pubkey,
    given: &ProgramInstruction,
) -> Result<Instruction, CodecError> {
    let mut accounts = Vec::with_capacity(given.accounts.len());
    for account in &given.accounts {
        let key = solana(account.address)?;
        if account.signer && key != *wallet {
            return Err(unsupported(format!("{key} would have to sign, but only the wallet can")));
        }
        accounts.push(AccountMeta { pubkey: key, is_signer: account.signer, is_writable: account.writable });
    }
    let instruction = Instruction { program_id: solana(given.program)?, accounts, data: given.data.clone() };
    let (accounts, uses) = (Vec::new(), Vec::new());
    let call = Call { program: instruction.program_id, accounts, uses, data: &instruction.data };
    if advances_nonce(&call) {
        return Err(unsupported("a transaction with a durable nonce never expires, so it is not built"));
    }
    Ok(instruction)
}

/// Whether the instruction sets unit limit or unit price, which the daemon sets itself.
pub(in crate::solana) fn sets_fee(instruction: &Instruction) -> Result<bool, CodecError> {
    if instruction.program_id != compute_budget::ID {
        return Ok(false);
    }
    match budget_instruction(&instruction.data) {
        Some((tag, _)) => Ok(matches!(tag, fees::SET_UNIT_LIMIT | fees::SET_UNIT_PRICE)),
        None => Err(unsupported("a compute budget instruction is malformed or out of date")),
    }
}

/// The refusal of a request that is not a transaction of its own on Solana.
pub(in crate::solana) fn unbuilt(intent: &Intent) -> CodecError {
    match intent {
        Intent::ApproveCollection { .. } => {
            unsupported("Solana has no approval for a whole collection; approve each NFT")
        }
        Intent::ContractCall { .. } => unsupported("a call on Solana is a list of program instructions"),
        Intent::Deploy { .. } => unsupported("programs are not deployed on Solana by a single transaction"),
        Intent::SignTypedData { .. } => unsupported("typed data (EIP-712) is not signed on Solana"),
        Intent::Cancellation { .. } => CodecError::Refused(not_replaced()),
        Intent::Batch { .. } => unsupported("a batch cannot contain a batch"),
        Intent::SignTransaction { .. } | Intent::SignMessage { .. } => {
            unsupported("a request for a signature alone cannot be part of a transaction")
        }
        Intent::Transfer { .. }
        | Intent::TokenTransfer { .. }
        | Intent::ProgramCall { .. }
        | Intent::Approve { .. }
        | Intent::ApproveNft { .. }
        | Intent::NftTransfer { .. } => unsupported("this is not built here"),
    }
}

/// Adds the number of the refused member of a batch to a refusal that is a text.
pub(in crate::solana) fn numbered(index: usize, refusal: Refusal) -> Refusal {
    let number = index.saturating_add(1);
    match refusal {
        Refusal::Unsupported(text) => Refusal::Unsupported(format!("request {number} of the batch: {text}")),
        Refusal::BadRecipient(text) => {
            Refusal::BadRecipient(format!("request {number} of the batch: {text}"))
        }
        other => other,
    }
}

/// Compiles the message that runs `instructions`, with zero blockhash and unit price.
pub(in crate::solana) fn compile(
    from: &Pubkey,
    instructions: &[Instruction],
    unit_limit: u32,
    tables: &[AddressLookupTableAccount],
) -> Result<VersionedMessage, CodecError> {
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(unit_limit),
        ComputeBudgetInstruction::set_compute_unit_price(0),
    ];
    all.extend_from_slice(instructions);
    let message = v0::Message::try_compile(from, &all, tables, Hash::default()).map_err(|error| {
        unsupported(format!("the instructions cannot be compiled into a message: {error}"))
    })?;
    // One byte for the number of signatures, then 64 for the only one.
    let size = message.serialize().len().saturating_add(65);
    if size > MAX_TRANSACTION {
        return Err(unsupported(format!(
            "the transaction is too large for the network: {size} bytes of at most {MAX_TRANSACTION}; shorten \
             memos, put less into one request, or name address lookup tables"
        )));
    }
    Ok(VersionedMessage::V0(message))
}
