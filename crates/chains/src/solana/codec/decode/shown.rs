//! Content of a message shown to an owner beside its effects: memos, instructions that the effects do not
//! describe completely, and other terms that the signature fixes.

use alloy_primitives::Bytes;
use waiaas_core::effect::Effect;
use waiaas_core::presentation::{AccountUse, Argument, Content, Value};

use super::{MEMOS, address, associated_program, system};
use crate::solana::codec::body::{Body, Builder};
use crate::solana::codec::message::Call;

/// Returns the content shown for an instruction with these effects.
pub(super) fn content(call: &Call<'_>, effects: &[Effect]) -> Option<Content> {
    let memo = MEMOS.contains(&call.program).then(|| std::str::from_utf8(call.data).ok()).flatten();
    if let Some(text) = memo.filter(|_| effects.is_empty()) {
        return Some(Content::Memo { text: text.to_owned() });
    }
    if effects.iter().all(|effect| is_complete(call, effect)) {
        return None;
    }
    let uses = call.accounts.iter().zip(&call.uses);
    let accounts = uses.map(|(account, (signer, writable))| AccountUse {
        address: address(account),
        signer: *signer,
        writable: *writable,
    });
    Some(Content::Instruction {
        program: address(&call.program),
        accounts: accounts.collect(),
        data: Bytes::copy_from_slice(call.data),
    })
}

/// Whether an effect describes its instruction completely.
fn is_complete(call: &Call<'_>, effect: &Effect) -> bool {
    match effect {
        // The effect of a decoded call shows neither the recipients among its accounts and fields nor their
        // purpose.
        Effect::ContractCall { .. }
        // The effect names no new rule or limit that the instruction may set.
        | Effect::AuthorityChange { .. }
        | Effect::Unknown { .. } => false,
        // Other instructions that pay name a source or set the state of the paid account.
        Effect::NativeOut { .. } => system::is_transfer(call),
        Effect::AccountRent { .. } => call.program == associated_program::ID,
        Effect::TokenOut { .. }
        | Effect::NftOut { .. }
        | Effect::Allowance { .. }
        | Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::Swap(_)
        | Effect::Deployment { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::NetworkFee { .. } => true,
    }
}

/// Returns the other terms fixed by the signature over a message built elsewhere.
pub(super) fn terms(body: &Body) -> Option<Content> {
    let blockhash = body.message().recent_blockhash().to_string();
    let fields = vec![Argument::new("recentBlockhash", "string", Value::Text(blockhash))];
    (body.origin() == Builder::Elsewhere).then_some(Content::Terms { fields })
}
