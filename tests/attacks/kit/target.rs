//! The daemon under attack, and the ones that may be broken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use e2e::{Answer, Api, Daemon, DaemonOptions, Localnet, OwnerKey, PASSWORD, Parts};
use serde_json::json;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, OnceCell};

use crate::kit::{Base, Evm, Nodes, On, Solana, Victim};

/// Times a call is repeated when the daemon asks to slow down; a minute refills every bucket.
const PATIENCE: u32 = 90;
/// For daemons of the kit: the rate limits are not under test here.
const CONFIG: &str = "\n[security]\nrate_limit_global_ip_rpm = 100000\nrate_limit_session_rpm = 100000\n\
                      rate_limit_tx_rpm = 10000\nmax_sessions_per_wallet = 20\n";

/// The daemon that the kit started itself.
pub(crate) struct Own {
    options: DaemonOptions,
    /// One more daemon on the same nodes, for attacks after which it is of no use to others for a while.
    fragile: AsyncMutex<Option<(Daemon, Arc<Target>)>>,
}

impl Own {
    /// On the kit's own nodes.
    pub(crate) fn on(localnet: &Localnet) -> Self {
        let mut options = DaemonOptions::of(localnet);
        options.extra.push_str(CONFIG);
        Self { options, fragile: AsyncMutex::new(None) }
    }

    /// Another daemon.
    pub(crate) fn start(&self, change: impl FnOnce(&mut DaemonOptions)) -> Result<Daemon> {
        let mut options = self.options.clone();
        change(&mut options);
        // A start takes seconds; the other attacks go on meanwhile.
        tokio::task::block_in_place(|| Daemon::start(&options))
    }
}

/// A daemon and the nodes under it.
pub(crate) struct Target {
    anonymous: Api,
    password: String,
    nodes: Option<Nodes>,
    own: Option<Own>,
    shared: Mutex<HashMap<&'static str, Arc<OnceCell<Arc<Victim>>>>>,
    made: Mutex<Vec<String>>,
    base: OnceCell<Base>,
}

impl Target {
    pub(crate) fn new(url: &str, password: &str, nodes: Option<Nodes>, own: Option<Own>) -> Self {
        Self {
            anonymous: Api::new(url.trim_end_matches('/')).patient(PATIENCE),
            password: password.to_owned(),
            nodes,
            own,
            shared: Mutex::default(),
            made: Mutex::default(),
            base: OnceCell::new(),
        }
    }

    /// A caller without a credential.
    pub(crate) fn anonymous(&self) -> Api {
        self.anonymous.clone()
    }

    /// A caller with the master password.
    pub(crate) fn operator(&self) -> Api {
        self.anonymous().password(&self.password)
    }

    /// A caller with a session token.
    pub(crate) fn agent(&self, token: &str) -> Api {
        self.anonymous().token(token)
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) const fn has_nodes(&self) -> bool {
        self.nodes.is_some()
    }

    pub(crate) const fn is_own(&self) -> bool {
        self.own.is_some()
    }

    pub(crate) fn own(&self) -> Result<&Own> {
        self.own.as_ref().context("this attack needs a daemon of the kit's own")
    }

    pub(crate) fn evm(&self) -> Result<&Evm> {
        self.nodes.as_ref().map(|nodes| &nodes.evm).context("this attack needs an EVM node")
    }

    pub(crate) fn solana(&self) -> Result<&Solana> {
        self.nodes.as_ref().map(|nodes| &nodes.solana).context("this attack needs a Solana node")
    }

    pub(crate) fn parts(&self) -> Result<&Parts> {
        self.nodes.as_ref().map(|nodes| &nodes.parts).context("this attack needs compiled contracts")
    }

    /// The network of a chain, and its environment, as the daemon names them.
    pub(crate) fn place(&self, on: On) -> (&'static str, &'static str) {
        match (on, &self.nodes) {
            (On::Evm, Some(nodes)) => (nodes.evm.chain.network, nodes.evm.chain.environment),
            (On::Evm | On::Solana, _) => (on.network(), "local"),
        }
    }

    /// Base on a node of the kit's own, with a daemon on it; started by the first attack that wants it.
    pub(crate) async fn base(&self) -> Result<&Base> {
        let start = || async { Base::start(self.own()?, self.nodes.as_ref().context("nodes")?).await };
        self.base.get_or_try_init(start).await.context("setting up Base")
    }

    /// A victim that several attacks share, made by the first of them.
    pub(crate) async fn shared<F, R>(self: &Arc<Self>, key: &'static str, make: F) -> Result<Arc<Victim>>
    where
        F: FnOnce(Arc<Self>) -> R,
        R: Future<Output = Result<Victim>>,
    {
        let cell = self.shared.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let made = cell.get_or_try_init(|| async { make(self.clone()).await.map(Arc::new) }).await;
        made.cloned().with_context(|| format!("setting up the victim {key}"))
    }

    /// Another target on the same nodes, for this configuration alone; end it by dropping the daemon.
    pub(crate) fn beside(&self, change: impl FnOnce(&mut DaemonOptions)) -> Result<(Daemon, Arc<Self>)> {
        let daemon = self.own()?.start(change)?;
        let target = Self::new(daemon.url(), PASSWORD, self.nodes.clone(), None);
        Ok((daemon, Arc::new(target)))
    }

    /// The daemon that one attack at a time may break, with its kill switch released.
    pub(crate) async fn fragile(&self) -> Result<Fragile<'_>> {
        let mut guard = self.own()?.fragile.lock().await;
        let target = match &*guard {
            Some((_, target)) => target.clone(),
            None => guard.insert(self.beside(|_| {})?).1.clone(),
        };
        // Victims of earlier attacks must not affect this one's kill switch and policies.
        let known = target.operator().get("/v1/wallets").await?.expect(200)?;
        for row in known["items"].as_array().into_iter().flatten() {
            if let Some(id) = row["id"].as_str().filter(|_| row["status"] != "TERMINATED") {
                target.terminate(id).await?.expect(200)?;
            }
        }
        target.operator().post_empty("/v1/admin/recover").await?;
        Ok(Fragile { target, _guard: guard })
    }

    /// Remembers a wallet for the end.
    pub(crate) fn remember(&self, wallet: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(wallet.to_owned());
    }

    /// Ends a wallet of the kit. A LOCKED owner lets it go first: over TCP such a wallet is not terminated.
    async fn terminate(&self, wallet: &str) -> Result<Answer> {
        let (operator, path) = (self.operator(), format!("/v1/wallets/{wallet}"));
        let owned = format!("{path}/owner");
        let asked = operator.delete(&owned).await?;
        if asked.body["code"] == "OWNER_ALREADY_CONNECTED" {
            let row = operator.get(&path).await?.expect(200)?;
            let owner = row["ownerAddress"].as_str().context("an owner")?;
            let owner = OwnerKey::known(owner).context("an owner of the kit")?;
            let challenge = &asked.body["details"]["challenge"];
            owner.answering(&operator, challenge)?.delete(&owned).await?.expect(200)?;
        }
        operator.delete(&path).await
    }

    /// Removes what the attacks made in a given installation: policies and wallets, and with them sessions.
    pub(crate) async fn clean(&self) -> Result<()> {
        let wallets = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        for wallet in wallets {
            // First the wallet: changes to the rows of a terminated wallet need no owner.
            self.terminate(&wallet).await?;
            let waiting = self.operator().get("/v1/changes?status=PENDING_CONSENT&limit=200").await?;
            for row in waiting.body["data"].as_array().into_iter().flatten() {
                let mut asked = row["questions"].as_array().into_iter().flatten();
                if asked.any(|question| question["walletId"] == json!(wallet))
                    && let Some(id) = row["id"].as_str()
                {
                    self.operator().delete(&format!("/v1/changes/{id}")).await?;
                }
            }
            let listed = self.operator().get(&format!("/v1/policies?walletId={wallet}")).await?;
            for row in listed.body.as_array().or(listed.body["data"].as_array()).into_iter().flatten() {
                if row["walletId"] == json!(wallet)
                    && let Some(id) = row["id"].as_str()
                {
                    self.operator().delete(&format!("/v1/policies/{id}")).await?;
                }
            }
        }
        Ok(())
    }
}

/// Exclusive use of the daemon that may be broken.
pub(crate) struct Fragile<'a> {
    pub(crate) target: Arc<Target>,
    _guard: MutexGuard<'a, Option<(Daemon, Arc<Target>)>>,
}
