//! The names of the events, and how much a person should care.

use serde::{Deserialize, Serialize};

use crate::wallet::wire_enum;

wire_enum!(
    /// The name of an [`AuditEvent`](super::AuditEvent).
    AuditEventKind {
        /// The data directory was initialised.
        SystemInitialized = "SYSTEM_INITIALIZED",
        /// The daemon started and unlocked its keys.
        SystemStarted = "SYSTEM_STARTED",
        /// A wallet was created.
        WalletCreated = "WALLET_CREATED",
        /// A wallet was made from an existing key.
        WalletImported = "WALLET_IMPORTED",
        /// A wallet's name changed.
        WalletRenamed = "WALLET_RENAMED",
        /// The network of a wallet's requests that name none was set.
        WalletNetworkSet = "WALLET_NETWORK_SET",
        /// A wallet may no longer sign.
        WalletSuspended = "WALLET_SUSPENDED",
        /// A wallet may sign again.
        WalletResumed = "WALLET_RESUMED",
        /// A wallet will never sign again.
        WalletTerminated = "WALLET_TERMINATED",
        /// A session was created.
        SessionCreated = "SESSION_CREATED",
        /// A session's token was replaced by its holder.
        SessionRenewed = "SESSION_RENEWED",
        /// A session's token was replaced by the operator.
        SessionRotated = "SESSION_ROTATED",
        /// A session was revoked.
        SessionRevoked = "SESSION_REVOKED",
        /// A wallet was linked to a session.
        SessionWalletAdded = "SESSION_WALLET_ADDED",
        /// A wallet was unlinked from a session.
        SessionWalletRemoved = "SESSION_WALLET_REMOVED",
        /// The wallet that a session means where it names none was set.
        SessionDefaultSet = "SESSION_DEFAULT_SET",
        /// The session signing key changed.
        SecretRotated = "SECRET_ROTATED",
        /// A policy was created.
        PolicyCreated = "POLICY_CREATED",
        /// A policy was changed.
        PolicyUpdated = "POLICY_UPDATED",
        /// A policy was deleted.
        PolicyDeleted = "POLICY_DELETED",
        /// A change waits for owners.
        ChangeRequested = "CHANGE_REQUESTED",
        /// An owner agreed to a change.
        ChangeConsented = "CHANGE_CONSENTED",
        /// Every owner a change takes has agreed; what it did stands beside it.
        ChangeApplied = "CHANGE_APPLIED",
        /// An owner refused a change.
        ChangeRejected = "CHANGE_REJECTED",
        /// The operator took a waiting change back.
        ChangeWithdrawn = "CHANGE_WITHDRAWN",
        /// Not every owner answered in time.
        ChangeExpired = "CHANGE_EXPIRED",
        /// A waiting change lost what it was about.
        ChangeSuperseded = "CHANGE_SUPERSEDED",
        /// A request was refused by policy.
        PolicyDenied = "POLICY_DENIED",
        /// A session has used up what is kept of its denials today; further ones are only counted.
        DenialsNotKept = "DENIALS_NOT_KEPT",
        /// A request was admitted.
        TxRequested = "TX_REQUESTED",
        /// A request waits out its delay.
        TxQueued = "TX_QUEUED",
        /// A request waits for its owner.
        TxApprovalRequested = "TX_APPROVAL_REQUESTED",
        /// The owner approved.
        TxApproved = "TX_APPROVED",
        /// The owner or the operator rejected.
        TxRejected = "TX_REJECTED",
        /// A waiting request was cancelled.
        TxCancelled = "TX_CANCELLED",
        /// The owner did not answer in time.
        TxExpired = "TX_EXPIRED",
        /// A request is cleared for signing.
        TxCleared = "TX_CLEARED",
        /// Bytes were signed and stored.
        TxSigned = "TX_SIGNED",
        /// A node accepted the broadcast.
        TxSubmitted = "TX_SUBMITTED",
        /// A signed message can no longer be used; what it could move counts as spent.
        TxLapsed = "TX_LAPSED",
        /// The operator stopped following a signed transaction.
        TxClosed = "TX_CLOSED",
        /// Another chain stands behind a network's name than before.
        ChainReset = "CHAIN_RESET",
        /// The transaction is on chain.
        TxConfirmed = "TX_CONFIRMED",
        /// The block that holds a confirmed transaction is final; what was held is settled.
        TxFinal = "TX_FINAL",
        /// A reorganisation took a confirmed transaction off the chain; it may land again.
        TxReorganised = "TX_REORGANISED",
        /// The transaction is proved not to have moved the money.
        TxFailed = "TX_FAILED",
        /// An owner address was set.
        OwnerRegistered = "OWNER_REGISTERED",
        /// An owner answered a question about the wallet itself; what it allowed follows.
        OwnerSigned = "OWNER_SIGNED",
        /// An owner proved the address.
        OwnerVerified = "OWNER_VERIFIED",
        /// A LOCKED owner signed the wallet over to a successor, who still has to prove the address.
        SuccessorNamed = "OWNER_SUCCESSOR_NAMED",
        /// A LOCKED owner took that back.
        SuccessorWithdrawn = "OWNER_SUCCESSOR_WITHDRAWN",
        /// An owner was replaced.
        OwnerChanged = "OWNER_CHANGED",
        /// An owner was removed.
        OwnerRemoved = "OWNER_REMOVED",
        /// A master password was refused.
        MasterAuthFailed = "MASTER_AUTH_FAILED",
        /// The master password changed.
        PasswordChanged = "PASSWORD_CHANGED",
        /// A backup was written.
        BackupCreated = "BACKUP_CREATED",
        /// What was on record of a token was dropped; it is read from the nodes anew.
        TokenForgotten = "TOKEN_FORGOTTEN",
        /// The state was restored from a backup.
        BackupRestored = "BACKUP_RESTORED",
        /// The kill switch was activated.
        KillSwitchActivated = "KILL_SWITCH_ACTIVATED",
        /// Normal operation resumed.
        KillSwitchRecovered = "KILL_SWITCH_RECOVERED",
    }
);

wire_enum!(
    /// How much a person should care.
    Severity {
        /// Routine.
        Info = "info",
        /// Worth a look.
        Warning = "warning",
        /// Look now.
        Critical = "critical",
    }
);

impl AuditEventKind {
    /// The severity this event is recorded with.
    pub const fn severity(self) -> Severity {
        match self {
            Self::PolicyDenied
            | Self::DenialsNotKept
            | Self::MasterAuthFailed
            | Self::WalletSuspended
            | Self::TxFailed
            | Self::TxReorganised
            | Self::TxClosed
            | Self::ChainReset
            | Self::TxExpired
            | Self::SuccessorNamed
            | Self::OwnerChanged
            | Self::OwnerRemoved
            | Self::PasswordChanged
            | Self::PolicyDeleted
            | Self::ChangeRequested
            | Self::ChangeApplied
            | Self::ChangeRejected
            | Self::TokenForgotten
            | Self::SecretRotated => Severity::Warning,
            Self::KillSwitchActivated
            | Self::KillSwitchRecovered
            | Self::BackupRestored
            | Self::WalletTerminated => Severity::Critical,
            Self::SystemInitialized
            | Self::SystemStarted
            | Self::WalletCreated
            | Self::WalletImported
            | Self::WalletRenamed
            | Self::WalletNetworkSet
            | Self::WalletResumed
            | Self::SessionCreated
            | Self::SessionRenewed
            | Self::SessionRotated
            | Self::SessionRevoked
            | Self::SessionWalletAdded
            | Self::SessionWalletRemoved
            | Self::SessionDefaultSet
            | Self::PolicyCreated
            | Self::PolicyUpdated
            | Self::ChangeConsented
            | Self::ChangeWithdrawn
            | Self::ChangeExpired
            | Self::ChangeSuperseded
            | Self::TxRequested
            | Self::TxQueued
            | Self::TxApprovalRequested
            | Self::TxApproved
            | Self::TxRejected
            | Self::TxCancelled
            | Self::TxCleared
            | Self::TxSigned
            | Self::TxSubmitted
            | Self::TxLapsed
            | Self::TxConfirmed
            | Self::TxFinal
            | Self::OwnerRegistered
            | Self::OwnerSigned
            | Self::OwnerVerified
            | Self::SuccessorWithdrawn
            | Self::BackupCreated => Severity::Info,
        }
    }
}
