//! Which fields each type of request takes and needs.

use serde_json::{Map, Value};
use waiaas_core::intent::IntentKind;
use waiaas_core::money::parse_base_units;

use super::{MAX_MEMO, parsed_amount};
use crate::validation::Checks;

/// The fields of one type, besides those every request has.
pub(super) struct Fields {
    needed: &'static [&'static str],
    optional: &'static [&'static str],
    /// Whether `amount` or `humanAmount` has to be there.
    amount: bool,
}

/// Fields every request may have.
const COMMON: [&str; 5] = ["type", "network", "walletId", "dryRun", "gasCondition"];

/// The fields of a type; none for types that cannot be asked for this way.
pub(super) const fn of(kind: IntentKind) -> Option<Fields> {
    let fields = match kind {
        IntentKind::Transfer => Fields { needed: &["to"], optional: &["memo"], amount: true },
        IntentKind::TokenTransfer => {
            Fields { needed: &["to", "token"], optional: &["memo", "allowOwnerOffCurve"], amount: true }
        }
        IntentKind::ContractCall => Fields {
            needed: &[],
            optional: &[
                "to",
                "calldata",
                "abi",
                "value",
                "programId",
                "instructionData",
                "accounts",
                "preInstructions",
                "postInstructions",
                "addressLookupTableAddresses",
            ],
            amount: false,
        },
        IntentKind::Approve => Fields { needed: &["spender", "token"], optional: &["nft"], amount: true },
        IntentKind::Batch => {
            Fields { needed: &["instructions"], optional: &["addressLookupTableAddresses"], amount: false }
        }
        IntentKind::NftTransfer => {
            Fields { needed: &["to", "token"], optional: &["amount", "allowOwnerOffCurve"], amount: false }
        }
        IntentKind::ContractDeploy => {
            Fields { needed: &["bytecode"], optional: &["constructorArgs", "value"], amount: false }
        }
        IntentKind::Sign | IntentKind::Cancellation => return None,
    };
    Some(fields)
}

/// Checks the fields of a request or a batch member, given as JSON without absent fields.
pub(super) fn check(checks: &mut Checks, path: &str, kind: IntentKind, request: &Value) {
    let (Some(fields), Some(given)) = (of(kind), request.as_object()) else { return };
    let at = |name: &str| format!("{path}{name}");
    for name in given.keys().map(String::as_str) {
        let known = COMMON.contains(&name)
            || fields.needed.contains(&name)
            || fields.optional.contains(&name)
            || (fields.amount && matches!(name, "amount" | "humanAmount"));
        let message = foreign(kind, name);
        checks.ensure(known, &at(name), "unrecognized_key", message);
    }
    for name in fields.needed {
        checks.ensure(given.contains_key(*name), &at(name), "required", "this field is required");
    }
    if fields.amount {
        amount(checks, path, given);
    } else if let Some(quantity) = text(given, "amount") {
        let fine = parse_base_units(quantity).is_ok();
        checks.ensure(fine, &at("amount"), "invalid", "a number of pieces, in digits");
    }
    for name in ["to", "spender", "programId"] {
        if let Some(Value::String(text)) = given.get(name) {
            checks.text(&at(name), text, 1, 128);
        }
    }
    if let Some(Value::String(memo)) = given.get("memo") {
        checks.text(&at("memo"), memo, 0, MAX_MEMO);
    }
    if kind == IntentKind::ContractCall {
        call(checks, path, given);
    }
    if let Some(token) = given.get("token") {
        check_token(checks, path, kind, token);
    }
}

/// Whether the fields given are those of a request of this type, whatever is in them.
pub(super) fn fit(kind: IntentKind, request: &Value) -> bool {
    let (Some(fields), Some(given)) = (of(kind), request.as_object()) else { return false };
    let has = |name: &str| given.contains_key(name);
    let amounts = ["amount", "humanAmount"];
    let known = |name: &str| {
        fields.needed.contains(&name)
            || fields.optional.contains(&name)
            || (fields.amount && amounts.contains(&name))
    };
    let called = has("programId") || (has("to") && (has("calldata") || has("value")));
    given.keys().all(|name| known(name))
        && fields.needed.iter().all(|name| has(name))
        && (!fields.amount || amounts.iter().any(|name| has(name)))
        && (kind != IntentKind::ContractCall || called)
}

/// Why a field of another type is refused.
fn foreign(kind: IntentKind, name: &str) -> &'static str {
    match (kind, name) {
        (IntentKind::Transfer, "token") => {
            "a TRANSFER moves the native coin; set type to TOKEN_TRANSFER for a token"
        }
        (IntentKind::Transfer, _) => "a TRANSFER does not have this field; is \"type\" missing?",
        _ => "a request of this type does not have this field",
    }
}

fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    given.get(name).and_then(Value::as_str)
}

fn amount(checks: &mut Checks, path: &str, given: &Map<String, Value>) {
    let (amount, human) = (text(given, "amount"), text(given, "humanAmount"));
    let name = if human.is_some() { "humanAmount" } else { "amount" };
    let at = format!("{path}{name}");
    match parsed_amount(amount, human) {
        Some(Ok(_)) => {}
        Some(Err(error)) => checks.ensure(false, &at, "invalid", &error.to_string()),
        None if amount.is_some() => {
            checks.ensure(false, &at, "invalid", "give either amount or humanAmount, not both");
        }
        None => checks.ensure(false, &at, "required", "give amount or humanAmount"),
    }
}

/// A call is either of an EVM contract or of Solana programs.
fn call(checks: &mut Checks, path: &str, given: &Map<String, Value>) {
    let has = |names: &[&str]| names.iter().any(|name| given.contains_key(*name));
    let solana = ["instructionData", "accounts", "preInstructions", "postInstructions"];
    let evm = ["calldata", "value", "abi"];
    let at = |name: &str| format!("{path}{name}");
    if has(&["programId"]) || has(&solana) || has(&["addressLookupTableAddresses"]) {
        let mixed = "this field belongs to a call of an EVM contract, others to one of a Solana program";
        for name in evm {
            checks.ensure(!has(&[name]), &at(name), "invalid", mixed);
        }
        for name in ["programId", "instructionData", "accounts"] {
            checks.ensure(has(&[name]), &at(name), "required", "a program call needs this field");
        }
    } else {
        checks.ensure(has(&["to"]), &at("to"), "required", "name the contract");
        let something = has(&["calldata"]) || has(&["value"]);
        checks.ensure(something, &at("calldata"), "required", "give calldata, value, or both");
    }
}

fn check_token(checks: &mut Checks, path: &str, kind: IntentKind, token: &Value) {
    let has = |name: &str| token.get(name).is_some();
    let at = |name: &str| format!("{path}token{name}");
    let named = has("address") || has("assetId");
    checks.ensure(named, &at(""), "required", "name the token by address or assetId");
    if kind != IntentKind::NftTransfer {
        for name in ["tokenId", "standard"] {
            let message = "only for NFT_TRANSFER; an NFT is approved with the field nft";
            checks.ensure(!has(name), &at(&format!(".{name}")), "unrecognized_key", message);
        }
    } else {
        let standard = has("standard") || has("assetId");
        checks.ensure(standard, &at(".standard"), "required", "ERC-721, ERC-1155 or METAPLEX");
    }
}
