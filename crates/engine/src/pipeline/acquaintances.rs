//! The accounts that a wallet knows, so that an owner is told which are new and which only look like a known one.

use std::collections::BTreeMap;

use waiaas_core::effect::Effects;
use waiaas_core::policy::{PolicySet, counterparties};
use waiaas_core::presentation::{KnownAs, Stranger, strangers};
use waiaas_store::{WalletRow, WriteTx};

use crate::error::Error;

/// The newest transactions whose accounts are compared.
const NEWEST: u32 = 2000;

/// The strangers in a request.
///
/// # Errors
///
/// Storage errors.
pub(crate) async fn unknown(
    tx: &mut WriteTx,
    wallet: &WalletRow,
    effects: &Effects,
    policies: &PolicySet,
) -> Result<Vec<Stranger>, Error> {
    let own = [Some(wallet.address), wallet.owner.address()];
    let mut named: BTreeMap<_, _> = own.into_iter().flatten().map(|own| (own, KnownAs::Own)).collect();
    let wallet = wallet.id;
    for (address, waits) in tx.newest_recipients(wallet, NEWEST).await? {
        let known_as = if waits { KnownAs::Waiting } else { KnownAs::Used };
        let entry = named.entry(address).or_insert(known_as);
        *entry = known_as.max(*entry);
    }
    for address in counterparties(effects) {
        let known = matches!(named.get(&address), Some(KnownAs::Used | KnownAs::Own));
        if !known && tx.names_recipient(wallet, address).await? {
            named.insert(address, KnownAs::Used);
        }
    }
    Ok(strangers(effects, policies, &named))
}
