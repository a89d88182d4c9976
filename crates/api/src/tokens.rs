//! What is on record of tokens.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::validation::{Checks, Refusal, Request};

/// Which tokens.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Of this network only, by its name or CAIP-2 id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// Tokens on record, by network and address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TokenList)]
pub struct Tokens {
    /// All of them.
    pub tokens: Vec<Token>,
}

/// A token on record. Amounts of it are read and counted by these decimals, whatever a node says later.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The network's name.
    pub network: String,
    /// Contract or mint.
    pub address: String,
    /// CAIP-19.
    pub asset_id: String,
    /// As the token calls itself; anybody can choose any.
    pub symbol: String,
    /// Digits behind the point of a whole one.
    pub decimals: u8,
    /// Since when it is on record.
    pub recorded_at: i64,
}

/// Drops what is on record of a token.
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
