//! Every code with its status, and the problem documents that callers read, word for word.

use serde_json::{Value, json};
use waiaas_api::validation::{Issue, Refusal as Refused};
use waiaas_chains::{ChainError, Refusal, UnsignableMessage};
use waiaas_core::U256;
use waiaas_core::address::{Address, AddressError};
use waiaas_core::asset::AssetId;
use waiaas_core::clearance::NotCleared;
use waiaas_core::ids::PolicyId;
use waiaas_core::money::AmountError;
use waiaas_core::network::NetworkError;
use waiaas_core::owner::ConsentError;
use waiaas_core::policy::{DenialCode, RulesError};
use waiaas_core::wallet::WalletStatus;
use waiaas_engine::{Error, Remedy};

use super::*;

const EVM: Address = Address::Evm([0xaa; 20]);

#[test]
fn every_code_has_a_status() {
    let denials = DenialCode::ALL.iter().map(|code| ErrorCode::Denied(*code));
    let engine = ErrorCode::PLAIN.iter().copied().chain(denials).map(Code::from);
    let mut lines = Vec::new();
    for code in engine.chain(HttpCode::ALL.map(Code::from)) {
        let (status, retryable) = code.http();
        let again = if retryable { " retryable" } else { "" };
        lines.push(format!("{} {}{again}", status.as_u16(), code.as_str()));
    }
    lines.sort();
    insta::assert_snapshot!("codes", lines.join("\n"));
}

#[test]
fn the_page_of_errors_has_every_code() {
    let page = include_str!("../../../../docs/src/operations/troubleshooting.md");
    let denials = DenialCode::ALL.iter().map(|code| ErrorCode::Denied(*code));
    let engine = ErrorCode::PLAIN.iter().copied().chain(denials).map(Code::from);
    let codes = engine.chain(HttpCode::ALL.map(Code::from)).map(|code| format!("`{}`", code.as_str()));
    let missing: Vec<_> = codes.filter(|code| !page.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn refusals_of_chains() {
    let (have, need) = (U256::from(1u8), U256::from(2u8));
    let unsignable = [
        UnsignableMessage::Empty,
        UnsignableMessage::TooLong,
        UnsignableMessage::Hash,
        UnsignableMessage::HexDigits,
        UnsignableMessage::Transaction,
        UnsignableMessage::ReservedPrefix,
    ];
    let mut refusals = vec![
        Refusal::InsufficientBalance { asset: "eip155:1/slip44:60".into(), have, need },
        Refusal::InsufficientBalance { asset: format!("eip155:1/erc20:{EVM}"), have, need },
        Refusal::InsufficientNft { nft: format!("eip155:1/erc721:{EVM}/7"), have, need },
        Refusal::InsufficientForFee { have, need },
        Refusal::NotAToken(EVM),
        Refusal::BadRecipient("the recipient is the token's own contract".into()),
        Refusal::RecipientOffCurve(Address::Solana([7; 32])),
        Refusal::SimulationFailed("execution reverted".into()),
        Refusal::PermitMismatch("it has another domain"),
        Refusal::AllowanceStands { spender: EVM, left: have },
        Refusal::FeeAboveCap { fee: need, cap: have },
        Refusal::PriorityAboveCap { price: 2, cap: 1 },
        Refusal::PriceAboveCondition,
        Refusal::NonceTooFarAhead { nonce: 9, most: 3 },
        Refusal::NothingToReplace,
        Refusal::BatchUnsupported,
        Refusal::ChainIdMismatch { given: need, network: 1 },
        Refusal::MalformedTypedData { path: "message.details.0.token".into(), why: "is missing" },
        Refusal::Unsupported("this network has no memos".into()),
    ];
    refusals.extend(unsignable.map(Refusal::UnsignableMessage));
    insta::assert_json_snapshot!("chain_refusals", documents(refusals.into_iter().map(Error::from)));
}

#[test]
fn nodes_that_do_not_answer_well() {
    let network = || "ethereum-mainnet".to_owned();
    let errors = [
        ChainError::Unreachable { network: network(), reason: "timeout".into() },
        ChainError::BadAnswer { network: network(), reason: "not JSON".into() },
        ChainError::Unproved { network: network(), what: "the nonce of the wallet".into() },
        ChainError::WrongChain { network: network(), found: "chain id 5".into() },
        ChainError::Contradiction { network: network(), about: "the code of a contract" },
        ChainError::Corrupt("it is empty".into()),
    ];
    insta::assert_json_snapshot!("nodes", documents(errors.into_iter().map(Error::from)));
}

#[test]
fn values_that_cannot_be_read() {
    let network = || "ethereum-mainnet".to_owned();
    let mut errors = vec![
        Error::from(NetworkError::Unknown { name: "x".into(), meant: None }),
        NetworkError::Unknown { name: "etherum".into(), meant: Some(network()) }.into(),
        NetworkError::Required(vec![network(), "base-mainnet".into()]).into(),
        NetworkError::Duplicate(network()).into(),
        AddressError::Malformed("x".into()).into(),
        AddressError::Checksum(EVM.to_string()).into(),
    ];
    let amounts = [
        AmountError::Malformed,
        AmountError::TooLarge,
        AmountError::TooPrecise { given: 19, allowed: 18 },
        AmountError::TooManyDecimals,
    ];
    errors.extend(amounts.map(Error::from));
    errors.extend("eip155:1".parse::<AssetId>().err().map(Error::from));
    let rules = [
        RulesError::Malformed { field: "rules.tokens[0].address".into(), problem: "is missing".into() },
        RulesError::Empty { field: "tokens".into() },
        RulesError::OutOfRange { field: "delay_seconds".into(), least: 1, most: 9 },
        RulesError::Unordered { lower: "instant_max".into(), upper: "notify_max".into() },
    ];
    errors.extend(rules.map(Error::from));
    insta::assert_json_snapshot!("values", documents(errors));
}

#[test]
fn answers_of_owners_and_what_stops_a_signature() {
    let consents = [
        ConsentError::MessageMismatch,
        ConsentError::Expired,
        ConsentError::NotTheOwner,
        ConsentError::BadSignature,
    ];
    let stopped = [
        NotCleared::Wallet(WalletStatus::Terminated),
        NotCleared::Wallet(WalletStatus::Suspended),
        NotCleared::KillSwitch,
        NotCleared::SessionRevoked,
        NotCleared::SessionUnlinked,
        NotCleared::TooEarly,
        NotCleared::NotApproved,
        NotCleared::Altered,
    ];
    let errors = consents.map(Error::from).into_iter().chain(stopped.map(Error::from));
    insta::assert_json_snapshot!("owners", documents(errors));
}

#[test]
fn remedies_in_terms_of_http() {
    let remedies = [
        Remedy::ListWallets,
        Remedy::NameWallet,
        Remedy::NameWalletsOfSession,
        Remedy::NameNetwork,
        Remedy::NameNetworkOfSession,
        Remedy::LinkWallet,
        Remedy::SignAsOwner,
        Remedy::NameSigner,
        Remedy::SetOwner,
        Remedy::ChangePolicy(PolicyId::new(uuid::Uuid::from_u128(1))),
        Remedy::WithdrawChange,
        Remedy::CancelTransactions,
        Remedy::UseFreshKey,
        Remedy::ReadLogAndRepeatWithOwnKey,
        Remedy::LookAndRepeatWithOwnKey,
    ];
    insta::assert_snapshot!("remedies", remedies.map(remedy::worded).join("\n"));
}

#[test]
fn problems_of_http_itself() {
    let issue = |path: &str| Issue::new(path, "invalid", "is not a number");
    let failures = [
        by_status(StatusCode::NOT_FOUND),
        by_status(StatusCode::METHOD_NOT_ALLOWED),
        by_status(StatusCode::PAYLOAD_TOO_LARGE),
        by_status(StatusCode::BAD_REQUEST),
        by_status(StatusCode::INTERNAL_SERVER_ERROR),
        Refused::UnsupportedType.into(),
        Refused::Invalid(vec![issue("amount")]).into(),
        Refused::Invalid(vec![issue("amount"), issue("to")]).into(),
        Failure::issue("", "invalid", "no body"),
    ];
    let documents: Vec<_> = failures.iter().map(document).collect();
    insta::assert_json_snapshot!("http", documents);
}

fn documents(errors: impl IntoIterator<Item = Error>) -> Vec<Value> {
    errors.into_iter().map(|error| document(&Failure::from(error))).collect()
}

/// Status, header and body of an answer.
fn document(failure: &Failure) -> Value {
    json!({
        "status": failure.0.code.http().0.as_u16(),
        "retryAfter": failure.0.retry_after,
        "body": failure.problem("request"),
    })
}
