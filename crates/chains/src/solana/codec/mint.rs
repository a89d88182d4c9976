//! Mints and token accounts of both token programs, read from their bytes. Pure, and defined for any bytes.
//!
//! Belongs here: the choice of relevant fields, and of extensions with which a plain transfer is exact. The
//! layouts are the library's. Does not belong here: requests to a node.

use solana_pubkey::Pubkey;
use spl_token_2022_interface::extension::account_len::try_calculate_account_len_from_mint_data as account_len;
use spl_token_2022_interface::extension::default_account_state::DefaultAccountState;
use spl_token_2022_interface::extension::pausable::PausableConfig;
use spl_token_2022_interface::extension::transfer_fee::TransferFeeConfig;
use spl_token_2022_interface::extension::transfer_hook::TransferHook;
use spl_token_2022_interface::extension::{BaseStateWithExtensions as _, ExtensionType, StateWithExtensions};
use spl_token_2022_interface::state::{self, Account, AccountState, PackedSizeOf as _};
use spl_token_metadata_interface::state::TokenMetadata;
use waiaas_core::address::Address;

use super::facts::MintFact;
use super::solana;
use crate::TokenFacts;

/// One of Solana's two token programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) enum TokenProgram {
    /// SPL Token.
    Token,
    /// Token-2022.
    Token2022,
}

impl TokenProgram {
    /// Returns the program with this id, if it is one of the two.
    pub(in crate::solana) fn of(id: &Pubkey) -> Option<Self> {
        [Self::Token, Self::Token2022].into_iter().find(|program| program.id() == *id)
    }

    pub(in crate::solana) const fn id(self) -> Pubkey {
        match self {
            Self::Token => spl_token_interface::ID,
            Self::Token2022 => spl_token_2022_interface::ID,
        }
    }
}

/// Size of a token account without extensions.
const ACCOUNT: usize = Account::SIZE_OF;
/// Size of a mint without extensions.
const MINT: usize = state::Mint::SIZE_OF;
/// Metaplex Token Metadata.
const METADATA: Pubkey = Pubkey::from_str_const("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s");
/// Longest symbol kept.
const SYMBOL: usize = 16;

/// The properties of a mint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Mint {
    pub(in crate::solana) program: TokenProgram,
    pub(in crate::solana) decimals: u8,
    /// For display; may be empty.
    pub(in crate::solana) symbol: String,
    /// Bytes of an associated token account. `None` if an extension is unknown.
    pub(in crate::solana) account_size: Option<usize>,
    pub(in crate::solana) supply: u64,
    /// The mint authority.
    pub(in crate::solana) authority: Option<Pubkey>,
    /// The extension that makes a plain transfer differ from its amount, if there is one.
    pub(in crate::solana) obstacle: Option<String>,
    /// The program that every transfer calls.
    hook: Option<Pubkey>,
}

/// An account that holds tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::solana) struct TokenAccount {
    pub(in crate::solana) mint: Pubkey,
    pub(in crate::solana) owner: Pubkey,
    pub(in crate::solana) amount: u64,
    pub(in crate::solana) frozen: bool,
    /// The delegate and the amount that it may move.
    pub(in crate::solana) delegate: Option<(Pubkey, u64)>,
    /// The account that may close it besides its owner.
    pub(in crate::solana) close_authority: Option<Pubkey>,
}

/// Returns the master edition of a mint: an address derived for the Token Metadata program.
fn edition(mint: &Pubkey) -> Pubkey {
    let seeds = [b"metadata".as_slice(), METADATA.as_array(), mint.as_array(), b"edition"];
    Pubkey::find_program_address(&seeds, &METADATA).0
}

impl Mint {
    /// Reads the data of an account owned by `program`.
    pub(in crate::solana) fn read(program: TokenProgram, data: &[u8]) -> Option<Self> {
        if program == TokenProgram::Token && data.len() != MINT {
            return None;
        }
        let mint = StateWithExtensions::<state::Mint>::unpack(data).ok()?;
        let metadata = mint.get_variable_len_extension::<TokenMetadata>();
        let account_size = match program {
            TokenProgram::Token => Some(ACCOUNT),
            // The associated token account program always adds this extension.
            TokenProgram::Token2022 => account_len(data, &[ExtensionType::ImmutableOwner]).ok(),
        };
        let hook = mint.get_extension::<TransferHook>().ok();
        Some(Self {
            program,
            decimals: mint.base.decimals,
            symbol: metadata.map(|metadata| shown(&metadata.symbol)).unwrap_or_default(),
            account_size,
            supply: mint.base.supply,
            authority: mint.base.mint_authority.into(),
            obstacle: obstacle(&mint),
            hook: hook.and_then(|hook| hook.program_id.into()),
        })
    }

    /// Returns the facts about the mint at `key` for a transfer.
    pub(in crate::solana) fn fact(&self, key: &Pubkey) -> MintFact {
        MintFact { program: self.program, nft: self.is_nft(key), beyond: self.beyond(key) }
    }

    /// Whether there is one indivisible unit and can be no other: there is no mint authority, or it is the
    /// mint's master edition, a Metaplex account that cannot mint.
    fn is_nft(&self, key: &Pubkey) -> bool {
        let closed = self.authority.is_none_or(|authority| authority == edition(key));
        self.decimals == 0 && self.supply == 1 && closed
    }

    fn beyond(&self, key: &Pubkey) -> Option<Pubkey> {
        self.hook.or_else(|| self.obstacle.as_ref().map(|_| *key))
    }
}

/// Returns the name of the extension that makes a plain transfer differ from its amount. Extensions that
/// cannot be read, such as unknown ones, count as one.
fn obstacle(mint: &StateWithExtensions<'_, state::Mint>) -> Option<String> {
    let Ok(kinds) = mint.get_extension_types() else { return Some("Unknown".to_owned()) };
    // Only the first one of a kind is read.
    let twice = |kind: &ExtensionType| kinds.iter().filter(|other| *other == kind).count() > 1;
    let first = kinds.iter().find(|kind| twice(kind) || alters(mint, **kind));
    first.map(|kind| format!("{kind:?}"))
}

/// Whether a mint with this extension makes a transfer do anything else than move the amount, or makes
/// amounts in human units differ from base units and decimals.
fn alters(mint: &StateWithExtensions<'_, state::Mint>, kind: ExtensionType) -> bool {
    match kind {
        ExtensionType::MintCloseAuthority
        | ExtensionType::PermanentDelegate
        | ExtensionType::MetadataPointer
        | ExtensionType::TokenMetadata
        | ExtensionType::GroupPointer
        | ExtensionType::TokenGroup
        | ExtensionType::GroupMemberPointer
        | ExtensionType::TokenGroupMember
        | ExtensionType::PermissionedBurn
        // They affect only confidential balances; a plain transfer moves public ones.
        | ExtensionType::ConfidentialTransferMint
        | ExtensionType::ConfidentialTransferFeeConfig => false,
        ExtensionType::TransferFeeConfig => {
            !mint.get_extension::<TransferFeeConfig>().is_ok_and(charges_nothing)
        }
        ExtensionType::TransferHook => {
            let calls_nothing = |hook: &TransferHook| Option::<Pubkey>::from(hook.program_id).is_none();
            !mint.get_extension::<TransferHook>().is_ok_and(calls_nothing)
        }
        ExtensionType::DefaultAccountState => {
            let usable = |given: &DefaultAccountState| given.state == u8::from(AccountState::Initialized);
            !mint.get_extension::<DefaultAccountState>().is_ok_and(usable)
        }
        // A later pause is seen in the simulation.
        ExtensionType::Pausable => {
            let runs = |given: &PausableConfig| !bool::from(given.paused);
            !mint.get_extension::<PausableConfig>().is_ok_and(runs)
        }
        ExtensionType::Uninitialized
        | ExtensionType::TransferFeeAmount
        | ExtensionType::ConfidentialTransferAccount
        | ExtensionType::ImmutableOwner
        | ExtensionType::MemoTransfer
        | ExtensionType::NonTransferable
        | ExtensionType::InterestBearingConfig
        | ExtensionType::CpiGuard
        | ExtensionType::NonTransferableAccount
        | ExtensionType::TransferHookAccount
        | ExtensionType::ConfidentialTransferFeeAmount
        | ExtensionType::ConfidentialMintBurn
        | ExtensionType::ScaledUiAmount
        | ExtensionType::PausableAccount => true,
    }
}

/// Whether a transfer is free in this epoch and the next: a fee set now starts two epochs later, so both
/// stored fees must be zero.
fn charges_nothing(config: &TransferFeeConfig) -> bool {
    [config.older_transfer_fee, config.newer_transfer_fee]
        .iter()
        .all(|fee| u64::from(fee.maximum_fee) == 0 || u16::from(fee.transfer_fee_basis_points) == 0)
}

/// Returns a symbol as displayed.
fn shown(symbol: &str) -> String {
    symbol.chars().filter(char::is_ascii_graphic).take(SYMBOL).collect()
}

/// Reads the data of a mint owned by `program`; none if it is not a mint of a token program.
pub fn mint_facts(program: Address, data: &[u8]) -> Option<TokenFacts> {
    let program = TokenProgram::of(&solana(program).ok()?)?;
    let mint = Mint::read(program, data)?;
    Some(TokenFacts { decimals: mint.decimals, symbol: mint.symbol })
}

impl TokenAccount {
    /// Reads the data of an account owned by `program`, independent of its extensions, which may be
    /// truncated.
    pub(in crate::solana) fn read(program: TokenProgram, data: &[u8]) -> Option<Self> {
        if program == TokenProgram::Token && data.len() != ACCOUNT {
            return None;
        }
        let account = StateWithExtensions::<Account>::unpack(data).ok()?.base;
        let delegate: Option<Pubkey> = account.delegate.into();
        Some(Self {
            mint: account.mint,
            owner: account.owner,
            amount: account.amount,
            frozen: account.is_frozen(),
            delegate: delegate.map(|delegate| (delegate, account.delegated_amount)),
            close_authority: account.close_authority.into(),
        })
    }
}

#[cfg(test)]
mod tests;
