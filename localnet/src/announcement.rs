//! The format of the only JSON line that callers read: the nodes' addresses, the faucets and the tokens.
//!
//! Belongs here: field names and nothing else. Callers parse this line, so a rename here is a breaking
//! change.

use std::path::PathBuf;

use serde::Serialize;

/// Both chains, and the parts to make more of them.
#[derive(Debug, Serialize)]
pub struct Announcement {
    /// The Solana runtime.
    pub solana: SolanaAnnouncement,
    /// The EVM node.
    pub evm: EvmAnnouncement,
    /// The locations of the parts.
    pub parts: Parts,
}

/// The parts for another EVM node, and for more contracts.
#[derive(Debug, Serialize)]
pub struct Parts {
    /// The native anvil binary.
    pub anvil: PathBuf,
    /// `node_modules` with the compiled contracts.
    pub modules: PathBuf,
}

/// The data that a caller needs to use the Solana runtime.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SolanaAnnouncement {
    /// JSON-RPC over HTTP.
    pub rpc: String,
    /// WebSocket subscriptions. A port of its own, not `rpc` plus one.
    pub ws: String,
    /// Holds SOL and the whole supply of both mints, and is the authority of both.
    pub faucet: SolanaFaucet,
    /// Mint of the SPL Token program.
    pub spl_mint: String,
    /// Decimals of `spl_mint`.
    pub spl_decimals: u8,
    /// Mint of the Token-2022 program.
    pub token2022_mint: String,
    /// Decimals of `token2022_mint`.
    pub token2022_decimals: u8,
}

/// A funded Solana account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SolanaFaucet {
    /// Base58.
    pub address: String,
    /// Base58 of the 64 bytes (seed, then public key) that wallets import.
    pub secret_key: String,
}

/// The data that a caller needs to use the EVM node.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmAnnouncement {
    /// JSON-RPC over HTTP; the same port also serves WebSocket.
    pub rpc: String,
    /// Chain id for EIP-155 signatures.
    pub chain_id: u64,
    /// Holds ETH and the whole supply of `erc20`; the node also signs for it (`eth_sendTransaction`).
    pub faucet: EvmFaucet,
    /// An OpenZeppelin ERC-20.
    pub erc20: String,
    /// Decimals of `erc20`.
    pub erc20_decimals: u8,
    /// An OpenZeppelin ERC-721 that the faucet may mint.
    pub erc721: String,
    /// An OpenZeppelin ERC-1155 that the faucet may mint.
    pub erc1155: String,
    /// `WETH9`.
    pub weth: String,
    /// `UniswapV2Router02`, with a pool of `erc20` and ETH.
    pub uniswap_v2_router: String,
    /// An ERC-8004 identity registry.
    pub identity_registry: String,
    /// An ERC-8004 reputation registry of the agents in `identity_registry`.
    pub reputation_registry: String,
    /// An OpenZeppelin ERC-20 with permits (EIP-2612) and authorisations (EIP-3009).
    pub coin: String,
    /// Decimals of `coin`.
    pub coin_decimals: u8,
    /// Uniswap's Permit2, at its address on every network.
    pub permit2: String,
    /// An ERC-4626 vault of `erc20`.
    pub vault: String,
    /// Pulls one token through an allowance and pays another; its calls are not decoded.
    pub aggregator: String,
}

/// A funded EVM account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmFaucet {
    /// EIP-55 address.
    pub address: String,
    /// 0x and 32 bytes of hex.
    pub private_key: String,
}
