//! Signatures over what somebody else wrote: external transactions, personal messages, typed data.

use alloy_primitives::{Address as EvmAddress, Bytes, Signature};
use futures_util::future::join_all;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::intent::Intent;

use super::complete::read_signature;
use super::count::MOST_AHEAD;
use super::drafted::{Drafted, Fixed};
use super::external::External;
use super::fees;
use super::node::Call;
use super::personal::Personal;
use super::typed::{self, Operation, TypedData};
use super::{EvmChain, evm_address};
use crate::{ChainError, FeeQuote, Lane, Refusal, SignedTx, Simulation};

/// Stands between the sender and the body in what is completed, where other transactions have their own
/// first byte, which is never zero.
const MARK: u8 = 0;

/// The highest nonce that is signed: what the store holds.
const LAST_NONCE: u64 = i64::MAX as u64;

impl EvmChain {
    /// What an intent to sign something as it is brings; none for all other intents. Pure.
    pub(super) fn fixed(&self, intent: &Intent) -> Result<Option<Fixed>, ChainError> {
        Ok(Some(match intent {
            Intent::SignTransaction { transaction } => {
                let external = External::new(transaction, self.chain_id).map_err(ChainError::Refused)?;
                Fixed::External(Box::new(external))
            }
            Intent::SignMessage { message } => {
                let personal = Personal::new(message).map_err(Refusal::UnsignableMessage);
                Fixed::Personal(personal.map_err(ChainError::Refused)?)
            }
            Intent::SignTypedData { typed_data } => {
                let typed = TypedData::new(typed_data, self.chain_id).map_err(ChainError::Refused)?;
                Fixed::Typed(Box::new(typed))
            }
            Intent::Transfer { .. }
            | Intent::TokenTransfer { .. }
            | Intent::ContractCall { .. }
            | Intent::ProgramCall { .. }
            | Intent::Approve { .. }
            | Intent::ApproveNft { .. }
            | Intent::ApproveCollection { .. }
            | Intent::NftTransfer { .. }
            | Intent::Deploy { .. }
            | Intent::Batch { .. }
            | Intent::Cancellation { .. } => return Ok(None),
        }))
    }

    /// The draft of an intent to sign something as it is; none for all other intents.
    pub(super) async fn build_fixed(
        &self,
        from: Address,
        intent: &Intent,
    ) -> Result<Option<Draft>, ChainError> {
        let Some(fixed) = self.fixed(intent)? else { return Ok(None) };
        let Some(wallet) = evm_address(from) else {
            let why = "the wallet's address is not an EVM address".to_owned();
            return Err(ChainError::Refused(Refusal::Unsupported(why)));
        };
        let fixed = match fixed {
            Fixed::External(external) => Fixed::External(Box::new(self.informed(wallet, *external).await?)),
            Fixed::Typed(typed) => Fixed::Typed(match self.confirms(wallet, &typed).await? {
                true => typed,
                false => Box::new(typed.unconfirmed()),
            }),
            Fixed::Personal(_) => fixed,
        };
        Ok(Some(Draft { network: self.network.id.clone(), from, body: fixed.encode() }))
    }

    /// The transaction with all it may cost, and what the contract it calls says it is. Its tip must stay
    /// within the operator's cap.
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

    /// What a draft offers, and what the network asks for it now.
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

    /// Whether the verifier of a permit says that it takes one like this. A permit that it would refuse is
    /// refused; where it does not say, nobody knows.
    async fn confirms(&self, wallet: EvmAddress, typed: &TypedData) -> Result<bool, ChainError> {
        let mut confirmed = true;
        for claim in typed::claims(wallet, typed) {
            let (nodes, claim) = (self.node.awake(2), &claim);
            let told = join_all(nodes.iter().map(|node| async move {
                match node.read(claim.contract, claim.question.clone()).await {
                    Ok(answer) => Ok(claim.agrees(&answer)),
                    Err(failure) => match self.would_fail(failure) {
                        ChainError::Refused(_) => Ok(None),
                        other => Err(other),
                    },
                }
            }))
            .await;
            match self.node.asked("what the contract of a permit says").agreed(told)? {
                Some(true) => {}
                Some(false) => return Err(ChainError::Refused(Refusal::PermitMismatch(claim.about))),
                None => confirmed = false,
            }
        }
        Ok(confirmed)
    }

    /// Whether a transaction with this nonce could still land, then the payload. Nothing is filled in.
    pub(super) async fn complete_fixed(
        &self,
        from: EvmAddress,
        fixed: &Fixed,
        lane: &Lane,
    ) -> Result<Completed, ChainError> {
        if lane.replaces.is_some() {
            return Err(unsupported("what is signed as it is takes no other transaction's place".to_owned()));
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
        let unsigned = [from.as_slice(), &[MARK], &fixed.encode()].concat();
        let (from, carried) = self.carried(&unsigned)?;
        let payload = SigningPayload::Secp256k1(carried.signature_hash().0);
        Ok(Completed::new(&self.draft_of(from, &carried), unsigned, payload))
    }

    /// Whether it can soon be the turn of this nonce, and of no other transaction known here.
    pub(super) async fn check_nonce(
        &self,
        from: EvmAddress,
        nonce: u64,
        lane: &Lane,
    ) -> Result<(), ChainError> {
        let count = self.next_nonce(from, lane).await?;
        if count > nonce {
            let why = format!("the transaction's nonce {nonce} is used up: the account's next is {count}");
            return Err(unsupported(why));
        }
        if lane.nonces_in_flight.contains(&nonce) {
            let why = format!("the nonce {nonce} belongs to another transaction that may still land");
            return Err(unsupported(why));
        }
        let in_flight = u64::try_from(lane.nonces_in_flight.len()).unwrap_or(u64::MAX);
        let most = count.saturating_add(in_flight).saturating_add(MOST_AHEAD).min(LAST_NONCE);
        if nonce > most {
            return Err(ChainError::Refused(Refusal::NonceTooFarAhead { nonce, most }));
        }
        Ok(())
    }

    /// Joins a signature with what was completed here; none if something else was.
    pub(super) fn join_fixed(
        &self,
        completed: &Completed,
        signature: &[u8],
    ) -> Result<Option<SignedTx>, ChainError> {
        if completed.unsigned().get(20) != Some(&MARK) {
            return Ok(None);
        }
        let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
        let (from, fixed) = self.carried(completed.unsigned())?;
        let covered = fixed.signature_hash();
        if *completed.payload() != SigningPayload::Secp256k1(covered.0) {
            return Err(corrupt("the signing payload is not that of what is signed"));
        }
        if completed.draft() != self.draft_of(from, &fixed).digest() {
            return Err(corrupt("what is signed is not what was drafted"));
        }
        let signature = read_signature(signature).ok_or_else(|| corrupt("the signature is malformed"))?;
        if signature.recover_address_from_prehash(&covered).ok() != Some(from) {
            return Err(corrupt("the signature is not the sender's"));
        }
        let expiry = fixed.expiry(&self.network, from);
        let (bytes, hash) = match fixed {
            Fixed::External(external) => external.tx.sign(signature),
            Fixed::Personal(_) | Fixed::Typed(_) => (off_chain(signature), covered),
        };
        Ok(Some(SignedTx { bytes, hash: hash.to_string(), expiry }))
    }

    /// Runs an external transaction on the node. Messages run nowhere.
    pub(super) fn runs(from: EvmAddress, fixed: &Fixed) -> Result<Call, Simulation> {
        match fixed {
            Fixed::External(external) => {
                let called = external.called();
                let input = Bytes::copy_from_slice(called.input);
                Ok(Call { from, to: called.to, value: called.value, input })
            }
            Fixed::Personal(_) | Fixed::Typed(_) => {
                Err(Simulation { success: true, logs: Vec::new(), units_consumed: None, error: None })
            }
        }
    }

    fn carried(&self, unsigned: &[u8]) -> Result<(EvmAddress, Fixed), ChainError> {
        let corrupt = || ChainError::Corrupt("what was completed cannot be read".to_owned());
        let (from, rest) = unsigned.split_first_chunk::<20>().ok_or_else(corrupt)?;
        let body = rest.strip_prefix(&[MARK]).ok_or_else(corrupt)?;
        Ok((from.into(), Fixed::decode(body, self.chain_id)?))
    }

    fn draft_of(&self, from: EvmAddress, fixed: &Fixed) -> Draft {
        let from = Address::Evm(from.into_array());
        Draft { network: self.network.id.clone(), from, body: fixed.encode() }
    }
}

/// `r ‖ s ‖ v`, `v` being 27 or 28, as contracts and libraries take it.
fn off_chain(signature: Signature) -> Vec<u8> {
    signature.as_bytes().to_vec()
}

fn unsupported(why: String) -> ChainError {
    ChainError::Refused(Refusal::Unsupported(why))
}
