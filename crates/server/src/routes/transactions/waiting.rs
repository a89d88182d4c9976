//! The waiting time of a send, from the query.

use waiaas_api::transactions::SendQuery;
use waiaas_engine::WaitFor;

use crate::problem::Failure;

/// Default seconds of `?wait=confirmed`.
const DEFAULT_WAIT: u32 = 30;
/// Maximum seconds; below the deadline of requests.
const MAX_WAIT: u32 = 60;

/// When a send answers.
pub(super) fn wait_for(query: &SendQuery) -> Result<WaitFor, Failure> {
    match (query.wait.as_deref(), query.timeout) {
        (None | Some("broadcast"), None) => Ok(WaitFor::Broadcast),
        (None | Some("broadcast"), Some(_)) => {
            Err(Failure::issue("timeout", "invalid", "only together with wait=confirmed"))
        }
        (Some("confirmed"), timeout) => match timeout.unwrap_or(DEFAULT_WAIT) {
            0 => Err(Failure::issue("timeout", "too_small", "at least 1")),
            seconds if seconds > MAX_WAIT => Err(Failure::issue("timeout", "too_big", "at most 60")),
            timeout_seconds => Ok(WaitFor::Confirmed { timeout_seconds }),
        },
        (Some(_), _) => Err(Failure::issue("wait", "invalid", "broadcast or confirmed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(wait: Option<&str>, timeout: Option<u32>) -> SendQuery {
        SendQuery { wait: wait.map(str::to_owned), timeout }
    }

    #[test]
    fn waiting_is_asked_for_and_bounded() {
        assert_eq!(wait_for(&query(None, None)), Ok(WaitFor::Broadcast));
        let confirmed = |timeout_seconds| Ok(WaitFor::Confirmed { timeout_seconds });
        assert_eq!(wait_for(&query(Some("confirmed"), None)), confirmed(30));
        assert_eq!(wait_for(&query(Some("confirmed"), Some(60))), confirmed(60));
        for (wait, timeout) in [
            (Some("confirmed"), Some(0)),
            (Some("confirmed"), Some(61)),
            (Some("forever"), None),
            (None, Some(5)),
        ] {
            assert!(wait_for(&query(wait, timeout)).is_err(), "{wait:?} {timeout:?}");
        }
    }
}
