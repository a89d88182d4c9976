//! Checks new owners: an address must be able to answer, and must not be controlled by the agent.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;
use waiaas_chains::Occupant;
use waiaas_core::address::Address;
use waiaas_core::owner::{Unfit, unfit};
use waiaas_core::wallet::WalletStatus;

use crate::error::{Details, Error, ErrorCode};
use crate::operator::Operator;
use crate::views::Wallet;

/// The time that a node has to answer what exists at an address. A silent node is ignored.
const ANSWER: Duration = Duration::from_secs(5);

impl Operator<'_> {
    /// Refuses an address that cannot or must not own `wallet`, with the reason.
    pub(crate) async fn refuse_unfit_owner(&self, wallet: &Wallet, owner: Address) -> Result<(), Error> {
        let mut reason = unfit(&owner);
        if reason.is_none() && owner == wallet.address {
            reason = Some(Unfit::Itself);
        }
        if reason.is_none() {
            let wallets = self.engine.store().wallets().await?;
            let living = wallets.iter().filter(|row| row.status != WalletStatus::Terminated);
            reason =
                living.map(|row| row.address).any(|address| address == owner).then_some(Unfit::AnotherWallet);
        }
        if reason.is_none() {
            reason = self.unfit_on_chain(wallet, owner).await;
        }
        match reason {
            Some(reason) => Err(refused(reason)),
            None => Ok(()),
        }
    }

    /// Reasons against the address found on the owner's own chain, on the networks of the wallet's
    /// environment.
    async fn unfit_on_chain(&self, wallet: &Wallet, owner: Address) -> Option<Unfit> {
        let networks = self.engine.networks().of(owner.chain(), wallet.environment);
        let chains: Vec<_> = networks.filter_map(|network| self.engine.chain(&network.id).ok()).collect();
        let asked = chains.iter().map(|chain| timeout(ANSWER, chain.occupant(owner)));
        let found = join_all(asked).await.into_iter().filter_map(|answer| answer.ok()?.ok());
        let unfit = |occupant| match occupant {
            Occupant::Account => None,
            Occupant::Contract => Some(Unfit::Contract),
            Occupant::ProgramAccount => Some(Unfit::ProgramAccount),
        };
        found.filter_map(unfit).next()
    }
}

pub(crate) fn refused(reason: Unfit) -> Error {
    Error::new(ErrorCode::OwnerUnfit, reason.sentence())
        .hint("Name an address whose private key a person holds, outside this daemon.")
        .details(Details::Reason { reason: reason.as_str() })
}
