//! Mints and token accounts of both token programs, read from their bytes. Pure and total.
//!
//! Belongs here: layouts (SPL Token `state.rs`, Token-2022 TLV extensions) and which extensions a plain
//! transfer can be exact about. Does not belong here: asking a node.

use solana_pubkey::Pubkey;
use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::extension::account_len::try_calculate_account_len_from_mint_data as account_len;

use super::facts::MintFact;

/// One of Solana's two token programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenProgram {
    /// SPL Token.
    Token,
    /// Token-2022.
    Token2022,
}

impl TokenProgram {
    /// The program with this id, if it is one of the two.
    pub(super) fn of(id: &Pubkey) -> Option<Self> {
        [Self::Token, Self::Token2022].into_iter().find(|program| program.id() == *id)
    }

    pub(super) const fn id(self) -> Pubkey {
        match self {
            Self::Token => spl_token_interface::ID,
            Self::Token2022 => spl_token_2022_interface::ID,
        }
    }
}

/// Size of a token account without extensions, and the offset of the account type byte behind it.
const ACCOUNT: usize = 165;
/// Size of a mint without extensions.
const MINT: usize = 82;
/// Size of a multisig. Nothing else of either program ever has it, whatever its bytes say.
const MULTISIG: usize = 355;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;
/// Metaplex Token Metadata.
const METADATA: Pubkey = Pubkey::from_str_const("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s");
/// Longest symbol kept.
const SYMBOL: usize = 16;

/// A mint's type of token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mint {
    pub(super) program: TokenProgram,
    pub(super) decimals: u8,
    /// For people; may be empty.
    pub(super) symbol: String,
    /// Bytes of an associated token account. `None` when an extension is unknown.
    pub(super) account_size: Option<usize>,
    pub(super) supply: u64,
    /// Who may make more of it.
    pub(super) authority: Option<Pubkey>,
    extensions: Vec<(u16, Vec<u8>)>,
}

/// An account that holds tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TokenAccount {
    pub(super) mint: Pubkey,
    pub(super) owner: Pubkey,
    pub(super) amount: u64,
    pub(super) frozen: bool,
    /// Who may close it besides its owner.
    pub(super) close_authority: Option<Pubkey>,
}

/// The master edition of a mint: an address derived for the Token Metadata program.
fn edition(mint: &Pubkey) -> Pubkey {
    let seeds = [b"metadata".as_slice(), METADATA.as_array(), mint.as_array(), b"edition"];
    Pubkey::find_program_address(&seeds, &METADATA).0
}

impl Mint {
    /// Reads the data of an account owned by `program`.
    pub(super) fn read(program: TokenProgram, data: &[u8]) -> Option<Self> {
        let extensions = match (program, data.len()) {
            (_, MINT) => Vec::new(),
            // Up to the account type there is nothing.
            (TokenProgram::Token2022, _) if data.get(MINT..ACCOUNT)?.iter().any(|byte| *byte != 0) => {
                return None;
            }
            (TokenProgram::Token2022, _) => extensions(data, TYPE_MINT)?,
            (TokenProgram::Token, _) => return None,
        };
        let decimals = *data.get(44)?;
        if *data.get(45)? != 1 {
            return None;
        }
        let supply = u64::from_le_bytes(*data.get(36..44)?.first_chunk()?);
        let authority = match data.first_chunk::<4>()? {
            [1, 0, 0, 0] => Some(Pubkey::new_from_array(*data.get(4..36)?.first_chunk()?)),
            _ => None,
        };
        let metadata = extensions.iter().find(|(kind, _)| *kind == u16::from(ExtensionType::TokenMetadata));
        let symbol = metadata.and_then(|(_, value)| symbol(value)).unwrap_or_default();
        let account_size = match program {
            TokenProgram::Token => Some(ACCOUNT),
            // The associated token account program asks for this extension always.
            TokenProgram::Token2022 => account_len(data, &[ExtensionType::ImmutableOwner]).ok(),
        };
        Some(Self { program, decimals, symbol, account_size, supply, authority, extensions })
    }

    /// What the mint at `key` means for a transfer.
    pub(super) fn fact(&self, key: &Pubkey) -> MintFact {
        MintFact { program: self.program, nft: self.is_nft(key), beyond: self.beyond(key) }
    }

    /// Whether there is one indivisible piece and will be no other: nobody may mint, or nobody but the
    /// mint's master edition, a Metaplex account that has no way to.
    fn is_nft(&self, key: &Pubkey) -> bool {
        let closed = self.authority.is_none_or(|authority| authority == edition(key));
        self.decimals == 0 && self.supply == 1 && closed
    }

    fn beyond(&self, key: &Pubkey) -> Option<Pubkey> {
        let hook = u16::from(ExtensionType::TransferHook);
        let hook = self.extensions.iter().find(|(kind, _)| *kind == hook);
        // Authority, then the program.
        let program = hook.and_then(|(_, value)| value.get(32..64)?.first_chunk::<32>());
        let program =
            program.map(|bytes| Pubkey::new_from_array(*bytes)).filter(|id| *id != Pubkey::default());
        program.or_else(|| self.obstacle().map(|_| *key))
    }

    /// The extension that keeps a plain transfer from being exactly what it says, if there is one.
    pub(super) fn obstacle(&self) -> Option<String> {
        self.extensions.iter().find_map(|(kind, value)| match ExtensionType::try_from(*kind) {
            Ok(kind) => obstacle(kind, value).then(|| format!("{kind:?}")),
            Err(_) => Some(format!("extension {kind}")),
        })
    }
}

/// Whether a mint with this extension makes a transfer do more, less or other than move the amount, or
/// makes amounts in human units mean something else than base units and decimals say.
fn obstacle(kind: ExtensionType, value: &[u8]) -> bool {
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
        // They concern confidential balances alone; a plain transfer moves public ones.
        | ExtensionType::ConfidentialTransferMint
        | ExtensionType::ConfidentialTransferFeeConfig => false,
        ExtensionType::TransferFeeConfig => !charges_nothing(value),
        // Authority, then the program that every transfer calls; zeros where none is set.
        ExtensionType::TransferHook => value.get(32..) != Some(&[0; 32]),
        // One byte: the state new accounts begin in. 1 is initialised, 2 is frozen.
        ExtensionType::DefaultAccountState => value != [1],
        // Authority, then one byte: paused or not. Simulation sees a pause that comes later.
        ExtensionType::Pausable => value.get(32) != Some(&0),
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

/// Whether a transfer costs nothing in this epoch and the next: a fee that is set now begins two epochs
/// later, so both that are stored have to be zero. Layout: two authorities, what is withheld, then the
/// older and the newer fee, each epoch (8 bytes), most (8) and basis points (2).
fn charges_nothing(value: &[u8]) -> bool {
    const FEES: usize = 72;
    const FEE: usize = 18;
    let Some((fees, [])) = value.get(FEES..).map(<[u8]>::as_chunks::<FEE>) else { return false };
    fees.len() == 2
        && fees
            .iter()
            .all(|[_, _, _, _, _, _, _, _, most @ .., low, high]| most == &[0; 8] || [*low, *high] == [0, 0])
}

/// The extensions behind a Token-2022 mint or account of the given type.
fn extensions(data: &[u8], account_type: u8) -> Option<Vec<(u16, Vec<u8>)>> {
    if account_type_of(data)? != account_type {
        return None;
    }
    let mut rest = data.get(ACCOUNT.saturating_add(1)..)?;
    let mut all = Vec::new();
    while let Some((kind, after)) = rest.split_first_chunk::<2>() {
        let kind = u16::from_le_bytes(*kind);
        if kind == u16::from(ExtensionType::Uninitialized) {
            break;
        }
        let (length, after) = after.split_first_chunk::<2>()?;
        let (value, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        all.push((kind, value.to_vec()));
        rest = after;
    }
    Some(all)
}

/// What a Token-2022 account with extensions says it is, behind the longest account without.
fn account_type_of(data: &[u8]) -> Option<u8> {
    data.get(ACCOUNT).filter(|_| data.len() != MULTISIG).copied()
}

/// Symbol in a TokenMetadata extension: update authority, mint, then name and symbol as Borsh strings.
fn symbol(metadata: &[u8]) -> Option<String> {
    let (_, rest) = borsh_string(metadata.get(64..)?)?;
    let (symbol, _) = borsh_string(rest)?;
    let text = String::from_utf8_lossy(symbol);
    Some(text.chars().filter(char::is_ascii_graphic).take(SYMBOL).collect())
}

fn borsh_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

impl TokenAccount {
    /// Reads the data of an account owned by `program`.
    pub(super) fn read(program: TokenProgram, data: &[u8]) -> Option<Self> {
        match (program, data.len()) {
            (_, ACCOUNT) => {}
            // As the program does: whatever the extensions behind it hold.
            (TokenProgram::Token2022, _) if account_type_of(data)? == TYPE_ACCOUNT => {}
            (TokenProgram::Token2022 | TokenProgram::Token, _) => return None,
        }
        let (mint, rest) = data.split_first_chunk::<32>()?;
        let (owner, rest) = rest.split_first_chunk::<32>()?;
        let (amount, _) = rest.split_first_chunk::<8>()?;
        let frozen = match data.get(108)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let (tag, authority) = data.get(129..ACCOUNT)?.split_first_chunk::<4>()?;
        let close_authority = match tag {
            [0, 0, 0, 0] => None,
            _ => Some(Pubkey::new_from_array(*authority.first_chunk::<32>()?)),
        };
        Some(Self {
            mint: Pubkey::new_from_array(*mint),
            owner: Pubkey::new_from_array(*owner),
            amount: u64::from_le_bytes(*amount),
            frozen,
            close_authority,
        })
    }
}

#[cfg(test)]
mod tests;
