//! The price of an asset, and the value of amounts of it.

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::amount::{AmountError, MAX_DECIMALS, decimal_parts, scaled, ten_to};
use super::dollars::Usd;

/// The price of one whole unit of an asset, in pico-dollars (10⁻¹² USD), so that very cheap tokens keep
/// significant digits. In JSON it is a string of digits, which keeps all 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Price(u128);

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer).map(Self)
    }
}

impl Price {
    /// From pico-dollars per whole unit.
    pub const fn from_picos(picos: u128) -> Self {
        Self(picos)
    }

    /// Pico-dollars per whole unit.
    pub const fn picos(self) -> u128 {
        self.0
    }

    /// From exact decimal dollars with at most twelve fraction digits.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if the text is not such a decimal, or the price does not fit in 128 bits of
    /// pico-dollars.
    pub fn from_decimal(text: &str) -> Result<Self, AmountError> {
        let (integer, fraction) = decimal_parts(text)?;
        u128::try_from(scaled(integer, fraction, 12)?).map(Self).map_err(|_| AmountError::TooLarge)
    }

    /// The value of `amount` base units, rounded up to the next micro-dollar; saturating.
    pub fn value_of(self, amount: U256, decimals: u8) -> Usd {
        if decimals > MAX_DECIMALS {
            return Usd::MAX;
        }
        // scaled picos → micros: divide by 10^decimals and by 10^6
        let exponent = decimals.saturating_add(6);
        // Common figures fit in 128 bits, where division is several times faster.
        let short = u128::try_from(amount).ok().and_then(|amount| amount.checked_mul(self.0));
        if let (Some(picos_scaled), Some(divisor)) = (short, 10u128.checked_pow(u32::from(exponent))) {
            return u64::try_from(picos_scaled.div_ceil(divisor)).map_or(Usd::MAX, Usd::from_micros);
        }
        let Some(picos_scaled) = amount.checked_mul(U256::from(self.0)) else {
            return Usd::MAX;
        };
        u64::try_from(picos_scaled.div_ceil(ten_to(exponent))).map_or(Usd::MAX, Usd::from_micros)
    }

    /// The largest number of base units worth no more than `usd`. None if the price is zero or `decimals`
    /// exceeds the maximum of an asset.
    pub fn most_for(self, usd: Usd, decimals: u8) -> Option<U256> {
        if decimals > MAX_DECIMALS {
            return None;
        }
        let scaled = U256::from(usd.micros()).checked_mul(ten_to(decimals.saturating_add(6)))?;
        scaled.checked_div(U256::from(self.0))
    }

    /// The largest value that `amount` base units can have, in pico-dollars; saturates beyond 256 bits or
    /// with too many decimals.
    pub fn picos_at_most(self, amount: U256, decimals: u8) -> U256 {
        let scaled = amount.checked_mul(U256::from(self.0)).filter(|_| decimals <= MAX_DECIMALS);
        scaled.map_or(U256::MAX, |scaled| scaled.div_ceil(ten_to(decimals)))
    }

    /// The smallest value that `amount` base units can have, in pico-dollars; zero if it cannot be computed.
    pub fn picos_at_least(self, amount: U256, decimals: u8) -> U256 {
        let scaled = amount.checked_mul(U256::from(self.0)).filter(|_| decimals <= MAX_DECIMALS);
        scaled.map_or(U256::ZERO, |scaled| scaled / ten_to(decimals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_in_either_width() {
        let price = Price::from_picos(3_000_000_000_000_007);
        // 10^22 wei times this price needs more than 128 bits, a tenth of it does not.
        let short = price.value_of(U256::from(10u8).pow(U256::from(21u8)), 18);
        let long = price.value_of(U256::from(10u8).pow(U256::from(22u8)), 18);
        assert_eq!((short.micros(), long.micros()), (3_000_000_000_001, 30_000_000_000_001));
        // 10^39 is no divisor of 128 bits.
        assert_eq!(
            price.value_of(U256::from(10u8).pow(U256::from(33u8)), 33),
            Usd::from_micros(3_000_000_001)
        );
        assert_eq!(ten_to(77), U256::from(10u8).pow(U256::from(77u8)));
        assert_eq!(ten_to(78), U256::MAX);
    }

    #[test]
    fn values_for_comparison_are_rounded_apart() {
        let price = Price::from_picos(7);
        let (three, decimals) = (U256::from(3u8), 1);
        assert_eq!(price.picos_at_most(three, decimals), three);
        assert_eq!(price.picos_at_least(three, decimals), U256::from(2u8));
        for (amount, decimals) in [(U256::MAX, 0), (three, MAX_DECIMALS + 1)] {
            assert_eq!(price.picos_at_most(amount, decimals), U256::MAX);
            assert_eq!(price.picos_at_least(amount, decimals), U256::ZERO);
        }
    }

    #[test]
    fn values_round_up() {
        let price = Price::from_decimal("0.000001").expect("price");
        assert_eq!(price.value_of(U256::from(1u8), 9), Usd::from_micros(1));
        assert_eq!(price.value_of(U256::ZERO, 9), Usd::ZERO);
        let sol = Price::from_decimal("150.25").expect("price");
        assert_eq!(sol.value_of(U256::from(1_000_000_000u64), 9), Usd::from_micros(150_250_000));
        assert_eq!(sol.value_of(U256::MAX, 0), Usd::MAX);
        assert_eq!(sol.value_of(U256::from(1u8), 77), Usd::MAX);
    }

    #[test]
    fn the_most_for_so_many_dollars_is_worth_no_more() {
        let eth = Price::from_decimal("3000.7").expect("price");
        for dollars in [0, 1, 5, 50, 1_000_000] {
            let usd = Usd::from_dollars(dollars);
            let most = eth.most_for(usd, 18).expect("an amount");
            assert!(eth.value_of(most, 18) <= usd, "{dollars}");
            assert!(eth.value_of(most + U256::ONE, 18) > usd, "{dollars}");
        }
        assert_eq!(
            Price::from_decimal("0.5").expect("price").most_for(Usd::from_dollars(5), 18),
            Some(U256::from(10u8) * ten_to(18))
        );
        assert_eq!(Price::from_picos(0).most_for(Usd::from_dollars(5), 18), None, "a price of nothing");
        assert_eq!(eth.most_for(Usd::from_dollars(5), 37), None);
        assert!(eth.most_for(Usd::MAX, MAX_DECIMALS).is_some());
    }
}
