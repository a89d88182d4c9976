//! Uniswap's Permit2 on the EVM chain, at its address on every network.
//!
//! Belongs here: the installation of the published code. Its address depends on the salt of its first
//! deployment, so the code is set instead of deployed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::contracts::{address_word, word};
use crate::json_rpc::JsonRpc;

/// The address at which wallets expect it.
pub const ADDRESS: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

/// The code of the deployed contract, as its authors publish it for tests: a literal in a Solidity file.
const PUBLISHED: &str = "@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol";

/// Sets the code, with this chain and address in place of the published ones.
pub async fn plant(rpc: &JsonRpc, modules: &Path, chain_id: u64) -> Result<()> {
    let path = modules.join(PUBLISHED);
    let source = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let code = literal(&source).with_context(|| format!("{} has no code", path.display()))?;
    set_code(rpc, code).await?;
    // The constructor stores the domain of its chain and address in the code.
    let (published, domain) = (stored_domain(rpc).await?, domain(rpc, chain_id).await?);
    ensure!(code.matches(&published).count() == 1, "Permit2's code does not hold its domain {published}");
    set_code(rpc, &code.replace(&published, &domain)).await?;
    let stored = stored_domain(rpc).await?;
    ensure!(stored == domain, "Permit2's domain is {stored}, not {domain}");
    Ok(())
}

async fn set_code(rpc: &JsonRpc, code: &str) -> Result<()> {
    rpc.call("anvil_setCode", json!([ADDRESS, format!("0x{code}")])).await.map(drop)
}

/// Reads `DOMAIN_SEPARATOR()`.
async fn stored_domain(rpc: &JsonRpc) -> Result<String> {
    let call = json!([{ "to": ADDRESS, "data": "0x3644e515" }, "latest"]);
    hash_of(&rpc.call("eth_call", call).await?)
}

/// Returns the EIP-712 domain separator of Permit2, whose domain has no version.
async fn domain(rpc: &JsonRpc, chain_id: u64) -> Result<String> {
    let fields = "EIP712Domain(string name,uint256 chainId,address verifyingContract)";
    let (fields, name) = (keccak(rpc, &hex_text(fields)).await?, keccak(rpc, &hex_text("Permit2")).await?);
    keccak(rpc, &[fields, name, word(chain_id.into()), address_word(ADDRESS)].concat()).await
}

async fn keccak(rpc: &JsonRpc, hex: &str) -> Result<String> {
    hash_of(&rpc.call("web3_sha3", json!([format!("0x{hex}")])).await?)
}

fn hash_of(answer: &Value) -> Result<String> {
    let hash = answer.as_str().and_then(|text| text.strip_prefix("0x")).filter(|hash| hash.len() == 64);
    Ok(hash.with_context(|| format!("{answer} is not a hash"))?.to_owned())
}

fn hex_text(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the only `hex"…"` of the file.
fn literal(source: &str) -> Option<&str> {
    let (_, rest) = source.split_once("hex\"")?;
    let (code, rest) = rest.split_once('"')?;
    let whole = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    (whole && !rest.contains("hex\"")).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_only_literal() {
        assert_eq!(literal("bytes code = hex\"60fE\"; vm.etch(a, code);"), Some("60fE"));
        for wrong in ["", "hex\"\"", "hex\"60", "hex\"6x\"", "hex\"60\"; hex\"61\""] {
            assert_eq!(literal(wrong), None, "{wrong}");
        }
    }
}
