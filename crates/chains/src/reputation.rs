//! The port to registries that say how agents are reputed.

use async_trait::async_trait;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::policy::{FeedbackTags, Reputation};

use crate::ChainError;

/// A question about one agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentQuestion {
    /// The agent's id in the identity registry.
    pub agent: U256,
    /// Who the agent is believed to be.
    pub party: Address,
    /// Whether `party` is to be met on another network than the registry's. There, only a key makes it
    /// the same: an account with code may be somebody else's.
    pub elsewhere: bool,
    /// Which feedback counts.
    pub tags: FeedbackTags,
}

/// Who says how agents are reputed.
#[async_trait]
pub trait ReputationSource: Send + Sync {
    /// What is said of an agent. [`Reputation::Unrated`] also where it is not the party's. An error is
    /// no answer, and must not be taken for a good one.
    async fn reputation(&self, question: &AgentQuestion) -> Result<Reputation, ChainError>;
}
