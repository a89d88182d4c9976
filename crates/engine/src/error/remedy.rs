//! Remedies of errors. A remedy that names a request, a header or a field is a value that the server puts
//! into words.

use waiaas_core::ids::PolicyId;

/// The remedy of an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// A sentence that names no request, header or field.
    Text(String),
    /// List the session's wallets.
    ListWallets,
    /// Name one of the session's wallets.
    NameWallet,
    /// Name the wallets of the new session.
    NameWalletsOfSession,
    /// Name one of the wallet's networks.
    NameNetwork,
    /// Name a network of one of the session's wallets.
    NameNetworkOfSession,
    /// Link the wallet to the session first.
    LinkWallet,
    /// Have the current owner sign the challenge in the details, and send the signature along.
    SignAsOwner,
    /// Give the owner's address with the signature, or none.
    NameSigner,
    /// Set an owner.
    SetOwner,
    /// Change the existing policy, or choose another scope.
    ChangePolicy(PolicyId),
    /// Withdraw a pending change, or have it answered.
    WithdrawChange,
    /// List the webhooks.
    ListWebhooks,
    /// List the deliveries that the webhook's log keeps.
    ListDeliveries,
    /// Send `/start` to the bot from the chat first.
    RegisterChat,
    /// Pair the owner's wallet app.
    PairWalletApp,
    /// End the session with the wallet app first.
    EndWalletApp,
    /// Wait, or cancel waiting transactions.
    CancelTransactions,
    /// Use a new idempotency key for a new request, and the same one to repeat a request.
    UseFreshKey,
    /// Look into the log; repeat a payment only with its own idempotency key.
    ReadLogAndRepeatWithOwnKey,
    /// Look up the outcome; repeat a payment only with its own idempotency key.
    LookAndRepeatWithOwnKey,
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
