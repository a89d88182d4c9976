//! The token registry. The first granted request about a token records the decimals on which the nodes agree.

use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_store::{AuditEntry, Entity, StoreError, TokenRow};

use crate::credentials::Local;
use crate::error::{Error, ErrorCode};
use crate::operator::Operator;
use crate::views::RecordedToken;

impl Operator<'_> {
    /// The recorded tokens of one network, by its name or CAIP-2 id, or of all networks.
    ///
    /// # Errors
    ///
    /// `NETWORK_NOT_FOUND`.
    pub async fn tokens(&self, network: Option<&str>) -> Result<Vec<RecordedToken>, Error> {
        let network = network.map(|network| self.engine.networks().find(network)).transpose()?;
        let rows = self.engine.store().tokens(network.map(|network| &network.id)).await?;
        // A network that is no longer configured is left out.
        let known = rows.into_iter().filter_map(|row| {
            let caip2 = &self.engine.networks().get(&row.network)?.caip2;
            Some(recorded(AssetId::token(caip2, row.address), row))
        });
        Ok(known.collect())
    }

    /// Removes a token from the registry, so that the nodes are asked again. Limits are read by its decimals,
    /// so the password alone does not suffice: the caller must be on this machine, with the rights of the
    /// daemon's user.
    ///
    /// # Errors
    ///
    /// `NETWORK_NOT_FOUND`, `INVALID_ADDRESS`, and `TOKEN_NOT_FOUND` if the token is not in the registry.
    pub async fn forget_token(
        &self,
        _: &Local,
        network: &str,
        address: &str,
    ) -> Result<RecordedToken, Error> {
        let network = self.engine.networks().find(network)?;
        let address = Address::parse(network.chain, address)?;
        let id = network.id.clone();
        let now = self.engine.now();
        let forgotten = self
            .engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let Some(row) = tx.token(&id, address).await? else {
                        return Err(StoreError::NotFound(Entity::Token));
                    };
                    let decimals = row.decimals;
                    let event = AuditEvent::TokenForgotten { network: id.clone(), address, decimals };
                    tx.forget_token(&id, address, AuditEntry::new(event, Actor::Master, now)).await?;
                    Ok(row)
                })
            })
            .await;
        match forgotten {
            Ok(row) => Ok(recorded(AssetId::token(&network.caip2, address), row)),
            Err(StoreError::NotFound(Entity::Token)) => {
                Err(Error::new(ErrorCode::TokenNotFound, "Nothing is on record of this token.")
                    .hint("Name a token from the list of recorded tokens."))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn recorded(asset: AssetId, row: TokenRow) -> RecordedToken {
    RecordedToken {
        network: row.network,
        address: row.address,
        asset,
        symbol: row.symbol,
        decimals: row.decimals,
        recorded_at: row.created_at,
    }
}
