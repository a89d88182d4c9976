//! Solana clusters through their nodes: the requests, the nodes asked, and the evaluation of their answers.
//!
//! Belongs here: everything that waits for a node. Does not belong here: formats and arithmetic (`codec`),
//! and the transport to a node (`rpc`).

mod build;
mod complete;
mod confirm;
mod expiry;
mod external;
mod gather;
mod observe;
mod rpc;
mod tokens;

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

use self::rpc::Node;
use super::SolanaOptions;
use super::codec::body::Builder;
use super::codec::cluster::{PUBLIC_CLUSTERS, serves};
use super::codec::{Content, SolanaCodec, fees, not_replaced, offer, reason, solana};
use crate::rpc::RpcPool;
use crate::{
    Chain, ChainError, Codec, FeeQuote, GasPrices, Holdings, Identity, Known, Lane, Observation, Occupant,
    Outcome, SignedTx, Simulation, Submission, TokenFacts,
};

/// One Solana cluster.
#[derive(Debug)]
pub struct SolanaChain {
    codec: SolanaCodec,
    options: SolanaOptions,
    node: Node,
    genesis_checked: OnceCell<()>,
}

impl SolanaChain {
    /// Makes a cluster reached through `rpc`. Makes no request; the first call checks the genesis hash.
    pub fn new(network: Network, rpc: RpcPool, options: SolanaOptions) -> Self {
        let public = PUBLIC_CLUSTERS.into_iter().find(|hash| serves(&network, hash));
        // Checks every endpoint of a public cluster, not only the one that answers first.
        let rpc = match public.filter(|_| network.environment != Environment::Local) {
            Some(hash) => rpc.expecting("getGenesisHash", json!([]), json!(hash)),
            None => rpc,
        };
        let (codec, node) = (SolanaCodec::new(network), Node::new(rpc));
        Self { codec, options, node, genesis_checked: OnceCell::new() }
    }

    /// Returns the node, after a check that it serves this cluster.
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
            // A text needs no node.
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
        // Every node has the only method used.
        Vec::new()
    }

    async fn fee(&self, draft: &Draft) -> Result<Option<FeeQuote>, ChainError> {
        let (_, Content::Transaction(body)) = self.codec.read_any(draft)? else { return Ok(None) };
        let (terms, offered) = (body.terms(), U256::from(body.fee_budget()));
        Ok(Some(match body.origin() {
            // The price is set on completion, from recent prices and within the operator's cap.
            Builder::Here => {
                let least = terms.signatures.saturating_mul(fees::PER_SIGNATURE);
                FeeQuote { offered, least: U256::from(least), asked: offered }
            }
            Builder::Elsewhere => {
                // Accounts that no instruction uses are no evidence of the price. The network-wide price is
                // nearly zero on a public network, and no payment would land at it.
                let recent = self.node().await?.recent_prices(&offer::used(body.message())).await?;
                let asked = fees::asked(terms, recent, self.options.priority_fee_cap);
                FeeQuote { offered, least: offered, asked: U256::from(asked) }
            }
        }))
    }

    async fn check_place(&self, _: &Draft, _: &Lane) -> Result<(), ChainError> {
        // A message has no nonce; its blockhash bounds when it lands.
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
        // An account without lamports does not exist, even if a node still returns it.
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
