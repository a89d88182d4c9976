//! The certain effects of a request, known before a node is asked. Pure.
//!
//! A mint may turn out to be an NFT, so a token payment has two readings. Instructions of the token programs
//! have no meaning without the accounts they name, so they are judged later.

use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::program as associated_program;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::intent::Intent;
use waiaas_core::nft::{NftId, NftKind};
use waiaas_core::policy::Readings;

use super::decode::stake;
use super::fees::Terms;
use super::message::{Call, calls};
use super::mint::TokenProgram;
use super::text::Text;
use super::{SolanaCodec, decode, external, instructions, solana};
use crate::CodecError;

impl SolanaCodec {
    pub(in crate::solana) fn readings_of(
        &self,
        from: Address,
        intent: &Intent,
    ) -> Result<Vec<Readings>, CodecError> {
        let wallet = solana(from)?;
        let parts = match intent {
            Intent::Batch { members } => {
                let part = |(index, member)| {
                    self.part(&wallet, member).map_err(|error| match error {
                        CodecError::Refused(refusal) => {
                            CodecError::Refused(instructions::numbered(index, refusal))
                        }
                        other => other,
                    })
                };
                members.iter().enumerate().map(part).collect::<Result<Vec<_>, _>>()?
            }
            single => vec![self.part(&wallet, single)?],
        };
        // Even a transaction without any other effect is not certain to land.
        let effects = |items| Effects {
            network: self.network.id.clone(),
            native: self.network.native(),
            from,
            items,
            methods: Vec::new(),
            seen: Vec::new(),
        };
        Ok(parts.into_iter().map(|readings| readings.into_iter().map(effects).collect()).collect())
    }

    /// Returns the readings of one request.
    fn part(&self, wallet: &Pubkey, intent: &Intent) -> Result<Vec<Vec<Effect>>, CodecError> {
        Ok(match intent {
            Intent::Transfer { to, amount, .. } => vec![vec![Effect::NativeOut { to: *to, amount: *amount }]],
            Intent::TokenTransfer { to, token, amount, .. } => {
                let nft = Effect::NftOut { nft: self.nft_of(*token), to: *to, quantity: *amount };
                vec![
                    vec![Effect::TokenOut { asset: self.token_of(*token), to: *to, amount: *amount }],
                    vec![nft],
                ]
            }
            // A revocation moves nothing.
            Intent::Approve { amount: U256::ZERO, .. } => vec![Vec::new()],
            Intent::Approve { spender, token, amount, .. } => {
                let (asset, spender, amount) = (self.token_of(*token), *spender, *amount);
                let nft = Effect::NftAllowance { nft: self.nft_of(*token), spender: Some(spender) };
                vec![vec![Effect::Allowance { asset, spender, amount, through: None }], vec![nft]]
            }
            Intent::NftTransfer { to, nft, quantity, .. } => {
                self.nft_mint(nft)?;
                vec![vec![Effect::NftOut { nft: nft.clone(), to: *to, quantity: *quantity }]]
            }
            Intent::ApproveNft { spender, nft, .. } => {
                self.nft_mint(nft)?;
                vec![vec![Effect::NftAllowance { nft: nft.clone(), spender: Some(*spender) }]]
            }
            Intent::ProgramCall { instructions, .. } => {
                let mut items = Vec::new();
                for given in instructions {
                    let instruction = instructions::instruction(wallet, given)?;
                    let metas = instruction.accounts.iter();
                    let accounts = metas.clone().map(|account| account.pubkey).collect();
                    let uses = metas.map(|account| (account.is_signer, account.is_writable)).collect();
                    let (program, data) = (instruction.program_id, instruction.data.as_slice());
                    let call = Call { program, accounts, uses, data };
                    items.extend(self.certain(wallet, &call));
                }
                vec![items]
            }
            Intent::SignTransaction { transaction } => {
                let message = external::read(wallet, transaction)?;
                // Accounts from lookup tables are not known yet; calls that name one are judged later.
                let known = calls(&message, &[]).flatten();
                let mut items: Vec<Effect> = known.flat_map(|call| self.certain(wallet, &call)).collect();
                let fee = Terms::read(&message).ok().and_then(|terms| terms.fee());
                items.extend(fee.map(|fee| Effect::NetworkFee { max: U256::from(fee) }));
                vec![items]
            }
            Intent::SignMessage { message } => {
                let text = Text::new(message)?;
                vec![vec![crate::message::effect(text.as_str())]]
            }
            Intent::ContractCall { .. }
            | Intent::ApproveCollection { .. }
            | Intent::Deploy { .. }
            | Intent::SignTypedData { .. }
            | Intent::Cancellation { .. }
            | Intent::Batch { .. } => return Err(instructions::unbuilt(intent)),
        })
    }

    /// Returns the effects of a call that do not depend on the content of its accounts.
    fn certain(&self, wallet: &Pubkey, call: &Call<'_>) -> Vec<Effect> {
        let needs_facts = TokenProgram::of(&call.program).is_some()
            || call.program == associated_program::ID
            || call.program == stake::ID;
        if needs_facts { Vec::new() } else { decode::alone(call, wallet, &self.network.caip2) }
    }

    fn token_of(&self, mint: Address) -> AssetId {
        AssetId::token(&self.network.caip2, mint)
    }

    fn nft_of(&self, mint: Address) -> NftId {
        NftId { caip2: self.network.caip2.clone(), kind: NftKind::Metaplex { mint } }
    }
}
