//! Agents and their feedback (ERC-8004), in registries on a real node.

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

/// Accounts of the node: the agent, two whose word counts, and one whose does not.
const AGENT: usize = 1;
const CLIENTS: [usize; 2] = [2, 3];
const STRANGER: usize = 4;

/// Registries in which [`AGENT`] is agent 1, for ids begin at 0 and the first is somebody else's.
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

    /// Feedback about agent 1.
    async fn say(&self, account: usize, value: i128, decimals: u8, tags: [&str; 2]) {
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

    /// What is said of agent 1, believed to be `account`.
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
async fn what_trusted_clients_said_is_averaged_and_rounded_down() {
    let agents = Agents::new().await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Unrated, "nobody has said anything");
    agents.say(STRANGER, 100, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Unrated, "a stranger's word is none");
    agents.say(CLIENTS[0], 90, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(90));
    agents.say(CLIENTS[1], 7_099, 2, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(80), "80.495");
    agents.say(CLIENTS[1], -10_000, 2, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(20), "20.33");
    agents.say(CLIENTS[1], -100, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(0), "below zero is zero");
    agents.say(CLIENTS[1], 1_000_000, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(0), "above a hundred is no score");
}

#[tokio::test]
async fn feedback_taken_back_counts_no_more() {
    let agents = Agents::new().await;
    agents.say(CLIENTS[0], 100, 0, ["", ""]).await;
    agents.say(CLIENTS[0], 50, 0, ["", ""]).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(75));
    let revoke = |index| Registries::revokeFeedbackCall { agentId: U256::ONE, index };
    for (index, left) in [(1, Reputation::Score(50)), (2, Reputation::Unrated)] {
        let call = hex::encode(revoke(index).abi_encode());
        agents.anvil.transact_as(CLIENTS[0], agents.reputation, &call).await;
        assert_eq!(agents.of(AGENT, [None; 2]).await, left);
    }
}

#[tokio::test]
async fn tags_choose_the_feedback() {
    let agents = Agents::new().await;
    agents.say(CLIENTS[0], 90, 0, ["speed", "eu"]).await;
    agents.say(CLIENTS[1], 30, 0, ["quality", "eu"]).await;
    for (tags, said) in [
        ([None, None], Reputation::Score(60)),
        ([Some("speed"), None], Reputation::Score(90)),
        ([Some("quality"), None], Reputation::Score(30)),
        ([None, Some("eu")], Reputation::Score(60)),
        ([Some("speed"), Some("eu")], Reputation::Score(90)),
        ([Some("speed"), Some("us")], Reputation::Unrated),
        ([Some("eu"), None], Reputation::Unrated),
        ([Some("Speed"), None], Reputation::Unrated),
    ] {
        assert_eq!(agents.of(AGENT, tags).await, said, "{tags:?}");
    }
}

#[tokio::test]
async fn a_score_is_only_for_whoever_the_agent_is() {
    let agents = Agents::new().await;
    agents.say(CLIENTS[0], 90, 0, ["", ""]).await;
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Unrated, "somebody else");
    let source = agents.source().await;
    let party = agents.party(AGENT).await;
    for other in [0, 2, 999] {
        let said = source.reputation(&question(other, party, [None; 2])).await.expect("an answer");
        assert_eq!(said, Reputation::Unrated, "agent {other}");
    }

    let wallet = agents.anvil.account(STRANGER).await.into();
    agents.identity_as(AGENT, &Registries::setAgentWalletCall { agentId: U256::ONE, wallet }).await;
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Score(90), "its wallet now");
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Score(90), "still its owner");

    let (from, to) = (agents.anvil.account(AGENT).await.into(), agents.anvil.account(5).await.into());
    let sell = Registries::transferFromCall { from, to, agentId: U256::ONE };
    agents.identity_as(AGENT, &sell).await;
    assert_eq!(agents.of(AGENT, [None; 2]).await, Reputation::Unrated, "sold");
    assert_eq!(agents.of(STRANGER, [None; 2]).await, Reputation::Unrated, "a sale takes the wallet away");
    assert_eq!(agents.of(5, [None; 2]).await, Reputation::Score(90), "the buyer has it");
}

#[tokio::test]
async fn elsewhere_only_a_key_is_the_same_party() {
    let agents = Agents::new().await;
    agents.say(CLIENTS[0], 90, 0, ["", ""]).await;
    let party = agents.party(AGENT).await;
    let source = agents.source().await;
    let met = |elsewhere| AgentQuestion { elsewhere, ..question(1, party, [None; 2]) };
    for elsewhere in [false, true] {
        assert_eq!(source.reputation(&met(elsewhere)).await.expect("said"), Reputation::Score(90));
    }
    agents.anvil.call("anvil_setCode", serde_json::json!([party, "0x00"])).await;
    assert_eq!(source.reputation(&met(false)).await.expect("said"), Reputation::Score(90));
    assert_eq!(source.reputation(&met(true)).await.expect("said"), Reputation::Unrated);
    let solana = Address::Solana([7; 32]);
    for nobody in [solana, Address::Evm([0; 20])] {
        let said = source.reputation(&question(1, nobody, [None; 2])).await.expect("said");
        assert_eq!(said, Reputation::Unrated, "{nobody}");
    }
}

#[tokio::test]
async fn registries_that_are_none_say_nothing() {
    let agents = Agents::new().await;
    agents.say(CLIENTS[0], 90, 0, ["", ""]).await;
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
        let said = source.reputation(&question(1, party, [None; 2])).await;
        assert!(matches!(said, Err(ChainError::BadAnswer { .. })), "{said:?}");
    }
    let nobody = source(vec![agents.anvil.url()], agents.identity, agents.reputation, &[]);
    let said = nobody.reputation(&question(1, party, [None; 2])).await;
    assert!(matches!(said, Err(ChainError::BadAnswer { .. })), "no client is not every client: {said:?}");
}
