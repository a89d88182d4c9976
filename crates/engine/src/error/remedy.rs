//! Remedies of errors. A remedy that names a request, a header or a field is a value, and the server words it.

use waiaas_core::ids::PolicyId;

/// The remedy of an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// A sentence that names no request, header or field.
    Text(String),
    /// List the session's wallets.
    ListWallets,
    /// Name the wallet that is meant; one of the session's.
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
    /// Give the owner's address beside the signature, or none.
    NameSigner,
    /// Set an owner.
    SetOwner,
    /// Change the policy that is there, or choose another scope.
    ChangePolicy(PolicyId),
    /// Withdraw one of the changes that wait, or have it answered.
    WithdrawChange,
    /// Wait, or cancel transactions that wait.
    CancelTransactions,
    /// Use a fresh idempotency key for a new request, and a request's own to repeat it.
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
