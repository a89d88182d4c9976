//! What a caller may ask the pipeline for.

use waiaas_core::digest::Digest;
use waiaas_core::ids::WalletId;
use waiaas_core::intent::Amount;

/// A token as the caller describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenSpec {
    /// Contract or mint.
    pub address: Option<String>,
    /// Must equal the chain's, when given.
    pub decimals: Option<u8>,
    /// For people; not compared.
    pub symbol: Option<String>,
    /// CAIP-19; must agree with `address` and the network, when given.
    pub asset_id: Option<String>,
}

/// What a request is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestKind {
    /// Native coin.
    Transfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Note on chain.
        memo: Option<String>,
    },
    /// Token.
    TokenTransfer {
        /// Recipient.
        to: String,
        /// How much.
        amount: Amount,
        /// Which token.
        token: TokenSpec,
        /// Note on chain.
        memo: Option<String>,
    },
}

/// A caller's promise that repeats are repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// Chosen by the caller.
    pub key: String,
    /// Digest of the parsed body.
    pub body: Digest,
}

/// A request to move value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendRequest {
    /// Needed when the session has several wallets.
    pub wallet: Option<WalletId>,
    /// Needed when the wallet has several networks.
    pub network: Option<String>,
    /// What to do.
    pub kind: RequestKind,
    /// Makes repeats harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// How long a send waits before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until a node has accepted the broadcast (or the request parks).
    Broadcast,
    /// Until the transaction is final, at most so many seconds.
    Confirmed {
        /// At most this long.
        timeout_seconds: u32,
    },
}
