//! Wallets: create, import, list, rename, suspend, resume, terminate.

use secrecy::SecretString;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent, NamedWallet};
use waiaas_core::change::Change;
use waiaas_core::foreign::deceives;
use waiaas_core::ids::WalletId;
use waiaas_core::owner::Unfit;
use waiaas_core::wallet::{OwnerState, WalletStatus};
use waiaas_keys::{KeyError, SealedKey};
use waiaas_store::{AuditEntry, Entity, NewWallet as NewRow, StoreError, WalletRow};

use crate::credentials::Local;
use crate::error::{Error, ErrorCode};
use crate::ids;
use crate::operator::Operator;
use crate::operator::candidates::refused;
use crate::views::{ChangeResult, NewWallet, Wallet};
use crate::wallets::wrong_status;

/// Longest wallet name, in characters.
const NAME_CHARS: usize = 100;

impl Operator<'_> {
    /// Creates a wallet with a new key.
    ///
    /// # Errors
    /// `WALLET_NAME_TAKEN`, `ACTION_VALIDATION_FAILED` for the name.
    pub async fn create_wallet(&self, new: NewWallet) -> Result<Wallet, Error> {
        let id = WalletId::new(ids::ordered());
        let (sealed, address) = self.engine.vault().generate(id, new.chain)?;
        self.keep_wallet(id, new, &sealed, address, |wallet| AuditEvent::WalletCreated { wallet }).await
    }

    /// Creates a wallet from an existing private key.
    ///
    /// # Errors
    /// As [`Self::create_wallet`], and `INVALID_PRIVATE_KEY`, `WALLET_ALREADY_EXISTS`, `OWNER_UNFIT`.
    pub async fn import_wallet(&self, new: NewWallet, secret: SecretString) -> Result<Wallet, Error> {
        let id = WalletId::new(ids::ordered());
        let (sealed, address) =
            self.engine.vault().import(id, new.chain, secret).map_err(|error| match error {
                KeyError::NotAKey
                | KeyError::OutOfRange
                | KeyError::HalvesDiffer
                | KeyError::MayBeAnAddress => {
                    Error::new(ErrorCode::InvalidPrivateKey, format!("The private key is refused: {error}."))
                        .hint("Export it again from the tool it came from.")
                }
                KeyError::NoRandomness(_) => error.into(),
            })?;
        let known = self.engine.store().wallets().await?;
        if known.iter().any(|w| w.address == address && w.environment == new.environment && is_living(w)) {
            return Err(Error::new(
                ErrorCode::WalletAlreadyExists,
                format!("{address} is a wallet here already."),
            ));
        }
        // The counterpart of the check when an owner is named: this daemon must not hold an owner's key.
        let owns = |w: &WalletRow| w.owner.address() == Some(address) || w.successor == Some(address);
        if known.iter().any(|w| owns(w) && is_living(w)) {
            return Err(refused(Unfit::AnotherWallet));
        }
        self.keep_wallet(id, new, &sealed, address, |wallet| AuditEvent::WalletImported { wallet }).await
    }

    async fn keep_wallet(
        &self,
        id: WalletId,
        new: NewWallet,
        sealed: &SealedKey,
        address: Address,
        event: impl FnOnce(NamedWallet) -> AuditEvent,
    ) -> Result<Wallet, Error> {
        check_name(&new.name)?;
        let named =
            NamedWallet { name: new.name.clone(), chain: new.chain, environment: new.environment, address };
        let audit = AuditEntry::new(event(named), Actor::Master, self.engine.now()).wallet(id);
        let row = NewRow {
            id,
            name: new.name,
            chain: new.chain,
            environment: new.environment,
            address,
            sealed_key: sealed.to_bytes(),
        };
        self.engine
            .store()
            .write(|tx| Box::pin(async move { tx.insert_wallet(row, audit).await }))
            .await
            .map_err(name_taken)?;
        self.engine.wallet_by_id(id).await
    }

    /// Every wallet, terminated ones included.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn wallets(&self) -> Result<Vec<Wallet>, Error> {
        Ok(self.engine.store().wallets().await?.into_iter().map(Wallet::from).collect())
    }

    /// One wallet.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`.
    pub async fn wallet(&self, id: WalletId) -> Result<Wallet, Error> {
        self.engine.wallet_by_id(id).await
    }

    /// Gives a wallet another name.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `WALLET_NAME_TAKEN`, `WALLET_TERMINATED`, `ACTION_VALIDATION_FAILED` for the name.
    pub async fn rename_wallet(&self, id: WalletId, name: String) -> Result<Wallet, Error> {
        check_name(&name)?;
        self.engine.wallet_by_id(id).await?;
        let renamed = AuditEvent::WalletRenamed { name: name.clone() };
        let audit = AuditEntry::new(renamed, Actor::Master, self.engine.now()).wallet(id);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.rename_wallet(id, &name, audit).await }))
            .await
            .map_err(name_taken)?;
        self.engine.wallet_by_id(id).await
    }

    /// Sets the network of requests that name none; `None` clears it.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `WALLET_TERMINATED`, and the errors of an unknown or foreign network.
    pub async fn set_default_network(&self, id: WalletId, network: Option<&str>) -> Result<Wallet, Error> {
        let wallet = self.engine.wallet_by_id(id).await?;
        let network = match network {
            Some(_) => Some(self.engine.network_of(&wallet, network)?.id.clone()),
            None => None,
        };
        let set = AuditEvent::WalletNetworkSet { network: network.clone() };
        let audit = AuditEntry::new(set, Actor::Master, self.engine.now()).wallet(id);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.set_default_network(id, network, audit).await }))
            .await
            .map_err(ended)?;
        self.engine.wallet_by_id(id).await
    }

    /// Suspends a wallet at once; its waiting requests fail when they become due.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `WALLET_SUSPENDED`, `WALLET_TERMINATED`.
    pub async fn suspend_wallet(&self, id: WalletId, reason: Option<String>) -> Result<Wallet, Error> {
        let reason = reason.unwrap_or_else(|| "MANUAL".to_owned());
        if reason.chars().count() > 500 {
            return Err(Error::invalid("reason", "at most 500 characters"));
        }
        let event = AuditEvent::WalletSuspended { reason: reason.clone() };
        let to = (WalletStatus::Suspended, Some(reason));
        self.move_wallet(id, &[WalletStatus::Active], to, event, |_| Ok(())).await
    }

    /// Resumes a suspended wallet. A LOCKED owner must consent.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `INVALID_STATE_TRANSITION`, `WALLET_TERMINATED`, and the errors of a pending change.
    pub async fn resume_wallet(&self, id: WalletId) -> Result<ChangeResult<Wallet>, Error> {
        let wallet = self.engine.wallet_by_id(id).await?;
        let suspended_at = wallet.suspended_at.ok_or_else(|| wrong_status(wallet.status))?;
        Ok(match self.engine.submit(Change::WalletResume { wallet: id, suspended_at }).await? {
            Some(change) => ChangeResult::Waits(Box::new(change)),
            None => ChangeResult::Done(self.engine.wallet_by_id(id).await?),
        })
    }

    /// Terminates a wallet for good. Its key stays sealed in the database and in backups.
    ///
    /// If the owner is LOCKED, the caller must be on the daemon's machine (`local`): termination is
    /// irreversible, and the owner loses control over other changes. The owner's consent is not required, so
    /// that a wallet whose owner never answers can still be terminated.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY`, `WALLET_TERMINATED`.
    pub async fn terminate_wallet(&self, local: Option<&Local>, id: WalletId) -> Result<Wallet, Error> {
        const FROM: &[WalletStatus] = &[WalletStatus::Active, WalletStatus::Suspended];
        let far = local.is_none();
        let to = (WalletStatus::Terminated, None);
        self.move_wallet(id, FROM, to, AuditEvent::WalletTerminated, move |row| {
            if far && row.owner.state() == OwnerState::Locked {
                return Err(Local::missing("The owner of this wallet is LOCKED. Terminating it"));
            }
            Ok(())
        })
        .await
    }

    async fn move_wallet(
        &self,
        id: WalletId,
        from: &'static [WalletStatus],
        (to, reason): (WalletStatus, Option<String>),
        event: AuditEvent,
        allowed: impl FnOnce(&WalletRow) -> Result<(), Error> + Send + 'static,
    ) -> Result<Wallet, Error> {
        let audit = AuditEntry::new(event, Actor::Master, self.engine.now()).wallet(id);
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let row = tx
                        .wallet(id)
                        .await?
                        .ok_or_else(|| Error::new(ErrorCode::WalletNotFound, "There is no such wallet."))?;
                    if !from.contains(&row.status) {
                        return Err(wrong_status(row.status));
                    }
                    allowed(&row)?;
                    Ok(tx.set_wallet_status(id, row.status, to, reason.as_deref(), audit).await?)
                })
            })
            .await?;
        self.engine.wallet_by_id(id).await
    }
}

fn is_living(row: &WalletRow) -> bool {
    row.status != WalletStatus::Terminated
}

fn check_name(name: &str) -> Result<(), Error> {
    let count = name.chars().count();
    if count == 0 || count > NAME_CHARS || name.chars().any(deceives) || name.trim() != name {
        return Err(Error::invalid("name", format!("1 to {NAME_CHARS} printable characters")));
    }
    // Commands take a wallet by its id or its name.
    if name.parse::<WalletId>().is_ok() {
        return Err(Error::invalid("name", "something else than an id"));
    }
    Ok(())
}

fn name_taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate(Entity::WalletName) => {
            Error::new(ErrorCode::WalletNameTaken, "Another wallet has this name.")
                .hint("Choose another name.")
        }
        other => ended(other),
    }
}

/// Refuses a terminated wallet.
fn ended(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(Entity::Wallet) => wrong_status(WalletStatus::Terminated),
        other => other.into(),
    }
}
