//! Names and severities of the events.

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
        /// A wallet was created from an imported key.
        WalletImported = "WALLET_IMPORTED",
        /// A wallet's name changed.
        WalletRenamed = "WALLET_RENAMED",
        /// A wallet's default network was set. Requests that name no network use it.
        WalletNetworkSet = "WALLET_NETWORK_SET",
        /// A wallet was suspended and cannot sign.
        WalletSuspended = "WALLET_SUSPENDED",
        /// A wallet was resumed and can sign again.
        WalletResumed = "WALLET_RESUMED",
        /// A wallet was terminated and will never sign again.
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
        /// A session's default wallet was set. Requests that name no wallet use it.
        SessionDefaultSet = "SESSION_DEFAULT_SET",
        /// The session signing key was rotated.
        SecretRotated = "SECRET_ROTATED",
        /// A policy was created.
        PolicyCreated = "POLICY_CREATED",
        /// A policy was changed.
        PolicyUpdated = "POLICY_UPDATED",
        /// A policy was deleted.
        PolicyDeleted = "POLICY_DELETED",
        /// A change was requested and waits for owners.
        ChangeRequested = "CHANGE_REQUESTED",
        /// An owner consented to a change.
        ChangeConsented = "CHANGE_CONSENTED",
        /// A change was applied: every owner concerned consented. Its effect is recorded as an entry of its
        /// own.
        ChangeApplied = "CHANGE_APPLIED",
        /// An owner rejected a change.
        ChangeRejected = "CHANGE_REJECTED",
        /// The operator withdrew a pending change.
        ChangeWithdrawn = "CHANGE_WITHDRAWN",
        /// A change expired: not every owner answered in time.
        ChangeExpired = "CHANGE_EXPIRED",
        /// A pending change was superseded: its subject has changed, or a newer change replaced it.
        ChangeSuperseded = "CHANGE_SUPERSEDED",
        /// A request was refused by policy.
        PolicyDenied = "POLICY_DENIED",
        /// A session has reached the number of denials recorded per day; further ones are only counted.
        DenialsNotKept = "DENIALS_NOT_KEPT",
        /// A request was admitted.
        TxRequested = "TX_REQUESTED",
        /// A request waits for its delay.
        TxQueued = "TX_QUEUED",
        /// A request waits for its owner's approval.
        TxApprovalRequested = "TX_APPROVAL_REQUESTED",
        /// The owner approved.
        TxApproved = "TX_APPROVED",
        /// The owner or the operator rejected a request.
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
        /// A signed message can no longer be used; the amount that it could move counts as spent.
        TxLapsed = "TX_LAPSED",
        /// The operator stopped following a signed transaction.
        TxClosed = "TX_CLOSED",
        /// The nodes of a network serve another chain than before.
        ChainReset = "CHAIN_RESET",
        /// The transaction is on chain.
        TxConfirmed = "TX_CONFIRMED",
        /// The block of a confirmed transaction is final; its reservations are settled.
        TxFinal = "TX_FINAL",
        /// A reorganisation removed a confirmed transaction from the chain; it may be included again.
        TxReorganised = "TX_REORGANISED",
        /// The transaction is proved not to have moved the money.
        TxFailed = "TX_FAILED",
        /// An owner address was set.
        OwnerRegistered = "OWNER_REGISTERED",
        /// An owner signed an answer about the wallet itself; the entry that follows records its effect.
        OwnerSigned = "OWNER_SIGNED",
        /// An owner proved the address.
        OwnerVerified = "OWNER_VERIFIED",
        /// A LOCKED owner signed the wallet over to a successor, who still has to prove the address.
        SuccessorNamed = "OWNER_SUCCESSOR_NAMED",
        /// A LOCKED owner withdrew the successor.
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
        /// The recorded facts of a token were dropped; the daemon reads them from the nodes again.
        TokenForgotten = "TOKEN_FORGOTTEN",
        /// The state was restored from a backup.
        BackupRestored = "BACKUP_RESTORED",
        /// The kill switch was activated.
        KillSwitchActivated = "KILL_SWITCH_ACTIVATED",
        /// Normal operation resumed.
        KillSwitchRecovered = "KILL_SWITCH_RECOVERED",
        /// A webhook was created: events are sent to its address.
        WebhookCreated = "WEBHOOK_CREATED",
        /// A webhook was changed, paused or resumed.
        WebhookUpdated = "WEBHOOK_UPDATED",
        /// A webhook was deleted with its delivery log.
        WebhookDeleted = "WEBHOOK_DELETED",
        /// A Telegram chat registered itself. It has no rights yet.
        ChatRegistered = "CHAT_REGISTERED",
        /// A Telegram chat was given a role.
        ChatRoleSet = "CHAT_ROLE_SET",
        /// A Telegram chat was removed.
        ChatRemoved = "CHAT_REMOVED",
        /// An owner's wallet app was connected over WalletConnect.
        WalletConnectPaired = "WALLETCONNECT_PAIRED",
        /// A session with an owner's wallet app ended.
        WalletConnectEnded = "WALLETCONNECT_ENDED",
        /// A rule of AutoStop suspended a wallet.
        AutoStopTriggered = "AUTO_STOP_TRIGGERED",
    }
);

wire_enum!(
    /// How urgent an event is for a person.
    Severity {
        /// Routine.
        Info = "info",
        /// Should be looked at.
        Warning = "warning",
        /// Needs attention now.
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
            | Self::SecretRotated
            | Self::WebhookCreated
            | Self::WebhookUpdated
            | Self::WebhookDeleted
            | Self::ChatRoleSet
            | Self::ChatRemoved
            | Self::WalletConnectPaired
            | Self::WalletConnectEnded => Severity::Warning,
            Self::AutoStopTriggered
            | Self::KillSwitchActivated
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
            | Self::ChatRegistered
            | Self::BackupCreated => Severity::Info,
        }
    }
}
