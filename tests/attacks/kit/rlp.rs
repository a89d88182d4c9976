//! RLP, just enough to write transactions the daemon did not build.

use alloy_primitives::U256;

/// A string or a list (Ethereum Yellow Paper, appendix B).
#[derive(Clone, Debug)]
pub(crate) enum Rlp {
    Bytes(Vec<u8>),
    List(Vec<Self>),
}

impl Rlp {
    pub(crate) fn number(value: U256) -> Self {
        Self::Bytes(value.to_be_bytes_trimmed_vec())
    }

    pub(crate) fn small(value: u64) -> Self {
        Self::number(U256::from(value))
    }

    /// Hex with `0x`; anything else is empty.
    pub(crate) fn hex(text: &str) -> Self {
        Self::Bytes(hex::decode(text.trim_start_matches("0x")).unwrap_or_default())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) if matches!(bytes[..], [0..=0x7f]) => bytes.clone(),
            Self::Bytes(bytes) => [header(0x80, bytes.len()), bytes.clone()].concat(),
            Self::List(items) => {
                let inner: Vec<u8> = items.iter().flat_map(Self::encode).collect();
                [header(0xc0, inner.len()), inner].concat()
            }
        }
    }
}

fn header(offset: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short) if short < 56 => vec![offset + short],
        _ => {
            let digits = U256::from(length).to_be_bytes_trimmed_vec();
            let size = u8::try_from(digits.len()).unwrap_or(u8::MAX);
            [vec![offset + 55 + size], digits].concat()
        }
    }
}

/// An unsigned EIP-1559 transaction on the local chain, as hex.
pub(crate) fn unsigned_1559(chain: u64, nonce: u64, to: &str, value: U256, data: &[u8]) -> String {
    let fields = vec![
        Rlp::small(chain),
        Rlp::small(nonce),
        Rlp::small(1_000_000_000),
        Rlp::small(3_000_000_000),
        Rlp::small(200_000),
        Rlp::hex(to),
        Rlp::number(value),
        Rlp::Bytes(data.to_vec()),
        Rlp::List(Vec::new()),
    ];
    format!("0x02{}", hex::encode(Rlp::List(fields).encode()))
}
