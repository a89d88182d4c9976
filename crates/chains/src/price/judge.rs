//! What the answers of all sources amount to. Pure.

use waiaas_core::money::Price;
use waiaas_core::policy::PriceFact;
use waiaas_core::{U256, UnixSeconds};

use super::Quote;

/// How far a source's clock may run ahead of ours, in seconds.
pub(super) const CLOCK_SKEW: i64 = 60;

/// What one source said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// A price.
    Listed(Quote),
    /// It does not know the asset.
    Unlisted,
    /// Nothing usable.
    Failed,
}

/// The bounds of a usable price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Seconds since the observation.
    pub(super) max_age: i64,
    /// Percent of the lowest price.
    pub(super) max_spread_percent: u32,
}

/// The highest of the fresh prices, if they agree. A source that failed is not counted as agreeing
/// or as not listing.
pub(super) fn judge(answers: &[Answer], now: UnixSeconds, bounds: Bounds) -> PriceFact {
    let mut fresh = Vec::new();
    let mut unlisted = true;
    for answer in answers {
        match answer {
            Answer::Listed(quote) => {
                unlisted = false;
                if is_fresh(*quote, now, bounds.max_age) {
                    fresh.push(quote.price);
                }
            }
            Answer::Unlisted => {}
            Answer::Failed => unlisted = false,
        }
    }
    match (fresh.iter().min(), fresh.iter().max()) {
        (Some(low), Some(high)) if agree(*low, *high, bounds.max_spread_percent) => PriceFact::Known(*high),
        (None, None) if unlisted => PriceFact::Unlisted,
        (Some(_) | None, _) => PriceFact::Unusable,
    }
}

fn is_fresh(quote: Quote, now: UnixSeconds, max_age: i64) -> bool {
    let age = now.saturating_sub(quote.observed_at);
    (-CLOCK_SKEW..=max_age).contains(&age)
}

/// Zero agrees with nothing, not even itself.
fn agree(low: Price, high: Price, max_spread_percent: u32) -> bool {
    let (low, high) = (U256::from(low.picos()), U256::from(high.picos()));
    // At most 2^128 × 2^32: no overflow in 256 bits.
    let allowed = low * U256::from(max_spread_percent);
    low > U256::ZERO && high.saturating_sub(low) * U256::from(100u8) <= allowed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixSeconds = 1_800_000_000;
    const BOUNDS: Bounds = Bounds { max_age: 600, max_spread_percent: 5 };

    fn aged(picos: u128, age: i64) -> Answer {
        Answer::Listed(Quote { price: Price::from_picos(picos), observed_at: NOW - age })
    }

    fn known(picos: u128) -> PriceFact {
        PriceFact::Known(Price::from_picos(picos))
    }

    fn verdict(answers: &[Answer]) -> PriceFact {
        judge(answers, NOW, BOUNDS)
    }

    #[test]
    fn the_higher_of_agreeing_prices_counts() {
        assert_eq!(verdict(&[aged(100, 0), aged(104, 0)]), known(104));
        assert_eq!(verdict(&[aged(105, 0), aged(100, 0)]), known(105), "five percent is within five");
        assert_eq!(verdict(&[aged(106, 0), aged(100, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(10, 0), aged(100, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(100, 0), aged(102, 0), aged(106, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(u128::MAX, 0), aged(u128::MAX, 0)]), known(u128::MAX));
        assert_eq!(verdict(&[aged(1, 0), aged(u128::MAX, 0)]), PriceFact::Unusable);
    }

    #[test]
    fn age_is_bounded_on_both_sides() {
        assert_eq!(verdict(&[aged(100, 600)]), known(100));
        assert_eq!(verdict(&[aged(100, 601)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(100, -60)]), known(100));
        assert_eq!(verdict(&[aged(100, -61)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(100, 601), aged(10, 0)]), known(10), "an old price has no say");
        let ancient = Quote { price: Price::from_picos(1), observed_at: i64::MIN };
        assert_eq!(judge(&[Answer::Listed(ancient)], i64::MAX, BOUNDS), PriceFact::Unusable);
        let prophecy = Quote { price: Price::from_picos(1), observed_at: i64::MAX };
        assert_eq!(judge(&[Answer::Listed(prophecy)], i64::MIN, BOUNDS), PriceFact::Unusable);
    }

    #[test]
    fn unlisted_only_when_every_source_says_so() {
        use Answer::{Failed, Unlisted};
        assert_eq!(verdict(&[]), PriceFact::Unlisted);
        assert_eq!(verdict(&[Unlisted, Unlisted]), PriceFact::Unlisted);
        assert_eq!(verdict(&[Unlisted, Failed]), PriceFact::Unusable);
        assert_eq!(verdict(&[Unlisted, aged(100, 601)]), PriceFact::Unusable);
        assert_eq!(verdict(&[Unlisted, aged(100, 0)]), known(100));
        assert_eq!(verdict(&[Failed, aged(100, 0)]), known(100));
        assert_eq!(verdict(&[Failed, Failed]), PriceFact::Unusable);
    }

    #[test]
    fn zero_is_no_price() {
        assert_eq!(verdict(&[aged(0, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(0, 0), aged(0, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(0, 0), aged(100, 0)]), PriceFact::Unusable);
    }

    proptest! {
        /// A known price is one of the fresh quotes, above zero, none of the fresh ones is higher,
        /// and the order of the sources does not matter.
        #[test]
        fn a_known_price_is_the_highest_fresh_one(
            quotes in proptest::collection::vec((0u128..200, -100i64..1_000), 0..5)
        ) {
            let answers: Vec<Answer> = quotes.iter().map(|(picos, age)| aged(*picos, *age)).collect();
            let mut reversed = answers.clone();
            reversed.reverse();
            prop_assert_eq!(verdict(&answers), verdict(&reversed));
            if let PriceFact::Known(price) = verdict(&answers) {
                let fresh = quotes.iter().filter(|(_, age)| (-60..=600).contains(age));
                prop_assert_eq!(fresh.map(|(picos, _)| *picos).max(), Some(price.picos()));
                prop_assert!(price.picos() > 0);
            }
        }
    }
}
