//! ERC-8004: reads the agents' registries on one network.

use alloy_primitives::Address as EvmAddress;
use alloy_sol_types::SolCall as _;
use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::json;
use waiaas_core::address::Address;
use waiaas_core::network::Network;
use waiaas_core::policy::Reputation;

use super::account;
use super::rpc::Node;
use crate::evm::codec::registries::{Registries, rating};
use crate::evm::codec::{erc20, evm_address};
use crate::reputation::{AgentQuestion, ReputationSource};
use crate::rpc::{RpcFailure, RpcPool};
use crate::{ChainError, Refusal};

/// The name of the requested fact in error texts.
const SCORE: &str = "an agent's reputation";

/// The registries of one network, and the clients whose feedback counts.
#[derive(Debug)]
pub struct Erc8004 {
    node: Node,
    identity: EvmAddress,
    reputation: EvmAddress,
    clients: Vec<EvmAddress>,
}

impl Erc8004 {
    /// Returns the registries at these addresses of `network`, which `rpc` serves. Only feedback of `clients`
    /// counts, because any party can create any number of clients.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the network has no EIP-155 chain id, or an address is of another chain.
    pub fn new(
        network: &Network,
        rpc: &RpcPool,
        identity: Address,
        reputation: Address,
        clients: &[Address],
    ) -> Result<Self, ChainError> {
        let Some(chain_id) = network.evm_chain_id else {
            let why = format!("{} is not an EVM network", network.id);
            return Err(ChainError::Refused(Refusal::Unsupported(why)));
        };
        let clients = clients.iter().map(|client| account(*client)).collect::<Result<_, _>>()?;
        Ok(Self {
            node: Node(rpc.expecting("eth_chainId", json!([]), json!(format!("0x{chain_id:x}")))),
            identity: account(identity)?,
            reputation: account(reputation)?,
            clients,
        })
    }

    /// Reads an agent's reputation from one node.
    async fn ask(
        &self,
        node: &Node,
        question: &AgentQuestion,
        party: EvmAddress,
    ) -> Result<Reputation, RpcFailure> {
        let agent = question.agent;
        let summary = Registries::getSummaryCall {
            agentId: agent,
            clientAddresses: self.clients.clone(),
            tag1: question.tags.tag1.clone().unwrap_or_default(),
            tag2: question.tags.tag2.clone().unwrap_or_default(),
        };
        let wallet = Registries::getAgentWalletCall { agentId: agent }.abi_encode();
        let owner = Registries::ownerOfCall { agentId: agent }.abi_encode();
        let linked = Registries::getIdentityRegistryCall {}.abi_encode();
        let (wallet, owner, linked, summary, keyed) = tokio::try_join!(
            address(node, self.identity, wallet),
            optional(address(node, self.identity, owner)),
            address(node, self.reputation, linked),
            node.read(self.reputation, summary.abi_encode().into()),
            keyed(node, party, question.elsewhere),
        )?;
        let is_party = wallet == party || owner == Some(party);
        if linked != self.identity {
            return Err(RpcFailure::BadAnswer(
                "the reputation registry belongs to another identity registry".to_owned(),
            ));
        }
        let rated = rating(&summary);
        let rated = rated.ok_or_else(|| RpcFailure::BadAnswer("the summary is malformed".to_owned()))?;
        Ok(if is_party && keyed { rated } else { Reputation::Unrated })
    }
}

#[async_trait]
impl ReputationSource for Erc8004 {
    async fn reputation(&self, question: &AgentQuestion) -> Result<Reputation, ChainError> {
        let party = match evm_address(question.party) {
            Some(party) if !party.is_zero() => party,
            Some(_) | None => return Ok(Reputation::Unrated),
        };
        let nodes = self.node.awake(2);
        let answers = nodes
            .iter()
            .map(async |node| self.ask(node, question, party).await.map_err(|failure| node.fail(failure)));
        self.node.asked(SCORE).agreed(join_all(answers).await)
    }
}

/// Reads an address from a contract.
async fn address(node: &Node, contract: EvmAddress, question: Vec<u8>) -> Result<EvmAddress, RpcFailure> {
    let answer = node.read(contract, question.into()).await?;
    let word = erc20::word(&answer).map(|word| word.to_be_bytes::<32>());
    match word.as_ref().and_then(|word| word.split_first_chunk::<12>()) {
        Some(([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], address)) => Ok(EvmAddress::from_slice(address)),
        Some(_) | None => Err(RpcFailure::BadAnswer("the registry's answer is not an address".to_owned())),
    }
}

/// Returns an answer; `None` if the node refuses the call: the registry reverts for an agent that does not exist.
async fn optional<T>(answer: impl Future<Output = Result<T, RpcFailure>>) -> Result<Option<T>, RpcFailure> {
    match answer.await {
        Ok(answer) => Ok(Some(answer)),
        Err(RpcFailure::Node { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Returns whether a party's address belongs to the same party: always on the registry's own network, on others
/// only if it has no code here, so that a key controls it.
async fn keyed(node: &Node, party: EvmAddress, elsewhere: bool) -> Result<bool, RpcFailure> {
    Ok(!elsewhere || node.code(party).await?.is_empty())
}
