//! Reasons why requests are not carried out: the kill switch for waiting ones, and the reason of a
//! cancellation.

use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::KillSwitchRow;

use crate::error::ErrorCode;

/// Why a waiting request will not be signed: a stable code and one sentence; none if nothing stops it.
///
/// Makes the same comparison as the last look, which cancels the request when its turn comes.
pub(crate) fn by_the_kill_switch(
    status: TxStatus,
    admitted_generation: u64,
    switch: &KillSwitchRow,
) -> Option<(String, String)> {
    match status {
        TxStatus::Queued | TxStatus::PendingApproval | TxStatus::Executing => {}
        TxStatus::Denied
        | TxStatus::Broadcasting
        | TxStatus::Submitted
        | TxStatus::Signed
        | TxStatus::Confirmed
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => return None,
    }
    let since = match switch.state {
        KillSwitch::Activated | KillSwitch::Locked => "The kill switch is activated",
        KillSwitch::Running if switch.generation != admitted_generation => {
            "The kill switch was activated since this was asked for"
        }
        KillSwitch::Running => return None,
    };
    let reason = format!("{since}: this is not signed any more, and ends as CANCELLED when its turn comes.");
    Some((ErrorCode::SystemLocked.as_str().to_owned(), reason))
}

/// Returns the reason for a cancellation, in a sentence.
pub(crate) fn cancelled(code: Option<&str>) -> &'static str {
    match code {
        None => "It was withdrawn before anything was signed.",
        Some("SYSTEM_LOCKED") => "Not signed: the kill switch was activated.",
        Some("OWNER_REJECTED") => "The owner rejected it.",
        Some("RESTORED") => "It had not been signed when the backup was made, so the restore cancelled it.",
        Some(_) => "It was cancelled before anything was signed.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_stopped_by_a_pull_even_after_its_release_and_what_is_signed_is_not() {
        let switch = |state, generation| KillSwitchRow { state, generation, changed_at: 0 };
        let shown = |status, switch: &KillSwitchRow| by_the_kill_switch(status, 4, switch);
        for status in TxStatus::ALL.iter().copied() {
            let waits = [TxStatus::Queued, TxStatus::PendingApproval, TxStatus::Executing].contains(&status);
            assert_eq!(shown(status, &switch(KillSwitch::Running, 4)), None, "{status}");
            for stopped in [
                switch(KillSwitch::Activated, 5),
                switch(KillSwitch::Locked, 5),
                switch(KillSwitch::Running, 6),
            ] {
                let told = shown(status, &stopped);
                assert_eq!(told.is_some(), waits, "{status}: {told:?}");
                assert!(told.is_none_or(|(code, why)| code == "SYSTEM_LOCKED" && why.contains("CANCELLED")));
            }
        }
    }

    #[test]
    fn every_cancellation_has_a_reason() {
        let codes = [None, Some("SYSTEM_LOCKED"), Some("OWNER_REJECTED"), Some("RESTORED"), Some("X")];
        let told: std::collections::BTreeSet<_> = codes.into_iter().map(cancelled).collect();
        assert_eq!(told.len(), codes.len());
    }
}
