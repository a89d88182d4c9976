//! Several requests in one transaction: its instructions run in order, and either all take effect or none.

use std::ops::RangeInclusive;

use waiaas_core::intent::Intent;

use super::{Plan, unsupported};
use crate::ChainError;
use crate::solana::SolanaChain;
use crate::solana::codec::instructions;

/// The permitted number of requests in one batch.
const MEMBERS: RangeInclusive<usize> = 2..=20;

impl SolanaChain {
    pub(super) async fn plan_batch(&self, plan: &mut Plan<'_>, members: &[Intent]) -> Result<(), ChainError> {
        if !MEMBERS.contains(&members.len()) {
            let (least, most) = (MEMBERS.start(), MEMBERS.end());
            return Err(unsupported(format!("a batch must have {least} to {most} requests")));
        }
        for (index, member) in members.iter().enumerate() {
            match member {
                Intent::Transfer { .. }
                | Intent::TokenTransfer { .. }
                | Intent::ProgramCall { .. }
                | Intent::Approve { .. } => {}
                Intent::ContractCall { .. }
                | Intent::ApproveNft { .. }
                | Intent::ApproveCollection { .. }
                | Intent::NftTransfer { .. }
                | Intent::Deploy { .. }
                | Intent::Batch { .. }
                | Intent::SignTransaction { .. }
                | Intent::SignMessage { .. }
                | Intent::SignTypedData { .. }
                | Intent::Cancellation { .. } => {
                    let text =
                        "a batch can only have transfers, token transfers, program calls and approvals";
                    return Err(numbered(index, unsupported(text)));
                }
            }
            self.plan_single(plan, member).await.map_err(|error| numbered(index, error))?;
        }
        Ok(())
    }
}

/// Adds the number of the refused member.
fn numbered(index: usize, error: ChainError) -> ChainError {
    match error {
        ChainError::Refused(refusal) => ChainError::Refused(instructions::numbered(index, refusal)),
        other => other,
    }
}
