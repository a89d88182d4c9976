//! The token registry.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::validation::{Checks, Refusal, Request};

/// Selects recorded tokens.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Only tokens of this network, by its name or CAIP-2 id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// Recorded tokens, ordered by network and address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TokenList)]
pub struct Tokens {
    /// All of them.
    pub tokens: Vec<Token>,
}

/// A recorded token. Its amounts are converted with these decimals, whatever a node reports later.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The network's name.
    pub network: String,
    /// Contract or mint.
    pub address: String,
    /// CAIP-19 id.
    pub asset_id: String,
    /// The token's own symbol. Its creator can choose any symbol.
    pub symbol: String,
    /// Number of decimals.
    pub decimals: u8,
    /// Time of the recording.
    pub recorded_at: i64,
}

/// Removes a recorded token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetToken {
    /// The network's name or CAIP-2 id.
    #[schema(min_length = 1, max_length = 100)]
    pub network: String,
    /// Contract or mint.
    #[schema(min_length = 1, max_length = 100)]
    pub address: String,
}

impl Request for ForgetToken {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("network", &self.network, 1, 100);
        checks.text("address", &self.address, 1, 100);
        checks.finish()
    }
}
