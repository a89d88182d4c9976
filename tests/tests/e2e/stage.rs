//! One chain behind a proxy, a daemon on it, and the check that nothing was lost or paid twice.
//!
//! Belongs here: the common parts of crash and fault tests on both chains. Does not belong here: any fault.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Agent, Answer, Books, Daemon, DaemonOptions, FaultProxy, Localnet, Postgres, generous_policy, rpc, until,
};
use serde_json::{Value, json};

/// Long enough for a retry after a failed broadcast and a node's pause; not a measure of anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Which of the two chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    Ethereum,
    Solana,
}

impl On {
    fn name(self) -> &'static str {
        match self {
            Self::Ethereum => "ethereum",
            Self::Solana => "solana",
        }
    }

    fn native(self) -> &'static str {
        match self {
            Self::Ethereum => "eip155:31337/slip44:60",
            Self::Solana => "solana:localnet/slip44:501",
        }
    }

    /// An amount of 3 or 1.50 dollars, as the request says it and as the chain counts it.
    pub(crate) fn small(self) -> (&'static str, u128) {
        match self {
            Self::Ethereum => ("0.001", 1_000_000_000_000_000),
            Self::Solana => ("0.01", 10_000_000),
        }
    }

    /// An amount that the owner has to approve.
    pub(crate) fn large(self) -> (&'static str, u128) {
        match self {
            Self::Ethereum => ("1.0", 1_000_000_000_000_000_000),
            Self::Solana => ("50.0", 50_000_000_000),
        }
    }

    /// The balance with which a payer starts.
    pub(crate) fn purse(self) -> u128 {
        match self {
            Self::Ethereum => 10_000_000_000_000_000_000,
            Self::Solana => 1_000_000_000_000,
        }
    }

    /// The method that broadcasts.
    pub(crate) fn broadcast(self) -> &'static str {
        match self {
            Self::Ethereum => "eth_sendRawTransaction",
            Self::Solana => "sendTransaction",
        }
    }

    /// The method that asks for the outcome of a broadcast.
    pub(crate) fn outcome(self) -> &'static str {
        match self {
            Self::Ethereum => "eth_getTransactionReceipt",
            Self::Solana => "getSignatureStatuses",
        }
    }

    /// The method by which a request is tried out before it is admitted.
    pub(crate) fn trial(self) -> &'static str {
        match self {
            Self::Ethereum => "eth_estimateGas",
            Self::Solana => "simulateTransaction",
        }
    }

    /// The first method that is asked after admission alone.
    pub(crate) fn completion(self) -> &'static str {
        match self {
            Self::Ethereum => "eth_getTransactionCount",
            Self::Solana => "getLatestBlockhash",
        }
    }
}

/// Nodes, a proxy before the one that matters, and a daemon.
pub(crate) struct Stage {
    pub(crate) on: On,
    pub(crate) localnet: Localnet,
    pub(crate) proxy: FaultProxy,
    pub(crate) daemon: Daemon,
    postgres: Option<Postgres>,
}

/// A wallet of this test alone and the payments asked of it.
pub(crate) struct Payer {
    pub(crate) agent: Agent,
    payments: Vec<Payment>,
}

/// One payment, to a recipient that gets nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) key: String,
    pub(crate) to: String,
    pub(crate) text: &'static str,
    pub(crate) amount: u128,
}

impl Stage {
    pub(crate) async fn new(on: On) -> Result<Self> {
        Self::with(on, |_| {}).await
    }

    pub(crate) async fn with(on: On, change: impl FnOnce(&mut DaemonOptions)) -> Result<Self> {
        Self::build(on, None, change).await
    }

    /// The same on PostgreSQL.
    pub(crate) async fn on_postgres(on: On) -> Result<Self> {
        Self::build(on, Some(Postgres::start()?), |_| {}).await
    }

    async fn build(
        on: On,
        postgres: Option<Postgres>,
        change: impl FnOnce(&mut DaemonOptions),
    ) -> Result<Self> {
        let localnet = Localnet::start()?;
        let mut options = DaemonOptions::of(&localnet);
        let node = match on {
            On::Ethereum => &mut options.evm,
            On::Solana => &mut options.solana,
        };
        let proxy = FaultProxy::start(node).await?;
        *node = proxy.url();
        options.extra.push_str(
            "\n[security]\nrate_limit_global_ip_rpm = 100000\nrate_limit_session_rpm = 100000\n\
             rate_limit_tx_rpm = 10000\n",
        );
        if let Some(postgres) = &postgres {
            options.extra.push_str(&format!("\n[database]\nurl = \"{}\"\n", postgres.url()));
        }
        change(&mut options);
        let daemon = Daemon::start(&options)?;
        Ok(Self { on, localnet, proxy, daemon, postgres })
    }

    /// One more daemon on the same database and nodes, with a directory of its own.
    pub(crate) fn second_daemon(&self) -> Result<Daemon> {
        let mut options = DaemonOptions::of(&self.localnet);
        let url = self.postgres.as_ref().context("PostgreSQL")?.url();
        options.extra.push_str(&format!("\n[database]\nurl = \"{url}\"\n"));
        Daemon::start(&options)
    }

    /// A funded wallet with a session and the usual spending limits.
    pub(crate) async fn payer(&self) -> Result<Payer> {
        let agent = Agent::create(&self.daemon, self.on.name()).await?;
        self.fund(&agent.address).await?;
        self.daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
        Ok(Payer { agent, payments: Vec::new() })
    }

    pub(crate) async fn fund(&self, address: &str) -> Result<()> {
        match self.on {
            On::Ethereum => self.localnet.evm.fund(address, self.on.purse()).await,
            On::Solana => self.localnet.solana.fund(address, u64::try_from(self.on.purse())?).await,
        }
    }

    pub(crate) async fn balance(&self, address: &str) -> Result<u128> {
        match self.on {
            On::Ethereum => self.localnet.evm.balance(address).await,
            On::Solana => Ok(self.localnet.solana.balance(address).await?.into()),
        }
    }

    /// The database, live.
    pub(crate) async fn books(&self) -> Result<Books> {
        match &self.postgres {
            Some(postgres) => Books::connect(&postgres.url()).await,
            None => Books::open(self.daemon.data_dir()).await,
        }
    }

    /// Sends the agent's request; the answer may be of any kind, even a dead connection.
    pub(crate) async fn ask(&self, payer: &Payer, payment: &Payment) -> Result<Answer> {
        let body = json!({ "type": "TRANSFER", "to": payment.to, "amount": payment.text });
        let api = payer.agent.api(&self.daemon).header("idempotency-key", &payment.key);
        api.post("/v1/transactions/send", body).await
    }

    /// The transaction once it can change no more.
    pub(crate) async fn settled(&self, payer: &Payer, id: &str) -> Result<Value> {
        self.settled_as(&payer.agent, id).await
    }

    /// The same for an agent who is no payer.
    pub(crate) async fn settled_as(&self, agent: &Agent, id: &str) -> Result<Value> {
        let what = format!("the end of {id}");
        until(&what, PATIENCE, || async {
            let tx = agent.transaction(&self.daemon, id).await?;
            let ended = ["CONFIRMED", "FAILED", "CANCELLED", "EXPIRED", "DENIED"];
            Ok(ended.iter().any(|status| tx["status"] == **status).then_some(tx))
        })
        .await
    }

    /// Audit events of a transaction, oldest first.
    pub(crate) async fn events(&self, id: &str) -> Result<Vec<String>> {
        let path = format!("/v1/audit-logs?txId={id}&limit=100");
        let page = self.daemon.operator().get(&path).await?.expect(200)?;
        let rows = page["data"].as_array().with_context(|| format!("rows in {page}"))?;
        ensure!(rows.iter().all(|row| row["walletId"].is_string()), "each entry names its wallet: {page}");
        let name = |row: &Value| Ok(row["eventType"].as_str().context("an event")?.to_owned());
        rows.iter().rev().map(name).collect()
    }

    /// Everything was paid exactly once: rows, recipients, ledger, audit log.
    pub(crate) async fn paid_once(&self, payer: &Payer) -> Result<()> {
        let mut hashes = BTreeSet::new();
        for payment in &payer.payments {
            let got = self.balance(&payment.to).await?;
            ensure!(got == payment.amount, "{payment:?}: the recipient has {got}");
        }
        let page = payer.agent.api(&self.daemon).get("/v1/transactions?limit=100").await?.expect(200)?;
        let rows = page["items"].as_array().with_context(|| format!("rows in {page}"))?;
        ensure!(rows.len() == payer.payments.len(), "one row per payment: {page}");
        for row in rows {
            ensure!(row["status"] == "CONFIRMED", "{row}");
            hashes.insert(row["txHash"].as_str().with_context(|| format!("a hash in {row}"))?.to_owned());
            self.audited(&id(row)?, row["tier"] == "APPROVAL").await?;
        }
        ensure!(hashes.len() == rows.len(), "one hash per row: {hashes:?}");
        if self.on == On::Ethereum {
            let used = self.localnet.evm.nonce(&payer.agent.address).await?;
            ensure!(used == u128::try_from(rows.len())?, "{used} transactions on chain");
        } else {
            let seen = json!([payer.agent.address, { "commitment": "confirmed" }]);
            let seen = rpc(&self.localnet.solana.rpc, "getSignaturesForAddress", seen).await?;
            let seen = seen.as_array().context("signatures")?;
            let on_chain: BTreeSet<_> =
                seen.iter().filter_map(|row| Some(row["signature"].as_str()?.to_owned())).collect();
            ensure!(on_chain == hashes, "on chain {on_chain:?}, here {hashes:?}");
        }
        self.ledger_matches(payer).await?;
        self.intact().await
    }

    /// Each status change left its mark, once and in order. A crash between the node's answer and its
    /// record leaves the confirmation to prove both.
    async fn audited(&self, id: &str, approved: bool) -> Result<()> {
        let mut events = self.events(id).await?;
        events.retain(|event| event != "TX_SUBMITTED");
        let expected: &[&str] = match approved {
            false => &["TX_REQUESTED", "TX_CLEARED", "TX_SIGNED", "TX_CONFIRMED"],
            true => &[
                "TX_REQUESTED",
                "TX_APPROVAL_REQUESTED",
                "TX_APPROVED",
                "TX_CLEARED",
                "TX_SIGNED",
                "TX_CONFIRMED",
            ],
        };
        ensure!(events == expected, "the audit log says {events:?}");
        Ok(())
    }

    /// The settled sum equals the amount that left the wallet, and nothing is held any more.
    pub(crate) async fn ledger_matches(&self, payer: &Payer) -> Result<()> {
        let mut settled = 0;
        for reserved in self.books().await?.reservations(&payer.agent.wallet).await? {
            ensure!(reserved.status != "HELD", "{reserved:?}");
            ensure!(reserved.asset == self.on.native(), "{reserved:?}");
            settled += if reserved.status == "SETTLED" { reserved.amount } else { 0 };
        }
        let left = self.on.purse() - self.balance(&payer.agent.address).await?;
        ensure!(settled == left, "settled {settled}, but {left} left the wallet");
        Ok(())
    }

    /// The audit chain holds.
    pub(crate) async fn intact(&self) -> Result<()> {
        let report = self.daemon.operator().get("/v1/admin/audit/verify").await?.expect(200)?;
        ensure!(report["intact"] == true, "{report}");
        Ok(())
    }

    /// No transaction was admitted, nothing was reserved, and nothing left the wallet.
    pub(crate) async fn untouched(&self, payer: &Payer) -> Result<()> {
        let mut books = self.books().await?;
        let rows = books.statuses(&payer.agent.wallet).await?;
        let held = books.reservations(&payer.agent.wallet).await?;
        ensure!(rows.is_empty() && held.is_empty(), "{rows:?} {held:?}");
        ensure!(self.proxy.count(self.on.broadcast()) == 0, "something was broadcast");
        ensure!(self.balance(&payer.agent.address).await? == self.on.purse(), "money is gone");
        Ok(())
    }
}

impl Payer {
    /// A new payment to a new recipient.
    pub(crate) fn owes(&mut self, on: On, (text, amount): (&'static str, u128)) -> Result<Payment> {
        let to = match on {
            On::Ethereum => format!("{:?}", alloy_primitives::Address::new(fresh()?)),
            On::Solana => {
                let key = ed25519_dalek::SigningKey::from_bytes(&fresh()?);
                bs58::encode(key.verifying_key().to_bytes()).into_string()
            }
        };
        let payment = Payment { key: uuid::Uuid::now_v7().to_string(), to, text, amount };
        self.payments.push(payment.clone());
        Ok(payment)
    }

    /// Takes back the last payment, which is never to be made.
    pub(crate) fn forgets(&mut self) {
        self.payments.pop();
    }
}

/// Random bytes, never used before.
pub(crate) fn fresh<const N: usize>() -> Result<[u8; N]> {
    let random = [uuid::Uuid::now_v7().into_bytes(), uuid::Uuid::now_v7().into_bytes()].concat();
    let tail = random.get(random.len() - N..).context("enough bytes")?;
    Ok(tail.try_into()?)
}

/// The id in an answer.
pub(crate) fn id(tx: &Value) -> Result<String> {
    Ok(tx["id"].as_str().with_context(|| format!("an id in {tx}"))?.to_owned())
}
