//! A request body as the engine's request.

use waiaas_api::requests::TransactionRequest;
use waiaas_api::transactions::SendQuery;
use waiaas_core::origin::Origin;
use waiaas_engine::{IdempotencyKey, SendRequest, WaitFor};

use super::kind;
use crate::problem::Failure;

/// Seconds `?wait=confirmed` waits unless told.
const DEFAULT_WAIT: u32 = 30;
/// Most seconds it waits; below the deadline of requests.
const MAX_WAIT: u32 = 60;

/// The request was checked when it was read; what is still wrong here is refused all the same.
pub(super) fn translate(
    request: TransactionRequest,
    idempotency: Option<IdempotencyKey>,
) -> Result<SendRequest, Failure> {
    let kind = kind::of_request(&request)?;
    let gas_condition = request.gas_condition.map(|gas| kind::gas_condition(&gas)).transpose()?;
    Ok(SendRequest {
        wallet: request.wallet_id,
        network: request.network,
        kind,
        gas_condition,
        origin: Origin::default(),
        chain: None,
        idempotency,
    })
}

/// How long a send waits before it answers.
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
    use waiaas_core::intent::Amount;
    use waiaas_engine::RequestKind;

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

    #[test]
    fn amounts_keep_their_unit() {
        let amount = |body: &str| {
            let request: TransactionRequest = serde_json::from_str(body).expect("request");
            match translate(request, None).expect("translated").kind {
                RequestKind::Transfer { amount, .. } => amount,
                other => panic!("a transfer, not {other:?}"),
            }
        };
        assert!(matches!(amount(r#"{"to":"r","amount":"5"}"#), Amount::Base(_)));
        assert!(matches!(amount(r#"{"to":"r","amount":"5.0"}"#), Amount::Human(_)));
        assert!(matches!(amount(r#"{"to":"r","humanAmount":"5"}"#), Amount::Human(_)));
    }
}
