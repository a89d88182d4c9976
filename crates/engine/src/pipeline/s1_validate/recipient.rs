//! Recipients without a key. The chain refuses them unless the request states that a program signs for them;
//! an entry in a WHITELIST states the same.

use waiaas_chains::{ChainError, Refusal};
use waiaas_core::address::Address;
use waiaas_core::draft::Draft;
use waiaas_core::intent::Intent;
use waiaas_core::policy::Rules;

use super::Resolver;
use crate::error::Error;
use crate::pipeline::fees;

impl Resolver<'_> {
    /// Builds the draft of an intent. The intent is returned with permission for the recipients without a key
    /// that WHITELIST policies in force list.
    pub(super) async fn build(&self, mut intent: Intent) -> Result<(Intent, Draft), Error> {
        loop {
            match self.chain.build(self.wallet.address, &intent).await {
                Ok(draft) => return Ok((intent, draft)),
                // Each turn admits one more recipient, so the loop ends.
                Err(ChainError::Refused(Refusal::RecipientOffCurve(to)))
                    if self.whitelisted(to).await? && intent.allow_off_curve(to) => {}
                Err(error) => return Err(fees::unbuilt(self.engine, self.network, error).await),
            }
        }
    }

    /// Whether a WHITELIST in force lists the address. The evaluation checks all of them.
    async fn whitelisted(&self, to: Address) -> Result<bool, Error> {
        let engine = self.engine.clone();
        let (wallet, network) = (self.wallet.id, self.network.id.clone());
        let policies = self
            .engine
            .store()
            .write(move |tx| {
                Box::pin(
                    async move { engine.policies().in_force(tx, engine.networks(), wallet, &network).await },
                )
            })
            .await?;
        Ok(policies.set.iter().any(|row| match &row.rules {
            Rules::Whitelist(rule) => rule.allowed_addresses.contains(&to),
            _ => false,
        }))
    }
}
