//! The formats of Solana clusters, and everything that follows from bytes alone.

pub(in crate::solana) mod account;
pub(in crate::solana) mod blockhash;
pub(in crate::solana) mod body;
pub(in crate::solana) mod cluster;
mod cursor;
pub(in crate::solana) mod decode;
pub(in crate::solana) mod external;
pub(in crate::solana) mod facts;
pub(in crate::solana) mod fees;
pub(in crate::solana) mod instructions;
pub(in crate::solana) mod message;
pub(in crate::solana) mod mint;
pub(in crate::solana) mod observed;
pub(in crate::solana) mod offer;
mod readings;
pub(in crate::solana) mod reason;
pub(in crate::solana) mod recipient;
pub(in crate::solana) mod signed;
pub(in crate::solana) mod status;
#[cfg(test)]
mod tests;
pub(in crate::solana) mod text;

use solana_hash::Hash;
use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::effect::Effects;
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::policy::Readings;
use waiaas_core::presentation;

use self::body::{Body, Builder};
pub use self::mint::mint_facts;
use self::text::Text;
use crate::codec::{Codec, Volatile};
use crate::{CodecError, Refusal, SignedTx};

/// The content of a draft.
pub(in crate::solana) enum Content {
    Transaction(Box<Body>),
    Text(Text),
}

/// The formats of one Solana cluster.
#[derive(Clone, Debug)]
pub struct SolanaCodec {
    pub(in crate::solana) network: Network,
}

impl SolanaCodec {
    /// Makes the formats of `network`.
    pub const fn new(network: Network) -> Self {
        Self { network }
    }

    /// Returns the sender and the content of a draft of this cluster.
    pub(in crate::solana) fn read_any(&self, draft: &Draft) -> Result<(Pubkey, Content), CodecError> {
        if draft.network != self.network.id {
            return Err(CodecError::Corrupt(format!("the draft is for {}", draft.network)));
        }
        let Address::Solana(from) = draft.from else {
            return Err(CodecError::corrupt("the draft's sender is not a Solana address"));
        };
        let content = if draft.body.first() == Some(&text::VERSION) {
            let unsigned = || CodecError::corrupt("the text may not be signed");
            Content::Text(Text::read(&draft.body).ok_or_else(unsigned)?)
        } else {
            Content::Transaction(Box::new(Body::read_draft(&draft.body)?))
        };
        Ok((Pubkey::new_from_array(from), content))
    }

    /// Makes a draft of this cluster.
    pub(in crate::solana) fn draft(&self, from: &Pubkey, body: Vec<u8>) -> Draft {
        Draft { network: self.network.id.clone(), from: address(from), body }
    }

    /// Returns the mint of an NFT of this network.
    pub(in crate::solana) fn nft_mint(&self, nft: &NftId) -> Result<Pubkey, CodecError> {
        match nft.kind {
            NftKind::Metaplex { mint } if nft.caip2 == self.network.caip2 => solana(mint),
            NftKind::Metaplex { .. } | NftKind::Erc721 { .. } | NftKind::Erc1155 { .. } => {
                Err(unsupported(format!("{nft} is not an NFT of this network")))
            }
        }
    }
}

/// Returns the key of an address, which must be a Solana address.
pub(in crate::solana) fn solana(address: Address) -> Result<Pubkey, CodecError> {
    match address {
        Address::Solana(bytes) => Ok(Pubkey::new_from_array(bytes)),
        Address::Evm(_) => {
            let text = format!("{address} is not a Solana address");
            Err(CodecError::Refused(Refusal::BadRecipient(text)))
        }
    }
}

pub(in crate::solana) fn address(key: &Pubkey) -> Address {
    Address::Solana(key.to_bytes())
}

/// The refusal of a request that does not fit Solana.
pub(in crate::solana) fn unsupported(why: impl Into<String>) -> CodecError {
    CodecError::Refused(Refusal::Unsupported(why.into()))
}

/// The refusal of a replacement: on Solana a transaction is not replaced but expires with its blockhash.
pub(in crate::solana) fn not_replaced() -> Refusal {
    let why = "a Solana transaction is not replaced: one that does not land expires by itself within about \
                two minutes, and can then be requested again";
    Refusal::Unsupported(why.to_owned())
}

impl Codec for SolanaCodec {
    fn network(&self) -> &Network {
        &self.network
    }

    fn readings(&self, from: Address, intent: &Intent) -> Result<Vec<Readings>, CodecError> {
        self.readings_of(from, intent)
    }

    fn read(&self, draft: &Draft) -> Result<(Effects, Vec<presentation::Content>), CodecError> {
        let mut methods = Vec::new();
        let (items, content) = match self.read_any(draft)? {
            (from, Content::Transaction(body)) => {
                methods = decode::methods(&body);
                decode::walk(&body, &from, &self.network.caip2)
            }
            // The effect contains the whole text.
            (_, Content::Text(text)) => (vec![crate::message::effect(text.as_str())], Vec::new()),
        };
        let effects = Effects::new(self.network.id.clone(), self.network.native(), draft.from, items);
        Ok((Effects { methods, ..effects }, content))
    }

    fn lifetime(&self, draft: &Draft) -> Result<Option<u32>, CodecError> {
        Ok(match self.read_any(draft)? {
            (_, Content::Transaction(body)) => body.lifetime(),
            (_, Content::Text(_)) => None,
        })
    }

    fn capped(&self, draft: &Draft, cap: U256) -> Result<Draft, CodecError> {
        let (_, Content::Transaction(body)) = self.read_any(draft)? else { return Ok(draft.clone()) };
        let least = match body.origin() {
            Builder::Here => body.terms().fee().unwrap_or(u64::MAX),
            Builder::Elsewhere => body.fee_budget(),
        };
        if U256::from(least) > cap {
            return Err(CodecError::Refused(Refusal::FeeAboveCap { fee: U256::from(least), cap }));
        }
        let body = body.capped(u64::try_from(cap).unwrap_or(u64::MAX))?.draft()?;
        Ok(Draft { body, ..draft.clone() })
    }

    fn complete(&self, draft: &Draft, volatile: Volatile) -> Result<Completed, CodecError> {
        let unsigned = match (self.read_any(draft)?, volatile) {
            ((from, Content::Text(text)), Volatile::AsItIs) => text.unsigned(&from),
            ((_, Content::Transaction(body)), Volatile::Solana { blockhash, unit_price, last_valid }) => {
                body.with_volatile(Hash::new_from_array(blockhash), unit_price)?.unsigned(last_valid)?
            }
            ((_, Content::Transaction(body)), Volatile::SolanaElsewhere { last_valid })
                if body.origin() == Builder::Elsewhere =>
            {
                body.unsigned(last_valid)?
            }
            _ => return Err(CodecError::corrupt("the draft has other volatile fields")),
        };
        let read = signed::read_back(&self.network.id, &unsigned)?;
        Ok(Completed::new(&read.draft, unsigned, SigningPayload::Ed25519(read.payload)))
    }

    fn replaced(&self, _: &Draft, _: &[u8]) -> Result<Volatile, CodecError> {
        Err(CodecError::Refused(not_replaced()))
    }

    fn assemble(&self, completed: &Completed, signature: &[u8]) -> Result<SignedTx, CodecError> {
        signed::assemble(&self.network.id, completed, signature)
    }
}
