//! The public key of a wallet, and its address.

use alloy_primitives::Address as EvmAddress;
use ed25519_dalek::VerifyingKey as Ed25519Key;
use k256::ecdsa::VerifyingKey as Secp256k1Key;
use waiaas_core::address::Address;
use waiaas_core::network::Chain;

/// A point that is checked to be on its curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PublicKey {
    /// Solana.
    Ed25519(Ed25519Key),
    /// EVM.
    Secp256k1(Secp256k1Key),
}

impl PublicKey {
    /// Reads 32 bytes (RFC 8032) or 33 bytes (SEC1, compressed).
    pub(crate) fn from_bytes(chain: Chain, bytes: &[u8]) -> Option<Self> {
        match chain {
            Chain::Solana => Ed25519Key::from_bytes(bytes.try_into().ok()?).ok().map(Self::Ed25519),
            Chain::Ethereum if bytes.len() == Self::length(chain) => {
                Secp256k1Key::from_sec1_bytes(bytes).ok().map(Self::Secp256k1)
            }
            Chain::Ethereum => None,
        }
    }

    /// Length of the encoding in bytes.
    pub(crate) const fn length(chain: Chain) -> usize {
        match chain {
            Chain::Solana => 32,
            Chain::Ethereum => 33,
        }
    }

    /// The encoding that [`Self::from_bytes`] reads.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.to_bytes().to_vec(),
            Self::Secp256k1(key) => key.to_encoded_point(true).as_bytes().to_vec(),
        }
    }

    pub(crate) const fn chain(&self) -> Chain {
        match self {
            Self::Ed25519(_) => Chain::Solana,
            Self::Secp256k1(_) => Chain::Ethereum,
        }
    }

    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Ed25519(key) => Address::Solana(key.to_bytes()),
            Self::Secp256k1(key) => Address::Evm(EvmAddress::from_public_key(key).into_array()),
        }
    }
}
