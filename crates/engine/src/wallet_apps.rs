//! The handle of the owners' wallet apps: orders of the operator to the worker that talks to them, and the states of
//! pairings. It calls no use case.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, mpsc, oneshot};
use waiaas_channels::walletconnect::{RelayConfig, SymKey};
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;

use crate::error::Error;
use crate::views::{Pairing, PairingState};

/// Orders that wait.
const WAITING: usize = 16;

/// An order of the operator.
pub(crate) enum Order {
    /// Offer a session to the owner's wallet app.
    Pair {
        /// The wallet.
        wallet: WalletId,
        /// Its owner, who must be among the app's accounts.
        owner: Address,
        /// Nonce of the challenge by which an unproved owner becomes LOCKED.
        proof: Option<String>,
        /// Receives the pairing once it can be answered.
        reply: oneshot::Sender<Result<Pairing, Error>>,
    },
    /// Tell a wallet app that its session has ended.
    Farewell(SymKey),
}

/// The handle.
pub(crate) struct WalletApps {
    relay: Option<RelayConfig>,
    orders: mpsc::Sender<Order>,
    inbox: Mutex<Option<mpsc::Receiver<Order>>>,
    wake: Notify,
    pairings: Mutex<BTreeMap<WalletId, PairingState>>,
    failures: Mutex<BTreeMap<WalletId, String>>,
}

impl WalletApps {
    pub(crate) fn new(relay: Option<RelayConfig>) -> Self {
        let (orders, inbox) = mpsc::channel(WAITING);
        Self {
            relay,
            orders,
            inbox: Mutex::new(Some(inbox)),
            wake: Notify::new(),
            pairings: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// The relay; none if the operator has configured none.
    pub(crate) const fn relay(&self) -> Option<&RelayConfig> {
        self.relay.as_ref()
    }

    /// The receiver of orders, for the one worker.
    pub(crate) fn inbox(&self) -> Option<mpsc::Receiver<Order>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notified with each order.
    pub(crate) const fn wake(&self) -> &Notify {
        &self.wake
    }

    /// Gives an order; false if too many wait.
    pub(crate) fn order(&self, order: Order) -> bool {
        let taken = self.orders.try_send(order).is_ok();
        self.wake.notify_one();
        taken
    }

    /// Records why a wallet's session fails; none if it works.
    pub(crate) fn set_failure(&self, wallet: WalletId, reason: Option<String>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match reason {
            Some(reason) => failures.insert(wallet, reason),
            None => failures.remove(&wallet),
        };
    }

    /// Forgets the failures of other wallets.
    pub(crate) fn keep_failures(&self, of: impl Fn(WalletId) -> bool) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).retain(|wallet, _| of(*wallet));
    }

    /// Why a wallet's session fails, if one does.
    pub(crate) fn failure(&self) -> Option<(WalletId, String)> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.iter().next().map(|(wallet, reason)| (*wallet, reason.clone()))
    }

    /// Sets the state of a wallet's pairing.
    pub(crate) fn set_pairing(&self, wallet: WalletId, state: PairingState) {
        self.pairings.lock().unwrap_or_else(PoisonError::into_inner).insert(wallet, state);
    }

    /// The state of a wallet's last pairing since the start of the daemon.
    pub(crate) fn pairing(&self, wallet: WalletId, now: UnixSeconds) -> PairingState {
        let states = self.pairings.lock().unwrap_or_else(PoisonError::into_inner);
        match states.get(&wallet) {
            None => PairingState::None,
            Some(PairingState::Pending { expires_at }) if now >= *expires_at => PairingState::Expired,
            Some(state) => state.clone(),
        }
    }
}
