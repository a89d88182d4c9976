//! The content of the daemon's database, read past the daemon.
//!
//! A test compares it with the chain and with the API's answers. Nothing here writes, except that a
//! lock can be held.

use std::path::Path;

use anyhow::{Context as _, Result};
use sqlx::{AnyConnection, Connection as _, Row as _};
use tempfile::TempDir;

/// A connection to a daemon's database.
pub struct Books {
    connection: AnyConnection,
    // Holds the copy that is read, if it is one.
    _copy: Option<TempDir>,
}

/// A sum that was reserved for a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// HELD, SETTLED or RELEASED.
    pub status: String,
    /// CAIP-19.
    pub asset: String,
    /// Base units.
    pub amount: u128,
}

impl Books {
    /// The SQLite database in a data directory, live.
    pub async fn open(data_dir: &Path) -> Result<Self> {
        Self::connect(&sqlite(&data_dir.join("data/waiaas.db"))).await
    }

    /// A copy of the SQLite database of a daemon that is dead, so that the daemon itself meets its
    /// files as the crash left them.
    pub async fn copy(data_dir: &Path) -> Result<Self> {
        let copy = TempDir::new()?;
        for name in ["waiaas.db", "waiaas.db-wal"] {
            let from = data_dir.join("data").join(name);
            if from.exists() {
                std::fs::copy(from, copy.path().join(name))?;
            }
        }
        let mut books = Self::connect(&sqlite(&copy.path().join("waiaas.db"))).await?;
        books._copy = Some(copy);
        Ok(books)
    }

    /// Any database by URL.
    pub async fn connect(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let connection = AnyConnection::connect(url).await.with_context(|| format!("opening {url}"))?;
        Ok(Self { connection, _copy: None })
    }

    /// Status of each transaction of a wallet, oldest first.
    pub async fn statuses(&mut self, wallet: &str) -> Result<Vec<String>> {
        let query = "SELECT status FROM transactions WHERE wallet_id = $1 ORDER BY id";
        let rows = sqlx::query(query).bind(wallet.to_owned()).fetch_all(&mut self.connection).await?;
        rows.iter().map(|row| Ok(row.try_get("status")?)).collect()
    }

    /// How far a network's chain had come when it was last looked at.
    pub async fn height(&mut self, network: &str) -> Result<Option<u64>> {
        let query = "SELECT height FROM chain_identities WHERE network = $1";
        let row = sqlx::query(query).bind(network.to_owned()).fetch_optional(&mut self.connection).await?;
        row.map(|row| Ok(u64::try_from(row.try_get::<i64, _>("height")?)?)).transpose()
    }

    /// Whether a chat's position is past every event of this name.
    pub async fn is_told(&mut self, chat: i64, event: &str) -> Result<bool> {
        let query = "SELECT (SELECT MAX(seq) FROM audit_log WHERE event_type = $1) \
                     <= (SELECT position FROM telegram_chats WHERE chat = $2) AS told";
        let query = sqlx::query(query).bind(event.to_owned()).bind(chat);
        let told: i64 = query.fetch_one(&mut self.connection).await?.try_get("told")?;
        Ok(told == 1)
    }

    /// Statuses of a request's approval cards, by chat.
    pub async fn cards(&mut self, tx: &str) -> Result<Vec<String>> {
        let query = sqlx::query("SELECT status FROM telegram_cards WHERE tx_id = $1 ORDER BY chat")
            .bind(tx.to_owned());
        let rows = query.fetch_all(&mut self.connection).await?;
        rows.iter().map(|row| Ok(row.try_get("status")?)).collect()
    }

    /// Every amount that was ever reserved for a wallet.
    pub async fn reservations(&mut self, wallet: &str) -> Result<Vec<Reservation>> {
        let query = "SELECT status, asset, amount FROM reservations WHERE wallet_id = $1";
        let rows = sqlx::query(query).bind(wallet.to_owned()).fetch_all(&mut self.connection).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let amount: String = row.try_get("amount")?;
            Ok(Reservation {
                status: row.try_get("status")?,
                asset: row.try_get("asset")?,
                amount: amount.parse()?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Holds SQLite's write lock until [`Books::unlock`] or until dropped.
    pub async fn lock(&mut self) -> Result<()> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Gives the write lock back.
    pub async fn unlock(&mut self) -> Result<()> {
        sqlx::query("ROLLBACK").execute(&mut self.connection).await?;
        Ok(())
    }
}

fn sqlite(path: &Path) -> String {
    format!("sqlite://{}?mode=rw", path.display())
}
