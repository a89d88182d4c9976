//! Mints and token accounts, byte by byte.

use super::*;
use proptest::prelude::*;

/// Size of a multisig. No other account of either program has this size.
const MULTISIG: usize = 355;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;

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

/// The older and the newer fee: maximum, basis points.
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
        assert_eq!((mint.decimals, mint.obstacle, mint.account_size), (6, None, Some(size)));
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
        assert_eq!(read(&[(kind, &value)]).obstacle.as_deref(), expected, "{kind:?}");
    }
    let mut unknown = mint(&[(ExtensionType::MintCloseAuthority, &[0; 32])]);
    unknown[166..168].copy_from_slice(&999u16.to_le_bytes());
    let unknown = Mint::read(TokenProgram::Token2022, &unknown).expect("a mint");
    assert_eq!((unknown.obstacle.as_deref(), unknown.account_size), (Some("Unknown"), None));
}

#[test]
fn extensions_that_are_malformed_or_given_twice_are_obstacles() {
    let fee = fee_config([(10, 0), (10, 0)]);
    let twice = read(&[(ExtensionType::TransferFeeConfig, &fee), (ExtensionType::TransferFeeConfig, &fee)]);
    assert_eq!(twice.obstacle.as_deref(), Some("TransferFeeConfig"));
    let whole = mint(&[(ExtensionType::MintCloseAuthority, &[0; 32])]);
    for length in [167, 169, 170, 201] {
        let torn = Mint::read(TokenProgram::Token2022, &whole[..length]);
        let obstacle = torn.and_then(|mint| mint.obstacle);
        // A single byte is no entry: the program leaves one when an account is enlarged.
        assert_eq!(obstacle.as_deref(), (length > 167).then_some("Unknown"), "{length} bytes");
    }
    let mut too_long = whole;
    too_long[168..170].copy_from_slice(&33u16.to_le_bytes());
    let too_long = Mint::read(TokenProgram::Token2022, &too_long).expect("a mint");
    assert_eq!((too_long.obstacle.as_deref(), too_long.account_size), (Some("Unknown"), None));
}

#[test]
fn one_unit_that_cannot_be_increased_is_an_nft() {
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
    assert!(of(0, 1, Some(edition(&key))), "the master edition cannot mint more");
    assert!(!of(0, 1, Some(key)) && !of(0, 1, Some(edition(&METADATA))), "more can be minted");
    assert!(!of(0, 2, None) && !of(0, 0, None) && !of(1, 1, None));
}

#[test]
fn the_program_that_also_determines_a_transfer_is_named() {
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
fn the_close_authority_of_a_token_account_is_read() {
    let mut data = vec![0; ACCOUNT];
    data[108] = 1;
    let read = |data: &[u8]| TokenAccount::read(TokenProgram::Token, data).map(|read| read.close_authority);
    assert_eq!(read(&data), Some(None));
    data[129] = 1;
    data[133..].fill(7);
    assert_eq!(read(&data), Some(Some(Pubkey::new_from_array([7; 32]))));
    data[129] = 2;
    assert_eq!(read(&data), None, "an invalid flag does not mean no authority");
}

#[test]
fn accounts_are_larger_if_extensions_require_it() {
    assert_eq!(read(&[(ExtensionType::Pausable, &[0; 33])]).account_size, Some(174));
    assert_eq!(read(&[(ExtensionType::PermanentDelegate, &[0; 32])]).account_size, Some(170));
}

#[test]
fn the_length_determines_the_kind_of_account_as_in_the_program() {
    let account = |length: usize, account_type: u8| {
        let mut data = vec![0; length];
        data[..72].fill(7);
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
        // A multisig, whatever its signers.
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
    assert_eq!(Mint::read(TokenProgram::Token2022, &filled), None, "a mint has only zeros there");
}

#[test]
fn symbols_are_cleaned() {
    let text = "US\n\u{202e}D COIN much too long to show";
    let mut metadata = vec![0; 64];
    for part in ["Name", text, "https://example.com"] {
        metadata.extend(u32::try_from(part.len()).expect("short").to_le_bytes());
        metadata.extend(part.as_bytes());
    }
    metadata.extend(0u32.to_le_bytes());
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
                let _ = Mint::read(program, &data);
            }
        }
    }
}
