//! The ERC-8004 registries on the EVM chain: localnet's own, with the standard's interface.
//!
//! Belongs here: the deployments. Agents and feedback are plain calls that tests make themselves.

use anyhow::Result;

use crate::contracts::{Contracts, address_word};

/// Both registries, empty.
pub struct Registries {
    /// `IdentityRegistry`: ids count up from 0.
    pub identity: String,
    /// `ReputationRegistry` of its agents.
    pub reputation: String,
}

/// Deploys both.
pub async fn deploy(contracts: &Contracts<'_>) -> Result<Registries> {
    let identity = contracts.deploy("localnet-contracts/IdentityRegistry.json", "").await?;
    let arguments = address_word(&identity);
    let reputation = contracts.deploy("localnet-contracts/ReputationRegistry.json", &arguments).await?;
    Ok(Registries { identity, reputation })
}
