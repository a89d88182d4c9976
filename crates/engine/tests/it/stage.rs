//! An engine, its operator and a funded wallet, with the time in the test's hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{EvmNode, FaultProxy, Localnet, OwnerKey, SolanaNode, until};
use serde_json::{Value, json};
use tempfile::TempDir;
use waiaas_api::requests::{Operation, Transfer};
use waiaas_engine::config::Config;
use waiaas_engine::core::UnixSeconds;
use waiaas_engine::core::ids::{PolicyId, TxId};
use waiaas_engine::core::intent::Amount;
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::core::origin::Origin;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::offline::{InitMode, init};
use waiaas_engine::{
    Asked, ChangeResult, Clock, DataDir, Decision, Engine, Error, Master, NewPolicy, NewSession, NewWallet,
    Owner, OwnerAnswer, SendRequest, Session, SessionSource, Setup, SystemClock, TxView, WaitFor, Wallet,
};

pub(crate) const PASSWORD: &str = "a-password-of-the-tests";
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Lamports of a SOL, which is worth 150 dollars here.
pub(crate) const SOL: u64 = 1_000_000_000;

/// A clock that stands still until it is set.
pub(crate) struct TestClock {
    now: AtomicI64,
    elapsed: AtomicU64,
}

impl TestClock {
    /// Moves the time to `at`.
    pub(crate) fn set(&self, at: UnixSeconds) {
        self.now.store(at, Ordering::SeqCst);
    }

    /// Lets so many seconds go by; the time of day does not count.
    pub(crate) fn pass(&self, seconds: u64) {
        self.elapsed.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixSeconds {
        self.now.load(Ordering::SeqCst)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.elapsed.load(Ordering::SeqCst))
    }
}

/// Engine first, so that it ends before its node.
pub(crate) struct Stage {
    /// None only between a stop and the next start: while it exists it holds the directory.
    running: Option<Engine>,
    pub(crate) master: Master,
    pub(crate) wallet: Wallet,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) localnet: Localnet,
    dir: TempDir,
}

impl Stage {
    /// A wallet with 100 SOL; the time stands at `start`, or at the machine's time.
    pub(crate) async fn set_up(start: Option<UnixSeconds>) -> Result<Self> {
        Self::set_up_on(Localnet::start()?, Chain::Solana, start).await
    }

    /// An EVM wallet with an ether instead.
    pub(crate) async fn ethereum() -> Result<Self> {
        let stage = Self::set_up_on(Localnet::start()?, Chain::Ethereum, None).await?;
        let ether = 1_000_000_000_000_000_000;
        stage.localnet.evm.fund(&stage.wallet.address.to_string(), ether).await?;
        Ok(stage)
    }

    /// The same behind a proxy that breaks things; the node itself comes along.
    pub(crate) async fn behind_proxy() -> Result<(Self, FaultProxy, SolanaNode)> {
        let mut localnet = Localnet::start()?;
        let node = localnet.solana.clone();
        let proxy = FaultProxy::start(&node.rpc).await?;
        localnet.solana.rpc = proxy.url();
        Ok((Self::set_up_on(localnet, Chain::Solana, None).await?, proxy, node))
    }

    /// An EVM wallet with an ether on two nodes: a proxy that may lie, and the node itself.
    pub(crate) async fn beside_a_liar() -> Result<(Self, FaultProxy, EvmNode)> {
        Self::ethereum_on(|proxy, node| format!("{proxy},{node}")).await
    }

    /// An EVM wallet with an ether whose only node is a proxy that may lie.
    pub(crate) async fn ethereum_behind_proxy() -> Result<(Self, FaultProxy, EvmNode)> {
        Self::ethereum_on(|proxy, _| proxy.to_owned()).await
    }

    async fn ethereum_on(endpoints: fn(&str, &str) -> String) -> Result<(Self, FaultProxy, EvmNode)> {
        let mut localnet = Localnet::start()?;
        let node = localnet.evm.clone();
        let proxy = FaultProxy::start(&node.rpc).await?;
        localnet.evm.rpc = endpoints(&proxy.url(), &node.rpc);
        let stage = Self::set_up_on(localnet, Chain::Ethereum, None).await?;
        node.fund(&stage.wallet.address.to_string(), 1_000_000_000_000_000_000).await?;
        Ok((stage, proxy, node))
    }

    async fn set_up_on(localnet: Localnet, chain: Chain, start: Option<UnixSeconds>) -> Result<Self> {
        let dir = TempDir::new()?;
        let clock = Arc::new(TestClock {
            now: AtomicI64::new(start.unwrap_or_else(|| SystemClock.now())),
            elapsed: AtomicU64::new(0),
        });
        init(
            &DataDir::new(dir.path()),
            &config(&localnet)?,
            InitMode::Password(PASSWORD.into()),
            clock.now(),
        )
        .await?;
        let engine = start_engine(dir.path(), &localnet, clock.clone()).await?;
        let master = engine.authenticate_master(PASSWORD.into(), None).await.map_err(shown)?;
        let new = NewWallet { name: "w".into(), chain, environment: Environment::Local };
        let wallet = engine.operator(&master).create_wallet(new).await.map_err(shown)?;
        if chain == Chain::Solana {
            localnet.solana.fund(&wallet.address.to_string(), 100 * SOL).await?;
        }
        Ok(Self { running: Some(engine), master, wallet, clock, localnet, dir })
    }

    /// The engine that runs now.
    pub(crate) fn engine(&self) -> &Engine {
        self.running.as_ref().expect("an engine runs")
    }

    /// Where it keeps everything.
    pub(crate) fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Ends the engine.
    pub(crate) async fn stop(&mut self) {
        self.engine().shutdown().await;
        self.running = None;
    }

    /// Starts an engine where one was stopped.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.running = Some(start_engine(self.dir.path(), &self.localnet, self.clock.clone()).await?);
        Ok(())
    }

    /// A policy of the wallet.
    pub(crate) async fn policy(&self, policy_type: &str, rules: Value) -> Result<PolicyId> {
        self.policy_on(None, policy_type, rules).await
    }

    /// The same, on one network or on all.
    pub(crate) async fn policy_on(
        &self,
        network: Option<&str>,
        policy_type: &str,
        rules: Value,
    ) -> Result<PolicyId> {
        let new = NewPolicy {
            wallet: Some(self.wallet.id),
            network: network.map(str::to_owned),
            policy_type: policy_type.into(),
            rules,
            priority: 0,
            enabled: true,
        };
        match self.engine().operator(&self.master).create_policy(new).await.map_err(shown)? {
            ChangeResult::Done(policy) => Ok(policy.id),
            ChangeResult::Waits(change) => anyhow::bail!("it waits: {}", change.summary),
        }
    }

    /// A session of the wallet with the configured limits.
    pub(crate) fn new_session(&self) -> NewSession {
        NewSession {
            wallets: vec![self.wallet.id],
            ttl: None,
            max_renewals: None,
            absolute_lifetime: None,
            source: SessionSource::Api,
        }
    }

    /// A session of the wallet, made now.
    pub(crate) async fn session(&self) -> Result<Session> {
        let issued =
            self.engine().operator(&self.master).create_session(self.new_session()).await.map_err(shown)?;
        let token = secrecy::ExposeSecret::expose_secret(&issued.token).to_owned();
        self.engine().authenticate_session(&token).await.map_err(shown)
    }

    /// Asks for a transfer of SOL and gives the engine's answer.
    pub(crate) async fn send(
        &self,
        session: &Session,
        to: &str,
        amount: &str,
    ) -> Result<Result<TxView, Error>> {
        let asked = Operation::Transfer(Transfer::new(to, Amount::parse(amount)?));
        self.ask(session, asked, Origin::default()).await
    }

    /// Asks for anything, from anywhere.
    pub(crate) async fn ask(
        &self,
        session: &Session,
        asked: impl Into<Asked>,
        origin: Origin,
    ) -> Result<Result<TxView, Error>> {
        Ok(self.engine().agent(session).send(requested(asked, origin), WaitFor::Broadcast).await)
    }

    /// A transfer that is admitted.
    pub(crate) async fn admitted(&self, session: &Session, to: &str, amount: &str) -> Result<TxView> {
        self.send(session, to, amount).await?.map_err(shown)
    }

    /// The code with which a transfer is refused.
    pub(crate) async fn refused(&self, session: &Session, to: &str, amount: &str) -> Result<&'static str> {
        let answer = self.send(session, to, amount).await?;
        Ok(answer.err().context("admitted, not refused")?.code.as_str())
    }

    /// A transaction as it is now.
    pub(crate) async fn transaction(&self, id: TxId) -> Result<TxView> {
        self.engine().operator(&self.master).transaction(id).await.map_err(shown)
    }

    /// Waits until a transaction has this status.
    pub(crate) async fn reaches(&self, id: TxId, status: TxStatus) -> Result<TxView> {
        until(&format!("{status}"), PATIENCE, || async {
            let tx = self.transaction(id).await?;
            anyhow::ensure!(
                tx.status == status || !tx.status.is_terminal(),
                "{} instead: {:?}",
                tx.status,
                tx.error
            );
            Ok((tx.status == status).then_some(tx))
        })
        .await
    }

    /// Lamports of an account.
    pub(crate) async fn balance(&self, address: &str) -> Result<u64> {
        self.localnet.solana.balance(address).await
    }

    /// Gives the wallet a proved owner.
    pub(crate) async fn lock_owner(&self, owner: &OwnerKey) -> Result<()> {
        let address = owner.address().parse()?;
        let set = self
            .engine()
            .operator(&self.master)
            .set_owner(self.wallet.id, address, None)
            .await
            .map_err(shown)?;
        let answer = answer(owner, &set.challenge.context("a challenge")?.message)?;
        let proof =
            self.engine().authenticate_owner_of_wallet(self.wallet.id, answer).await.map_err(shown)?;
        self.engine().owner(proof).verify().await.map_err(shown)?;
        Ok(())
    }

    /// The owner's signed yes, as far as the engine takes it now.
    pub(crate) async fn consent(
        &self,
        owner: &OwnerKey,
        id: TxId,
        message: &str,
    ) -> Result<Result<Owner, Error>> {
        Ok(self.engine().authenticate_owner_of_tx(id, Decision::Approve, answer(owner, message)?).await)
    }
}

/// A request of the session's one wallet on its one network.
pub(crate) fn requested(asked: impl Into<Asked>, origin: Origin) -> SendRequest {
    SendRequest { origin, ..SendRequest::plain(asked) }
}

/// An owner's signature over a text, as it arrives.
pub(crate) fn answer(owner: &OwnerKey, message: &str) -> Result<OwnerAnswer> {
    Ok(OwnerAnswer { message: message.to_owned(), signature: owner.sign(message)?, address: None })
}

/// An engine's error as a test failure.
pub(crate) fn shown(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{}: {}", error.code.as_str(), error.message)
}

/// Several EVM nodes are one text with commas.
pub(crate) fn config(localnet: &Localnet) -> Result<Config> {
    let evm: Vec<_> = localnet.evm.rpc.split(',').collect();
    let text = format!(
        "[rpc]\nsolana_localnet = \"{}\"\nevm_localnet = {evm:?}\n[confirmation]\npoll_interval_ms = 100\n[prices]\nsources = []\n",
        localnet.solana.rpc
    );
    Ok(Config::from_parts(Some((Path::new("config.toml"), &text)), [], [])?)
}

pub(crate) async fn start_engine(dir: &Path, localnet: &Localnet, clock: Arc<TestClock>) -> Result<Engine> {
    let config = config(localnet)?;
    let setup = Setup { data_dir: DataDir::new(dir), config, password: PASSWORD.into(), clock };
    Ok(Engine::start(setup).await?)
}

/// Limits in dollars with a minute of delay and five for the owner.
pub(crate) fn limits(instant: u64, delay: u64) -> Value {
    json!({
        "instant_max_usd": instant, "notify_max_usd": instant, "delay_max_usd": delay,
        "delay_seconds": 60, "approval_timeout": 300,
    })
}

/// A recipient.
pub(crate) fn payee(seed: u8) -> String {
    OwnerKey::solana(seed).address()
}
