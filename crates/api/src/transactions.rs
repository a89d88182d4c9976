//! Transactions: asked for, judged, waited for, executed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::intent::{Amount, IntentKind};
use waiaas_core::money::{AmountError, Usd};
use waiaas_core::network::Chain;
use waiaas_core::policy::Tier;
use waiaas_core::transaction::TxStatus;

use crate::owners::Challenge;
use crate::validation::{Checks, Issue, Refusal, Request};
use crate::vocabulary::{ChainName, TierName, TxStatusName};

/// Most characters of a memo.
pub const MAX_MEMO: usize = 256;

/// Asks for a transaction. Give exactly one of `amount` and `humanAmount`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransactionRequest {
    /// `TRANSFER` (also when absent) or `TOKEN_TRANSFER`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "TRANSFER")]
    pub kind: Option<String>,
    /// The recipient.
    pub to: String,
    /// Digits only: base units (lamports, wei). With a decimal point: human units, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.1")]
    pub amount: Option<String>,
    /// Always human units, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human_amount: Option<String>,
    /// Which token, for `TOKEN_TRANSFER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenRef>,
    /// At most 256 characters, written on chain where the chain has a place for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub memo: Option<String>,
    /// Name or CAIP-2 id; may be left out where the wallet has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The wallet; may be left out when the session has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Judge and simulate only: nothing is written, signed or sent.
    #[serde(default)]
    pub dry_run: bool,
}

/// A token: its address, or its CAIP-19 id. Decimals and symbol, when given, are checked against
/// the chain and never believed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRef {
    /// ERC-20 contract or SPL mint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Its symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// CAIP-19 id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

impl TransactionRequest {
    /// The type asked for; none when it is not one this daemon carries out.
    pub fn intent_kind(&self) -> Option<IntentKind> {
        self.kind.as_deref().map_or(Some(IntentKind::Transfer), IntentKind::parse)
    }

    /// The amount, however it was written; none unless exactly one field is given.
    pub fn parsed_amount(&self) -> Option<Result<Amount, AmountError>> {
        match (&self.amount, &self.human_amount) {
            (Some(amount), None) => Some(Amount::parse(amount)),
            (None, Some(human)) => Some(Amount::parse_human(human)),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    fn check_amount(&self, checks: &mut Checks) {
        let path = if self.human_amount.is_some() { "humanAmount" } else { "amount" };
        match self.parsed_amount() {
            Some(Ok(_)) => {}
            Some(Err(error)) => checks.ensure(false, path, "invalid", &error.to_string()),
            None if self.amount.is_some() => {
                checks.ensure(false, "humanAmount", "invalid", "give either amount or humanAmount, not both");
            }
            None => checks.ensure(false, "amount", "required", "give amount or humanAmount"),
        }
    }

    fn check_token(&self, kind: IntentKind, checks: &mut Checks) {
        match (kind, &self.token) {
            (IntentKind::Transfer, Some(_)) => {
                let message = "a TRANSFER moves the native coin; set type to TOKEN_TRANSFER for a token";
                checks.ensure(false, "token", "invalid", message);
            }
            (IntentKind::TokenTransfer, None) => {
                checks.ensure(false, "token", "required", "name the token by address or assetId");
            }
            (IntentKind::TokenTransfer, Some(token)) => {
                let named = token.address.is_some() || token.asset_id.is_some();
                checks.ensure(named, "token", "required", "name the token by address or assetId");
            }
            (IntentKind::Transfer, None) => {}
        }
    }
}

/// Fields of request types and options this daemon does not carry out.
const UNSUPPORTED_FIELDS: [(&str, &str); 4] = [
    ("gasCondition", "waiting for a gas price is not supported; send when the price suits you"),
    ("actionProvider", "only the daemon itself may name an action provider"),
    ("actionName", "only the daemon itself may name an action"),
    ("display_currency", "not supported"),
];

impl Request for TransactionRequest {
    fn check(&self) -> Result<(), Refusal> {
        let kind = self.intent_kind().ok_or(Refusal::UnsupportedType)?;
        let mut checks = Checks::default();
        checks.text("to", &self.to, 1, 128);
        self.check_amount(&mut checks);
        self.check_token(kind, &mut checks);
        if let Some(memo) = &self.memo {
            checks.text("memo", memo, 0, MAX_MEMO);
        }
        if let Some(network) = &self.network {
            checks.text("network", network, 1, 100);
        }
        checks.finish()
    }

    fn explain(raw: &Value) -> Option<Refusal> {
        let object = raw.as_object()?;
        let kind = object.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| IntentKind::parse(kind).is_none()) {
            return Some(Refusal::UnsupportedType);
        }
        let given = UNSUPPORTED_FIELDS.iter().filter(|(name, _)| object.contains_key(*name));
        let issues: Vec<Issue> = given.map(|(name, why)| Issue::new(name, "unsupported", *why)).collect();
        if !issues.is_empty() {
            return Some(Refusal::Invalid(issues));
        }
        let number =
            ["amount", "humanAmount"].into_iter().find(|f| object.get(*f).is_some_and(Value::is_number))?;
        let why = "amounts are strings, so that they stay exact";
        Some(Refusal::Invalid(vec![Issue::new(number, "invalid_type", why)]))
    }
}

/// How a send answers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SendQuery {
    /// `broadcast` (also when absent): answer once a node has accepted it. `confirmed`: wait until it
    /// is on chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
    /// Most seconds to wait for `confirmed`, 1 to 60; 30 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 60)]
    pub timeout: Option<u32>,
}

/// Which transactions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionQuery {
    /// Only this wallet's.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Only those with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<TxStatusName>)]
    pub status: Option<TxStatus>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Entries per page, 1 to 200; 50 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TxId,
    /// The wallet that pays.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// The session that asked.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    /// `TRANSFER` or `TOKEN_TRANSFER`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: IntentKind,
    /// Where it is.
    #[schema(value_type = TxStatusName)]
    pub status: TxStatus,
    /// The tier obtained; `null` when denied.
    #[schema(value_type = Option<TierName>)]
    pub tier: Option<Tier>,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The recipient.
    pub to_address: String,
    /// Base units.
    pub amount: String,
    /// In human units, with the symbol: `5 SOL`.
    #[schema(example = "5 SOL")]
    pub amount_formatted: String,
    /// Decimals of the asset.
    pub amount_decimals: u8,
    /// Symbol of the asset.
    pub amount_symbol: String,
    /// Value at admission, where there was a price.
    #[schema(value_type = Option<f64>)]
    pub amount_usd: Option<Usd>,
    /// CAIP-19 id of the asset.
    pub asset_id: String,
    /// The chain's transaction id, from the moment it is signed.
    pub tx_hash: Option<String>,
    /// Network fee paid, native base units.
    pub fee: Option<String>,
    /// Why it was denied or failed: stable code.
    pub error_code: Option<String>,
    /// The same for people.
    pub error: Option<String>,
    /// When the delay ends.
    pub execute_after: Option<i64>,
    /// Until when the owner can approve.
    pub approval_expires_at: Option<i64>,
    /// Everything it does, as decoded from the bytes to be signed.
    #[schema(value_type = Object)]
    pub effects: Value,
    /// Why this tier, or why not at all.
    #[schema(value_type = Vec<Object>)]
    pub reasons: Value,
    /// SHA-256 of the exact transaction that was judged.
    pub digest: Option<String>,
    /// When it was asked for.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When it was signed.
    pub executed_at: Option<i64>,
}

/// What the owner is asked about one transaction.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The transaction.
    pub transaction: Transaction,
    /// What to sign to let it run.
    pub approve: Challenge,
    /// What to sign to stop it.
    pub reject: Challenge,
}

/// A transaction after the owner approved it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approved {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// When the approval was accepted.
    pub approved_at: i64,
}

/// A transaction after it was rejected.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// The transaction.
    #[serde(flatten)]
    pub transaction: Transaction,
    /// When it was rejected.
    pub rejected_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(body: Value) -> Result<(), Refusal> {
        match serde_json::from_value::<TransactionRequest>(body.clone()) {
            Ok(request) => request.check(),
            Err(_) => Err(TransactionRequest::explain(&body).expect("an explanation")),
        }
    }

    fn paths(body: Value) -> Vec<String> {
        match check(body) {
            Err(Refusal::Invalid(issues)) => issues.into_iter().map(|i| i.path).collect(),
            other => panic!("expected issues, got {other:?}"),
        }
    }

    #[test]
    fn the_bodies_people_copy_are_understood() {
        assert_eq!(check(json!({"type": "TRANSFER", "to": "recipient", "amount": "5.0"})), Ok(()));
        assert_eq!(check(json!({"to": "recipient", "amount": "100", "memo": "hi"})), Ok(()));
        let dry = json!({"type": "TRANSFER", "to": "recipient", "amount": "0.1", "dryRun": true});
        assert!(serde_json::from_value::<TransactionRequest>(dry).expect("dry run").dry_run);
        let token = json!({"type": "TOKEN_TRANSFER", "to": "r", "humanAmount": "1",
            "token": {"address": "a", "decimals": 6, "symbol": "USDC"}});
        assert_eq!(check(token), Ok(()));
    }

    #[test]
    fn one_amount_exactly_and_as_text() {
        assert_eq!(paths(json!({"to": "r"})), ["amount"]);
        assert_eq!(paths(json!({"to": "r", "amount": "1", "humanAmount": "1"})), ["humanAmount"]);
        assert_eq!(paths(json!({"to": "r", "amount": 5})), ["amount"]);
        for bad in ["", "-1", "1e9", " 1", "0x10", "1,5", ".5", "5."] {
            assert_eq!(paths(json!({"to": "r", "amount": bad})), ["amount"], "{bad}");
        }
    }

    #[test]
    fn a_token_is_named_when_and_only_when_it_is_meant() {
        assert_eq!(paths(json!({"to": "r", "amount": "1", "token": {"address": "a"}})), ["token"]);
        assert_eq!(paths(json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1"})), ["token"]);
        let nameless =
            json!({"type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": {"symbol": "USDC"}});
        assert_eq!(paths(nameless), ["token"]);
    }

    #[test]
    fn what_is_not_supported_says_so() {
        let call = json!({"type": "CONTRACT_CALL", "to": "r", "calldata": "0x"});
        assert_eq!(check(call), Err(Refusal::UnsupportedType));
        assert_eq!(
            check(json!({"type": "transfer", "to": "r", "amount": "1"})),
            Err(Refusal::UnsupportedType)
        );
        let gas = json!({"to": "r", "amount": "1", "gasCondition": {"maxGasPrice": "1"}});
        assert_eq!(paths(gas), ["gasCondition"]);
        assert_eq!(paths(json!({"to": "r", "amount": "1", "actionProvider": "x"})), ["actionProvider"]);
    }

    #[test]
    fn a_misspelt_dry_run_is_not_a_payment() {
        let body = json!({"to": "r", "amount": "1", "dry_run": true});
        assert!(serde_json::from_value::<TransactionRequest>(body).is_err());
    }

    #[test]
    fn memos_have_an_end() {
        assert_eq!(check(json!({"to": "r", "amount": "1", "memo": "é".repeat(256)})), Ok(()));
        assert_eq!(paths(json!({"to": "r", "amount": "1", "memo": "x".repeat(257)})), ["memo"]);
    }
}
