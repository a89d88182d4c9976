//! The attacker's EVM: call data of any function, contracts that betray having been called, and the
//! state on chain afterwards.

use std::time::Duration;

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, U256, keccak256};
use anyhow::{Context as _, Result};
use e2e::{transact, until};
use serde_json::{Value, json};

use crate::kit::{Node, fresh};

/// Writes 1 to the slot named by the hash of its call data, and says yes to everything, except that it
/// follows ERC-165: `sstore(keccak256(calldata), 1); return shr(224, calldataload(4)) != 0xffffffff`.
const TELLTALE: &str = "0x6001366000600037366000205560043560e01c63ffffffff141560005260206000f3";

/// The EVM node.
#[derive(Clone, Debug)]
pub(crate) struct Evm {
    pub(crate) node: Node,
    /// The ERC-20 that victims hold.
    pub(crate) erc20: String,
    /// Which chain it is.
    pub(crate) chain: EvmChain,
}

/// The daemon's name of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EvmChain {
    pub(crate) id: u64,
    pub(crate) network: &'static str,
    pub(crate) environment: &'static str,
}

/// The node that is always there.
const LOCAL: EvmChain = EvmChain { id: 31337, network: "evm-localnet", environment: "local" };

impl Evm {
    /// The local network.
    pub(crate) fn new(node: Node, erc20: &str) -> Self {
        Self::of(LOCAL, node, erc20)
    }

    /// Any chain.
    pub(crate) fn of(chain: EvmChain, node: Node, erc20: &str) -> Self {
        Self { node, erc20: erc20.to_lowercase(), chain }
    }

    /// CAIP-19 of the ERC-20.
    pub(crate) fn asset(&self) -> String {
        self.asset_of(&self.erc20)
    }

    /// CAIP-19 of a token.
    pub(crate) fn asset_of(&self, token: &str) -> String {
        format!("eip155:{}/erc20:{}", self.chain.id, token.to_lowercase())
    }

    /// Sends a transaction as an account whose key the node does not have.
    pub(crate) async fn impersonate(&self, from: &str, to: &str, data: &[u8]) -> Result<()> {
        self.node.call("anvil_impersonateAccount", json!([from])).await?;
        let transaction = json!({ "to": to, "data": format!("0x{}", hex::encode(data)) });
        transact(&self.node.url(), transaction, from).await?;
        self.node.call("anvil_stopImpersonatingAccount", json!([from])).await.map(drop)
    }

    pub(crate) async fn fund(&self, address: &str, wei: u128) -> Result<()> {
        self.node.call("anvil_setBalance", json!([address, format!("{wei:#x}")])).await.map(drop)
    }

    /// Makes an account hold exactly so much of a token.
    pub(crate) async fn deal(&self, address: &str, token: &str, amount: u128) -> Result<()> {
        self.node.call("anvil_dealERC20", json!([address, token, format!("{amount:#x}")])).await.map(drop)
    }

    pub(crate) async fn balance(&self, address: &str) -> Result<U256> {
        quantity(&self.node.call("eth_getBalance", json!([address, "latest"])).await?)
    }

    /// How many transactions of an account are on chain.
    pub(crate) async fn nonce(&self, address: &str) -> Result<U256> {
        quantity(&self.node.call("eth_getTransactionCount", json!([address, "latest"])).await?)
    }

    /// The balance of `owner` in a token.
    pub(crate) async fn token_balance(&self, token: &str, owner: &str) -> Result<U256> {
        self.view(token, &format!("0x70a08231{}", address_word(owner))).await
    }

    /// The allowance of `spender` from `owner`.
    pub(crate) async fn allowance(&self, token: &str, owner: &str, spender: &str) -> Result<U256> {
        self.view(token, &format!("0xdd62ed3e{}{}", address_word(owner), address_word(spender))).await
    }

    async fn view(&self, to: &str, data: &str) -> Result<U256> {
        quantity(&self.node.call("eth_call", json!([{ "to": to, "data": data }, "latest"])).await?)
    }

    /// A contract at a new address that betrays having been called.
    pub(crate) async fn telltale(&self) -> Result<String> {
        let address = evm_account();
        self.plant(&address, TELLTALE).await?;
        Ok(address)
    }

    /// The same at a well-known address.
    pub(crate) async fn telltale_at(&self, address: &str) -> Result<()> {
        self.plant(address, TELLTALE).await
    }

    /// A contract with this code at a new address.
    pub(crate) async fn contract(&self, code: &str) -> Result<String> {
        let address = evm_account();
        self.plant(&address, code).await?;
        Ok(address)
    }

    /// `owner` lets `spender` have all its tokens, past the daemon.
    pub(crate) async fn allow(&self, owner: &str, token: &str, spender: &str) -> Result<()> {
        self.node.call("anvil_impersonateAccount", json!([owner])).await?;
        let data = format!("0x095ea7b3{}{}", address_word(spender), "f".repeat(64));
        let call = json!([{ "from": owner, "to": token, "data": data }]);
        self.node.call("eth_sendTransaction", call).await?;
        self.node.call("anvil_stopImpersonatingAccount", json!([owner])).await?;
        until("an allowance", Duration::from_secs(10), || async {
            let allowed = self.allowance(token, owner, spender).await?;
            Ok((!allowed.is_zero()).then_some(()))
        })
        .await
    }

    /// A telltale that is a collection whose every NFT belongs to `owner`.
    pub(crate) async fn collection(&self, owner: &str) -> Result<String> {
        let telltale = TELLTALE.trim_start_matches("0x");
        // if (selector == ownerOf) return owner;
        let elsewhere = 15 + telltale.len() / 2;
        let owner = owner.trim_start_matches("0x").to_lowercase();
        let code =
            format!("0x60003560e01c636352211e1460{elsewhere:02x}57{telltale}5b73{owner}60005260206000f3");
        let address = evm_account();
        self.plant(&address, &code).await?;
        Ok(address)
    }

    /// Whether a telltale was called with exactly this in a transaction.
    pub(crate) async fn called(&self, telltale: &str, data: &[u8]) -> Result<bool> {
        let slot = format!("{:#x}", keccak256(data));
        let seen = self.node.call("eth_getStorageAt", json!([telltale, slot, "latest"])).await?;
        Ok(!quantity(&seen)?.is_zero())
    }

    /// Another token with the code of the ERC-20: real, and without a price.
    pub(crate) async fn unpriced_token(&self) -> Result<String> {
        let code = self.code(&self.erc20).await?;
        let address = evm_account();
        self.plant(&address, &code).await?;
        Ok(address)
    }

    pub(crate) async fn code(&self, address: &str) -> Result<String> {
        let code = self.node.call("eth_getCode", json!([address, "latest"])).await?;
        Ok(code.as_str().context("code")?.to_owned())
    }

    async fn plant(&self, address: &str, code: &str) -> Result<()> {
        self.node.call("anvil_setCode", json!([address, code])).await.map(drop)
    }
}

fn quantity(value: &Value) -> Result<U256> {
    let text = value.as_str().with_context(|| format!("a quantity, not {value}"))?;
    let digits = text.trim_start_matches("0x");
    if digits.is_empty() { Ok(U256::ZERO) } else { Ok(U256::from_str_radix(digits, 16)?) }
}

/// A new account, in lower case.
pub(crate) fn evm_account() -> String {
    format!("0x{}", hex::encode(&fresh()[12..]))
}

/// An address as 32 bytes of call data.
pub(crate) fn address_word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

/// Call data of `signature` with these arguments.
pub(crate) fn calldata(signature: &str, arguments: Vec<DynSolValue>) -> Vec<u8> {
    let selector = keccak256(signature);
    [&selector[..4], &DynSolValue::Tuple(arguments).abi_encode_params()].concat()
}

/// Call data of `signature` in which every address is the attacker, every number is `number`, every
/// flag is set and every list has one member.
pub(crate) fn bait(signature: &str, attacker: &str, number: U256) -> Result<Vec<u8>> {
    let types = signature.find('(').and_then(|at| signature.get(at..)).context("a signature")?;
    let DynSolType::Tuple(types) = DynSolType::parse(types)? else { anyhow::bail!("not a tuple: {types}") };
    let attacker = attacker.parse::<Address>()?;
    let arguments = types.iter().map(|kind| filled(kind, attacker, number)).collect::<Result<_>>()?;
    Ok(calldata(signature, arguments))
}

fn filled(kind: &DynSolType, attacker: Address, number: U256) -> Result<DynSolValue> {
    Ok(match kind {
        DynSolType::Address => DynSolValue::Address(attacker),
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Uint(bits) => {
            let most = if *bits == 256 { U256::MAX } else { (U256::from(1u8) << *bits) - U256::from(1u8) };
            DynSolValue::Uint(number.min(most), *bits)
        }
        DynSolType::Bytes => DynSolValue::Bytes(Vec::new()),
        DynSolType::String => DynSolValue::String("x".to_owned()),
        DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(fresh().into(), *size),
        DynSolType::Array(inner) => DynSolValue::Array(vec![filled(inner, attacker, number)?]),
        DynSolType::FixedArray(inner, size) => {
            DynSolValue::FixedArray(vec![filled(inner, attacker, number)?; *size])
        }
        DynSolType::Tuple(inner) => DynSolValue::Tuple(
            inner.iter().map(|kind| filled(kind, attacker, number)).collect::<Result<_>>()?,
        ),
        other => anyhow::bail!("no bait of type {other:?}"),
    })
}

/// An address as an argument; the zero address where it is none.
pub(crate) fn account(text: &str) -> DynSolValue {
    DynSolValue::Address(text.parse::<Address>().unwrap_or_default())
}

/// A number of 256 bits as an argument.
pub(crate) fn number(number: u128) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}
