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
        Some(Self {
            mint: Pubkey::new_from_array(*mint),
            owner: Pubkey::new_from_array(*owner),
            amount: u64::from_le_bytes(*amount),
            frozen,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mint(extensions: &[(ExtensionType, &[u8])]) -> Vec<u8> {
        let mut data = vec![0; MINT];
        data[44] = 6;
        data[45] = 1;
        if extensions.is_empty() {
            return data;
        }
        data.resize(ACCOUNT, 0);
        data.push(TYPE_MINT);
        for (kind, value) in extensions {
            data.extend(u16::from(*kind).to_le_bytes());
            data.extend(u16::try_from(value.len()).expect("short").to_le_bytes());
            data.extend_from_slice(value);
        }
        data
    }

    /// The older and the newer fee: most, basis points.
    fn fee_config(fees: [(u64, u16); 2]) -> Vec<u8> {
        let mut value = vec![3; 72];
        for (most, points) in fees {
            value.extend(99u64.to_le_bytes());
            value.extend(most.to_le_bytes());
            value.extend(points.to_le_bytes());
        }
        value
    }

    fn read(extensions: &[(ExtensionType, &[u8])]) -> Mint {
        Mint::read(TokenProgram::Token2022, &mint(extensions)).expect("a mint")
    }

    #[test]
    fn plain_mints_of_both_programs() {
        for (program, size) in [(TokenProgram::Token, 165), (TokenProgram::Token2022, 170)] {
            let mint = Mint::read(program, &mint(&[])).expect("a mint");
            assert_eq!((mint.decimals, mint.obstacle(), mint.account_size), (6, None, Some(size)));
        }
        assert_eq!(Mint::read(TokenProgram::Token, &[0; MINT]), None, "not initialised");
        assert_eq!(Mint::read(TokenProgram::Token, &[1; ACCOUNT]), None, "a token account");
        assert_eq!(Mint::read(TokenProgram::Token2022, &[1; ACCOUNT]), None, "a token account");
    }

    #[test]
    fn extensions_that_change_a_transfer_are_obstacles() {
        for (kind, value, expected) in [
            (ExtensionType::TransferFeeConfig, fee_config([(10, 5), (10, 0)]), Some("TransferFeeConfig")),
            (ExtensionType::TransferFeeConfig, fee_config([(10, 0), (10, 5)]), Some("TransferFeeConfig")),
            (ExtensionType::TransferFeeConfig, fee_config([(10, 0), (0, 5)]), None),
            (ExtensionType::TransferFeeConfig, vec![0; 108], None),
            (ExtensionType::TransferFeeConfig, vec![0; 107], Some("TransferFeeConfig")),
            (ExtensionType::TransferFeeConfig, vec![0; 90], Some("TransferFeeConfig")),
            (ExtensionType::TransferHook, [[7; 32], [9; 32]].concat(), Some("TransferHook")),
            (ExtensionType::TransferHook, [[7; 32], [0; 32]].concat(), None),
            (ExtensionType::TransferHook, vec![0; 63], Some("TransferHook")),
            (ExtensionType::NonTransferable, vec![], Some("NonTransferable")),
            (ExtensionType::ConfidentialTransferMint, vec![0; 65], None),
            (ExtensionType::ConfidentialTransferFeeConfig, vec![0; 129], None),
            (ExtensionType::ConfidentialMintBurn, vec![0; 196], Some("ConfidentialMintBurn")),
            (ExtensionType::ScaledUiAmount, vec![0; 56], Some("ScaledUiAmount")),
            (ExtensionType::DefaultAccountState, vec![2], Some("DefaultAccountState")),
            (ExtensionType::DefaultAccountState, vec![1], None),
            (ExtensionType::Pausable, vec![1; 33], Some("Pausable")),
            (ExtensionType::Pausable, vec![0; 33], None),
            (ExtensionType::PermanentDelegate, vec![3; 32], None),
            (ExtensionType::MintCloseAuthority, vec![3; 32], None),
        ] {
            assert_eq!(read(&[(kind, &value)]).obstacle().as_deref(), expected, "{kind:?}");
        }
        let mut unknown = mint(&[(ExtensionType::MintCloseAuthority, &[0; 32])]);
        unknown[166..168].copy_from_slice(&999u16.to_le_bytes());
        let unknown = Mint::read(TokenProgram::Token2022, &unknown).expect("a mint");
        assert_eq!((unknown.obstacle().as_deref(), unknown.account_size), (Some("extension 999"), None));
    }

    #[test]
    fn one_piece_that_nobody_can_add_to_is_an_nft() {
        let key = Pubkey::new_from_array([5; 32]);
        let of = |decimals: u8, supply: u64, authority: Option<Pubkey>| {
            let mut data = mint(&[]);
            data[44] = decimals;
            data[36..44].copy_from_slice(&supply.to_le_bytes());
            if let Some(authority) = authority {
                data[0] = 1;
                data[4..36].copy_from_slice(authority.as_array());
            }
            Mint::read(TokenProgram::Token, &data).expect("a mint").fact(&key).nft
        };
        assert!(of(0, 1, None));
        assert!(of(0, 1, Some(edition(&key))), "the master edition makes no more");
        assert!(!of(0, 1, Some(key)) && !of(0, 1, Some(edition(&METADATA))), "more can be made");
        assert!(!of(0, 2, None) && !of(0, 0, None) && !of(1, 1, None));
    }

    #[test]
    fn whoever_else_decides_about_a_transfer_is_named() {
        let key = Pubkey::new_from_array([5; 32]);
        let hook = [[0; 32], [9; 32]].concat();
        for (kind, value, expected) in [
            (ExtensionType::TransferHook, hook.as_slice(), Some(Pubkey::new_from_array([9; 32]))),
            (ExtensionType::TransferHook, &[0; 64], None),
            (ExtensionType::TransferHook, &[0; 63], Some(key)),
            (ExtensionType::TransferFeeConfig, &fee_config([(10, 5), (10, 5)]), Some(key)),
            (ExtensionType::TransferFeeConfig, &[0; 108], None),
            (ExtensionType::PermanentDelegate, &[3; 32], None),
        ] {
            assert_eq!(read(&[(kind, value)]).fact(&key).beyond, expected, "{kind:?}");
        }
    }

    #[test]
    fn accounts_are_larger_where_extensions_ask_for_it() {
        assert_eq!(read(&[(ExtensionType::Pausable, &[0; 33])]).account_size, Some(174));
        assert_eq!(read(&[(ExtensionType::PermanentDelegate, &[0; 32])]).account_size, Some(170));
    }

    #[test]
    fn lengths_tell_what_an_account_is_as_they_do_for_the_program() {
        let account = |length: usize, account_type: u8| {
            let mut data = vec![7; length];
            data[108] = 1;
            if let Some(byte) = data.get_mut(ACCOUNT) {
                *byte = account_type;
            }
            data
        };
        let read = |program, length, kind| TokenAccount::read(program, &account(length, kind)).is_some();
        for (length, kind, expected) in [
            (165, 0, [true, true]),
            (164, 0, [false, false]),
            (166, TYPE_ACCOUNT, [false, true]),
            (166, TYPE_MINT, [false, false]),
            (354, TYPE_ACCOUNT, [false, true]),
            // A multisig, whatever its signers are.
            (355, TYPE_ACCOUNT, [false, false]),
            (356, TYPE_ACCOUNT, [false, true]),
        ] {
            let found = [TokenProgram::Token, TokenProgram::Token2022].map(|it| read(it, length, kind));
            assert_eq!(found, expected, "{length} {kind}");
        }
        let mut planted = mint(&[(ExtensionType::MetadataPointer, &[0; 64])]);
        assert!(Mint::read(TokenProgram::Token2022, &planted).is_some());
        planted.resize(MULTISIG, 0);
        assert_eq!(Mint::read(TokenProgram::Token2022, &planted), None);
        let mut filled = mint(&[(ExtensionType::MetadataPointer, &[0; 64])]);
        filled[100] = 1;
        assert_eq!(Mint::read(TokenProgram::Token2022, &filled), None, "no mint has anything there");
    }

    #[test]
    fn symbols_are_cleaned() {
        let text = "US\n\u{202e}D COIN much too long to show";
        let mut metadata = vec![0; 64];
        for part in ["Name", text] {
            metadata.extend(u32::try_from(part.len()).expect("short").to_le_bytes());
            metadata.extend(part.as_bytes());
        }
        assert_eq!(read(&[(ExtensionType::TokenMetadata, &metadata)]).symbol, "USDCOINmuchtoolo");
        assert_eq!(read(&[(ExtensionType::TokenMetadata, &[9; 70])]).symbol, "");
    }

    proptest! {
        #[test]
        fn arbitrary_data_never_panics(head: Vec<u8>, tail: Vec<u8>) {
            let mut data = head;
            data.resize(ACCOUNT, 1);
            for account_type in [TYPE_MINT, TYPE_ACCOUNT] {
                let mut data = data.clone();
                data.push(account_type);
                data.extend_from_slice(&tail);
                for program in [TokenProgram::Token, TokenProgram::Token2022] {
                    let _ = TokenAccount::read(program, &data);
                    if let Some(mint) = Mint::read(program, &data) {
                        let _ = mint.obstacle();
                    }
                }
            }
        }
    }
}
