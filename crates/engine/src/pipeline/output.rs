//! The output of a request for a signature: the signed transaction or the signature, as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waiaas_core::intent::{Intent, IntentKind};
use waiaas_core::network::Chain;
use waiaas_store::TransactionRow;

use crate::error::Error;
use crate::views::SignedOutput;

/// Returns the requested signature once it exists; none for transactions that the daemon sends itself.
pub(crate) fn of(row: &TransactionRow, chain: Chain) -> Result<Option<SignedOutput>, Error> {
    let (IntentKind::Sign, Some(signed)) = (row.kind, &row.signed) else { return Ok(None) };
    let hex = || format!("0x{}", hex::encode(&signed.bytes));
    let output = match (row.intent.read()?, chain) {
        (Intent::SignTransaction { .. }, Chain::Ethereum) => SignedOutput::Transaction(hex()),
        (Intent::SignTransaction { .. }, Chain::Solana) => {
            SignedOutput::Transaction(STANDARD.encode(&signed.bytes))
        }
        (_, Chain::Ethereum) => SignedOutput::Signature(hex()),
        (_, Chain::Solana) => SignedOutput::Signature(bs58::encode(&signed.bytes).into_string()),
    };
    Ok(Some(output))
}
