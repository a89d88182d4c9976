//! The intent of a request, type by type.

use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::intent::{Amount, Intent};

use super::{Resolver, native};
use crate::error::Error;
use crate::views::{Money, RequestKind, TokenSpec};

/// Longest memo, in characters.
const MEMO_CHARS: usize = 256;

/// What a request means.
pub(super) struct Meant {
    pub(super) intent: Intent,
    /// The amount it names, if it names one.
    pub(super) money: Option<Money>,
    /// The amounts that were written in base units.
    pub(super) base_units: Vec<Money>,
}

impl Resolver<'_> {
    /// What is meant.
    pub(super) async fn intent(&self, kind: &RequestKind) -> Result<Meant, Error> {
        let mut base_units = Vec::new();
        let mut note = |kind: &RequestKind, money: &Option<Money>| {
            base_units.extend(money.clone().filter(|_| in_base_units(kind)));
        };
        let (intent, money) = match kind {
            RequestKind::Batch { members } => {
                let mut parsed = Vec::with_capacity(members.len());
                for member in members {
                    let (intent, money) = self.single(member).await?;
                    note(member, &money);
                    parsed.push(intent);
                }
                (Intent::Batch { members: parsed }, None)
            }
            single => {
                let (intent, money) = self.single(single).await?;
                note(single, &money);
                (intent, money)
            }
        };
        Ok(Meant { intent, money, base_units })
    }

    async fn single(&self, kind: &RequestKind) -> Result<(Intent, Option<Money>), Error> {
        match kind {
            RequestKind::Transfer { to, amount, memo } => {
                let amount = amount.to_base_units(self.network.native_decimals)?;
                let to = self.recipient("to", to)?;
                let intent = Intent::Transfer { to, amount, memo: checked_memo(memo)? };
                Ok((intent, Some(native(self.network, amount))))
            }
            RequestKind::TokenTransfer { to, amount, token, memo, allow_off_curve } => {
                let to = self.recipient("to", to)?;
                let (token, money) = self.token_amount(token, amount).await?;
                let (amount, memo) = (money.amount, checked_memo(memo)?);
                let intent =
                    Intent::TokenTransfer { to, token, amount, memo, allow_off_curve: *allow_off_curve };
                Ok((intent, Some(money)))
            }
            RequestKind::Approve { spender, amount, token } => {
                let spender = self.recipient("spender", spender)?;
                let (token, money) = self.token_amount(token, amount).await?;
                Ok((Intent::Approve { spender, token, amount: money.amount }, Some(money)))
            }
            RequestKind::ContractCall { to, data, value } => {
                let to = self.recipient("to", to)?;
                let intent = Intent::ContractCall { to, data: data.clone(), value: *value };
                Ok((intent, Some(native(self.network, *value))))
            }
            RequestKind::Deploy { code, value } => {
                let intent = Intent::Deploy { code: code.clone(), value: *value };
                Ok((intent, Some(native(self.network, *value))))
            }
            RequestKind::ProgramCall { instructions, lookup_tables } => {
                Ok((self.program_call(instructions, lookup_tables)?, None))
            }
            RequestKind::ApproveNft { spender, nft, all } => {
                let spender = self.recipient("spender", spender)?;
                Ok((self.nft_approval(spender, nft, *all)?, None))
            }
            RequestKind::NftTransfer { to, nft, quantity, allow_off_curve } => {
                let (to, nft) = (self.recipient("to", to)?, self.nft(nft)?);
                let (quantity, allow_off_curve) = (*quantity, *allow_off_curve);
                Ok((Intent::NftTransfer { to, nft, quantity, allow_off_curve }, None))
            }
            RequestKind::SignTransaction { transaction } => {
                Ok((Intent::SignTransaction { transaction: transaction.clone() }, None))
            }
            RequestKind::SignMessage { message } => {
                Ok((Intent::SignMessage { message: message.clone() }, None))
            }
            RequestKind::SignTypedData { typed_data } => {
                Ok((Intent::SignTypedData { typed_data: typed_data.clone() }, None))
            }
            RequestKind::Batch { .. } => {
                Err(Error::invalid("instructions", "a batch cannot have a batch as its member"))
            }
        }
    }

    /// The address in `field`, on the wallet's chain, that is not the wallet itself.
    pub(super) fn recipient(&self, field: &str, text: &str) -> Result<Address, Error> {
        let address =
            Address::parse(self.network.chain, text).map_err(|error| Error::from(error).at(field))?;
        if address == self.wallet.address {
            return Err(Error::invalid(field, "this is the wallet itself"));
        }
        Ok(address)
    }

    async fn token_amount(&self, token: &TokenSpec, amount: &Amount) -> Result<(Address, Money), Error> {
        let (address, facts) = self.token(token).await?;
        let asset = AssetId::token(&self.network.caip2, address);
        let Some(facts) = facts else {
            let (amount, decimals) = match amount {
                Amount::Base(units) => (*units, 0),
                Amount::Human(human) => human.least()?,
            };
            return Ok((address, Money { asset, amount, decimals, symbol: String::new() }));
        };
        let amount = amount.to_base_units(facts.decimals)?;
        Ok((address, Money { asset, amount, decimals: facts.decimals, symbol: facts.symbol }))
    }
}

/// Whether the request has one amount, written in base units. Coin sent along with a call always is.
const fn in_base_units(kind: &RequestKind) -> bool {
    match kind {
        RequestKind::Transfer { amount, .. }
        | RequestKind::TokenTransfer { amount, .. }
        | RequestKind::Approve { amount, .. } => matches!(amount, Amount::Base(_)),
        RequestKind::ContractCall { .. }
        | RequestKind::Deploy { .. }
        | RequestKind::ProgramCall { .. }
        | RequestKind::ApproveNft { .. }
        | RequestKind::NftTransfer { .. }
        | RequestKind::SignTransaction { .. }
        | RequestKind::SignMessage { .. }
        | RequestKind::SignTypedData { .. }
        | RequestKind::Batch { .. } => false,
    }
}

fn checked_memo(memo: &Option<String>) -> Result<Option<String>, Error> {
    match memo {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) if text.chars().count() > MEMO_CHARS => {
            Err(Error::invalid("memo", format!("at most {MEMO_CHARS} characters")))
        }
        // Control characters would let a memo rewrite what a person reads in a terminal.
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::invalid("memo", "control characters are not allowed"))
        }
        Some(text) => Ok(Some(text.clone())),
    }
}
