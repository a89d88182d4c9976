//! The data fee of OP-stack chains, which is charged beside gas, by their gas price oracle. Pure.

use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall as _, sol};

use super::erc20;

/// Address of the gas price oracle on every OP-stack chain.
pub(in crate::evm) const ORACLE: Address = address!("420000000000000000000000000000000000000F");

/// Length of the longest unsigned transfer without its call data, in bytes: every field at full length.
const ENVELOPE_LENGTH: usize = 160;

sol! {
    interface GasPriceOracle {
        function getL1Fee(bytes data) external view returns (uint256);
    }
}

/// Encodes the call of the oracle for a transaction with `input_length` bytes of call data. The oracle charges less
/// for compressible data, so the sample data does not compress: an odd factor yields every byte once in 256.
pub(in crate::evm) fn question(input_length: usize) -> Bytes {
    let length = ENVELOPE_LENGTH.saturating_add(input_length);
    let data: Bytes = (0..length).map(|at| at.wrapping_mul(167) as u8).collect();
    GasPriceOracle::getL1FeeCall { data }.abi_encode().into()
}

/// Returns the fee in the oracle's answer plus a quarter, in wei. Returns `None` if the answer is not a number.
pub(in crate::evm) fn fee(answer: &[u8]) -> Option<U256> {
    let fee = erc20::word(answer)?;
    Some(fee.saturating_add(fee.div_ceil(U256::from(4u8))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_is_the_answer_plus_a_quarter() {
        let word = |fee: u64| U256::from(fee).to_be_bytes::<32>();
        assert_eq!(fee(&word(100)), Some(U256::from(125u8)));
        assert_eq!(fee(&word(1)), Some(U256::from(2u8)), "rounded up");
        assert_eq!(fee(&[0xff; 32]), Some(U256::MAX));
        assert_eq!((fee(&[]), fee(&[0; 31]), fee(&[0; 64])), (None, None, None));
        assert!(question(40).len() > question(0).len());
    }
}
