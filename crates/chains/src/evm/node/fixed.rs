//! Signatures over data that is signed as it is: external transactions, personal messages, typed data.

use alloy_primitives::Address as EvmAddress;
use futures_util::future::join_all;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::intent::Intent;

use super::EvmChain;
use crate::codec::{Codec as _, Volatile};
use crate::evm::codec::drafted::{Drafted, Fixed};
use crate::evm::codec::external::External;
use crate::evm::codec::typed::{self, Operation, TypedData};
use crate::evm::codec::{fees, nonces, unsupported, wallet_address};
use crate::{ChainError, FeeQuote, Lane, Refusal};

impl EvmChain {
    /// Returns the draft of an intent to sign data as it is; `None` for all other intents.
    pub(super) async fn build_fixed(
        &self,
        from: Address,
        intent: &Intent,
    ) -> Result<Option<Draft>, ChainError> {
        let Some(fixed) = self.codec.fixed(intent)? else { return Ok(None) };
        let wallet = wallet_address(from)?;
        let fixed = match fixed {
            Fixed::External(external) => Fixed::External(Box::new(self.informed(wallet, *external).await?)),
            Fixed::Typed(typed) => Fixed::Typed(match self.confirms(wallet, &typed).await? {
                true => typed,
                false => Box::new(typed.unconfirmed()),
            }),
            Fixed::Personal(_) => fixed,
        };
        Ok(Some(self.codec.draft(wallet, fixed.encode())))
    }

    /// Adds the highest fee and the NFT standard of the called contract to the transaction. Refuses a tip above the
    /// operator's cap.
    async fn informed(&self, wallet: EvmAddress, external: External) -> Result<External, ChainError> {
        let (tip, cap) =
            (self.market().await?.tip_of(external.tx.price()), self.options.max_priority_fee_per_gas);
        if tip > cap {
            return Err(ChainError::Refused(Refusal::PriorityAboveCap { price: tip, cap }));
        }
        let data_fee = self.data_fee(external.called().input.len()).await?;
        let standard = self.standard_for(wallet, external.to(), external.called().input).await?;
        // The data fee may rise while the request waits.
        let fee_budget = external.gas_cost().saturating_add(fees::budget(data_fee));
        Ok(External { standard, fee_budget, ..external })
    }

    /// Returns the fee that a draft offers, and the fee that the network asks for it now.
    pub(super) async fn fee_of(&self, drafted: &Drafted) -> Result<Option<FeeQuote>, ChainError> {
        let (gas, length, offered) = match drafted {
            Drafted::Built(body) => {
                let data_fee = self.data_fee(body.input.len()).await?;
                let market = self.market_lately().await?;
                let cost = |price| fees::cost(body.gas_limit, price).saturating_add(data_fee);
                let (offered, least) = (body.fee_budget, cost(market.lowest()));
                let asked = fees::asked_here(cost(market.comfortable()));
                return Ok(Some(FeeQuote { offered, least, asked }));
            }
            Drafted::Fixed(Fixed::External(external)) => {
                (external.gas_limit(), external.called().input.len(), external.fee_budget)
            }
            Drafted::Fixed(Fixed::Personal(_)) => return Ok(None),
            Drafted::Fixed(Fixed::Typed(typed)) => match typed::operation(typed) {
                Some(Operation { gas, length, fee }) => (gas, length, fee),
                None => return Ok(None),
            },
        };
        let data_fee = fees::budget(self.data_fee(length).await?);
        let comfortable = fees::cost(gas, self.market_lately().await?.comfortable());
        let asked = fees::asked_elsewhere(comfortable).saturating_add(data_fee);
        Ok(Some(FeeQuote { offered, least: offered, asked }))
    }

    /// Returns whether the verifier of a permit confirms that it accepts it. Refuses a permit that the verifier
    /// would refuse; a permit that it neither confirms nor contradicts is not confirmed.
    async fn confirms(&self, wallet: EvmAddress, typed: &TypedData) -> Result<bool, ChainError> {
        let mut confirmed = true;
        for claim in typed::claims(wallet, typed) {
            let (nodes, claim) = (self.node.awake(2), &claim);
            let answers = join_all(nodes.iter().map(|node| async move {
                match node.read(claim.contract, claim.question.clone()).await {
                    Ok(answer) => Ok(claim.agrees(&answer)),
                    Err(failure) => match self.would_fail(failure) {
                        ChainError::Refused(_) => Ok(None),
                        other => Err(other),
                    },
                }
            }))
            .await;
            match self.node.asked("the state of a permit's contract").agreed(answers)? {
                Some(true) => {}
                Some(false) => return Err(ChainError::Refused(Refusal::PermitMismatch(claim.about))),
                None => confirmed = false,
            }
        }
        Ok(confirmed)
    }

    /// Checks that an external transaction can still land, and returns the completed data. No field is filled in.
    pub(super) async fn complete_fixed(
        &self,
        from: EvmAddress,
        fixed: &Fixed,
        lane: &Lane,
    ) -> Result<Completed, ChainError> {
        if lane.replaces.is_some() {
            let why = "data that is signed as it is cannot replace a transaction";
            return Err(unsupported(why).into());
        }
        if let Fixed::External(external) = fixed {
            self.check_nonce(from, external.tx.nonce(), lane).await?;
            let data_fee = self.data_fee(external.called().input.len()).await?;
            let fee = external.gas_cost().saturating_add(data_fee);
            let cap = lane.fee_cap.map_or(external.fee_budget, |cap| cap.min(external.fee_budget));
            if fee > cap {
                return Err(ChainError::Refused(Refusal::FeeAboveCap { fee, cap }));
            }
        }
        let draft = self.codec.draft(from, fixed.encode());
        Ok(self.codec.complete(&draft, Volatile::AsItIs)?)
    }

    /// Checks that the nonce is unused, not far ahead, and not that of a transaction in flight.
    pub(super) async fn check_nonce(
        &self,
        from: EvmAddress,
        nonce: u64,
        lane: &Lane,
    ) -> Result<(), ChainError> {
        let count = self.next_nonce(from, lane).await?;
        Ok(nonces::check(nonce, count, lane)?)
    }
}
