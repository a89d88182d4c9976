//! Typed data (EIP-712): read strictly, hashed, written in canonical form. Pure.
//!
//! Covers the content and effects of typed data. Policies do not belong here. The judged and the hashed data are
//! the same tree, so every signed field was read.

mod accounts;
mod claims;
mod classify;
mod permits;
mod shown;
#[cfg(test)]
mod tests;
mod types;
mod value;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::{Value as Json, json};
use waiaas_core::foreign::shown;

use self::types::Types;
use self::value::Struct;
use crate::Refusal;

pub(in crate::evm) use self::accounts::{Operation, operation};
pub(in crate::evm) use self::claims::claims;
pub(in crate::evm) use self::classify::read;

/// Longest text, in bytes.
const LONGEST: usize = 64 * 1024;

/// The allowed fields of a domain, in the order of EIP-712.
const DOMAIN: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// The name of the domain's struct.
const DOMAIN_TYPE: &str = "EIP712Domain";

/// A fault in typed data: its path and the rule that it breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Malformed {
    path: String,
    why: &'static str,
}

impl Malformed {
    fn new(path: impl Into<String>, why: &'static str) -> Self {
        Self { path: path.into(), why }
    }
}

/// Typed data of one network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct TypedData {
    domain: Struct,
    types: Types,
    message: Struct,
    /// `encodeType` of the primary type.
    type_text: String,
    /// Hash of the domain.
    separator: B256,
    hash: B256,
    /// Whether its verifier did not confirm, when the draft was made, that it accepts the permit.
    unconfirmed: bool,
}

impl TypedData {
    /// Reads the JSON text of a request for the network with `chain_id`.
    pub(in crate::evm) fn new(text: &str, chain_id: u64) -> Result<Self, Refusal> {
        let data =
            Self::parse(text).map_err(|Malformed { path, why }| Refusal::MalformedTypedData { path, why })?;
        if data.write().len() > LONGEST {
            return Err(Refusal::MalformedTypedData {
                path: "typedData".to_owned(),
                why: "is longer than 64 KiB",
            });
        }
        match data.chain() {
            Some(given) if given == U256::from(chain_id) || data.is_hyperliquid(chain_id) => Ok(data),
            Some(given) => Err(Refusal::ChainIdMismatch { given, network: chain_id }),
            None => Err(Refusal::MalformedTypedData {
                path: "domain.chainId".to_owned(),
                why: "is missing, so the signature would be valid on every network",
            }),
        }
    }

    fn parse(text: &str) -> Result<Self, Malformed> {
        let whole = |why| Malformed::new("typedData", why);
        if text.len() > LONGEST {
            return Err(whole("is longer than 64 KiB"));
        }
        let json: Json = serde_json::from_str(text).map_err(|_| whole("is not JSON"))?;
        let parts = json.as_object().ok_or_else(|| whole("must be an object"))?;
        let known = ["domain", "types", "primaryType", "message"];
        if let Some(extra) = parts.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Malformed::new(shown(extra), "is not a part of typed data"));
        }
        let part = |name: &str| parts.get(name).ok_or_else(|| Malformed::new(name, "is missing"));
        let primary = part("primaryType")?;
        let primary = primary.as_str().ok_or_else(|| Malformed::new("primaryType", "must be a text"))?;
        let types = part("types")?;
        let types = types.as_object().ok_or_else(|| Malformed::new("types", "must be an object"))?;
        if primary == DOMAIN_TYPE {
            return Err(Malformed::new("primaryType", "is the domain itself"));
        }
        let (domain_types, domain) = read_domain(part("domain")?, types.get(DOMAIN_TYPE))?;
        let types = Types::read(types, primary)?;
        let message = Struct::read(&types, primary, part("message")?, "message")?;
        let type_text = types.encode_type(primary);
        let separator = domain.hash(&domain_types.hashes());
        let content = message.hash(&types.hashes());
        let hash = keccak256([&[0x19, 0x01], separator.as_slice(), content.as_slice()].concat());
        Ok(Self { domain, types, message, type_text, separator, hash, unconfirmed: false })
    }

    /// Writes it in its canonical form.
    pub(in crate::evm) fn write(&self) -> String {
        let whole: BTreeMap<_, _> = [
            ("domain", self.domain.write()),
            ("message", self.message.write()),
            ("primaryType", Json::String(self.message.name.clone())),
            ("types", self.types.write()),
        ]
        .into();
        json!(whole).to_string()
    }

    /// Marks the data as not confirmed by its verifier.
    pub(in crate::evm) fn unconfirmed(self) -> Self {
        Self { unconfirmed: true, ..self }
    }

    /// Returns whether its verifier did not confirm that it accepts the data.
    pub(in crate::evm) const fn is_unconfirmed(&self) -> bool {
        self.unconfirmed
    }

    /// Returns the hash that is signed.
    pub(in crate::evm) const fn hash(&self) -> B256 {
        self.hash
    }

    /// Returns the chain id of the domain. Some tokens (bridged ones on Polygon) give it in the salt instead, as a
    /// number of 32 bytes.
    fn chain(&self) -> Option<U256> {
        let in_salt = || {
            let salt = U256::from_be_bytes(self.domain.word("salt")?.0);
            (!salt.is_zero() && salt.bit_len() <= 64).then_some(salt)
        };
        self.domain.uint("chainId").or_else(in_salt)
    }

    /// Returns the contract that verifies the signature, if the domain names one.
    fn contract(&self) -> Option<Address> {
        self.domain.address("verifyingContract")
    }

    /// Returns whether the domain has exactly these fields.
    fn domain_is(&self, fields: &[&str]) -> bool {
        self.domain.fields.iter().map(|(name, _)| name.as_str()).eq(fields.iter().copied())
    }

    /// Returns whether this is an agent signature of Hyperliquid, whose chain id is 1337 on all its networks.
    fn is_hyperliquid(&self, chain_id: u64) -> bool {
        matches!(chain_id, 998 | 999)
            && self.type_text == "Agent(string source,bytes32 connectionId)"
            && self.domain_is(&["name", "version", "chainId", "verifyingContract"])
            && self.domain.text("name") == Some("Exchange")
            && self.domain.uint("chainId") == Some(U256::from(1337u64))
            && self.contract() == Some(Address::ZERO)
    }
}

/// Reads the domain by its fields. If its type is also given, both must match.
fn read_domain(json: &Json, given: Option<&Json>) -> Result<(Types, Struct), Malformed> {
    let object = json.as_object().ok_or_else(|| Malformed::new("domain", "must be an object"))?;
    let fields = DOMAIN.iter().filter(|(name, _)| object.contains_key(*name));
    let fields: Json = fields.map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    if let Some(given) = given {
        let path = format!("types.{DOMAIN_TYPE}");
        let same = types::read_fields(&path, given)? == types::read_fields(&path, &fields)?;
        if !same {
            return Err(Malformed::new(
                path,
                "does not list the fields of the domain in the order of EIP-712",
            ));
        }
    }
    let mut types = serde_json::Map::new();
    types.insert(DOMAIN_TYPE.to_owned(), fields);
    let types = Types::read(&types, DOMAIN_TYPE)?;
    let domain = Struct::read(&types, DOMAIN_TYPE, json, "domain")?;
    if domain.fields.is_empty() {
        return Err(Malformed::new("domain", "is empty"));
    }
    Ok((types, domain))
}
