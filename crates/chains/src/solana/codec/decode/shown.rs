//! What an owner is shown of a message beside its effects: memos, whatever was not read, and what else the
//! signature fixes.

use alloy_primitives::Bytes;
use waiaas_core::effect::Effect;
use waiaas_core::presentation::{AccountUse, Argument, Content, Value};

use super::{MEMOS, address, associated_program, system};
use crate::solana::codec::body::{Body, Builder};
use crate::solana::codec::message::Call;

/// What is shown of an instruction with these effects.
pub(super) fn content(call: &Call<'_>, effects: &[Effect]) -> Option<Content> {
    let memo = MEMOS.contains(&call.program).then(|| std::str::from_utf8(call.data).ok()).flatten();
    if let Some(text) = memo.filter(|_| effects.is_empty()) {
        return Some(Content::Memo { text: text.to_owned() });
    }
    if effects.iter().all(|effect| says_all(call, effect)) {
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

/// Whether an effect says all there is to say about its instruction.
fn says_all(call: &Call<'_>, effect: &Effect) -> bool {
    match effect {
        // That a call is understood says neither whom its accounts and fields name nor what they are for.
        Effect::ContractCall { .. }
        // The effect names no new rule or limit that the instruction may set.
        | Effect::AuthorityChange { .. }
        | Effect::Unknown { .. } => false,
        // Other instructions that pay name a source, or what becomes of the account that is paid.
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

/// What the signature over a message built elsewhere fixes besides.
pub(super) fn terms(body: &Body) -> Option<Content> {
    let blockhash = body.message().recent_blockhash().to_string();
    let fields = vec![Argument::new("recentBlockhash", "string", Value::Text(blockhash))];
    (body.origin() == Builder::Elsewhere).then_some(Content::Terms { fields })
}
