//! Solana clusters: messages built here and elsewhere, texts, what they do, confirmation by block height.
//!
//! Belongs here: everything that knows Solana's formats and methods. Does not belong here: how HTTP
//! calls reach a node (`rpc`), what a transaction is worth (`price`), or whether it is allowed.

mod account;
mod blockhash;
mod body;
mod build;
mod codec;
mod complete;
mod confirm;
mod cursor;
mod decode;
mod expiry;
mod external;
mod facts;
mod fees;
mod gather;
mod instructions;
mod message;
mod mint;
mod node;
mod observe;
mod observed;
mod offer;
mod readings;
mod reason;
mod recipient;
mod signed;
mod status;
mod text;
mod tokens;
mod wire;

use async_trait::async_trait;
use serde_json::json;
use solana_pubkey::Pubkey;
use tokio::sync::OnceCell;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::intent::Intent;
use waiaas_core::network::{Environment, Network};
use waiaas_core::transaction::Replacement;

use self::body::Builder;
pub use self::codec::SolanaCodec;
use self::codec::{Content, not_replaced, solana};
pub use self::mint::mint_facts;
use self::node::Node;
use crate::rpc::RpcPool;
use crate::{
    Chain, ChainError, Codec, FeeQuote, GasPrices, Holdings, Identity, Known, Lane, Observation, Occupant,
    Outcome, SignedTx, Simulation, Submission, TokenFacts,
};

/// Genesis hashes of mainnet-beta, devnet and testnet. Their first 32 characters are the CAIP-2 references.
const PUBLIC_CLUSTERS: [&str; 3] = [
    "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
    "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
    "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY",
];

/// From when on a transaction counts as done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commitment {
    /// Two thirds of the stake voted for its block.
    Confirmed,
    /// Its block is rooted.
    Finalized,
}

impl Commitment {
    /// The name in JSON-RPC.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

/// What the operator sets for one cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SolanaOptions {
    /// Most paid for priority, in micro-lamports per compute unit.
    pub priority_fee_cap: u64,
    /// From when on a transaction counts as done.
    pub commitment: Commitment,
    /// Compute units requested, in per cent of what the simulation used; below 100 counts as 100.
    pub compute_margin_percent: u32,
}

impl Default for SolanaOptions {
    fn default() -> Self {
        Self { priority_fee_cap: 1_000_000, commitment: Commitment::Confirmed, compute_margin_percent: 120 }
    }
}

/// One Solana cluster.
#[derive(Debug)]
pub struct SolanaChain {
    codec: SolanaCodec,
    options: SolanaOptions,
    node: Node,
    genesis_checked: OnceCell<()>,
}

impl SolanaChain {
    /// A cluster reached through `rpc`. Nothing is asked yet; the first call checks the genesis hash.
    pub fn new(network: Network, rpc: RpcPool, options: SolanaOptions) -> Self {
        let public = PUBLIC_CLUSTERS.into_iter().find(|hash| serves(&network, hash));
        // Every endpoint of a public cluster, not only the one that happens to answer first.
        let rpc = match public.filter(|_| network.environment != Environment::Local) {
            Some(hash) => rpc.expecting("getGenesisHash", json!([]), json!(hash)),
            None => rpc,
        };
        let (codec, node) = (SolanaCodec::new(network), Node::new(rpc));
        Self { codec, options, node, genesis_checked: OnceCell::new() }
    }

    /// The node, once it has proved to serve this cluster.
    async fn node(&self) -> Result<&Node, ChainError> {
        self.genesis_checked
            .get_or_try_init(|| async {
                let found = self.node.genesis_hash().await?;
                if serves(&self.codec.network, &found) {
                    Ok(())
                } else {
                    let network = self.codec.network.id.to_string();
                    Err(ChainError::WrongChain { network, found: found.chars().take(64).collect() })
                }
            })
            .await?;
        Ok(&self.node)
    }

    fn bad_answer(&self, reason: impl Into<String>) -> ChainError {
        ChainError::BadAnswer { network: self.codec.network.id.to_string(), reason: reason.into() }
    }
}

/// Whether a node with this genesis hash serves `network`. A local network has no fixed hash, so it may
/// be anything but a public cluster.
fn serves(network: &Network, genesis_hash: &str) -> bool {
    let Some(found) = genesis_hash.get(..32) else { return false };
    match network.environment {
        Environment::Local => !PUBLIC_CLUSTERS.iter().any(|public| public.starts_with(found)),
        Environment::Mainnet | Environment::Testnet => {
            network.caip2.split_once(':').is_some_and(|(_, reference)| reference == found)
        }
    }
}

#[async_trait]
impl Chain for SolanaChain {
    fn codec(&self) -> &dyn Codec {
        &self.codec
    }

    async fn identity(&self) -> Result<Identity, ChainError> {
        let (mut genesis, mut lowest, mut highest) = (None::<String>, u64::MAX, 0);
        for node in self.node().await?.singles() {
            let first = node.genesis_hash().await?;
            if genesis.as_ref().is_some_and(|genesis| *genesis != first) {
                return Err(self.bad_answer("the nodes have different first blocks"));
            }
            genesis = Some(first);
            let height = node.newest_height().await?;
            (lowest, highest) = (lowest.min(height), highest.max(height));
        }
        let genesis = genesis.ok_or_else(|| self.bad_answer("no node is configured"))?;
        Ok(Identity { genesis: genesis.chars().take(64).collect(), lowest, highest })
    }

    async fn build(&self, from: Address, intent: &Intent) -> Result<Draft, ChainError> {
        self.build_draft(solana(from)?, intent).await
    }

    async fn replacement(&self, _: &Draft, _: &[u8], _: Replacement) -> Result<Draft, ChainError> {
        Err(ChainError::Refused(not_replaced()))
    }

    async fn token(&self, token: Address) -> Result<TokenFacts, ChainError> {
        self.token_facts(token).await
    }

    async fn simulate(&self, draft: &Draft) -> Result<Simulation, ChainError> {
        let (_, Content::Transaction(body)) = self.codec.read_any(draft)? else {
            // No node has a part in a text.
            return Ok(Simulation { success: true, logs: Vec::new(), units_consumed: None, error: None });
        };
        let outcome = self.node().await?.simulate(body.message()).await?;
        Ok(Simulation {
            success: outcome.err().is_null(),
            error: (!outcome.err().is_null()).then(|| reason::explain(outcome.err(), body.message())),
            logs: outcome.logs.unwrap_or_default(),
            units_consumed: outcome.units_consumed,
        })
    }

    async fn observe(&self, draft: &Draft, completed: Option<&Completed>) -> Result<Observation, ChainError> {
        self.seen(draft, completed).await
    }

    fn simulation_methods(&self) -> Vec<Option<&'static str>> {
        // Every node has the one that is asked for.
        Vec::new()
    }

    async fn fee(&self, draft: &Draft) -> Result<Option<FeeQuote>, ChainError> {
        let (_, Content::Transaction(body)) = self.codec.read_any(draft)? else { return Ok(None) };
        let (terms, offered) = (body.terms(), U256::from(body.fee_budget()));
        Ok(Some(match body.origin() {
            // The price is still to be set, after what was paid lately and within the operator's cap.
            Builder::Here => {
                let least = terms.signatures.saturating_mul(fees::PER_SIGNATURE);
                FeeQuote { offered, least: U256::from(least), asked: offered }
            }
            Builder::Elsewhere => {
                // Accounts that no instruction uses say nothing. What everybody pays is next to nothing on a public
                // network, and no payment would land by it.
                let recent = self.node().await?.recent_prices(&offer::used(body.message())).await?;
                let asked = fees::asked(terms, recent, self.options.priority_fee_cap);
                FeeQuote { offered, least: offered, asked: U256::from(asked) }
            }
        }))
    }

    async fn check_place(&self, _: &Draft, _: &Lane) -> Result<(), ChainError> {
        // A message has no place among others; its blockhash bounds when it lands.
        Ok(())
    }

    async fn gas_prices(&self) -> Result<GasPrices, ChainError> {
        let mut recent = self.node().await?.recent_prices(&[]).await?;
        recent.sort_unstable();
        let median = recent.get(recent.len() / 2).copied().map_or(0, u128::from);
        Ok(GasPrices { price: median, priority: median })
    }

    async fn complete(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        self.complete_draft(draft, lane).await
    }

    async fn submit(&self, signed: &SignedTx) -> Result<Submission, ChainError> {
        self.submit_bytes(signed).await
    }

    async fn outcome(
        &self,
        from: Address,
        signed: &SignedTx,
        known: Known<'_>,
    ) -> Result<Outcome, ChainError> {
        self.outcome_of(&solana(from)?, signed, known).await
    }

    async fn occupant(&self, address: Address) -> Result<Occupant, ChainError> {
        let found = self.node().await?.account_list(&[&solana(address)?]).await?;
        // An account without lamports is none, whatever a node still says about it.
        let account = found.into_iter().flatten().find(|account| account.lamports > 0);
        let system = |owner: &Pubkey| *owner == solana_system_interface::program::ID;
        Ok(match account {
            Some(account) if account.executable || !system(&account.owner) => Occupant::ProgramAccount,
            Some(_) | None => Occupant::Account,
        })
    }

    async fn balance(&self, address: Address) -> Result<U256, ChainError> {
        let lamports = self.node().await?.balance(&solana(address)?).await?;
        Ok(U256::from(lamports))
    }

    async fn holdings(&self, address: Address, _tokens: &[Address]) -> Result<Holdings, ChainError> {
        self.holdings_of(&solana(address)?).await
    }

    async fn least_held(&self, address: Address, tokens: &[Address]) -> Result<Vec<U256>, ChainError> {
        self.least_held_of(&solana(address)?, tokens).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waiaas_core::network::Networks;

    #[test]
    fn a_node_serves_its_own_cluster_only() {
        let networks = Networks::builtin();
        let network = |name| networks.find(name).expect(name);
        let mainnet = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
        let devnet = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
        let private = "9P5ffNZSr2zkKxNGJ8bnSgyMfEYs3nsVZy3bQQU9rfHv";
        for (name, hash, expected) in [
            ("solana-mainnet", mainnet, true),
            ("solana-mainnet", devnet, false),
            ("solana-mainnet", private, false),
            ("solana-devnet", devnet, true),
            ("solana-localnet", private, true),
            ("solana-localnet", mainnet, false),
            ("solana-localnet", devnet, false),
            ("solana-localnet", "", false),
        ] {
            assert_eq!(serves(network(name), hash), expected, "{name} {hash}");
        }
    }
}
