//! Decodes the effects of a transaction on the wallet. Pure, and defined for any bytes: an instruction of a
//! known program that cannot be read to its last byte is an unknown effect, an instruction of another program
//! is an undecoded call.
//!
//! Belongs here: the program of an instruction, and the properties of a message as a whole; each program has
//! a file of its own. Does not belong here: how facts are obtained (`gather`), and whether an effect is
//! permitted.
//!
//! The wallet's signature covers the whole message and every called program may use it, so an undecoded call
//! counts, whatever accounts it names.

mod associated;
mod extensions;
mod shown;
pub(in crate::solana) mod stake;
mod system;
mod token;

pub(in crate::solana) use self::system::advances_nonce;

use std::collections::BTreeMap;
use std::sync::Arc;

use solana_compute_budget_interface as compute_budget;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::program as associated_program;
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Method};
use waiaas_core::presentation::Content;
use waiaas_core::selector::Selector;

use super::address;
use super::body::Body;
use super::facts::{Facts, Holder};
use super::message::{Call, calls};
use super::mint::TokenProgram;

/// Programs that only write their data into the log.
const MEMOS: [Pubkey; 3] =
    [spl_memo_interface::v1::ID, spl_memo_interface::v3::ID, spl_memo_interface::v4::ID];

/// The inputs that the meaning of an instruction depends on, besides its bytes.
struct Context<'a> {
    wallet: &'a Pubkey,
    caip2: &'a Arc<str>,
    facts: &'a Facts,
    /// The holders of the token accounts: from the facts, updated by the instructions before.
    holders: BTreeMap<Pubkey, Holder>,
}

/// Returns the effects of `body` on `wallet`, the fee first, then in the order of the instructions; and
/// further content shown to the owner.
pub(in crate::solana) fn walk(body: &Body, wallet: &Pubkey, caip2: &Arc<str>) -> (Vec<Effect>, Vec<Content>) {
    let facts = body.facts();
    let mut context = Context { wallet, caip2, facts, holders: facts.holders.clone() };
    let mut effects = vec![Effect::NetworkFee { max: U256::from(body.fee_budget()) }];
    let mut content = Vec::new();
    frame(body.message(), wallet, &mut effects);
    for call in calls(body.message(), &facts.loaded) {
        let Some(call) = call else {
            effects.push(unknown(None, "an instruction with unresolved accounts".to_owned()));
            continue;
        };
        let found = context.read(&call);
        content.extend(shown::content(&call, &found));
        if found.iter().any(|effect| matches!(effect, Effect::ContractCall { decoded: false, .. })) {
            // It may close accounts and open them again for other owners.
            context.holders.retain(|account, holder| holder.is_at_its_derived(account));
        }
        effects.extend(found);
    }
    content.extend(shown::terms(body));
    (effects, content)
}

/// Returns program and method of every instruction that can be resolved, whatever its effects.
pub(in crate::solana) fn methods(body: &Body) -> Vec<Method> {
    let calls = calls(body.message(), &body.facts().loaded);
    let method = |call: Call<'_>| Method {
        target: address(&call.program),
        selector: Selector::of_instruction(call.data),
    };
    calls.flatten().map(method).collect()
}

/// Returns the effects of one call that depends on nothing but itself.
pub(in crate::solana) fn alone(call: &Call<'_>, wallet: &Pubkey, caip2: &Arc<str>) -> Vec<Effect> {
    let facts = Facts::default();
    Context { wallet, caip2, facts: &facts, holders: BTreeMap::new() }.read(call)
}

/// Checks the signers and the payer.
fn frame(message: &VersionedMessage, wallet: &Pubkey, effects: &mut Vec<Effect>) {
    if message.static_account_keys().first() != Some(wallet) {
        effects.push(unknown(None, "another account pays the fee".to_owned()));
    }
    if message.header().num_required_signatures != 1 {
        effects.push(unknown(None, "another account must sign".to_owned()));
    }
}

impl Context<'_> {
    /// Returns the effects of one instruction.
    fn read(&mut self, call: &Call<'_>) -> Vec<Effect> {
        let understood = if call.program == solana_system_interface::program::ID {
            system::read(self, call)
        } else if call.program == associated_program::ID {
            associated::read(self, call)
        } else if let Some(program) = TokenProgram::of(&call.program) {
            token::read(self, program, call)
        } else if call.program == stake::ID {
            stake::read(self, call)
        } else if call.program == compute_budget::ID {
            // The body has checked these: they are in its fee.
            Some(Vec::new())
        } else if MEMOS.contains(&call.program) {
            self.memo(call)
        } else {
            Some(vec![called(call, false)])
        };
        understood.unwrap_or_else(|| vec![unknown(Some(&call.program), describe(call))])
    }

    fn memo(&self, call: &Call<'_>) -> Option<Vec<Effect>> {
        std::str::from_utf8(call.data).ok()?;
        call.accounts.iter().all(|signer| signer == self.wallet).then(Vec::new)
    }
}

fn unknown(target: Option<&Pubkey>, what: String) -> Effect {
    Effect::Unknown { target: target.map(address), what }
}

/// A call of a program, decoded or not.
fn called(call: &Call<'_>, decoded: bool) -> Effect {
    Effect::ContractCall {
        target: address(&call.program),
        selector: Selector::of_instruction(call.data),
        decoded,
    }
}

/// The transfer of an authority over `target` to `to`.
fn handed_over(call: &Call<'_>, target: &Pubkey, to: Option<&Pubkey>, what: &str) -> Effect {
    Effect::AuthorityChange {
        target: address(target),
        selector: Selector::of_instruction(call.data),
        to: to.map(address),
        what: what.to_owned(),
    }
}

fn native_out(to: &Pubkey, lamports: u64) -> Effect {
    Effect::NativeOut { to: address(to), amount: U256::from(lamports) }
}

/// A short description of an instruction that cannot be read, for display.
fn describe(call: &Call<'_>) -> String {
    let program = if TokenProgram::of(&call.program).is_some() {
        return token::describe(call.data);
    } else if call.program == solana_system_interface::program::ID {
        return system::describe(call.data);
    } else if call.program == associated_program::ID {
        "associated token account program"
    } else if call.program == stake::ID {
        "stake program"
    } else {
        "memo program"
    };
    format!("{program}: an instruction that is not well formed or by another authority")
}

#[cfg(test)]
mod tests;
