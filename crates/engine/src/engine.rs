//! The engine itself: its parts, starting and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error as ThisError;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waiaas_chains::price::PriceBook;
use waiaas_chains::{Chain, ReputationSource};
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::InstanceId;
use waiaas_core::network::{NetworkId, Networks};
use waiaas_keys::{KeystoreHeader, NoRandomness, PasswordVerifier, Purpose, UnlockError, Vault};
use waiaas_store::{AuditEntry, LeaseHolder, Store, StoreError};
use zeroize::Zeroizing;

use crate::chain_watch::ChainWatch;
use crate::chains::Chains;
use crate::clock::Clock;
use crate::config::{Config, Conflict};
use crate::credentials::gate::Gates;
use crate::credentials::proof::Prover;
use crate::credentials::token::{KeyRing, PREVIOUS_KEY_SECONDS, SigningKey, Tokens};
use crate::data_dir::{DataDir, DataDirError, DirLock};
use crate::error::Error;
use crate::lanes::Lanes;
use crate::lease;
use crate::lookups::Lookups;
use crate::offline;
use crate::pipeline::gas::GasWatch;
use crate::policies::Policies;
use crate::reserve::Reserve;
use crate::workers;

/// What an engine is started with.
pub struct Setup {
    /// Where everything is kept.
    pub data_dir: DataDir,
    /// Checked configuration.
    pub config: Config,
    /// The master password; used once, here.
    pub password: SecretString,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

/// Why the daemon does not start.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// Files.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The database is configured wrongly.
    #[error("the database is configured wrongly: {0}")]
    Database(String),
    /// `waiaas init` has not run here.
    #[error("this data directory is not initialised; run `waiaas init`")]
    NotInitialised,
    /// `waiaas init` has run here already.
    #[error("this data directory is initialised already")]
    AlreadyInitialised,
    /// The master password is not the one this installation was set up with.
    #[error("the master password is not right")]
    WrongPassword,
    /// The password is too weak to protect keys.
    #[error("{0}")]
    WeakPassword(#[from] waiaas_keys::WeakPassword),
    /// The key material is damaged.
    #[error("the keystore cannot be read: {0}")]
    Keystore(String),
    /// Networks and endpoints contradict each other.
    #[error(transparent)]
    Config(#[from] Conflict),
    /// A network cannot be served as configured.
    #[error("the network {network} cannot be set up: {reason}")]
    Network {
        /// Which.
        network: NetworkId,
        /// Why.
        reason: String,
    },
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
    /// The price services cannot be set up as configured.
    #[error("prices cannot be set up: {0}")]
    Prices(String),
    /// Another daemon holds the database.
    #[error(
        "another daemon holds this database: process {pid} on {host}, {renewed} seconds ago. Stop it first; if \
         it is gone already, start again after {wait} seconds"
    )]
    Held {
        /// Its machine.
        host: String,
        /// Its process there.
        pid: u32,
        /// Seconds since it renewed its lease.
        renewed: i64,
        /// Seconds after which a holder that is gone has lost it.
        wait: i64,
    },
    /// The operating system gives no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The daemon without HTTP. Clones are handles to the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    vault: Arc<Vault>,
    tokens: Tokens,
    verifier: PasswordVerifier,
    gates: Gates,
    prover: Prover,
    reserve: Reserve,
    rewrap: Semaphore,
    chains: Chains,
    prices: PriceBook,
    lookups: Lookups,
    reputation: Option<Arc<dyn ReputationSource>>,
    policies: Policies,
    lanes: Lanes,
    chain_watch: ChainWatch,
    gas_watch: GasWatch,
    clock: Arc<dyn Clock>,
    config: Config,
    networks: Networks,
    instance: InstanceId,
    data_dir: DataDir,
    started_at: UnixSeconds,
    stop: CancellationToken,
    tasks: TaskTracker,
    wake: Notify,
    lease: LeaseHolder,
    displaced: AtomicBool,
    _lock: DirLock,
}

impl Engine {
    /// Opens the store, unlocks the keys, connects the chains, recovers what a crash left, and
    /// starts the workers.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { data_dir, config, password, clock } = setup;
        let lock = data_dir.lock()?;
        let networks = config.networks()?;
        let chains = Chains::connect(&config, &networks)?;
        let prices = crate::chains::price_book(&config)?;
        let reputation = crate::chains::reputation(&config, &networks, &chains)?;
        let store = offline::open_store(&data_dir, &config).await?;
        let reserve = Reserve::hold(&config.database.target(data_dir.path()));
        let instance = store.instance_id().await?.ok_or(StartError::NotInitialised)?;
        let header = store.keystore_header().await?.ok_or(StartError::NotInitialised)?;
        let header = KeystoreHeader::from_text(&header).map_err(|e| StartError::Keystore(e.to_string()))?;
        let verifier = PasswordVerifier::new()?;
        let unlock = move || (header.unlock_to_serve(&password), header, password);
        let (root, header, password) =
            tokio::task::spawn_blocking(unlock).await.map_err(|e| StartError::Keystore(e.to_string()))?;
        let (root, proof) = match root {
            Ok(unlocked) => unlocked,
            Err(UnlockError::WrongPassword) => return Err(StartError::WrongPassword),
            Err(error) => return Err(StartError::Keystore(error.to_string())),
        };
        verifier.remember(&header, &password);
        let prover = Prover::new(&header, proof);
        let vault = Arc::new(Vault::new(root));
        let now = clock.now();
        let tokens = Tokens::new(instance, key_ring(&store, &vault).await?);
        let gates = Gates::load(&store, &config.security, now, clock.elapsed()).await?;
        let lease = lease::take(&store, &lock).await?;
        let engine = Self(Arc::new(Inner {
            store,
            vault,
            tokens,
            verifier,
            gates,
            prover,
            reserve,
            rewrap: Semaphore::new(1),
            chains,
            prices,
            lookups: Lookups::new(config.prices.lookups_per_session_per_minute),
            reputation,
            policies: Policies::default(),
            lanes: Lanes::default(),
            chain_watch: ChainWatch::default(),
            gas_watch: GasWatch::default(),
            clock,
            config,
            networks,
            instance,
            data_dir,
            started_at: now,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            wake: Notify::new(),
            lease,
            displaced: AtomicBool::new(false),
            _lock: lock,
        }));
        let started = AuditEntry::new(AuditEvent::SystemStarted, Actor::System, now)
            .details(serde_json::json!({ "version": Self::version() }));
        engine.store().write(|tx| Box::pin(async move { tx.record(started).await })).await?;
        workers::spawn(&engine);
        Ok(engine)
    }

    /// Stops the workers, lets what is being signed finish, and closes the store.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.release_lease().await;
        self.store().close().await;
    }

    /// Completes when the engine stops, by [`Self::shutdown`] or because it was displaced.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// Whether another daemon has taken the database over.
    pub fn is_displaced(&self) -> bool {
        self.0.displaced.load(Ordering::Relaxed)
    }

    /// Stops, because another daemon has taken the database over.
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

    /// One change of the master password at a time.
    pub(crate) fn rewrap_turn(&self) -> &Semaphore {
        &self.0.rewrap
    }

    /// Time on the clock that nobody sets.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.clock.elapsed()
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.0.policies
    }

    pub(crate) fn prices(&self) -> &PriceBook {
        &self.0.prices
    }

    /// How many prices each session may have looked up.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.0.lookups
    }

    /// Who knows the named agents; none where the operator has named none.
    pub(crate) fn reputation(&self) -> Option<&dyn ReputationSource> {
        self.0.reputation.as_deref()
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

    /// Rung when a worker should look without waiting for its next turn.
    pub(crate) fn wake(&self) -> &Notify {
        &self.0.wake
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

/// Opens the session signing keys.
pub(crate) async fn key_ring(store: &Store, vault: &Vault) -> Result<KeyRing, StartError> {
    let keys = store.session_keys().await?;
    let until = keys.current.created_at.saturating_add(PREVIOUS_KEY_SECONDS);
    let open = |kid: String, sealed: &[u8]| {
        let secret = vault
            .open_secret(Purpose::SessionSigning, &kid, sealed)
            .map_err(|e| StartError::Keystore(e.to_string()))?;
        let secret = Zeroizing::new(secret.expose_secret().to_vec());
        Ok::<_, StartError>(SigningKey { kid, secret })
    };
    let previous = match keys.previous {
        Some(row) => Some((open(row.kid, &row.sealed)?, until)),
        None => None,
    };
    Ok(KeyRing { current: open(keys.current.kid, &keys.current.sealed)?, previous })
}
