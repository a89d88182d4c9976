//! Tests of agents and their feedback (ERC-8004) in registries on a real node.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, sol};
use waiaas_chains::evm::Erc8004;
use waiaas_chains::rpc::{RpcOptions, RpcPool, http_client};
use waiaas_chains::{AgentQuestion, ChainError, ReputationSource};
use waiaas_core::address::Address;
use waiaas_core::policy::{FeedbackTags, Reputation};

use crate::anvil::{Anvil, CODE_REVERTING};
use crate::evm_world::network;

sol! {
    interface Registries {
        function register() external returns (uint256);
        function setAgentWallet(uint256 agentId, address wallet) external;
        function transferFrom(address from, address to, uint256 agentId) external;
        function giveFeedback(
            uint256 agentId, int128 value, uint8 decimals, string tag1, string tag2, string endpoint,
            string uri, bytes32 hash
        ) external;
        function revokeFeedback(uint256 agentId, uint64 index) external;
    }
}

/// Accounts of the node: the agent, two clients whose feedback counts, and one whose feedback does not.
const AGENT: usize = 1;
const CLIENTS: [usize; 2] = [2, 3];
const STRANGER: usize = 4;

/// Registries in which [`AGENT`] is agent 1; ids begin at 0, and agent 0 belongs to [`STRANGER`].
struct Agents {
    anvil: Anvil,
    identity: [u8; 20],
    reputation: [u8; 20],
}

impl Agents {
    async fn new() -> Self {
        let anvil = Anvil::start(&[]);
        let (identity, reputation) = anvil.deploy_registries().await;
        let agents = Self { anvil, identity, reputation };
        for account in [STRANGER, AGENT] {
            agents.identity_as(account, &Registries::registerCall {}).await;
        }
        agents
    }

    async fn identity_as<C: SolCall>(&self, account: usize, call: &C) {
        self.anvil.transact_as(account, self.identity, &hex::encode(call.abi_encode())).await;
    }

    /// Gives feedback about agent 1.
    async fn rate(&self, account: usize, value: i128, decimals: u8, tags: [&str; 2]) {
        let [tag1, tag2] = tags.map(str::to_owned);
        let call = Registries::giveFeedbackCall {
            agentId: U256::ONE,
            value,
            decimals,
            tag1,
            tag2,
            endpoint: String::new(),
            uri: String::new(),
            hash: [0; 32].into(),
        };
        self.anvil.transact_as(account, self.reputation, &hex::encode(call.abi_encode())).await;
    }

    async fn source(&self) -> Erc8004 {
        let mut clients = Vec::new();
        for client in CLIENTS {
            clients.push(self.party(client).await);
        }
        source(vec![self.anvil.url()], self.identity, self.reputation, &clients)
    }

    async fn party(&self, account: usize) -> Address {
        Address::Evm(self.anvil.account(account).await)
    }

    /// Reads the reputation of agent 1 for the party `account`.
    async fn of(&self, account: usize, tags: [Option<&str>; 2]) -> Reputation {
        let question = question(1, self.party(account).await, tags);
        self.source().await.reputation(&question).await.expect("an answer")
    }
}

pub(crate) fn source(
    urls: Vec<String>,
    identity: [u8; 20],
    reputation: [u8; 20],
    clients: &[Address],
) -> Erc8004 {
    let (network, client) = (network(), http_client().expect("client"));
    let rpc = RpcPool::new(&network.id, urls, client, RpcOptions::default()).expect("pool");
    let (identity, reputation) = (Address::Evm(identity), Address::Evm(reputation));
    Erc8004::new(&network, &rpc, identity, reputation, clients).expect("registries")
}

pub(crate) fn question(agent: u64, party: Address, tags: [Option<&str>; 2]) -> AgentQuestion {
    let [tag1, tag2] = tags.map(|tag| tag.map(str::to_owned));
    AgentQuestion { agent: U256::from(agent), party, elsewhere: false, tags: FeedbackTags { tag1, tag2 } }
}

#[tokio::test]
async fn feedback_of_trusted_clients_is_averaged_and_rounded_down() {
    let agents = Agents::new().await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Unrated, "no feedback");
    agents.rate(STRANGER, 100, 0, ["", ""]).await;
    assert_eq!(
        agents.of(AGENT, [None; 2]).await,
        Reputation::Unrated,
        "feedback of another client does not count"
    );
    agents.rate(CLIENTS[0], 90, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(90));
    agents.rate(CLIENTS[1], 7_099, 2, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(80), "80.495");
    agents.rate(CLIENTS[1], -10_000, 2, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(20), "20.33");
    agents.rate(CLIENTS[1], -100, 0, ["", ""]).await;
    assert_eq!(
        agents.of(AGENT, [None; 2]).await,
        Reputation::Score(0),
        "an average below zero counts as zero"
    );
    agents.rate(CLIENTS[1], 1_000_000, 0, ["", ""]).await;
    assert_eq!(
        agents.of(AGENT, [None; 2]).await,
        Reputation::Score(0),
        "an average above 100 counts as zero"
    );
}

#[tokio::test]
async fn revoked_feedback_does_not_count() {
    let agents = Agents::new().await;
    agents.rate(CLIENTS[0], 100, 0, ["", ""]).await;
    agents.rate(CLIENTS[0], 50, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(75));
    let revoke = |index| Registries::revokeFeedbackCall { agentId: U256::ONE, index };
    for (index, left) in [(1, Reputation::Score(50)), (2, Reputation::Unrated)] {
        let call = hex::encode(revoke(index).abi_encode());
        agents.anvil.transact_as(CLIENTS[0], agents.reputation, &call).await;
        assert_eq!(agents.of(AGENT, [None; 2]).await, left);
    }
}

#[tokio::test]
async fn tags_select_the_feedback() {
    let agents = Agents::new().await;
    agents.rate(CLIENTS[0], 90, 0, ["speed", "eu"]).await;
    agents.rate(CLIENTS[1], 30, 0, ["quality", "eu"]).await;
    for (tags, answer) in [
        ([None, None], Reputation::Score(60)),
        ([Some("speed"), None], Reputation::Score(90)),
        ([Some("quality"), None], Reputation::Score(30)),
        ([None, Some("eu")], Reputation::Score(60)),
        ([Some("speed"), Some("eu")], Reputation::Score(90)),
        ([Some("speed"), Some("us")], Reputation::Unrated),
        ([Some("eu"), None], Reputation::Unrated),
        ([Some("Speed"), None], Reputation::Unrated),
    ] {
        assert_eq!(agents.of(AGENT, tags).await, answer, "{tags:?}");
    }
}

#[tokio::test]
async fn a_score_counts_only_for_the_agents_wallet_and_owner() {
    let agents = Agents::new().await;
    agents.rate(CLIENTS[0], 90, 0, ["", ""]).await;
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Unrated, "another party");
    let source = agents.source().await;
    let party = agents.party(AGENT).await;
    for other in [0, 2, 999] {
        let answer = source.reputation(&question(other, party, [None; 2])).await.expect("an answer");
        assert_eq!(answer, Reputation::Unrated, "agent {other}");
    }

    let wallet = agents.anvil.account(STRANGER).await.into();
    agents.identity_as(AGENT, &Registries::setAgentWalletCall { agentId: U256::ONE, wallet }).await;
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Score(90), "its wallet now");
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(90), "still its owner");

    let (from, to) = (agents.anvil.account(AGENT).await.into(), agents.anvil.account(5).await.into());
    let sell = Registries::transferFromCall { from, to, agentId: U256::ONE };
    agents.identity_as(AGENT, &sell).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Unrated, "sold");
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Unrated, "a sale removes the wallet");
    assert_eq!(agents.of(5, [None; 2]).await, Reputation::Score(90), "the new owner");
}

#[tokio::test]
async fn on_other_networks_only_an_address_without_code_is_the_same_party() {
    let agents = Agents::new().await;
    agents.rate(CLIENTS[0], 90, 0, ["", ""]).await;
    let party = agents.party(AGENT).await;
    let source = agents.source().await;
    let met = |elsewhere| AgentQuestion { elsewhere, ..question(1, party, [None; 2]) };
    for elsewhere in [false, true] {
        assert_eq!(source.reputation(&met(elsewhere)).await.expect("answer"), Reputation::Score(90));
    }
    agents.anvil.call("anvil_setCode", serde_json::json!([party, "0x00"])).await;
    assert_eq!(source.reputation(&met(false)).await.expect("answer"), Reputation::Score(90));
    assert_eq!(source.reputation(&met(true)).await.expect("answer"), Reputation::Unrated);
    let solana = Address::Solana([7; 32]);
    for other in [solana, Address::Evm([0; 20])] {
        let answer = source.reputation(&question(1, other, [None; 2])).await.expect("answer");
        assert_eq!(answer, Reputation::Unrated, "{other}");
    }
}

#[tokio::test]
async fn answers_of_other_contracts_are_no_scores() {
    let agents = Agents::new().await;
    agents.rate(CLIENTS[0], 90, 0, ["", ""]).await;
    let party = agents.party(AGENT).await;
    let client = [agents.party(CLIENTS[0]).await];
    let (other_identity, other_reputation) = agents.anvil.deploy_registries().await;
    let (nowhere, reverting) = ([0x99; 20], [0x98; 20]);
    agents.anvil.call("anvil_setCode", serde_json::json!([Address::Evm(reverting), CODE_REVERTING])).await;
    for (identity, reputation) in [
        (nowhere, agents.reputation),
        (agents.identity, nowhere),
        (reverting, agents.reputation),
        (agents.identity, reverting),
        (agents.reputation, agents.identity),
        (other_identity, agents.reputation),
        (agents.identity, other_reputation),
    ] {
        let source = source(vec![agents.anvil.url()], identity, reputation, &client);
        let answer = source.reputation(&question(1, party, [None; 2])).await;
        assert!(matches!(answer, Err(ChainError::BadAnswer { .. })), "{answer:?}");
    }
    let no_clients = source(vec![agents.anvil.url()], agents.identity, agents.reputation, &[]);
    let answer = no_clients.reputation(&question(1, party, [None; 2])).await;
    assert!(
        matches!(answer, Err(ChainError::BadAnswer { .. })),
        "an empty list does not mean all clients: {answer:?}"
    );
}
