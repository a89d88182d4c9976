//! Judges the answers of all sources. Pure.

use waiaas_core::money::Price;
use waiaas_core::policy::PriceFact;
use waiaas_core::{U256, UnixSeconds};

use super::Quote;

/// The number of seconds that a source's clock may be ahead of the daemon's clock.
pub(super) const CLOCK_SKEW: i64 = 60;

/// One answer of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// A price.
    Listed(Quote),
    /// The source does not list the asset.
    Unlisted,
    /// No usable answer.
    Failed,
}

/// The state of one source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Voice {
    /// Its answer. After a price, a failure or "not listed" keeps that price, with its age.
    pub(super) answer: Answer,
    /// The last price above zero that was fresh on arrival.
    pub(super) last: Option<Price>,
}

impl Voice {
    /// Returns the state after a new `answer`, given the state `before`.
    pub(super) fn after(before: Option<Self>, answer: Answer, now: UnixSeconds, bounds: Bounds) -> Self {
        let last = match answer {
            Answer::Listed(quote) if is_fresh(quote, now, bounds.max_age) && quote.price.picos() > 0 => {
                Some(quote.price)
            }
            Answer::Listed(_) | Answer::Unlisted | Answer::Failed => before.and_then(|before| before.last),
        };
        let answer = match (before.map(|before| before.answer), answer) {
            (Some(old @ Answer::Listed(_)), Answer::Failed | Answer::Unlisted) => old,
            (Some(Answer::Listed(_) | Answer::Unlisted | Answer::Failed) | None, new) => new,
        };
        Self { answer, last }
    }
}

/// The bounds of a usable price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Seconds since the observation.
    pub(super) max_age: i64,
    /// Percent of the lowest price.
    pub(super) max_spread_percent: u32,
}

/// Returns the highest of the fresh prices, if they agree with each other and with the last price of every
/// source that stopped answering, so that an attacker who silences one source gains nothing from the answer
/// of another. Also returns the number of sources with a fresh price. A source that failed counts neither as
/// agreeing nor as not listing; one that never had a price is ignored.
pub(super) fn judge(voices: &[Voice], now: UnixSeconds, bounds: Bounds) -> (PriceFact, u32) {
    let (mut fresh, mut silent) = (Vec::new(), Vec::new());
    let mut unlisted = true;
    for voice in voices {
        match voice.answer {
            Answer::Listed(quote) if is_fresh(quote, now, bounds.max_age) => fresh.push(quote.price),
            Answer::Listed(_) | Answer::Unlisted | Answer::Failed => silent.extend(voice.last),
        }
        unlisted &= voice.answer == Answer::Unlisted;
    }
    let all = || fresh.iter().chain(&silent);
    let sources = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
    let fact = match (all().min(), all().max(), fresh.iter().max()) {
        (Some(low), Some(high), Some(price)) if agree(*low, *high, bounds.max_spread_percent) => {
            PriceFact::Known(*price)
        }
        (_, _, None) if unlisted => PriceFact::Unlisted,
        (Some(_) | None, _, _) => PriceFact::Unusable,
    };
    (fact, sources)
}

fn is_fresh(quote: Quote, now: UnixSeconds, max_age: i64) -> bool {
    let age = now.saturating_sub(quote.observed_at);
    (-CLOCK_SKEW..=max_age).contains(&age)
}

/// Zero agrees with nothing, not even with zero.
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

    /// Judges sources that are asked for the first time.
    fn verdict(answers: &[Answer]) -> PriceFact {
        judge(&heard(&[answers]), NOW, BOUNDS).0
    }

    /// Returns the state of every source after these rounds.
    fn heard(rounds: &[&[Answer]]) -> Vec<Voice> {
        let mut voices: Vec<Voice> = Vec::new();
        for answers in rounds {
            let before = std::mem::take(&mut voices);
            let heard =
                |(at, answer): (usize, &Answer)| Voice::after(before.get(at).copied(), *answer, NOW, BOUNDS);
            voices = answers.iter().enumerate().map(heard).collect();
        }
        voices
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
        assert_eq!(
            verdict(&[aged(100, 601), aged(10, 0)]),
            known(10),
            "a price that was old on arrival is ignored"
        );
        let ancient = Quote { price: Price::from_picos(1), observed_at: i64::MIN };
        let at = |quote, now| judge(&[Voice::after(None, Answer::Listed(quote), now, BOUNDS)], now, BOUNDS).0;
        assert_eq!(at(ancient, i64::MAX), PriceFact::Unusable);
        let future = Quote { price: Price::from_picos(1), observed_at: i64::MAX };
        assert_eq!(at(future, i64::MIN), PriceFact::Unusable);
    }

    #[test]
    fn unlisted_only_when_every_source_answers_unlisted() {
        use Answer::{Failed, Unlisted};
        assert_eq!(verdict(&[]), PriceFact::Unlisted);
        assert_eq!(verdict(&[Unlisted, Unlisted]), PriceFact::Unlisted);
        assert_eq!(verdict(&[Unlisted, Failed]), PriceFact::Unusable);
        assert_eq!(verdict(&[Unlisted, aged(100, 601)]), PriceFact::Unusable);
        assert_eq!(verdict(&[Unlisted, aged(100, 0)]), known(100));
        assert_eq!(verdict(&[Failed, aged(100, 0)]), known(100));
        assert_eq!(verdict(&[Failed, Failed]), PriceFact::Unusable);
    }

    /// However a source is silenced, the price of the other must agree with its last price.
    #[test]
    fn the_last_price_of_a_silent_source_still_counts() {
        use Answer::{Failed, Unlisted};
        let spoke: &[Answer] = &[aged(100, 0), aged(100, 0)];
        let later = |round: &[Answer]| judge(&heard(&[spoke, round]), NOW + 601, BOUNDS);
        let quote = |picos| Answer::Listed(Quote { price: Price::from_picos(picos), observed_at: NOW + 601 });
        for silence in [Unlisted, Failed, aged(7, 601)] {
            assert_eq!(later(&[quote(105), silence]), (known(105), 1), "{silence:?}: within the spread");
            assert_eq!(later(&[quote(95), silence]).0, PriceFact::Unusable, "{silence:?}");
            assert_eq!(later(&[quote(106), silence]).0, PriceFact::Unusable, "{silence:?}");
            assert_eq!(
                later(&[silence, silence]).0,
                PriceFact::Unusable,
                "{silence:?}: its last price alone is no price"
            );
            let again = heard(&[spoke, &[quote(106), silence], &[quote(106), quote(106)]]);
            assert_eq!(
                judge(&again, NOW + 601, BOUNDS),
                (known(106), 2),
                "{silence:?}: until it answers again"
            );
            // The last price stays in use until its maximum age.
            let soon = heard(&[spoke, &[aged(103, 0), silence]]);
            assert!(matches!(judge(&soon, NOW, BOUNDS).0, PriceFact::Known(_)), "{silence:?}");
        }
        assert_eq!(judge(&heard(&[spoke, &[aged(103, 0), Unlisted]]), NOW, BOUNDS), (known(103), 2));
        assert_eq!(judge(&heard(&[spoke, &[aged(90, 0), Unlisted]]), NOW, BOUNDS).0, PriceFact::Unusable);
        // A price of zero is no price, and a source that never had one is ignored.
        let nothing = heard(&[&[aged(0, 0), aged(100, 0)], &[Unlisted, aged(200, 0)]]);
        assert_eq!(judge(&nothing, NOW + 600, BOUNDS).0, PriceFact::Unusable, "while the zero price is kept");
        assert_eq!(
            judge(&heard(&[&[Unlisted, aged(100, 0)], &[Unlisted, aged(200, 0)]]), NOW, BOUNDS),
            (known(200), 1)
        );
        assert_eq!(
            judge(&heard(&[&[Failed, aged(100, 0)], &[Failed, aged(200, 0)]]), NOW, BOUNDS),
            (known(200), 1)
        );
    }

    #[test]
    fn zero_is_no_price() {
        assert_eq!(verdict(&[aged(0, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(0, 0), aged(0, 0)]), PriceFact::Unusable);
        assert_eq!(verdict(&[aged(0, 0), aged(100, 0)]), PriceFact::Unusable);
    }

    proptest! {
        /// A known price is one of the fresh quotes and above zero, no fresh quote is higher, and the order
        /// of the sources does not matter.
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
