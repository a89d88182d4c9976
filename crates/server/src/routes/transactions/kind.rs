//! What a body asks for, type by type. Which fields belong to which type was checked when the body was
//! read; what is missing all the same is refused here, never assumed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waiaas_api::requests::{
    AccountMeta, BatchMember, GasCondition, InstructionRef, NftRef, TokenRef, TransactionRequest,
    parsed_amount,
};
use waiaas_api::validation::Refusal;
use waiaas_core::U256;
use waiaas_core::intent::{Amount, IntentKind};
use waiaas_core::money::parse_base_units;
use waiaas_engine::{Error, GasTarget, InstructionSpec, NftSpec, RequestKind, TokenSpec};

use crate::problem::Failure;

/// The fields a request and a member of a batch have in common.
struct Fields<'a> {
    to: Option<&'a String>,
    amount: Option<&'a str>,
    human_amount: Option<&'a str>,
    token: Option<&'a TokenRef>,
    memo: Option<&'a String>,
    allow_off_curve: bool,
    spender: Option<&'a String>,
    nft: Option<&'a NftRef>,
    calldata: Option<&'a str>,
    value: Option<&'a str>,
    program_id: Option<&'a String>,
    instruction_data: Option<&'a str>,
    accounts: &'a [AccountMeta],
    before: &'a [InstructionRef],
    after: &'a [InstructionRef],
    lookup_tables: &'a [String],
}

macro_rules! fields {
    ($request:ident, $lookup_tables:expr) => {
        Fields {
            to: $request.to.as_ref(),
            amount: $request.amount.as_deref(),
            human_amount: $request.human_amount.as_deref(),
            token: $request.token.as_ref(),
            memo: $request.memo.as_ref(),
            allow_off_curve: $request.allow_owner_off_curve,
            spender: $request.spender.as_ref(),
            nft: $request.nft.as_ref(),
            calldata: $request.calldata.as_deref(),
            value: $request.value.as_deref(),
            program_id: $request.program_id.as_ref(),
            instruction_data: $request.instruction_data.as_deref(),
            accounts: $request.accounts.as_deref().unwrap_or_default(),
            before: $request.pre_instructions.as_deref().unwrap_or_default(),
            after: $request.post_instructions.as_deref().unwrap_or_default(),
            lookup_tables: $lookup_tables,
        }
    };
}

/// What a request is about.
pub(super) fn of_request(request: &TransactionRequest) -> Result<RequestKind, Failure> {
    let kind = request.intent_kind().ok_or(Refusal::UnsupportedType)?;
    let tables = request.address_lookup_table_addresses.as_deref().unwrap_or_default();
    match kind {
        IntentKind::Batch => {
            let members = request.instructions.as_deref().unwrap_or_default();
            let members = members.iter().map(|member| of_member(member, tables)).collect::<Result<_, _>>()?;
            Ok(RequestKind::Batch { members })
        }
        IntentKind::ContractDeploy => {
            let mut code = hex(request.bytecode.as_deref(), "bytecode")?;
            if let Some(arguments) = &request.constructor_args {
                code.extend(hex(Some(arguments), "constructorArgs")?);
            }
            Ok(RequestKind::Deploy { code, value: digits(request.value.as_deref(), "value")? })
        }
        other => of_fields(other, &fields!(request, tables)),
    }
}

fn of_member(member: &BatchMember, tables: &[String]) -> Result<RequestKind, Failure> {
    let kind = member.intent_kind().ok_or(Refusal::UnsupportedType)?;
    of_fields(kind, &fields!(member, tables))
}

fn of_fields(kind: IntentKind, fields: &Fields<'_>) -> Result<RequestKind, Failure> {
    match kind {
        IntentKind::Transfer => Ok(RequestKind::Transfer {
            to: text(fields.to, "to")?,
            amount: amount(fields)?,
            memo: fields.memo.cloned(),
        }),
        IntentKind::TokenTransfer => Ok(RequestKind::TokenTransfer {
            to: text(fields.to, "to")?,
            amount: amount(fields)?,
            token: token(fields)?,
            memo: fields.memo.cloned(),
            allow_off_curve: fields.allow_off_curve,
        }),
        IntentKind::Approve => approve(fields),
        IntentKind::ContractCall if fields.program_id.is_some() => program_call(fields),
        IntentKind::ContractCall => Ok(RequestKind::ContractCall {
            to: text(fields.to, "to")?,
            data: hex(fields.calldata.or(Some("0x")), "calldata")?,
            value: digits(fields.value, "value")?,
        }),
        IntentKind::NftTransfer => Ok(RequestKind::NftTransfer {
            to: text(fields.to, "to")?,
            nft: nft(fields.token.ok_or_else(|| required("token"))?),
            quantity: fields.amount.map_or(Ok(U256::from(1u8)), |text| digits(Some(text), "amount"))?,
            allow_off_curve: fields.allow_off_curve,
        }),
        IntentKind::Batch | IntentKind::ContractDeploy | IntentKind::Sign | IntentKind::Cancellation => {
            Err(Refusal::UnsupportedType.into())
        }
    }
}

fn approve(fields: &Fields<'_>) -> Result<RequestKind, Failure> {
    let spender = text(fields.spender, "spender")?;
    let Some(wanted) = fields.nft else {
        return Ok(RequestKind::Approve { spender, amount: amount(fields)?, token: token(fields)? });
    };
    let named = fields.token.ok_or_else(|| required("token"))?;
    let spec = NftSpec {
        address: named.address.clone(),
        token_id: Some(wanted.token_id.clone()),
        standard: Some(wanted.standard.clone()),
        asset_id: named.asset_id.clone(),
    };
    let all = match amount(fields)? {
        Amount::Base(amount) => !amount.is_zero(),
        Amount::Human(_) => return Err(Failure::issue("amount", "invalid", "\"0\" or \"1\" for an NFT")),
    };
    Ok(RequestKind::ApproveNft { spender, nft: spec, all })
}

fn program_call(fields: &Fields<'_>) -> Result<RequestKind, Failure> {
    let program = text(fields.program_id, "programId")?;
    // Two names for one thing must not differ, or one would be judged and the other called.
    if fields.to.is_some_and(|to| *to != program) {
        return Err(Failure::issue("to", "invalid", "leave it out, or repeat programId"));
    }
    let data =
        base64(fields.instruction_data.ok_or_else(|| required("instructionData"))?, "instructionData")?;
    let main = InstructionSpec { program, accounts: accounts(fields.accounts), data };
    let beside = |list: &[InstructionRef], path: &str| {
        list.iter().map(|spec| instruction(spec, path)).collect::<Result<Vec<_>, _>>()
    };
    let mut instructions = beside(fields.before, "preInstructions")?;
    instructions.push(main);
    instructions.extend(beside(fields.after, "postInstructions")?);
    Ok(RequestKind::ProgramCall { instructions, lookup_tables: fields.lookup_tables.to_vec() })
}

fn instruction(spec: &InstructionRef, path: &str) -> Result<InstructionSpec, Failure> {
    let data = base64(&spec.data, path)?;
    Ok(InstructionSpec { program: spec.program_id.clone(), accounts: accounts(&spec.accounts), data })
}

fn accounts(list: &[AccountMeta]) -> Vec<(String, bool, bool)> {
    list.iter().map(|meta| (meta.pubkey.clone(), meta.is_signer, meta.is_writable)).collect()
}

fn token(fields: &Fields<'_>) -> Result<TokenSpec, Failure> {
    let token = fields.token.ok_or_else(|| required("token"))?;
    Ok(TokenSpec {
        address: token.address.clone(),
        decimals: token.decimals,
        symbol: token.symbol.clone(),
        asset_id: token.asset_id.clone(),
    })
}

fn nft(token: &TokenRef) -> NftSpec {
    NftSpec {
        address: token.address.clone(),
        token_id: token.token_id.clone(),
        standard: token.standard.clone(),
        asset_id: token.asset_id.clone(),
    }
}

fn amount(fields: &Fields<'_>) -> Result<Amount, Failure> {
    let parsed = parsed_amount(fields.amount, fields.human_amount);
    Ok(parsed.ok_or_else(|| required("amount"))?.map_err(Error::from)?)
}

/// When signing may happen, price by price.
pub(super) fn gas_condition(gas: &GasCondition) -> Result<GasTarget, Failure> {
    let price = |text: &Option<String>, path| match text {
        Some(text) => text.parse::<u128>().map(Some).map_err(|_| Failure::issue(path, "invalid", "digits")),
        None => Ok(None),
    };
    Ok(GasTarget {
        max_gas_price: price(&gas.max_gas_price, "gasCondition.maxGasPrice")?,
        max_priority_fee: price(&gas.max_priority_fee, "gasCondition.maxPriorityFee")?,
        timeout_seconds: gas.timeout,
    })
}

fn text(text: Option<&String>, path: &str) -> Result<String, Failure> {
    text.cloned().ok_or_else(|| required(path))
}

fn required(path: &str) -> Failure {
    Failure::issue(path, "required", "this field is required")
}

/// Digits; nothing is zero.
fn digits(text: Option<&str>, path: &str) -> Result<U256, Failure> {
    let Some(text) = text else { return Ok(U256::ZERO) };
    parse_base_units(text).map_err(|_| Failure::issue(path, "invalid", "digits, at most 256 bits"))
}

/// What follows the mark of hex, in either case.
pub(super) fn hex_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

pub(super) fn hex(text: Option<&str>, path: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.and_then(hex_digits);
    let bytes = digits.and_then(|digits| hex::decode(digits).ok());
    bytes.ok_or_else(|| Failure::issue(path, "invalid", "hex with 0x"))
}

pub(super) fn base64(text: &str, path: &str) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(text).map_err(|_| Failure::issue(path, "invalid", "base64"))
}
