//! The targets, one per file.

use crate::Target;

macro_rules! targets {
    ($($(#[doc = $about:literal])+ $name:ident),+ $(,)?) => {
        $(mod $name;)+

        /// Every target, by name.
        pub(crate) const ALL: &[Target] = &[
            $(Target { name: stringify!($name), about: concat!($($about),+), run: $name::run }),+
        ];
    };
}

targets! {
    /// addresses of both chains
    address,
    /// amounts, dollars and prices
    amount,
    /// names of assets, NFTs and networks; selectors
    asset,
    /// sealed backups
    backup,
    /// call data from an ABI
    evm_abi,
    /// call data of EVM contracts
    evm_calldata,
    /// stored drafts of EVM networks
    evm_draft,
    /// answers of EVM nodes about a run
    evm_events,
    /// raw EVM transactions built elsewhere
    evm_external,
    /// texts to be signed on EVM networks
    evm_message,
    /// completed EVM transactions and messages, and their signatures
    evm_signed,
    /// typed data (EIP-712)
    evm_typed_data,
    /// imported private keys
    key_import,
    /// keystore headers and sealed keys
    keystore,
    /// owners' answers to challenges
    owner_message,
    /// verdicts on arbitrary effects, facts and rows
    policy_evaluate,
    /// rules of every policy type
    policy_rules,
    /// answers of price services
    price_answer,
    /// bodies of the operator's and owners' requests
    request_admin,
    /// bodies of requests for signatures and call data
    request_sign,
    /// bodies of requests for transactions
    request_transaction,
    /// stored drafts of Solana
    solana_draft,
    /// raw Solana transactions built elsewhere
    solana_external,
    /// instructions of Solana programs
    solana_message,
    /// mints of both token programs
    solana_mint,
    /// completed Solana transactions and their signatures
    solana_signed,
    /// texts to be signed on Solana
    solana_text,
}
