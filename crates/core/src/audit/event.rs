//! The events with their details. The name of an event and its details are one value, so they cannot disagree.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::declare::audit_events;
use super::kind::AuditEventKind;
use super::payload::*;
use crate::UnixSeconds;
use crate::address::Address;
use crate::change::{Change, ChangeKind};
use crate::chat::{ChatNumber, ChatRole};
use crate::digest::Digest;
use crate::ids::{ChangeId, InstanceId, PolicyId, TxId, WalletId, WebhookId};
use crate::money::Usd;
use crate::network::NetworkId;
use crate::policy::{Denial, PolicyType, Tier, TierReason};
use crate::transaction::TxStatus;
use crate::wallet::OwnerState;

audit_events! {
    SystemInitialized {
        /// This installation.
        instance: InstanceId,
        /// Whether the daemon made the master password itself.
        auto_provisioned: bool,
    },
    SystemStarted {
        /// Version of the program.
        version: String,
    },
    WalletCreated {
        /// The wallet.
        #[serde(flatten)]
        wallet: NamedWallet,
    },
    WalletImported {
        /// The wallet.
        #[serde(flatten)]
        wallet: NamedWallet,
    },
    WalletRenamed {
        /// The new name.
        name: String,
    },
    WalletNetworkSet {
        /// The network of requests that name none; none if it was removed.
        network: Option<NetworkId>,
    },
    WalletSuspended {
        /// The operator's reason.
        reason: String,
    },
    WalletResumed {
        /// Whether it loosens, and the consent to it.
        #[serde(flatten)]
        ground: Ground,
    },
    WalletTerminated,
    SessionCreated {
        /// The wallets that it may use.
        wallets: Vec<WalletId>,
        /// When its token expires.
        expires_at: UnixSeconds,
        /// How often its holder may renew it.
        max_renewals: u32,
    },
    SessionRenewed {
        /// When the new token expires.
        expires_at: UnixSeconds,
    },
    SessionRotated {
        /// When the new token expires.
        expires_at: UnixSeconds,
    },
    SessionRevoked {
        /// Why the daemon revoked it; none if the operator did.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    SessionWalletAdded,
    SessionWalletRemoved,
    SessionDefaultSet,
    SecretRotated {
        /// Name of the new key version.
        kid: String,
    },
    PolicyCreated {
        /// The policy.
        #[serde(flatten)]
        policy: WholePolicy,
        /// Whether it is in force.
        enabled: bool,
        /// Whether it loosens, and the consent to it.
        #[serde(flatten)]
        ground: Ground,
    },
    PolicyUpdated {
        /// The policy.
        policy_id: PolicyId,
        /// Its type.
        #[serde(rename = "type")]
        policy_type: PolicyType,
        /// Before.
        from: PolicyContent,
        /// After.
        to: PolicyContent,
        /// Whether it loosens, and the consent to it.
        #[serde(flatten)]
        ground: Ground,
    },
    PolicyDeleted {
        /// The policy.
        #[serde(flatten)]
        policy: WholePolicy,
        /// Whether it loosens, and the consent to it.
        #[serde(flatten)]
        ground: Ground,
    },
    ChangeRequested {
        /// The change.
        change_id: ChangeId,
        /// Its kind.
        kind: ChangeKind,
        /// The change in one sentence, as shown to owners.
        summary: String,
        /// Its content.
        change: Box<Change>,
        /// The owners who must consent.
        owners: BTreeSet<Address>,
    },
    ChangeConsented {
        /// The change.
        change_id: ChangeId,
        /// Nonce of the challenge that the owner signed.
        nonce: String,
    },
    ChangeApplied {
        /// The change.
        change_id: ChangeId,
        /// The owners who consented.
        owners: BTreeSet<Address>,
    },
    ChangeRejected {
        /// The change.
        change_id: ChangeId,
    },
    ChangeWithdrawn {
        /// The change.
        change_id: ChangeId,
    },
    ChangeExpired {
        /// The change.
        change_id: ChangeId,
    },
    ChangeSuperseded {
        /// The change.
        change_id: ChangeId,
        /// Why it is void.
        reason: String,
    },
    PolicyDenied {
        /// The reasons, as stored.
        denials: Vec<Denial>,
        /// Digest of the request.
        request: Digest,
        /// The transaction that the request was to replace.
        replaces: Option<TxId>,
    },
    DenialsNotKept {
        /// Maximum number of denials stored per session and day.
        quota: u64,
        /// Digest of the first request whose denial is not stored.
        request: Digest,
    },
    TxRequested {
        /// Its tier.
        tier: Tier,
        /// Digest of the draft.
        digest: Digest,
        /// Digest of the request.
        request: Digest,
        /// Value of the amounts spent, without fees; none when a price is missing.
        usd: Option<Usd>,
        /// The transaction that it replaces.
        replaces: Option<TxId>,
    },
    TxQueued {
        /// Length of the delay in seconds.
        delay_seconds: Option<u32>,
    },
    TxApprovalRequested {
        /// Approval window in seconds.
        approval_timeout: Option<u32>,
        /// The reasons for the approval.
        reasons: Vec<TierReason>,
    },
    TxApproved {
        /// Nonce of the challenge that the owner signed.
        nonce: String,
    },
    TxRejected {
        /// Nonce of the challenge that the owner signed; none if the operator rejects.
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// Its status before, if the operator rejects.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<TxStatus>,
    },
    TxCancelled {
        /// Its status before.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<TxStatus>,
        /// Stable error code, if the last look refused the signature.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// One sentence that explains the code.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    TxExpired,
    TxCleared {
        /// Its tier, if there was nothing to wait for.
        #[serde(skip_serializing_if = "Option::is_none")]
        tier: Option<Tier>,
    },
    TxSigned {
        /// Transaction hash or signature.
        hash: String,
        /// Digest of the draft.
        digest: Digest,
    },
    TxSubmitted,
    TxLapsed,
    TxClosed {
        /// Its status before.
        from: TxStatus,
        /// Whether its reservations are released; otherwise they count as spent.
        gives_free: bool,
        /// Its reservations.
        held: Vec<HeldAmount>,
    },
    ChainReset {
        /// The network.
        network: NetworkId,
        /// Number of transactions that ended with the previous chain.
        ended: u64,
        /// The previous chain, if it was known.
        was: Option<ChainSeen>,
        /// The current chain.
        is: ChainSeen,
    },
    TxConfirmed {
        /// Its block and fee.
        #[serde(flatten)]
        landed: Landed,
        /// Whether that block is final already.
        #[serde(rename = "final")]
        is_final: bool,
    },
    TxFinal {
        /// Its block and fee.
        #[serde(flatten)]
        landed: Landed,
    },
    TxReorganised {
        /// The block that held it.
        block: Option<u64>,
        /// Why it no longer counts as confirmed.
        reason: String,
    },
    TxFailed {
        /// The kind of failure.
        #[serde(flatten)]
        failure: TxFailure,
    },
    OwnerRegistered {
        /// The new owner, not yet proved.
        to: Address,
    },
    OwnerSigned {
        /// Nonce of the challenge that the owner signed.
        nonce: String,
        /// The change that the answer is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        change_id: Option<ChangeId>,
    },
    OwnerVerified {
        /// The new state of the owner.
        state: OwnerState,
        /// The previous owner, if it was another one.
        from: Option<Address>,
    },
    SuccessorNamed {
        /// The owner who hands over.
        owner: Address,
        /// The previous successor.
        from: Option<Address>,
        /// The successor.
        to: Address,
    },
    SuccessorWithdrawn {
        /// The owner who stays.
        owner: Option<Address>,
        /// The previous successor.
        from: Option<Address>,
        /// Why the daemon withdrew it; none if the owner did.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    OwnerChanged {
        /// The previous owner.
        from: Option<Address>,
        /// The new owner, not yet proved.
        to: Address,
    },
    OwnerRemoved {
        /// The previous owner.
        from: Option<Address>,
    },
    MasterAuthFailed {
        /// Number of consecutive wrong passwords.
        failures: u32,
    },
    PasswordChanged,
    BackupCreated,
    TokenForgotten {
        /// The network.
        network: NetworkId,
        /// The token.
        address: Address,
        /// Its recorded decimals.
        decimals: u8,
    },
    BackupRestored,
    KillSwitchActivated {
        /// How it was activated.
        by: KillSwitchMeans,
    },
    KillSwitchRecovered {
        /// Generation of the activation that was released.
        generation: u64,
        /// Whether it loosens, and the consent to it.
        #[serde(flatten)]
        ground: Ground,
    },
    WebhookCreated {
        /// The webhook.
        #[serde(flatten)]
        webhook: WebhookContent,
    },
    WebhookUpdated {
        /// The webhook.
        #[serde(flatten)]
        webhook: WebhookContent,
        /// Whether events are sent; otherwise it is paused.
        enabled: bool,
    },
    WebhookDeleted {
        /// The webhook.
        webhook_id: WebhookId,
        /// Scheme, host and port of its address.
        origin: String,
    },
    ChatRegistered {
        /// The chat.
        chat: ChatNumber,
        /// The person's own name for themselves. Foreign text.
        name: String,
    },
    ChatRoleSet {
        /// The chat.
        chat: ChatNumber,
        /// Its new role.
        role: ChatRole,
    },
    ChatRemoved {
        /// The chat.
        chat: ChatNumber,
    },
    WalletConnectPaired {
        /// The wallet's owner, who is asked there.
        owner: Address,
        /// The app's name for itself. Foreign text.
        app: String,
    },
    WalletConnectEnded {
        /// The owner who was asked there.
        owner: Address,
        /// Why.
        because: crate::walletconnect::SessionEnd,
    },
    AutoStopTriggered {
        /// The rule, and the count that reached its limit.
        #[serde(flatten)]
        trigger: crate::auto_stop::Trigger,
    },
}
