//! The two byte encodings of this chain: the body of a draft, and the unsigned transaction made from it.
//!
//! Belongs here: writing them, reading them strictly, and turning the second back into the first. What
//! the instructions inside mean is for `decode`.
//!
//! ```text
//! draft body   version:1=1 | fee budget:8 | rent:8 | recipient? 0:1 or 1:1+owner:32 | message
//! unsigned     version:1=1 | last valid block height:8 | the same from the fee budget on
//! ```
//!
//! Integers are big endian. `fee budget` is the most this transaction may pay the network, in lamports;
//! `rent` is what opening the recipient's token account costs (0 when none is opened), which the message
//! does not say; `recipient` is whose token account receives, which the message names only by an
//! address derived from it. `message` is a v0 message, version prefix included, beginning with
//! SetComputeUnitLimit and SetComputeUnitPrice. In a draft its blockhash and that price are zero.

use solana_compute_budget_interface as compute_budget;
use solana_hash::Hash;
use solana_message::{MESSAGE_VERSION_PREFIX, v0};
use solana_pubkey::Pubkey;

use super::fees;
use crate::ChainError;

const VERSION: u8 = 1;

/// A transaction on the wire fits one IPv6 packet.
pub(super) const MAX_TRANSACTION: usize = 1232;

/// What a draft or a completed draft holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Body {
    fee_budget: u64,
    rent: u64,
    recipient: Option<Pubkey>,
    message: v0::Message,
    unit_limit: u32,
    unit_price: u64,
}

fn corrupt(what: &str) -> ChainError {
    ChainError::Corrupt(what.to_owned())
}

impl Body {
    /// Refuses a message that does not begin with the two compute budget instructions, and a budget
    /// that its fee exceeds.
    pub(super) fn new(
        fee_budget: u64,
        rent: u64,
        recipient: Option<Pubkey>,
        message: v0::Message,
    ) -> Result<Self, ChainError> {
        message.sanitize().map_err(|_| corrupt("the message is not well formed"))?;
        let limit = budget_instruction::<4>(&message, 0, 2).map(u32::from_le_bytes);
        let price = budget_instruction::<8>(&message, 1, 3).map(u64::from_le_bytes);
        let (Some(unit_limit), Some(unit_price)) = (limit, price) else {
            return Err(corrupt("the message does not begin with its compute budget"));
        };
        if unit_limit > fees::MAX_UNITS {
            return Err(corrupt("the compute unit limit is above the network's"));
        }
        let fee = fees::fee(message.header.num_required_signatures, unit_limit, unit_price);
        if fee.is_none_or(|fee| fee > fee_budget) {
            return Err(corrupt("the fee is above the fee budget"));
        }
        Ok(Self { fee_budget, rent, recipient, message, unit_limit, unit_price })
    }

    /// The most that may be paid to the network, in lamports.
    pub(super) const fn fee_budget(&self) -> u64 {
        self.fee_budget
    }

    /// What opening the recipient's token account costs, in lamports.
    pub(super) const fn rent(&self) -> u64 {
        self.rent
    }

    /// Whose token account receives.
    pub(super) const fn recipient(&self) -> Option<Pubkey> {
        self.recipient
    }

    pub(super) const fn message(&self) -> &v0::Message {
        &self.message
    }

    pub(super) const fn unit_limit(&self) -> u32 {
        self.unit_limit
    }

    /// The fee these bytes pay, in lamports.
    pub(super) fn fee(&self) -> Option<u64> {
        fees::fee(self.message.header.num_required_signatures, self.unit_limit, self.unit_price)
    }

    /// With blockhash and unit price set, which is all that completing a draft may change.
    pub(super) fn with_volatile(&self, blockhash: Hash, unit_price: u64) -> Result<Self, ChainError> {
        let mut message = self.message.clone();
        message.recent_blockhash = blockhash;
        let price = message.instructions.get_mut(1).and_then(|instruction| instruction.data.get_mut(1..));
        match price {
            Some(bytes) if bytes.len() == 8 => bytes.copy_from_slice(&unit_price.to_le_bytes()),
            _ => return Err(corrupt("the message does not begin with its compute budget")),
        }
        Self::new(self.fee_budget, self.rent, self.recipient, message)
    }

    /// The canonical body of the draft behind this.
    pub(super) fn draft(&self) -> Result<Vec<u8>, ChainError> {
        let draft = self.with_volatile(Hash::default(), 0)?;
        let mut bytes = vec![VERSION];
        draft.write(&mut bytes);
        Ok(bytes)
    }

    /// The unsigned transaction.
    pub(super) fn unsigned(&self, last_valid_block_height: u64) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(last_valid_block_height.to_be_bytes());
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.fee_budget.to_be_bytes());
        bytes.extend(self.rent.to_be_bytes());
        bytes.push(u8::from(self.recipient.is_some()));
        bytes.extend(self.recipient.map(|owner| owner.to_bytes()).iter().flatten());
        bytes.extend(self.message.serialize());
    }

    /// Reads the canonical body of a draft.
    pub(super) fn read_draft(bytes: &[u8]) -> Result<Self, ChainError> {
        let rest = bytes.strip_prefix(&[VERSION]).ok_or_else(|| corrupt("unknown draft version"))?;
        let body = Self::read(rest)?;
        if body.message.recent_blockhash != Hash::default() || body.unit_price != 0 {
            return Err(corrupt("a draft holds volatile fields"));
        }
        Ok(body)
    }

    /// Reads an unsigned transaction and its last valid block height.
    pub(super) fn read_unsigned(bytes: &[u8]) -> Result<(Self, u64), ChainError> {
        let rest = bytes.strip_prefix(&[VERSION]).ok_or_else(|| corrupt("unknown transaction version"))?;
        let (height, rest) = number(rest)?;
        Ok((Self::read(rest)?, height))
    }

    fn read(bytes: &[u8]) -> Result<Self, ChainError> {
        let (fee_budget, rest) = number(bytes)?;
        let (rent, rest) = number(rest)?;
        let (recipient, rest) = match rest.split_first() {
            Some((0, rest)) => (None, rest),
            Some((1, rest)) => {
                let (owner, rest) = rest.split_first_chunk::<32>().ok_or_else(|| corrupt("too short"))?;
                (Some(Pubkey::new_from_array(*owner)), rest)
            }
            _ => return Err(corrupt("no recipient flag")),
        };
        Self::new(fee_budget, rent, recipient, read_message(rest)?)
    }
}

fn number(bytes: &[u8]) -> Result<(u64, &[u8]), ChainError> {
    let (number, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| corrupt("too short"))?;
    Ok((u64::from_be_bytes(*number), rest))
}

/// Reads a v0 message that takes up all of `bytes` and has this one encoding.
pub(super) fn read_message(bytes: &[u8]) -> Result<v0::Message, ChainError> {
    let malformed = || corrupt("not a v0 message");
    if bytes.len() > MAX_TRANSACTION {
        return Err(corrupt("the message is too long"));
    }
    let rest = bytes.strip_prefix(&[MESSAGE_VERSION_PREFIX]).ok_or_else(malformed)?;
    let message: v0::Message = wincode::deserialize(rest).map_err(|_| malformed())?;
    if message.serialize() == bytes { Ok(message) } else { Err(malformed()) }
}

/// The argument of the compute budget instruction at `index`, if that is the instruction `tag` there.
fn budget_instruction<const N: usize>(message: &v0::Message, index: usize, tag: u8) -> Option<[u8; N]> {
    let instruction = message.instructions.get(index)?;
    let program = message.account_keys.get(usize::from(instruction.program_id_index))?;
    if *program != compute_budget::ID || !instruction.accounts.is_empty() {
        return None;
    }
    instruction.data.strip_prefix(&[tag])?.try_into().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use solana_compute_budget_interface::ComputeBudgetInstruction;
    use solana_instruction::Instruction;

    pub(in crate::solana) const WALLET: Pubkey = Pubkey::new_from_array([7; 32]);

    pub(in crate::solana) fn message(instructions: &[Instruction]) -> v0::Message {
        let mut all = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(1_000),
            ComputeBudgetInstruction::set_compute_unit_price(0),
        ];
        all.extend_from_slice(instructions);
        v0::Message::try_compile(&WALLET, &all, &[], Hash::default()).expect("compiles")
    }

    pub(in crate::solana) fn transfer(lamports: u64) -> Instruction {
        solana_system_interface::instruction::transfer(&WALLET, &Pubkey::new_from_array([9; 32]), lamports)
    }

    fn body() -> Body {
        Body::new(6_000, 3, Some(Pubkey::new_from_array([8; 32])), message(&[transfer(5)])).expect("body")
    }

    #[test]
    fn the_draft_comes_back_out_of_the_completed_bytes() {
        let draft = body().draft().expect("draft");
        let read = Body::read_draft(&draft).expect("reads");
        assert_eq!(read, body());
        let completed = read.with_volatile(Hash::new_from_array([4; 32]), 1_000_000).expect("within budget");
        assert_eq!(completed.fee(), Some(6_000));
        let unsigned = completed.unsigned(77);
        let (recovered, height) = Body::read_unsigned(&unsigned).expect("reads");
        assert_eq!((recovered.draft().expect("draft"), height), (draft, 77));
        assert!(Body::read_draft(&completed.unsigned(0)[8..]).is_err(), "volatile fields are no draft");
    }

    #[test]
    fn a_fee_above_the_budget_is_refused() {
        let over = body().with_volatile(Hash::default(), 1_000_001);
        assert!(matches!(over, Err(ChainError::Corrupt(_))), "{over:?}");
        assert!(Body::new(4_999, 0, None, message(&[])).is_err());
    }

    #[test]
    fn the_compute_budget_must_come_first() {
        let bare = v0::Message::try_compile(&WALLET, &[transfer(5)], &[], Hash::default()).expect("compiles");
        assert!(Body::new(5_000, 0, None, bare).is_err());
        let only_limit = [ComputeBudgetInstruction::set_compute_unit_limit(1), transfer(5)];
        let only_limit =
            v0::Message::try_compile(&WALLET, &only_limit, &[], Hash::default()).expect("compiles");
        assert!(Body::new(5_000, 0, None, only_limit).is_err());
    }

    proptest! {
        #[test]
        fn every_other_byte_string_is_another_draft(at in 0usize..400, to: u8) {
            let mut bytes = body().draft().expect("draft");
            let at = at % bytes.len();
            let same = bytes[at] == to;
            bytes[at] = to;
            if let Ok(read) = Body::read_draft(&bytes) {
                prop_assert_eq!(read.draft().expect("draft"), bytes.clone(), "one encoding each");
                prop_assert_eq!(read == body(), same);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Body::read_draft(&bytes);
            let _ = Body::read_unsigned(&bytes);
            let _ = read_message(&bytes);
            let mut prefixed = body().draft().expect("draft");
            prefixed.truncate(50);
            prefixed.extend_from_slice(&bytes);
            let _ = Body::read_draft(&prefixed);
        }
    }
}
