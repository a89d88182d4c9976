//! Webhooks: the states of a delivery, the legal moves between them, and the waits between attempts.
//!
//! Belongs here: rules that need neither network nor database. Does not belong here: sending (the channel) and
//! storage.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::wallet::wire_enum;

/// Attempts to deliver one event before it is given up.
pub const MAX_ATTEMPTS: u32 = 12;
/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT: i64 = 900;

wire_enum!(
    /// State of a delivery. [`DeliveryStatus::next`] is the graph.
    DeliveryStatus {
        /// An attempt is due or planned.
        Pending = "PENDING",
        /// The receiver answered the last attempt with success.
        Delivered = "DELIVERED",
        /// The last attempt cannot succeed by repeating it, so no further one is planned.
        Refused = "REFUSED",
        /// The last attempt failed, and no further one is planned.
        Exhausted = "EXHAUSTED",
    }
);

/// A move that is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a delivery cannot go from {from} to {to}")]
pub struct IllegalDelivery {
    /// Current state.
    pub from: DeliveryStatus,
    /// Requested state.
    pub to: DeliveryStatus,
}

impl DeliveryStatus {
    /// The states after one more attempt. An ended delivery gets one only if the operator asks for it, and none is
    /// planned after that.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::Pending, Self::Delivered, Self::Refused, Self::Exhausted],
            Self::Delivered | Self::Refused | Self::Exhausted => {
                &[Self::Delivered, Self::Refused, Self::Exhausted]
            }
        }
    }

    /// The only way to change state: `to`, if the graph has that move.
    ///
    /// # Errors
    ///
    /// [`IllegalDelivery`] if it does not.
    pub fn advance(self, to: Self) -> Result<Self, IllegalDelivery> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalDelivery { from: self, to }) }
    }

    /// Whether no further attempt is planned.
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Pending => false,
            Self::Delivered | Self::Refused | Self::Exhausted => true,
        }
    }
}

/// Seconds to wait after this number of failed attempts; none if the delivery is given up. The waits double from
/// one second on.
pub fn wait_after(attempts: u32) -> Option<i64> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let doubled = 1i64.checked_shl(attempts.saturating_sub(1)).unwrap_or(LONGEST_WAIT);
    Some(doubled.clamp(1, LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_delivery_is_never_pending_again() {
        for from in DeliveryStatus::ALL {
            for to in DeliveryStatus::ALL {
                let legal = from.advance(*to).is_ok();
                assert_eq!(legal, !from.has_ended() || to.has_ended(), "{from} to {to}");
            }
        }
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_end() {
        let waits: Vec<_> = (1..).map_while(wait_after).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
        assert_eq!(wait_after(0), Some(1));
        assert_eq!(wait_after(u32::MAX), None);
    }
}
