//! The two byte encodings of a transaction: the body of a draft, and the unsigned transaction made from it.
//!
//! Belongs here: writing them, reading them strictly, and turning the second back into the first. Does not
//! belong here: the meaning of the instructions, which is in `decode`. Texts have a body of their own
//! (`text`).
//!
//! ```text
//! draft body   origin:1 | fee budget:8 | facts | message
//! unsigned     origin:1 | last valid block height:8 | the same from the fee budget on
//! ```
//!
//! Integers are big endian. `origin` is 2 for a transaction built here and 3 for one built elsewhere; 1 was
//! an earlier form of the first. `fee budget` is the most that this transaction may pay the network, in
//! lamports. `message` takes the rest.
//!
//! Built here: a v0 message beginning with SetComputeUnitLimit and SetComputeUnitPrice; in a draft its
//! blockhash and that price are zero. Built elsewhere: the message as it came, legacy or v0; it has no
//! volatile fields, and the budget is its fee.

use solana_compute_budget_interface as compute_budget;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_message::compiled_instruction::CompiledInstruction;

use super::cursor::Cursor;
use super::facts::Facts;
use super::fees::{self, Terms};
use super::message;
use crate::CodecError;

/// The builder of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) enum Builder {
    /// This daemon, from an intent.
    Here,
    /// Another program; the message is signed as it came.
    Elsewhere,
}

/// The content of a draft or a completed draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Body {
    origin: Builder,
    fee_budget: u64,
    facts: Facts,
    message: VersionedMessage,
    terms: Terms,
}

fn corrupt(what: &str) -> CodecError {
    CodecError::corrupt(what)
}

impl Builder {
    const fn tag(self) -> u8 {
        match self {
            Self::Here => 2,
            Self::Elsewhere => 3,
        }
    }

    fn read(tag: Option<u8>) -> Result<Self, CodecError> {
        let known = [Self::Here, Self::Elsewhere].into_iter().find(|origin| Some(origin.tag()) == tag);
        known.ok_or_else(|| corrupt("unknown draft version"))
    }
}

impl Body {
    /// Makes a body. Refuses a message that is not well formed or does not fit its origin, facts of another
    /// message, and a budget below the message's fee.
    pub(in crate::solana) fn new(
        origin: Builder,
        fee_budget: u64,
        facts: Facts,
        message: VersionedMessage,
    ) -> Result<Self, CodecError> {
        message.sanitize().map_err(|_| corrupt("the message is not well formed"))?;
        if facts.loaded.len() != message::looked_up(&message) {
            return Err(corrupt("the accounts from lookup tables are not this message's"));
        }
        let terms = Terms::read(&message).map_err(corrupt)?;
        let fee = terms.fee().ok_or_else(|| corrupt("the fee is out of range"))?;
        match origin {
            Builder::Here if fee > fee_budget => return Err(corrupt("the fee is above the fee budget")),
            Builder::Here if !begins_with_budget(&message) => {
                return Err(corrupt("the message does not begin with its compute budget"));
            }
            Builder::Elsewhere if fee != fee_budget => {
                return Err(corrupt("the fee budget is not the fee"));
            }
            Builder::Here | Builder::Elsewhere => {}
        }
        Ok(Self { origin, fee_budget, facts, message, terms })
    }

    pub(in crate::solana) const fn origin(&self) -> Builder {
        self.origin
    }

    /// Returns the seconds in which it can land at most: a blockhash is accepted for 150 slots of 400
    /// milliseconds. A transaction built here gets its blockhash when it is signed.
    pub(in crate::solana) const fn lifetime(&self) -> Option<u32> {
        match self.origin {
            Builder::Here => None,
            Builder::Elsewhere => Some(60),
        }
    }

    /// Returns the most that may be paid to the network, in lamports.
    pub(in crate::solana) const fn fee_budget(&self) -> u64 {
        self.fee_budget
    }

    pub(in crate::solana) const fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(in crate::solana) const fn message(&self) -> &VersionedMessage {
        &self.message
    }

    /// Returns the fee terms that the message offers the network.
    pub(in crate::solana) const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Sets blockhash and unit price, the only fields that completion may change.
    pub(in crate::solana) fn with_volatile(
        &self,
        blockhash: Hash,
        unit_price: u64,
    ) -> Result<Self, CodecError> {
        let VersionedMessage::V0(mut message) = self.message.clone() else {
            return Err(corrupt("a legacy message has no volatile fields"));
        };
        if self.origin != Builder::Here {
            return Err(corrupt("a transaction built elsewhere has no volatile fields"));
        }
        message.recent_blockhash = blockhash;
        let price = message.instructions.get_mut(1).and_then(|instruction| instruction.data.get_mut(1..));
        match price {
            Some(bytes) if bytes.len() == 8 => bytes.copy_from_slice(&unit_price.to_le_bytes()),
            _ => return Err(corrupt("the message does not begin with its compute budget")),
        }
        Self::new(self.origin, self.fee_budget, self.facts.clone(), VersionedMessage::V0(message))
    }

    /// Returns the same with a fee budget of at most `cap`, unless no fee is that low.
    pub(in crate::solana) fn capped(&self, cap: u64) -> Result<Self, CodecError> {
        let fee_budget = self.fee_budget.min(cap);
        Self::new(self.origin, fee_budget, self.facts.clone(), self.message.clone())
    }

    /// Returns the canonical body of the draft of this body.
    pub(in crate::solana) fn draft(&self) -> Result<Vec<u8>, CodecError> {
        let mut bytes = vec![self.origin.tag()];
        match self.origin {
            Builder::Here => self.with_volatile(Hash::default(), 0)?.write(&mut bytes)?,
            Builder::Elsewhere => self.write(&mut bytes)?,
        }
        Ok(bytes)
    }

    /// Returns the unsigned transaction.
    pub(in crate::solana) fn unsigned(&self, last_valid_block_height: u64) -> Result<Vec<u8>, CodecError> {
        let mut bytes = vec![self.origin.tag()];
        bytes.extend(last_valid_block_height.to_be_bytes());
        self.write(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        bytes.extend(self.fee_budget.to_be_bytes());
        bytes.extend(self.facts.write().ok_or_else(|| corrupt("too many facts"))?);
        bytes.extend(self.message.serialize());
        Ok(())
    }

    /// Reads the canonical body of a draft.
    pub(in crate::solana) fn read_draft(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut rest = Cursor::new(bytes);
        let origin = Builder::read(rest.u8())?;
        let body = Self::read(origin, rest)?;
        let volatile = *body.message.recent_blockhash() != Hash::default() || body.terms.unit_price != 0;
        if origin == Builder::Here && volatile {
            return Err(corrupt("a draft holds volatile fields"));
        }
        Ok(body)
    }

    /// Reads an unsigned transaction and its last valid block height.
    pub(in crate::solana) fn read_unsigned(bytes: &[u8]) -> Result<(Self, u64), CodecError> {
        let mut rest = Cursor::new(bytes);
        let origin = Builder::read(rest.u8())?;
        let height = rest.chunk().map(u64::from_be_bytes).ok_or_else(|| corrupt("too short"))?;
        Ok((Self::read(origin, rest)?, height))
    }

    fn read(origin: Builder, mut rest: Cursor<'_>) -> Result<Self, CodecError> {
        let fee_budget = rest.chunk().map(u64::from_be_bytes).ok_or_else(|| corrupt("too short"))?;
        let facts = Facts::read(&mut rest).ok_or_else(|| corrupt("the facts are malformed"))?;
        let message = message::read(rest.rest()).ok_or_else(|| corrupt("the message is malformed"))?;
        Self::new(origin, fee_budget, facts, message)
    }
}

/// Whether unit limit and unit price come first, where completion expects them.
fn begins_with_budget(message: &VersionedMessage) -> bool {
    let keys = message.static_account_keys();
    let is = |at: usize, tag: u8, length: usize| {
        message.instructions().get(at).is_some_and(|instruction: &CompiledInstruction| {
            keys.get(usize::from(instruction.program_id_index)) == Some(&compute_budget::ID)
                && instruction.data.first() == Some(&tag)
                && instruction.data.len() == length
        })
    };
    matches!(message, VersionedMessage::V0(_))
        && is(0, fees::SET_UNIT_LIMIT, 5)
        && is(1, fees::SET_UNIT_PRICE, 9)
}

#[cfg(test)]
pub(in crate::solana) mod tests;
