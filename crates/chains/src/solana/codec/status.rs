//! A node's answer about a signature, and its evaluation. Pure.

use serde::Deserialize;
use serde_json::Value;
use solana_message::VersionedMessage;
use waiaas_core::U256;
use waiaas_core::network::Finality;

use super::fees::{self, Terms};
use crate::bounded::Brief;
use crate::outcome::{Depth, Landed};
use crate::solana::Commitment;

/// The answer of `getSignatureStatuses` for one signature.
#[derive(Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub(in crate::solana) struct Status {
    pub(in crate::solana) slot: u64,
    /// Null once rooted.
    pub(in crate::solana) confirmations: Option<u64>,
    /// Null on success.
    #[serde(default)]
    err: Brief,
    pub(in crate::solana) confirmation_status: Option<String>,
}

impl Status {
    /// Null on success.
    pub(in crate::solana) const fn err(&self) -> &Value {
        &self.err.0
    }

    /// Whether its block has reached this commitment.
    fn has_reached(&self, wanted: Commitment) -> bool {
        let finalized = match self.confirmation_status.as_deref() {
            Some(level) => level == Commitment::Finalized.as_str(),
            // Nodes that do not name the level still return null once the block is rooted.
            None => self.confirmations.is_none(),
        };
        match wanted {
            Commitment::Finalized => finalized,
            Commitment::Confirmed => {
                finalized || self.confirmation_status.as_deref() == Some(Commitment::Confirmed.as_str())
            }
        }
    }

    /// Returns the testimony about the signed `message` in its block.
    pub(in crate::solana) fn landed(
        &self,
        message: &VersionedMessage,
        wanted: Commitment,
        finality: Finality,
    ) -> Landed {
        let depth = match finality {
            _ if !self.has_reached(wanted) => Depth::Shallow,
            Finality::Blocks(_) => Depth::Final,
            Finality::Finalized { .. } if self.has_reached(Commitment::Finalized) => Depth::Final,
            Finality::Finalized { .. } => Depth::Confirmed,
        };
        // The fee offered by the bytes is the most they pay.
        let fee = Terms::read(message).ok().and_then(|terms| terms.fee()).unwrap_or(fees::PER_SIGNATURE);
        Landed { succeeded: self.err().is_null(), fee: U256::from(fee), block: self.slot, depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::codec::body::tests::{message, transfer};
    use serde_json::json;

    fn status(value: Value) -> Status {
        serde_json::from_value(value).expect("a status")
    }

    #[test]
    fn a_level_counts_only_when_reached() {
        for (value, confirmed, finalized) in [
            (
                json!({"slot": 1, "confirmations": 0, "err": null, "confirmationStatus": "processed"}),
                false,
                false,
            ),
            (
                json!({"slot": 1, "confirmations": 1, "err": null, "confirmationStatus": "confirmed"}),
                true,
                false,
            ),
            (
                json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": "finalized"}),
                true,
                true,
            ),
            (json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": null}), true, true),
            (json!({"slot": 1, "confirmations": 9, "err": null}), false, false),
            (
                json!({"slot": 1, "confirmations": null, "err": null, "confirmationStatus": "novel"}),
                false,
                false,
            ),
        ] {
            let status = status(value);
            assert_eq!(status.has_reached(Commitment::Confirmed), confirmed, "{status:?}");
            assert_eq!(status.has_reached(Commitment::Finalized), finalized, "{status:?}");
        }
    }

    #[test]
    fn the_depth_follows_the_confirmation_level() {
        let message = message(&[transfer(5)]);
        let landed = |level: &str, err: Value, wanted, finality| {
            let value = json!({"slot": 7, "confirmations": 1, "err": err, "confirmationStatus": level});
            status(value).landed(&message, wanted, finality)
        };
        let by_node = Finality::Finalized { else_blocks: 32 };
        let depth = |level, finality| landed(level, Value::Null, Commitment::Confirmed, finality).depth;
        assert_eq!(depth("processed", by_node), Depth::Shallow);
        assert_eq!(depth("confirmed", by_node), Depth::Confirmed);
        assert_eq!(depth("finalized", by_node), Depth::Final);
        assert_eq!(depth("confirmed", Finality::Blocks(1)), Depth::Final);
        let strict = landed("confirmed", Value::Null, Commitment::Finalized, by_node);
        assert_eq!((strict.depth, strict.succeeded, strict.block), (Depth::Shallow, true, 7));
        assert_eq!(strict.fee, U256::from(5_000u64), "a unit price of zero");
        assert!(!landed("confirmed", json!("AccountNotFound"), Commitment::Confirmed, by_node).succeeded);
    }
}
