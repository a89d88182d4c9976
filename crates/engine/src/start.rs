//! Starting and stopping: opens and assembles the parts, starts and ends the workers.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waiaas_channels::WebhookChannel;
use waiaas_channels::telegram::Bot;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_keys::{KeystoreHeader, PasswordVerifier, UnlockError, Vault};
use waiaas_outbound::{Outbound, SystemResolver};
use waiaas_store::AuditEntry;

use crate::Engine;
use crate::chains::{self, ChainWatch, Chains, GasWatch};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::engine::Parts;
use crate::error::StartError;
use crate::gates::Gates;
use crate::lanes::Lanes;
use crate::lookups::Lookups;
use crate::meters::Meters;
use crate::policies::Policies;
use crate::prover::Prover;
use crate::reserve::Reserve;
use crate::session_keys::key_ring;
use crate::tokens::Tokens;
use crate::wallet_apps::WalletApps;
use crate::worker_states::WorkerStates;
use crate::{lease, offline, workers};

/// The inputs of a start.
pub struct Setup {
    /// The data directory.
    pub data_dir: DataDir,
    /// Checked configuration.
    pub config: Config,
    /// The master password; used once, at the start.
    pub password: SecretString,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
}

impl Engine {
    /// Opens the store, unlocks the keys, connects the chains, recovers after a crash, and starts the
    /// workers.
    ///
    /// # Errors
    /// [`StartError`]: not initialised, in use, a wrong password, or a part that cannot be set up.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { data_dir, config, password, clock } = setup;
        let lock = data_dir.lock()?;
        let networks = config.networks()?;
        let chains = Chains::connect(&config, &networks)?;
        let prices = chains::price_book(&config)?;
        let reputation = chains::reputation(&config, &networks, &chains)?;
        let outbound = Outbound::new(config.outbound.allow.clone(), Arc::new(SystemResolver));
        let webhooks = WebhookChannel::new(outbound);
        let bot = config.telegram.token().map(|token| Bot::new(&config.telegram.api_url, token));
        let bot = bot.transpose().map_err(|error| StartError::Http(error.to_string()))?;
        let wallet_apps = WalletApps::new(config.walletconnect.relay());
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
        let engine = Self::of(Parts {
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
            webhooks,
            bot,
            wallet_apps,
            policies: Policies::default(),
            lanes: Lanes::default(),
            chain_watch: ChainWatch::default(),
            gas_watch: GasWatch::default(),
            worker_states: WorkerStates::default(),
            meters: Meters::default(),
            clock,
            config,
            networks,
            instance,
            data_dir,
            started_at: now,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            wake: Notify::new(),
            asked: Notify::new(),
            lease,
            displaced: AtomicBool::new(false),
            _lock: lock,
        });
        let started = AuditEvent::SystemStarted { version: Self::version().to_owned() };
        let started = AuditEntry::new(started, Actor::System, now);
        engine.store().write(|tx| Box::pin(async move { tx.record(started).await })).await?;
        workers::start(&engine);
        Ok(engine)
    }

    /// Stops the workers, lets signatures in progress finish, and closes the store.
    pub async fn shutdown(&self) {
        self.stopping().cancel();
        self.tasks().close();
        self.tasks().wait().await;
        self.release_lease().await;
        self.store().close().await;
    }
}
