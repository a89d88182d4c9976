//! ERC-8004: what the agents' registries on one network say. Read-only; every answer is read strictly.

use alloy_primitives::{Address as EvmAddress, Bytes};
use alloy_sol_types::{SolCall, sol};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::json;
use waiaas_core::address::Address;
use waiaas_core::network::Network;
use waiaas_core::policy::Reputation;

use super::node::Node;
use super::{account, erc20, evm_address};
use crate::reputation::{AgentQuestion, ReputationSource};
use crate::rpc::{RpcFailure, RpcPool};
use crate::{ChainError, Refusal};

sol! {
    interface Registries {
        function getAgentWallet(uint256 agentId) external view returns (address);
        function ownerOf(uint256 agentId) external view returns (address);
        function getIdentityRegistry() external view returns (address);
        function getSummary(
            uint256 agentId, address[] clientAddresses, string tag1, string tag2
        ) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);
    }
}

/// The standard's highest number of decimals.
const MAX_DECIMALS: u8 = 18;
/// What the nodes are asked about, as the object of a sentence.
const SCORE: &str = "an agent's reputation";
/// The highest score.
const BEST: u128 = 100;

/// The registries of one network, and whose feedback counts.
#[derive(Debug)]
pub struct Erc8004 {
    node: Node,
    identity: EvmAddress,
    reputation: EvmAddress,
    clients: Vec<EvmAddress>,
}

impl Erc8004 {
    /// Registries at these addresses of `network`, served by `rpc`. Only what `clients` said counts:
    /// anybody can be any number of clients. Refuses a network without an EIP-155 chain id, and addresses
    /// of another chain.
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

    /// All of one answer comes from one node.
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
            return Err(RpcFailure::BadAnswer("the reputation registry is of other agents".to_owned()));
        }
        let said = rating(&summary);
        let said = said.ok_or_else(|| RpcFailure::BadAnswer("the summary cannot be read".to_owned()))?;
        Ok(if is_party && keyed { said } else { Reputation::Unrated })
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
        let told = nodes
            .iter()
            .map(async |node| self.ask(node, question, party).await.map_err(|failure| node.fail(failure)));
        self.node.asked(SCORE).agreed(join_all(told).await)
    }
}

/// The address that a contract answers with.
async fn address(node: &Node, contract: EvmAddress, question: Vec<u8>) -> Result<EvmAddress, RpcFailure> {
    let answer = node.read(contract, question.into()).await?;
    let word = erc20::word(&answer).map(|word| word.to_be_bytes::<32>());
    match word.as_ref().and_then(|word| word.split_first_chunk::<12>()) {
        Some(([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], address)) => Ok(EvmAddress::from_slice(address)),
        Some(_) | None => Err(RpcFailure::BadAnswer("the registry answers with no address".to_owned())),
    }
}

/// An answer, where the node does not refuse it: the registry of NFTs has no owner for an agent that is none.
async fn optional<T>(answer: impl Future<Output = Result<T, RpcFailure>>) -> Result<Option<T>, RpcFailure> {
    match answer.await {
        Ok(answer) => Ok(Some(answer)),
        Err(RpcFailure::Node { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether a party is the same wherever it is met: always on the registry's own network, elsewhere if it
/// has no code here, so that a key stands for it.
async fn keyed(node: &Node, party: EvmAddress, elsewhere: bool) -> Result<bool, RpcFailure> {
    Ok(!elsewhere || node.code(party).await?.is_empty())
}

/// Reads the answer to `getSummary`: exactly three words, each in its one form.
fn rating(answer: &Bytes) -> Option<Reputation> {
    let said = Registries::getSummaryCall::abi_decode_returns_validate(answer).ok()?;
    let exact = Registries::getSummaryCall::abi_encode_returns(&said) == **answer;
    if !exact || said.summaryValueDecimals > MAX_DECIMALS {
        return None;
    }
    if said.count == 0 {
        return Some(Reputation::Unrated);
    }
    score(said.summaryValue, said.summaryValueDecimals).map(Reputation::Score)
}

/// The standard leaves open what a value is. Here it is a score from 0 to 100 with decimals, rounded
/// down; what is outside that is something else, and no merit.
fn score(value: i128, decimals: u8) -> Option<u8> {
    let one = 10_u128.checked_pow(u32::from(decimals))?;
    let most = BEST.checked_mul(one)?;
    let value = u128::try_from(value).ok().filter(|value| *value <= most);
    u8::try_from(value.unwrap_or_default().checked_div(one)?).ok()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use proptest::prelude::*;

    use super::*;

    fn answer(words: [U256; 3]) -> Bytes {
        words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect::<Vec<_>>().into()
    }

    fn rated(count: u64, value: i128, decimals: u8) -> Option<Reputation> {
        let value = alloy_primitives::I256::try_from(value).expect("fits").into_raw();
        rating(&answer([U256::from(count), value, U256::from(decimals)]))
    }

    #[test]
    fn scores_are_rounded_down_and_nonsense_is_no_merit() {
        for (value, decimals, expected) in [
            (0, 0, 0),
            (87, 0, 87),
            (100, 0, 100),
            (101, 0, 0),
            (-1, 0, 0),
            (i128::MIN, 18, 0),
            (i128::MAX, 18, 0),
            (8_799, 2, 87),
            (8_800, 2, 88),
            (9_999, 2, 99),
            (10_000, 2, 100),
            (10_001, 2, 0),
            (99, 2, 0),
            (100_000_000_000_000_000_000, 18, 100),
            (99_999_999_999_999_999_999, 18, 99),
        ] {
            assert_eq!(rated(1, value, decimals), Some(Reputation::Score(expected)), "{value} e-{decimals}");
        }
        assert_eq!(rated(0, 100, 0), Some(Reputation::Unrated), "nobody said so");
        assert_eq!(rated(1, 100, 19), None, "more decimals than the standard has");
    }

    #[test]
    fn answers_have_one_form() {
        let good = answer([U256::ONE, U256::from(90u8), U256::ZERO]);
        assert_eq!(rating(&good), Some(Reputation::Score(90)));
        let longer: Bytes = [good.as_ref(), &[0; 32]].concat().into();
        for bad in [Bytes::new(), good.slice(..95), good.slice(..64), longer] {
            assert_eq!(rating(&bad), None, "{bad}");
        }
        let two = U256::from(2u8);
        for bad in [
            [two.pow(U256::from(64u8)), U256::from(90u8), U256::ZERO],
            [U256::ONE, two.pow(U256::from(128u8)), U256::ZERO],
            [U256::ONE, two.pow(U256::from(127u8)), U256::ZERO],
            [U256::ONE, U256::from(90u8), U256::from(256u16)],
        ] {
            assert_eq!(rating(&answer(bad)), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..130)) {
            if let Some(Reputation::Score(score)) = rating(&bytes.into()) {
                prop_assert!(score <= 100);
            }
        }
    }
}
