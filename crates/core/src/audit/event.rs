//! The events with their details. The name of an event and its details are one value, so they cannot disagree.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::declare::audit_events;
use super::kind::AuditEventKind;
use super::payload::{
    ChainSeen, Ground, HeldAmount, KillSwitchMeans, Landed, NamedWallet, PolicyContent, TxFailure,
    WholePolicy,
};
use crate::UnixSeconds;
use crate::address::Address;
use crate::change::{Change, ChangeKind};
use crate::digest::Digest;
use crate::ids::{ChangeId, InstanceId, PolicyId, TxId, WalletId};
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
        /// Of the program.
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
        /// The network of requests that name none; none where it was taken back.
        network: Option<NetworkId>,
    },
    WalletSuspended {
        /// The operator's reason.
        reason: String,
    },
    WalletResumed {
        /// On what ground.
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
        /// Why the daemon revoked it; none where the operator did.
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
        /// On what ground.
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
        /// On what ground.
        #[serde(flatten)]
        ground: Ground,
    },
    PolicyDeleted {
        /// The policy.
        #[serde(flatten)]
        policy: WholePolicy,
        /// On what ground.
        #[serde(flatten)]
        ground: Ground,
    },
    ChangeRequested {
        /// The change.
        change_id: ChangeId,
        /// Its kind.
        kind: ChangeKind,
        /// What owners are told.
        summary: String,
        /// Its content.
        change: Box<Change>,
        /// Whose consent it takes.
        owners: BTreeSet<Address>,
    },
    ChangeConsented {
        /// The change.
        change_id: ChangeId,
        /// Of the challenge that the owner signed.
        nonce: String,
    },
    ChangeApplied {
        /// The change.
        change_id: ChangeId,
        /// Who agreed.
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
        /// The reasons, as they are kept.
        denials: Vec<Denial>,
        /// Digest of the request.
        request: Digest,
        /// The transaction that the request was to replace.
        replaces: Option<TxId>,
    },
    DenialsNotKept {
        /// Denials that are kept of a session in a day.
        quota: u64,
        /// Digest of the first request whose denial is not kept.
        request: Digest,
    },
    TxRequested {
        /// Its tier.
        tier: Tier,
        /// Of the draft.
        digest: Digest,
        /// Digest of the request.
        request: Digest,
        /// Value of what is spent, without fees; none when a price is missing.
        usd: Option<Usd>,
        /// The transaction that it replaces.
        replaces: Option<TxId>,
    },
    TxQueued {
        /// Seconds that it waits.
        delay_seconds: Option<u32>,
    },
    TxApprovalRequested {
        /// Seconds that the owner has.
        approval_timeout: Option<u32>,
        /// Why the owner is asked.
        reasons: Vec<TierReason>,
    },
    TxApproved {
        /// Of the challenge that the owner signed.
        nonce: String,
    },
    TxRejected {
        /// Of the challenge that the owner signed; none where the operator rejects.
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// Its status before, where the operator rejects.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<TxStatus>,
    },
    TxCancelled {
        /// Its status before.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<TxStatus>,
        /// Stable error code, where the last look refused the signature.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// One sentence beside the code.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    TxExpired,
    TxCleared {
        /// Its tier, where nothing had to be waited for.
        #[serde(skip_serializing_if = "Option::is_none")]
        tier: Option<Tier>,
    },
    TxSigned {
        /// Transaction hash or signature.
        hash: String,
        /// Of the draft.
        digest: Digest,
    },
    TxSubmitted,
    TxLapsed,
    TxClosed {
        /// Its status before.
        from: TxStatus,
        /// Whether what it holds is given free; else it counts as spent.
        gives_free: bool,
        /// What it holds.
        held: Vec<HeldAmount>,
    },
    ChainReset {
        /// The network.
        network: NetworkId,
        /// How many transactions ended with the chain before.
        ended: u64,
        /// The chain before, if it was known.
        was: Option<ChainSeen>,
        /// The chain now.
        is: ChainSeen,
    },
    TxConfirmed {
        /// Where, and for how much.
        #[serde(flatten)]
        landed: Landed,
        /// Whether that block is final already.
        #[serde(rename = "final")]
        is_final: bool,
    },
    TxFinal {
        /// Where, and for how much.
        #[serde(flatten)]
        landed: Landed,
    },
    TxReorganised {
        /// The block that held it.
        block: Option<u64>,
        /// Why it does not count as confirmed any more.
        reason: String,
    },
    TxFailed {
        /// How.
        #[serde(flatten)]
        failure: TxFailure,
    },
    OwnerRegistered {
        /// The new owner, not yet proved.
        to: Address,
    },
    OwnerSigned {
        /// Of the challenge that the owner signed.
        nonce: String,
        /// The change that the answer is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        change_id: Option<ChangeId>,
    },
    OwnerVerified {
        /// The state of the owner from then on.
        state: OwnerState,
        /// The owner before, if it was another one.
        from: Option<Address>,
    },
    SuccessorNamed {
        /// The owner who hands over.
        owner: Address,
        /// The successor before.
        from: Option<Address>,
        /// The successor.
        to: Address,
    },
    SuccessorWithdrawn {
        /// The owner who stays.
        owner: Option<Address>,
        /// The successor before.
        from: Option<Address>,
        /// Why the daemon took it back; none where the owner did.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    OwnerChanged {
        /// The owner before.
        from: Option<Address>,
        /// The owner from then on, not yet proved.
        to: Address,
    },
    OwnerRemoved {
        /// The owner before.
        from: Option<Address>,
    },
    MasterAuthFailed {
        /// Refused passwords in a row.
        failures: u32,
    },
    PasswordChanged,
    BackupCreated,
    TokenForgotten {
        /// The network.
        network: NetworkId,
        /// The token.
        address: Address,
        /// Its decimals as they were on record.
        decimals: u8,
    },
    BackupRestored,
    KillSwitchActivated {
        /// By which means.
        by: KillSwitchMeans,
    },
    KillSwitchRecovered {
        /// Of the activation that ended.
        generation: u64,
        /// On what ground.
        #[serde(flatten)]
        ground: Ground,
    },
}
