//! What the instructions of a draft do to the wallet. Pure and total: what is not understood to the last
//! byte is an unknown effect.
//!
//! Belongs here: System transfers, TransferChecked of both token programs, opening an associated token
//! account, memos, and the compute budget. Everything else is unknown on purpose, among it plain
//! Transfer (its mint is not in the bytes) and AdvanceNonceAccount (such a transaction never expires).

use std::sync::Arc;

use solana_compute_budget_interface as compute_budget;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_message::v0;
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;
use spl_associated_token_account_interface::program as associated_program;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;

use super::address;
use super::body::Body;
use super::mint::TokenProgram;

/// System program, Transfer: u32 tag, u64 lamports.
const SYSTEM_TRANSFER: [u8; 4] = [2, 0, 0, 0];
/// Associated token account program, CreateIdempotent.
const CREATE_IDEMPOTENT: [u8; 1] = [1];
/// Token programs, TransferChecked: tag, u64 amount, u8 decimals.
const TRANSFER_CHECKED: u8 = 12;

/// An instruction with its indices resolved.
struct Call<'a> {
    program: Pubkey,
    accounts: Vec<Pubkey>,
    data: &'a [u8],
}

struct Reader<'a> {
    wallet: &'a Pubkey,
    caip2: &'a Arc<str>,
    recipient: Option<Pubkey>,
    /// What opening accounts may cost, until an instruction that opens one has used it.
    rent: u64,
    memo_seen: bool,
    effects: Vec<Effect>,
}

/// The effects of `body` on `wallet`, the fee first, then in the order of the instructions.
pub(super) fn effects(body: &Body, wallet: &Pubkey, caip2: &Arc<str>) -> Vec<Effect> {
    let message = body.message();
    let fee = Effect::NetworkFee { max: U256::from(body.fee_budget()) };
    let mut reader = Reader {
        wallet,
        caip2,
        recipient: body.recipient(),
        rent: body.rent(),
        memo_seen: false,
        effects: vec![fee],
    };
    reader.frame(message);
    // The body vouches for the first two: unit limit and unit price.
    for instruction in message.instructions.iter().skip(2) {
        match resolve(message, instruction) {
            Some(call) => reader.call(&call),
            None => reader.unknown(None, "an instruction with accounts from elsewhere"),
        }
    }
    if reader.rent > 0 {
        reader.unknown(None, "rent for an account that is not opened");
    }
    reader.effects
}

fn resolve<'a>(message: &v0::Message, instruction: &'a CompiledInstruction) -> Option<Call<'a>> {
    let key = |index: &u8| message.account_keys.get(usize::from(*index)).copied();
    Some(Call {
        program: key(&instruction.program_id_index)?,
        accounts: instruction.accounts.iter().map(key).collect::<Option<_>>()?,
        data: &instruction.data,
    })
}

impl Reader<'_> {
    fn unknown(&mut self, target: Option<&Pubkey>, what: &str) {
        self.effects.push(Effect::Unknown { target: target.map(address), what: what.to_owned() });
    }

    /// Who signs, who pays, and where accounts come from.
    fn frame(&mut self, message: &v0::Message) {
        if message.account_keys.first() != Some(self.wallet) {
            self.unknown(None, "another account pays the fee");
        }
        if message.header.num_required_signatures != 1 {
            self.unknown(None, "another account must sign");
        }
        for lookup in &message.address_table_lookups {
            self.unknown(Some(&lookup.account_key), "accounts from an address lookup table");
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        let understood = if call.program == solana_system_interface::program::ID {
            self.system(call)
        } else if call.program == associated_program::ID {
            self.open_account(call)
        } else if let Some(program) = TokenProgram::of(&call.program) {
            self.token(program, call)
        } else if call.program == spl_memo_interface::v3::ID {
            self.memo(call)
        } else {
            None
        };
        if understood.is_none() {
            let what = describe(call);
            self.unknown(Some(&call.program), &what);
        }
    }

    fn system(&mut self, call: &Call<'_>) -> Option<()> {
        let lamports = call.data.strip_prefix(&SYSTEM_TRANSFER)?.try_into().ok().map(u64::from_le_bytes)?;
        let [from, to] = call.accounts.as_slice() else { return None };
        if from != self.wallet {
            return None;
        }
        self.effects.push(Effect::NativeOut { to: address(to), amount: U256::from(lamports) });
        Some(())
    }

    fn open_account(&mut self, call: &Call<'_>) -> Option<()> {
        let [payer, account, owner, mint, system, token] = call.accounts.as_slice() else { return None };
        let program = TokenProgram::of(token)?;
        let expected = call.data == CREATE_IDEMPOTENT
            && payer == self.wallet
            && *system == solana_system_interface::program::ID
            && *account == associated(owner, mint, &program.id());
        // The rent named in the draft is for one account.
        if !expected || self.rent == 0 {
            return None;
        }
        let amount = U256::from(std::mem::take(&mut self.rent));
        self.effects.push(Effect::AccountRent { owner: address(owner), account: address(account), amount });
        Some(())
    }

    fn token(&mut self, program: TokenProgram, call: &Call<'_>) -> Option<()> {
        let argument: &[u8; 9] = call.data.strip_prefix(&[TRANSFER_CHECKED])?.try_into().ok()?;
        let (amount, _decimals) = argument.split_first_chunk::<8>()?;
        let [_source, mint, destination, authority] = call.accounts.as_slice() else { return None };
        // The bytes name a token account; its owner is who the draft says, if that is who it derives from.
        let owner = self.recipient?;
        if authority != self.wallet || *destination != associated(&owner, mint, &program.id()) {
            return None;
        }
        self.effects.push(Effect::TokenOut {
            asset: AssetId::token(self.caip2, address(mint)),
            to: address(&owner),
            amount: U256::from(u64::from_le_bytes(*amount)),
        });
        Some(())
    }

    fn memo(&mut self, call: &Call<'_>) -> Option<()> {
        let plain = call.accounts.iter().all(|signer| signer == self.wallet);
        if !plain || std::mem::replace(&mut self.memo_seen, true) {
            return None;
        }
        Some(())
    }
}

/// A few words for people about an instruction that is not understood.
fn describe(call: &Call<'_>) -> String {
    let tag = call.data.first().copied();
    if TokenProgram::of(&call.program).is_some() {
        let name = match tag {
            Some(3) => "Transfer",
            Some(4 | 13) => "Approve",
            Some(6) => "SetAuthority",
            Some(8 | 15) => "Burn",
            Some(9) => "CloseAccount",
            Some(TRANSFER_CHECKED) => "TransferChecked to an account that is not the recipient's own",
            Some(_) | None => "an instruction",
        };
        return format!("token program: {name}");
    }
    if call.program == solana_system_interface::program::ID {
        let name = match tag {
            Some(2) => "Transfer from another account",
            Some(4) => "AdvanceNonceAccount",
            Some(_) | None => "an instruction",
        };
        return format!("system program: {name}");
    }
    if call.program == compute_budget::ID {
        return "compute budget: a further instruction".to_owned();
    }
    "a program call".to_owned()
}

#[cfg(test)]
mod tests;
