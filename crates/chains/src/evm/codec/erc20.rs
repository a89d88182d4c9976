//! Encodes and strictly decodes the ERC-20 calls (EIP-20) that are used here. Pure.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use waiaas_core::money::MAX_DECIMALS;

sol! {
    interface Erc20 {
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function decimals() external view returns (uint8);
        function symbol() external view returns (string);
    }
}

/// Longest symbol shown, in characters.
const LONGEST_SYMBOL: usize = 16;

/// `transfer(to, amount)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Transfer {
    pub(in crate::evm) to: Address,
    pub(in crate::evm) amount: U256,
}

impl Transfer {
    pub(in crate::evm) fn encode(self) -> Bytes {
        Erc20::transferCall { to: self.to, amount: self.amount }.abi_encode().into()
    }

    /// Reads call data that is exactly a `transfer`: its selector, an address with zero padding and an
    /// amount, with no byte missing or added.
    #[cfg(test)]
    fn decode(input: &[u8]) -> Option<Self> {
        let (selector, arguments) = input.split_first_chunk::<4>()?;
        let (padding, rest) = arguments.split_first_chunk::<12>()?;
        let (to, rest) = rest.split_first_chunk::<20>()?;
        let amount: &[u8; 32] = rest.try_into().ok()?;
        if *selector != Erc20::transferCall::SELECTOR || *padding != [0; 12] {
            return None;
        }
        Some(Self { to: to.into(), amount: U256::from_be_bytes(*amount) })
    }
}

/// Encodes `approve(spender, amount)`; for an EIP-721 contract the second argument is a token id.
pub(in crate::evm) fn approve(spender: Address, amount: U256) -> Bytes {
    Erc20::approveCall { spender, amount }.abi_encode().into()
}

/// Returns the spender and amount of call data that is exactly an `approve`.
pub(in crate::evm) fn approved(input: &[u8]) -> Option<(Address, U256)> {
    let call = Erc20::approveCall::abi_decode(input).ok()?;
    Some((call.spender, call.amount))
}

/// The reason given when a token answers `false`.
pub(in crate::evm) const REFUSED: &str = "the token refuses";

/// Returns whether `input` calls a method that must return its success.
pub(in crate::evm) fn answers(input: &[u8]) -> bool {
    let answering =
        [Erc20::transferCall::SELECTOR, Erc20::transferFromCall::SELECTOR, Erc20::approveCall::SELECTOR];
    input.first_chunk::<4>().is_some_and(|selector| answering.contains(selector))
}

/// Returns whether a token's answer is a refusal. EIP-20 requires `true` for success; many old tokens, and
/// NFTs, return no data, which counts as success.
pub(in crate::evm) fn refused(answer: &[u8]) -> bool {
    !answer.is_empty() && word(answer) != Some(U256::from(1u8))
}

pub(in crate::evm) fn balance_of(account: Address) -> Bytes {
    Erc20::balanceOfCall { account }.abi_encode().into()
}

pub(in crate::evm) fn allowance(owner: Address, spender: Address) -> Bytes {
    Erc20::allowanceCall { owner, spender }.abi_encode().into()
}

pub(in crate::evm) fn decimals() -> Bytes {
    Erc20::decimalsCall {}.abi_encode().into()
}

pub(in crate::evm) fn symbol() -> Bytes {
    Erc20::symbolCall {}.abi_encode().into()
}

/// Reads an answer that is exactly one word. An address without code returns no data, so this also
/// distinguishes contracts from plain accounts.
pub(in crate::evm) fn word(answer: &[u8]) -> Option<U256> {
    answer.try_into().ok().map(U256::from_be_bytes::<32>)
}

/// Reads the answer to `decimals()`; refuses more decimals than are supported.
pub(in crate::evm) fn read_decimals(answer: &[u8]) -> Option<u8> {
    u8::try_from(word(answer)?).ok().filter(|decimals| *decimals <= MAX_DECIMALS)
}

/// Reads the answer to `symbol()`: a string, or `bytes32` as the oldest tokens return it. Any other answer is
/// an empty symbol, because a symbol is only displayed.
pub(in crate::evm) fn read_symbol(answer: &[u8]) -> String {
    let text = match <[u8; 32]>::try_from(answer) {
        Ok(fixed) => String::from_utf8_lossy(&fixed).into_owned(),
        Err(_) => Erc20::symbolCall::abi_decode_returns(answer).unwrap_or_default(),
    };
    text.chars().filter(char::is_ascii_graphic).take(LONGEST_SYMBOL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_transfer_is_read_only_in_its_canonical_form() {
        let transfer = Transfer { to: Address::repeat_byte(0xab), amount: U256::from(77u8) };
        let input = transfer.encode();
        assert_eq!(input[..4], [0xa9, 0x05, 0x9c, 0xbb]);
        assert_eq!(Transfer::decode(&input), Some(transfer));
        let altered = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = input.to_vec();
            change(&mut bytes);
            Transfer::decode(&bytes)
        };
        assert_eq!(altered(&|b| b[0] ^= 1), None, "selector");
        assert_eq!(altered(&|b| b[4] = 1), None, "padding");
        assert_eq!(altered(&|b| b[15] = 1), None, "padding");
        assert_eq!(altered(&|b| b.push(0)), None, "longer");
        assert_eq!(altered(&|b| b.truncate(67)), None, "shorter");
        assert_eq!(Transfer::decode(&[]), None);
    }

    #[test]
    fn answers_are_read_strictly() {
        let one = U256::from(1u8).to_be_bytes::<32>();
        assert!(!refused(&[]) && !refused(&one));
        assert!(refused(&[0; 32]) && refused(&[1]) && refused(&[0xff; 32]));
        assert_eq!(read_decimals(&U256::from(6u8).to_be_bytes::<32>()), Some(6));
        assert_eq!(read_decimals(&U256::from(37u8).to_be_bytes::<32>()), None);
        assert_eq!(read_decimals(&U256::from(262u16).to_be_bytes::<32>()), None);
        assert_eq!(read_decimals(&[]), None);
        assert_eq!(read_decimals(&[6]), None);
    }

    #[test]
    fn symbols_are_cleaned() {
        let string = |text: &str| Erc20::symbolCall::abi_encode_returns(&text.to_owned());
        assert_eq!(read_symbol(&string("USDC")), "USDC");
        assert_eq!(read_symbol(&string("US\u{202e}D\n C₮")), "USDC");
        assert_eq!(read_symbol(&string(&"A".repeat(99))).len(), 16);
        let mut fixed = [0u8; 32];
        fixed[..3].copy_from_slice(b"MKR");
        assert_eq!(read_symbol(&fixed), "MKR");
        assert_eq!(read_symbol(&[]), "");
        assert_eq!(read_symbol(&[0xff; 40]), "");
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Transfer::decode(&bytes), read_symbol(&bytes), read_decimals(&bytes), refused(&bytes));
        }
    }
}
