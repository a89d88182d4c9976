//! The origin of a request, as the daemon itself knows it.

use serde::Serialize;

use crate::action::ActionFacts;
use crate::policy::Purpose;

/// What the called operation says about a request. The daemon makes it; no request body has a field for it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Origin {
    /// The purpose of the signature.
    pub purpose: Purpose,
    /// The action that produced the request; none if a caller made the request directly.
    pub action: Option<ActionFacts>,
}

impl Origin {
    /// A payment for a resource of this host (x402).
    pub fn http_payment(host: &str) -> Self {
        Self { purpose: Purpose::HttpPayment { domain: host.to_ascii_lowercase() }, action: None }
    }

    /// An HTTP message to this host (ERC-8128).
    pub fn http_message(host: &str) -> Self {
        Self { purpose: Purpose::HttpMessage { domain: host.to_ascii_lowercase() }, action: None }
    }

    /// A request that one of the daemon's own action providers produced.
    pub fn action(action: ActionFacts) -> Self {
        Self { purpose: Purpose::Plain, action: Some(action) }
    }

    /// Whether nothing is known beyond the caller's request.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}
