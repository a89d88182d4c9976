//! Solana messages the daemon did not build, written byte by byte.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kit::Instruction;

/// A message: legacy, or of version 0 when it uses lookup tables.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) payer: String,
    pub(crate) blockhash: String,
    pub(crate) instructions: Vec<Instruction>,
    /// Table, writable indexes, read-only indexes; accounts of instructions named `table:N` are the
    /// N-th of those.
    pub(crate) tables: Vec<(String, Vec<u8>, Vec<u8>)>,
    /// Whether to write version 0 even without tables.
    pub(crate) versioned: bool,
}

impl Message {
    pub(crate) fn new(payer: &str, blockhash: &str, instructions: Vec<Instruction>) -> Self {
        let (payer, blockhash) = (payer.to_owned(), blockhash.to_owned());
        Self { payer, blockhash, instructions, tables: Vec::new(), versioned: false }
    }

    /// The unsigned transaction in base64: empty signatures, then the message.
    pub(crate) fn transaction(&self) -> Result<String> {
        let (message, signers) = self.encode()?;
        let empty = vec![0u8; 64 * usize::from(signers)];
        Ok(STANDARD.encode([vec![signers], empty, message].concat()))
    }

    /// The message alone, as it would be signed.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        Ok(self.encode()?.0)
    }

    fn encode(&self) -> Result<(Vec<u8>, u8)> {
        let mut keys: Vec<(String, bool, bool)> = vec![(self.payer.clone(), true, true)];
        for instruction in &self.instructions {
            let program = (instruction.program.clone(), false, false);
            let accounts = instruction.accounts.iter().map(|a| (a.key.clone(), a.signer, a.writable));
            for (key, signer, writable) in accounts.chain([program]) {
                if key.starts_with("table:") {
                    continue;
                }
                match keys.iter_mut().find(|(known, ..)| *known == key) {
                    Some((_, s, w)) => (*s, *w) = (*s || signer, *w || writable),
                    None => keys.push((key, signer, writable)),
                }
            }
        }
        // Writable signers, signers, writable, read-only; stable, so the payer stays first.
        keys.sort_by_key(|(_, signer, writable)| (!signer, !writable));
        let count = |signer, writable| {
            u8::try_from(keys.iter().filter(|(_, s, w)| (*s, *w) == (signer, writable)).count())
        };
        let signers = count(true, true)? + count(true, false)?;
        let mut bytes = if self.versioned || !self.tables.is_empty() { vec![0x80] } else { Vec::new() };
        bytes.extend([signers, count(true, false)?, count(false, false)?]);
        bytes.push(u8::try_from(keys.len())?);
        for (key, ..) in &keys {
            bytes.extend(bs58::decode(key).into_vec()?);
        }
        bytes.extend(bs58::decode(&self.blockhash).into_vec()?);
        let place = |key: &str| -> Result<u8> {
            let looked_up = key.strip_prefix("table:").map(str::parse::<usize>).transpose()?;
            let at = match looked_up {
                Some(at) => keys.len() + at,
                None => keys.iter().position(|(known, ..)| known == key).context("a key")?,
            };
            Ok(u8::try_from(at)?)
        };
        bytes.push(u8::try_from(self.instructions.len())?);
        for instruction in &self.instructions {
            bytes.push(place(&instruction.program)?);
            bytes.push(u8::try_from(instruction.accounts.len())?);
            for account in &instruction.accounts {
                bytes.push(place(&account.key)?);
            }
            bytes.push(u8::try_from(instruction.data.len())?);
            bytes.extend(&instruction.data);
        }
        if self.versioned || !self.tables.is_empty() {
            bytes.push(u8::try_from(self.tables.len())?);
            for (table, writable, readonly) in &self.tables {
                bytes.extend(bs58::decode(table).into_vec()?);
                for indexes in [writable, readonly] {
                    bytes.push(u8::try_from(indexes.len())?);
                    bytes.extend(indexes);
                }
            }
        }
        Ok((bytes, signers))
    }
}
