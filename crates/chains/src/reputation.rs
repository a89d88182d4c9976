//! The port to registries of agents' reputation.

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
    /// The address that is assumed to be the agent's.
    pub party: Address,
    /// Whether `party` is used on another network than the registry's. On another network only a key proves
    /// the same party: an account with code may belong to another party.
    pub elsewhere: bool,
    /// The feedback that counts.
    pub tags: FeedbackTags,
}

/// A registry of agents' reputation.
#[async_trait]
pub trait ReputationSource: Send + Sync {
    /// Returns the reputation of an agent. [`Reputation::Unrated`] also if the agent is not the party's.
    ///
    /// # Errors
    ///
    /// [`ChainError::Refused`] if the question cannot be put to this registry; otherwise an error of the
    /// nodes. An error must not be taken for a good reputation.
    async fn reputation(&self, question: &AgentQuestion) -> Result<Reputation, ChainError>;
}
