//! ERC-8004: encodes calls of the agents' registries and strictly decodes their answers. Pure.

use alloy_primitives::Bytes;
use alloy_sol_types::{SolCall, sol};
use waiaas_core::policy::Reputation;

sol! {
    interface Registries {
        function getAgentWallet(uint256 agentId) external view returns (address);
        function ownerOf(uint256 agentId) external view returns (address);
        function getIdentityRegistry() external view returns (address);
        function getSummary(
            uint256 agentId, address[] clientAddresses, string tag1, string tag2
        ) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);
    }
}

/// Highest number of decimals in the standard.
const MAX_DECIMALS: u8 = 18;
/// Highest score.
const BEST: u128 = 100;

/// Reads the answer to `getSummary`: exactly three words in canonical form.
pub(in crate::evm) fn rating(answer: &Bytes) -> Option<Reputation> {
    let summary = Registries::getSummaryCall::abi_decode_returns_validate(answer).ok()?;
    let exact = Registries::getSummaryCall::abi_encode_returns(&summary) == **answer;
    if !exact || summary.summaryValueDecimals > MAX_DECIMALS {
        return None;
    }
    if summary.count == 0 {
        return Some(Reputation::Unrated);
    }
    score(summary.summaryValue, summary.summaryValueDecimals).map(Reputation::Score)
}

/// Returns the score of a value. The standard does not define the meaning of a value; here it is a score from 0
/// to 100 with decimals, rounded down. A value outside that range counts as 0.
fn score(value: i128, decimals: u8) -> Option<u8> {
    let one = 10_u128.checked_pow(u32::from(decimals))?;
    let most = BEST.checked_mul(one)?;
    let value = u128::try_from(value).ok().filter(|value| *value <= most);
    u8::try_from(value.unwrap_or_default().checked_div(one)?).ok()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use proptest::prelude::*;

    use super::*;

    fn answer(words: [U256; 3]) -> Bytes {
        words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect::<Vec<_>>().into()
    }

    fn rated(count: u64, value: i128, decimals: u8) -> Option<Reputation> {
        let value = alloy_primitives::I256::try_from(value).expect("fits").into_raw();
        rating(&answer([U256::from(count), value, U256::from(decimals)]))
    }

    #[test]
    fn scores_are_rounded_down_and_values_out_of_range_count_as_zero() {
        for (value, decimals, expected) in [
            (0, 0, 0),
            (87, 0, 87),
            (100, 0, 100),
            (101, 0, 0),
            (-1, 0, 0),
            (i128::MIN, 18, 0),
            (i128::MAX, 18, 0),
            (8_799, 2, 87),
            (8_800, 2, 88),
            (9_999, 2, 99),
            (10_000, 2, 100),
            (10_001, 2, 0),
            (99, 2, 0),
            (100_000_000_000_000_000_000, 18, 100),
            (99_999_999_999_999_999_999, 18, 99),
        ] {
            assert_eq!(rated(1, value, decimals), Some(Reputation::Score(expected)), "{value} e-{decimals}");
        }
        assert_eq!(rated(0, 100, 0), Some(Reputation::Unrated), "no feedback");
        assert_eq!(rated(1, 100, 19), None, "more decimals than the standard has");
    }

    #[test]
    fn answers_in_another_form_are_refused() {
        let good = answer([U256::ONE, U256::from(90u8), U256::ZERO]);
        assert_eq!(rating(&good), Some(Reputation::Score(90)));
        let longer: Bytes = [good.as_ref(), &[0; 32]].concat().into();
        for bad in [Bytes::new(), good.slice(..95), good.slice(..64), longer] {
            assert_eq!(rating(&bad), None, "{bad}");
        }
        let two = U256::from(2u8);
        for bad in [
            [two.pow(U256::from(64u8)), U256::from(90u8), U256::ZERO],
            [U256::ONE, two.pow(U256::from(128u8)), U256::ZERO],
            [U256::ONE, two.pow(U256::from(127u8)), U256::ZERO],
            [U256::ONE, U256::from(90u8), U256::from(256u16)],
        ] {
            assert_eq!(rating(&answer(bad)), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..130)) {
            if let Some(Reputation::Score(score)) = rating(&bytes.into()) {
                prop_assert!(score <= 100);
            }
        }
    }
}
