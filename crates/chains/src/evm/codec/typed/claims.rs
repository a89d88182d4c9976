//! The facts at a permit's verifier that must match for the permit to be valid. Pure; nodes are called elsewhere.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};

use super::TypedData;
use super::permits::{
    DAI_PERMIT, PERMIT, PERMIT_BATCH, PERMIT_BATCH_TRANSFER, PERMIT_SINGLE, PERMIT_TRANSFER,
};
use super::permits::{RECEIVE, TRANSFER};
use crate::evm::codec::decode;

sol! {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function nonces(address owner) external view returns (uint256);
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
    function allowance(address owner, address token, address spender) external view returns (uint160, uint48, uint48);
    function nonceBitmap(address owner, uint256 word) external view returns (uint256);
}

/// A call of a permit's verifier, and the answer that the permit needs.
pub(in crate::evm) struct Claim {
    /// Contract to call.
    pub(in crate::evm) contract: Address,
    /// Call data.
    pub(in crate::evm) question: Bytes,
    /// Answer that the permit needs.
    expected: Expected,
    /// Reason of the refusal if the answer differs.
    pub(in crate::evm) about: &'static str,
}

enum Expected {
    /// The last word of the answer equals this word.
    Last(B256),
    /// The only word of the answer has none of these bits set.
    Without(U256),
}

impl Claim {
    /// Returns whether an answer matches; `None` if it does not have the form of an answer.
    pub(in crate::evm) fn agrees(&self, answer: &[u8]) -> Option<bool> {
        let (words, rest) = answer.as_chunks::<32>();
        let last = words.last().filter(|_| rest.is_empty() && words.len() <= 3)?;
        Some(match self.expected {
            Expected::Last(word) => *last == word.0,
            Expected::Without(bits) => (U256::from_be_bytes(*last) & bits).is_zero(),
        })
    }
}

/// Returns the claims of `data` if it is a permit of `wallet`; none for all other data.
pub(in crate::evm) fn claims(wallet: Address, data: &TypedData) -> Vec<Claim> {
    read(wallet, data).unwrap_or_default()
}

fn read(wallet: Address, data: &TypedData) -> Option<Vec<Claim>> {
    let (contract, message) = (data.contract()?, &data.message);
    let claim =
        |question: Vec<u8>, expected, about| Claim { contract, question: question.into(), expected, about };
    let number = |number: U256| Expected::Last(B256::from(number));
    let about_nonce = "its nonce is not the next one";
    let domain = claim(
        DOMAIN_SEPARATORCall {}.abi_encode(),
        Expected::Last(data.separator),
        "its domain is not the contract's: compare name, version and chain",
    );
    let mut claims = vec![domain];
    match data.type_text.as_str() {
        PERMIT | DAI_PERMIT => {
            let owner = message.address("owner").or_else(|| message.address("holder"));
            (owner == Some(wallet)).then_some(())?;
            let question = noncesCall { owner: wallet }.abi_encode();
            claims.push(claim(question, number(message.uint("nonce")?), about_nonce));
        }
        TRANSFER | RECEIVE => {
            (message.address("from") == Some(wallet)).then_some(())?;
            let nonce = message.word("nonce")?;
            let question = authorizationStateCall { authorizer: wallet, nonce }.abi_encode();
            claims.push(claim(question, number(U256::ZERO), "its nonce was used before"));
        }
        PERMIT_SINGLE | PERMIT_BATCH if contract == decode::PERMIT2 => {
            let spender = message.address("spender")?;
            for each in message.structs("details")? {
                let token = each.address("token")?;
                let question = allowanceCall { owner: wallet, token, spender }.abi_encode();
                claims.push(claim(question, number(each.uint("nonce")?), about_nonce));
            }
        }
        PERMIT_TRANSFER | PERMIT_BATCH_TRANSFER if contract == decode::PERMIT2 => {
            let nonce = message.uint("nonce")?;
            let [bit, ..] = nonce.to_le_bytes::<32>();
            let (word, bit) = (nonce >> 8, U256::ONE << usize::from(bit));
            let question = nonceBitmapCall { owner: wallet, word }.abi_encode();
            claims.push(claim(question, Expected::Without(bit), "its nonce was used before"));
        }
        _ => return None,
    }
    Some(claims)
}
