//! Translates a request of the API into an intent: texts become addresses of the wallet's chain, amounts become
//! base units.

use waiaas_api::requests::{
    Approve, Batch, BatchMember, ContractCall, ContractDeploy, MAX_MEMO, NftTransfer, Operation, TokenRef,
    TokenTransfer, Transfer,
};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::foreign::deceives;
use waiaas_core::intent::{Amount, Intent};

use super::{Resolver, native};
use crate::error::Error;
use crate::views::{Asked, Money};

/// A translated request.
pub(super) struct Meant {
    pub(super) intent: Intent,
    /// The amount that it names, if any.
    pub(super) money: Option<Money>,
    /// The amounts that were given in base units.
    pub(super) base_units: Vec<Money>,
}

impl Meant {
    /// For requests whose amount, if any, has a fixed unit.
    const fn new(intent: Intent, money: Option<Money>) -> Self {
        Self { intent, money, base_units: Vec::new() }
    }

    /// For requests with one amount, as written.
    fn amount(intent: Intent, money: Money, written: &Amount) -> Self {
        let base_units = match written {
            Amount::Base(_) => vec![money.clone()],
            Amount::Human(_) => Vec::new(),
        };
        Self { intent, money: Some(money), base_units }
    }
}

impl Resolver<'_> {
    /// Translates the request.
    ///
    /// # Errors
    ///
    /// `ACTION_VALIDATION_FAILED` and related codes for an address of another chain, an amount that does not
    /// fit the asset or an address that is not a token; the chain's error if a node does not answer.
    pub(super) async fn intent(&self, asked: &Asked) -> Result<Meant, Error> {
        match asked {
            Asked::Signature(intent) => Ok(Meant::new(intent.clone(), None)),
            Asked::Operation(operation) => match operation {
                Operation::Transfer(transfer) => self.transfer(transfer),
                Operation::TokenTransfer(transfer) => self.token_transfer(transfer).await,
                Operation::ContractCall(call) => self.contract_call(call, None),
                Operation::Approve(approve) => self.approve(approve).await,
                Operation::Batch(batch) => self.batch(batch).await,
                Operation::NftTransfer(transfer) => self.nft_transfer(transfer),
                Operation::ContractDeploy(deploy) => Ok(self.deploy(deploy)),
            },
        }
    }

    async fn batch(&self, batch: &Batch) -> Result<Meant, Error> {
        let tables = self.lookup_tables(batch.address_lookup_table_addresses.as_deref())?;
        let (mut members, mut base_units) = (Vec::with_capacity(batch.instructions.len()), Vec::new());
        for (i, member) in batch.instructions.iter().enumerate() {
            let meant = match member {
                BatchMember::Transfer(transfer) => self.transfer(transfer),
                BatchMember::TokenTransfer(transfer) => self.token_transfer(transfer).await,
                BatchMember::ContractCall(call) => self.contract_call(call, Some(&tables)),
                BatchMember::Approve(approve) => self.approve(approve).await,
            };
            let meant = meant.map_err(|error| error.inside(&format!("instructions[{i}].")))?;
            members.push(meant.intent);
            base_units.extend(meant.base_units);
        }
        Ok(Meant { intent: Intent::Batch { members }, money: None, base_units })
    }

    fn transfer(&self, transfer: &Transfer) -> Result<Meant, Error> {
        let written = one(transfer.amount())?;
        let amount = written.to_base_units(self.network.native_decimals)?;
        let to = self.recipient("to", &transfer.to)?;
        let intent = Intent::Transfer { to, amount, memo: checked_memo(transfer.memo.as_deref())? };
        Ok(Meant::amount(intent, native(self.network, amount), &written))
    }

    async fn token_transfer(&self, transfer: &TokenTransfer) -> Result<Meant, Error> {
        let written = one(transfer.amount())?;
        let to = self.recipient("to", &transfer.to)?;
        let (token, money) = self.token_amount(&transfer.token, &written).await?;
        let (amount, memo) = (money.amount, checked_memo(transfer.memo.as_deref())?);
        let allow_off_curve = transfer.allow_owner_off_curve;
        let intent = Intent::TokenTransfer { to, token, amount, memo, allow_off_curve };
        Ok(Meant::amount(intent, money, &written))
    }

    async fn approve(&self, approve: &Approve) -> Result<Meant, Error> {
        let written = one(approve.amount())?;
        let spender = self.recipient("spender", &approve.spender)?;
        if let Some(nft) = &approve.nft {
            let all = match written {
                Amount::Base(amount) => !amount.is_zero(),
                Amount::Human(_) => return Err(Error::invalid("amount", "\"0\" or \"1\" for an NFT")),
            };
            return Ok(Meant::new(self.nft_approval(spender, &approve.token, nft, all)?, None));
        }
        let (token, money) = self.token_amount(&approve.token, &written).await?;
        Ok(Meant::amount(Intent::Approve { spender, token, amount: money.amount }, money, &written))
    }

    /// Translates a call of a contract, or of programs. A batch has its own lookup tables.
    fn contract_call(&self, call: &ContractCall, tables: Option<&[Address]>) -> Result<Meant, Error> {
        if call.is_of_a_program() {
            let tables = match tables {
                Some(tables) => tables.to_vec(),
                None => self.lookup_tables(call.address_lookup_table_addresses.as_deref())?,
            };
            return Ok(Meant::new(self.program_call(call, tables)?, None));
        }
        let to = call.to.as_deref().ok_or_else(|| required("to"))?;
        let to = self.recipient("to", to)?;
        let data = call.calldata.as_ref().map(|hex| hex.0.clone()).unwrap_or_default();
        // The native coin sent with a call is always in base units.
        let value = call.value.map_or(U256::ZERO, |units| units.0);
        Ok(Meant::new(Intent::ContractCall { to, data, value }, Some(native(self.network, value))))
    }

    fn nft_transfer(&self, transfer: &NftTransfer) -> Result<Meant, Error> {
        let (to, nft) = (self.recipient("to", &transfer.to)?, self.nft(&transfer.token)?);
        let quantity = transfer.amount.map_or(U256::from(1u8), |units| units.0);
        let allow_off_curve = transfer.allow_owner_off_curve;
        Ok(Meant::new(Intent::NftTransfer { to, nft, quantity, allow_off_curve }, None))
    }

    fn deploy(&self, deploy: &ContractDeploy) -> Meant {
        let mut code = deploy.bytecode.0.clone();
        code.extend(deploy.constructor_args.iter().flat_map(|arguments| &arguments.0));
        let value = deploy.value.map_or(U256::ZERO, |units| units.0);
        Meant::new(Intent::Deploy { code, value }, Some(native(self.network, value)))
    }

    /// Reads the address in `field`, which must be on the wallet's chain and not the wallet itself.
    pub(super) fn recipient(&self, field: &str, text: &str) -> Result<Address, Error> {
        let address = self.address(field, text)?;
        if address == self.wallet.address {
            return Err(Error::invalid(field, "this is the wallet itself"));
        }
        Ok(address)
    }

    /// Reads the address in `field`, which must be on the wallet's chain.
    pub(super) fn address(&self, field: &str, text: &str) -> Result<Address, Error> {
        Address::parse(self.network.chain, text).map_err(|error| Error::from(error).at(field))
    }

    async fn token_amount(&self, token: &TokenRef, amount: &Amount) -> Result<(Address, Money), Error> {
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

fn one(amount: Option<Amount>) -> Result<Amount, Error> {
    amount.ok_or_else(|| Error::invalid("amount", "give amount or humanAmount"))
}

pub(super) fn required(field: &str) -> Error {
    Error::invalid(field, "this field is required")
}

fn checked_memo(memo: Option<&str>) -> Result<Option<String>, Error> {
    match memo {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > MAX_MEMO => {
            Err(Error::invalid("memo", format!("at most {MAX_MEMO} characters")))
        }
        // Such characters could change the text that is displayed.
        Some(text) if text.chars().any(deceives) => {
            Err(Error::invalid("memo", "no control, invisible or misleading characters"))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}
