//! The effects of a transaction on the wallet's accounts as a node sees them, without the decoder.
//!
//! The chain advances between two readings. So the accounts are read again afterwards, and a simulation
//! counts only if the wallet's accounts are unchanged. Changes of other accounts in the meantime do not
//! affect the wallet's.
//!
//! A contract can behave differently if it notices a simulation, and instructions can read the whole message.
//! So the simulated message has the price that it is signed with.

use futures_util::future::join_all;
use solana_pubkey::Pubkey;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::simulation::Observed;

use super::SolanaChain;
use super::rpc::{MAX_ACCOUNTS, Node};
use crate::codec::Codec as _;
use crate::observation::{RUN, join};
use crate::solana::codec::body::Body;
use crate::solana::codec::observed::{Accounts, HEAD, Names, Side, exists, is_watched, observe, written};
use crate::solana::codec::{Content, reason};
use crate::{ChainError, Observation, Refusal};

/// The number of simulations tried while the wallet's accounts keep changing.
const MOST_TRIES: usize = 3;

impl SolanaChain {
    pub(super) async fn seen(
        &self,
        draft: &Draft,
        completed: Option<&Completed>,
    ) -> Result<Observation, ChainError> {
        let (wallet, Content::Transaction(body)) = self.codec.read_any(draft)? else {
            return Ok(Observation::NotApplicable);
        };
        let body = match completed {
            Some(completed) => Body::read_unsigned(completed.unsigned())?.0,
            None => *body,
        };
        match self.look(&wallet, body, draft, completed.is_some()).await {
            Ok(observation) => Ok(observation),
            Err(error) if error.blames_nodes() => Ok(Observation::Unavailable(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Asks one node; all of them if a call is undecoded, because then only the observation shows the
    /// effects.
    async fn look(
        &self,
        wallet: &Pubkey,
        body: Body,
        draft: &Draft,
        complete: bool,
    ) -> Result<Observation, ChainError> {
        let node = self.node().await?;
        let body = if complete { body } else { self.priced(node, body).await? };
        if self.codec.effects(draft)?.undecoded().next().is_none() {
            let observed = self.look_at(node, wallet, &body).await?;
            return Ok(Observation::Seen(Box::new(observed)));
        }
        let nodes = node.awake(2);
        let told = join_all(nodes.iter().map(|node| self.look_at(node, wallet, &body))).await;
        join(node.asked(RUN), told)
    }

    async fn look_at(&self, node: &Node, wallet: &Pubkey, body: &Body) -> Result<Observed, ChainError> {
        let message = body.message();
        let written = written(message, &body.facts().loaded);
        for _ in 0..MOST_TRIES {
            let before = accounts(node, &written).await?;
            let watched: Vec<Pubkey> =
                written.iter().copied().filter(|key| is_watched(key, wallet, before.get(key))).collect();
            let (outcome, shown) = node.simulate_showing(message, &watched).await?;
            if !outcome.err().is_null() {
                let why = reason::explain(outcome.err(), message);
                return Err(ChainError::Refused(Refusal::SimulationFailed(why)));
            }
            let before = Side::of(wallet, &before);
            if !Side::of(wallet, &accounts(node, &written).await?).is_held_as(&before) {
                continue;
            }
            let after = watched.iter().copied().zip(shown).filter_map(|(key, found)| Some((key, found?)));
            let fee = body.terms().fee().unwrap_or_default();
            let sides = [before, Side::of(wallet, &after.filter(|(_, found)| exists(found)).collect())];
            let observed = observe(
                wallet,
                &sides,
                fee,
                &Names { caip2: &self.codec.network.caip2, facts: body.facts() },
            );
            return Ok(observed);
        }
        Err(self.bad_answer("the wallet's accounts changed during every simulation"))
    }
}

async fn accounts(node: &Node, keys: &[Pubkey]) -> Result<Accounts, ChainError> {
    let mut all = Accounts::new();
    for some in keys.chunks(MAX_ACCOUNTS) {
        let found = node.account_heads(&some.iter().collect::<Vec<_>>(), HEAD).await?;
        let found = some.iter().copied().zip(found).filter_map(|(key, account)| Some((key, account?)));
        all.extend(found.filter(|(_, account)| exists(account)));
    }
    Ok(all)
}
