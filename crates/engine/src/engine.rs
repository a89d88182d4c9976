//! The engine itself: its parts, and access to them.
//!
//! It calls no use case; use cases are above it and receive it. `start.rs` assembles it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waiaas_chains::price::PriceBook;
use waiaas_chains::{Chain, Codec, ReputationSource};
use waiaas_channels::WebhookChannel;
use waiaas_channels::telegram::Bot;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::InstanceId;
use waiaas_core::network::{NetworkId, Networks};
use waiaas_keys::{PasswordVerifier, Vault};
use waiaas_store::{LeaseHolder, SCHEMA_VERSION, Store};

use crate::chains::{ChainWatch, Chains, GasWatch};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::{DataDir, DirLock};
use crate::error::Error;
use crate::gates::Gates;
use crate::lanes::Lanes;
use crate::lookups::Lookups;
use crate::meters::{Meters, Stage};
use crate::policies::Policies;
use crate::prover::Prover;
use crate::reserve::Reserve;
use crate::tokens::Tokens;
use crate::views::{Health, WorkerState};
use crate::wallet_apps::WalletApps;
use crate::worker_states::WorkerStates;

/// The daemon without HTTP. Clones are handles to the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

/// The parts.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) tokens: Tokens,
    pub(crate) verifier: PasswordVerifier,
    pub(crate) gates: Gates,
    pub(crate) prover: Prover,
    pub(crate) reserve: Reserve,
    pub(crate) rewrap: Semaphore,
    pub(crate) chains: Chains,
    pub(crate) prices: PriceBook,
    pub(crate) lookups: Lookups,
    pub(crate) reputation: Option<Arc<dyn ReputationSource>>,
    pub(crate) webhooks: WebhookChannel,
    pub(crate) bot: Option<Bot>,
    pub(crate) wallet_apps: WalletApps,
    pub(crate) policies: Policies,
    pub(crate) lanes: Lanes,
    pub(crate) chain_watch: ChainWatch,
    pub(crate) gas_watch: GasWatch,
    pub(crate) worker_states: WorkerStates,
    pub(crate) meters: Meters,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Config,
    pub(crate) networks: Networks,
    pub(crate) instance: InstanceId,
    pub(crate) data_dir: DataDir,
    pub(crate) started_at: UnixSeconds,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) wake: Notify,
    pub(crate) asked: Notify,
    pub(crate) lease: LeaseHolder,
    pub(crate) displaced: AtomicBool,
    pub(crate) _lock: DirLock,
}

impl Engine {
    pub(crate) fn of(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether the daemon is up; contains no secret.
    pub fn health(&self) -> Health {
        let now = self.now();
        Health {
            version: Self::version(),
            schema_version: SCHEMA_VERSION,
            uptime: now.saturating_sub(self.started_at()),
            timestamp: now,
        }
    }

    /// The state of every worker; contains no secret.
    pub fn workers(&self) -> Vec<WorkerState> {
        self.0.worker_states.all()
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    /// Runs a stage and records its duration.
    pub(crate) async fn timed<T>(&self, stage: Stage, run: impl Future<Output = T>) -> T {
        let began = self.elapsed();
        let end = run.await;
        self.meters().took(stage, self.elapsed().saturating_sub(began));
        end
    }

    pub(crate) fn worker_states(&self) -> &WorkerStates {
        &self.0.worker_states
    }

    /// Completes when the engine stops: by [`Self::shutdown`], or because another daemon took the lease.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// Whether another daemon has taken the lease.
    pub fn is_displaced(&self) -> bool {
        self.0.displaced.load(Ordering::Relaxed)
    }

    /// Stops because another daemon has taken the lease.
    pub(crate) fn displace(&self) {
        if !self.0.displaced.swap(true, Ordering::Relaxed) {
            tracing::error!("another daemon has taken the database over; this one stops");
        }
        self.0.stop.cancel();
    }

    pub(crate) fn lease(&self) -> &LeaseHolder {
        &self.0.lease
    }

    /// This build's version.
    pub const fn version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Every network known.
    pub fn networks(&self) -> &Networks {
        &self.0.networks
    }

    /// The time, in seconds.
    pub fn now(&self) -> UnixSeconds {
        self.0.clock.now()
    }

    /// This installation.
    pub fn instance(&self) -> InstanceId {
        self.0.instance
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn vault(&self) -> Arc<Vault> {
        self.0.vault.clone()
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn verifier(&self) -> &PasswordVerifier {
        &self.0.verifier
    }

    /// The gates that master passwords pass.
    pub(crate) fn gates(&self) -> &Gates {
        &self.0.gates
    }

    pub(crate) fn reserve(&self) -> &Reserve {
        &self.0.reserve
    }

    pub(crate) fn prover(&self) -> &Prover {
        &self.0.prover
    }

    /// The permit for changing the master password, one change at a time.
    pub(crate) fn rewrap_turn(&self) -> &Semaphore {
        &self.0.rewrap
    }

    /// Monotonic time.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.clock.elapsed()
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.0.policies
    }

    pub(crate) fn prices(&self) -> &PriceBook {
        &self.0.prices
    }

    /// The price look-up buckets of the sessions.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.0.lookups
    }

    /// The reputation registries; none if the operator has named no agent.
    pub(crate) fn reputation(&self) -> Option<&dyn ReputationSource> {
        self.0.reputation.as_deref()
    }

    /// The channel for webhooks.
    pub(crate) fn webhook_channel(&self) -> &WebhookChannel {
        &self.0.webhooks
    }

    /// The Telegram bot; none if the operator has not configured one.
    pub(crate) fn bot(&self) -> Option<&Bot> {
        self.0.bot.as_ref()
    }

    /// Wakes the channels to people when a request begins to wait for an owner. They look by themselves as well.
    pub(crate) fn asked(&self) -> &Notify {
        &self.0.asked
    }

    /// The owners' wallet apps.
    pub(crate) fn wallet_apps(&self) -> &WalletApps {
        &self.0.wallet_apps
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.0.lanes
    }

    pub(crate) fn gas_watch(&self) -> &GasWatch {
        &self.0.gas_watch
    }

    pub(crate) fn chain_watch(&self) -> &ChainWatch {
        &self.0.chain_watch
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.0.data_dir
    }

    pub(crate) fn started_at(&self) -> UnixSeconds {
        self.0.started_at
    }

    /// Cancelled when the engine shuts down.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Notified when a worker should run before its next turn.
    pub(crate) fn wake(&self) -> &Notify {
        &self.0.wake
    }

    /// The codec of a network. It asks no node, and needs no configured endpoint.
    pub(crate) fn codec(&self, network: &NetworkId) -> Result<Arc<dyn Codec>, Error> {
        self.0.chains.codec(network)
    }

    /// The chain that serves a network.
    pub(crate) fn chain(&self, network: &NetworkId) -> Result<Arc<dyn Chain>, Error> {
        self.0.chains.get(network)
    }

    pub(crate) fn chains(&self) -> &Chains {
        &self.0.chains
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("instance", &self.0.instance).finish_non_exhaustive()
    }
}
