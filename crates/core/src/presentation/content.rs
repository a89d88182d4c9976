//! Parts of the signed content that the effects do not show.

use alloy_primitives::{B256, Bytes, U256};
use serde::{Deserialize, Serialize};

use super::argument::{self, Argument, Value};
use super::foreign::quoted;
use super::render::Page;
use crate::address::Address;
use crate::selector::Selector;

/// A part of the signed content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "content", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Content {
    /// A call of a contract.
    Call {
        /// Nesting depth; 0 for the transaction's own call.
        depth: usize,
        /// The contract or account.
        target: Address,
        /// Native coin sent along, in base units.
        value: U256,
        /// The method's selector, if there is data.
        selector: Option<Selector>,
        /// The method's name, if the decoder has read all bytes of its arguments.
        method: Option<String>,
        /// Its arguments.
        arguments: Vec<Argument>,
        /// The whole data of an undecoded call.
        data: Bytes,
    },
    /// Code of a new contract. It is not decoded; its hash identifies it.
    Code {
        /// Length in bytes, constructor arguments included.
        length: usize,
        /// Keccak-256 hash of the whole code.
        keccak256: B256,
    },
    /// An undecoded instruction of a Solana program, or one that does more than its effect states.
    Instruction {
        /// The program.
        program: Address,
        /// Its accounts, in order.
        accounts: Vec<AccountUse>,
        /// Its whole data.
        data: Bytes,
    },
    /// A text written on chain.
    Memo {
        /// The text.
        text: String,
    },
    /// Typed data (EIP-712), field by field.
    TypedData {
        /// The domain.
        domain: Vec<Argument>,
        /// `primaryType`.
        primary_type: String,
        /// The message.
        message: Vec<Argument>,
    },
    /// Further terms fixed by the signature: gas, nonce, prices, blockhash.
    Terms {
        /// By name.
        fields: Vec<Argument>,
    },
}

/// An account of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountUse {
    /// Its address.
    pub address: Address,
    /// Whether it signs.
    pub signer: bool,
    /// Whether it may be changed.
    pub writable: bool,
}

/// The contract that typed data are for, if the domain names one.
fn verifier(domain: &[Argument]) -> Option<Address> {
    domain.iter().find_map(|field| match (field.name.as_str(), &field.value) {
        ("verifyingContract", Value::Address(address)) => Some(*address),
        _ => None,
    })
}

impl Content {
    pub(super) fn write(&self, page: &mut Page<'_>, depth: usize) {
        let deeper = depth.saturating_add(1);
        match self {
            Self::Call { depth: inside, target, value, selector, method, arguments, data } => {
                let (depth, deeper) = (depth.saturating_add(*inside), deeper.saturating_add(*inside));
                let level = if *inside == 0 { String::new() } else { format!(", inside {inside} others") };
                let selector = selector.map_or_else(|| "none".to_owned(), |s| s.to_string());
                let coin = page.native(*value);
                let head = format!("call of {target} with {coin}{level}, selector {selector},");
                match method {
                    Some(name) => {
                        page.line(depth, format!("{head} method {} (", quoted(name)));
                        argument::write(page, deeper, arguments, Some(*target));
                        page.line(depth, ");".to_owned());
                    }
                    None if data.is_empty() => page.line(depth, format!("{head} no data;")),
                    None => page.line(depth, format!("{head} NOT READ, all its data are {data};")),
                }
            }
            Self::Code { length, keccak256 } => {
                page.line(depth, format!("code of {length} bytes with the Keccak-256 hash {keccak256};"));
            }
            Self::Instruction { program, accounts, data } => {
                page.line(depth, format!("instruction of the program {program}, in full, with accounts ("));
                for account in accounts {
                    let signs = if account.signer { " signs" } else { "" };
                    let writes = if account.writable { " may be changed" } else { "" };
                    page.line(deeper, format!("{}{signs}{writes};", account.address));
                }
                page.line(depth, format!(") and the data {data};"));
            }
            Self::Memo { text } => page.line(depth, format!("the memo {};", quoted(text))),
            Self::TypedData { domain, primary_type, message } => {
                page.line(depth, "typed data for the domain (".to_owned());
                argument::write(page, deeper, domain, None);
                page.line(depth, format!(") of the type {} (", quoted(primary_type)));
                argument::write(page, deeper, message, verifier(domain));
                page.line(depth, ");".to_owned());
            }
            Self::Terms { fields } => {
                page.line(depth, "with the terms (".to_owned());
                argument::write(page, deeper, fields, None);
                page.line(depth, ");".to_owned());
            }
        }
    }
}
