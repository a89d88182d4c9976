//! Sessions, with which agents authenticate.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_core::network::Chain;

use crate::secret::WireSecret;
use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::{ChainName, SessionStatusName};

/// Maximum number of wallets of a new session.
const MAX_WALLETS: usize = 50;

/// Creates a session. Absent fields take the configured, finite defaults.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSession {
    /// The wallet. Give this or `walletIds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// The wallets. Give this or `walletId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub wallet_ids: Option<Vec<WalletId>>,
    /// Lifetime of a token in seconds, 300 to 31 536 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 300, maximum = 31_536_000)]
    pub ttl: Option<u32>,
    /// Maximum number of renewals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_renewals: Option<u32>,
    /// Seconds after which the session ends, whatever its renewals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 300, maximum = 315_360_000)]
    pub absolute_lifetime: Option<u32>,
}

impl CreateSession {
    /// The wallets named, each once.
    pub fn wallets(&self) -> Vec<WalletId> {
        let mut wallets: Vec<WalletId> = Vec::new();
        for id in self.wallet_id.iter().chain(self.wallet_ids.iter().flatten()) {
            if !wallets.contains(id) {
                wallets.push(*id);
            }
        }
        wallets
    }
}

impl Request for CreateSession {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        let both = self.wallet_id.is_some() && self.wallet_ids.is_some();
        checks.ensure(!both, "walletIds", "invalid", "give either walletId or walletIds");
        let wallets = self.wallets().len();
        checks.ensure(wallets > 0, "walletId", "required", "a session needs at least one wallet");
        checks.ensure(wallets <= MAX_WALLETS, "walletIds", "too_big", "at most 50 wallets");
        checks.range("ttl", self.ttl, 300, 31_536_000);
        checks.range("absoluteLifetime", self.absolute_lifetime, 300, 315_360_000);
        checks.finish()
    }
}

/// A session with its token. The token is shown only here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedSession {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: SessionId,
    /// The bearer token, `wai_sess_…`.
    #[schema(value_type = String)]
    pub token: WireSecret,
    /// From this second on the token is not accepted.
    pub expires_at: i64,
    /// From this second on the session has ended, whatever its renewals.
    pub absolute_expires_at: i64,
    /// The session's default wallet: the first one named at its creation, unless another was set. Read
    /// requests that name no wallet use it.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// All linked wallets.
    pub wallets: Vec<LinkedWallet>,
    /// Number of renewals so far.
    pub renewal_count: u32,
    /// Maximum number of renewals.
    pub max_renewals: u32,
    /// Number of tokens issued so far, including this one.
    pub token_issued_count: u32,
}

/// A wallet that is linked to a session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkedWallet {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: WalletId,
    /// Its name.
    pub name: String,
}

/// A session in a list, without its token.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: SessionId,
    /// The session's default wallet: the first one named at its creation, unless another was set. Read
    /// requests that name no wallet use it.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Name of that wallet.
    pub wallet_name: Option<String>,
    /// All linked wallets.
    pub wallets: Vec<LinkedWallet>,
    /// Whether it can be used.
    #[schema(value_type = SessionStatusName)]
    pub status: String,
    /// Number of renewals so far.
    pub renewal_count: u32,
    /// Maximum number of renewals.
    pub max_renewals: u32,
    /// From this second on the token is not accepted.
    pub expires_at: i64,
    /// From this second on the session has ended, whatever its renewals.
    pub absolute_expires_at: i64,
    /// When it was created.
    pub created_at: i64,
    /// When it was last renewed.
    pub last_renewed_at: Option<i64>,
    /// How it was created: `api`, `mcp` or `cli`.
    pub source: String,
    /// Number of tokens issued so far.
    pub token_issued_count: u32,
}

/// A session that was revoked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionRevoked {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: SessionId,
    /// `REVOKED`.
    #[schema(value_type = SessionStatusName)]
    pub status: String,
}

/// Names a wallet to link to a session, or to make its default.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkWallet {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
}

impl Request for LinkWallet {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// A session and a wallet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletLink {
    /// The session.
    #[schema(value_type = Uuid)]
    pub session_id: SessionId,
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
}

/// The wallets of a session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionWallets {
    /// All of them.
    pub wallets: Vec<SessionWallet>,
}

/// A wallet of a session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionWallet {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wallet_or_several_but_named_one_way() {
        let id = "018f3a4e-0000-7000-8000-000000000001";
        let one: CreateSession = serde_json::from_str(&format!(r#"{{"walletId":"{id}"}}"#)).expect("article");
        assert_eq!(one.check(), Ok(()));
        assert_eq!(one.wallets().len(), 1);
        let both = format!(r#"{{"walletId":"{id}","walletIds":["{id}"]}}"#);
        assert!(serde_json::from_str::<CreateSession>(&both).expect("shape").check().is_err());
        assert!(CreateSession::default().check().is_err());
        let short = CreateSession { ttl: Some(299), ..one.clone() };
        assert!(short.check().is_err());
        let twice = CreateSession { wallet_id: None, wallet_ids: Some(vec![one.wallets()[0]; 2]), ..one };
        assert_eq!(twice.wallets().len(), 1);
    }

    #[test]
    fn limits_that_nothing_enforces_are_refused() {
        assert!(serde_json::from_str::<CreateSession>(r#"{"constraints":{"max":1}}"#).is_err());
    }
}
