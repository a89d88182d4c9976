//! Open pairings: a proposal, the app's answer, and the settlement of the session.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use waiaas_channels::walletconnect::{
    Asked, Content, Delivery, Pairing, Request, Session, SessionCall, SymKey, Tag,
};
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::WalletId;
use waiaas_core::owner::DOMAIN;
use waiaas_keys::Purpose;
use waiaas_keys::SecretSlice;
use waiaas_store::{AuditEntry, Entity, StoreError, WalletConnectRow};

use super::line::Line;
use super::random;
use crate::Engine;
use crate::error::Error;
use crate::views::{self, PairingState};

/// Code of the Sign API for accounts that are not accepted.
const OTHER_ACCOUNT: i64 = 4001;

/// The longest turn.
const TURN: Duration = Duration::from_secs(1);
/// The pause after a lost connection.
const PAUSE: Duration = Duration::from_secs(1);

/// An open pairing.
pub(super) struct Offer {
    wallet: WalletId,
    owner: Address,
    proof: Option<String>,
    pairing: Pairing,
    /// The chains that the proposal names.
    chains: Vec<String>,
    agreed: Option<SymKey>,
}

/// Waits for the app's answer and settlement, over as many connections as it takes, until the pairing expires.
pub(super) async fn run(engine: Engine, mut line: Line, mut offer: Offer) {
    while !engine.stopping().is_cancelled() && engine.now() < offer.expires_at() {
        match offer.turn(&engine, &mut line).await {
            Ok(false) => {}
            Ok(true) => break,
            Err(error) => {
                tracing::warn!(wallet = %offer.wallet, %error, "a pairing with a wallet app was interrupted");
                line.disconnect();
                // Over early if the daemon stops.
                let _ = timeout(PAUSE, engine.stopping().cancelled()).await;
            }
        }
    }
}

impl Offer {
    /// Opens a pairing and sends the proposal, which the relay keeps for the app.
    pub(super) async fn make(
        engine: &Engine,
        line: &mut Line,
        wallet: WalletId,
        owner: Address,
        proof: Option<String>,
    ) -> Result<Self, Error> {
        let pairing = Pairing::open(random, engine.now())?;
        let asked = asked(engine, wallet, &owner).await?;
        let proposal = pairing.proposal(&asked, DOMAIN);
        line.subscribe(engine, pairing.topic()).await?;
        let life = pairing.expires_at().saturating_sub(engine.now());
        line.send(engine, pairing.key(), &proposal, Tag::Propose, life).await?;
        let state = PairingState::Pending { expires_at: pairing.expires_at() };
        engine.wallet_apps().set_pairing(wallet, state);
        Ok(Self { wallet, owner, proof, pairing, chains: asked.chains, agreed: None })
    }

    pub(super) const fn expires_at(&self) -> UnixSeconds {
        self.pairing.expires_at()
    }

    pub(super) fn view(&self) -> views::Pairing {
        views::Pairing { uri: self.pairing.uri().as_str().into(), expires_at: self.pairing.expires_at() }
    }

    /// Waits for messages for a second. True if the pairing is over.
    async fn turn(&mut self, engine: &Engine, line: &mut Line) -> Result<bool, Error> {
        line.subscribe(engine, self.pairing.topic()).await?;
        if let Some(key) = &self.agreed {
            line.subscribe(engine, key.topic()).await?;
        }
        let until = Instant::now() + TURN;
        while let Some(delivery) = line.next(engine, until).await? {
            let done = self.take(engine, line, &delivery).await?;
            line.acknowledge(engine, &delivery).await?;
            if done || Instant::now() >= until {
                return Ok(done);
            }
        }
        Ok(false)
    }

    /// Takes a message of the app. True if the pairing is over.
    async fn take(&mut self, engine: &Engine, line: &mut Line, delivery: &Delivery) -> Result<bool, Error> {
        let of_session = self.agreed.as_ref().filter(|key| key.topic() == delivery.topic).cloned();
        let key = of_session.as_ref().unwrap_or_else(|| self.pairing.key());
        let Some(content) = key.open(&delivery.envelope).and_then(|text| Content::read(&text)) else {
            return Ok(false);
        };
        match (&content, of_session) {
            (Content::Call { id, method, params }, Some(key))
                if SessionCall::read(method, params) == SessionCall::Settle =>
            {
                let settled = Session::settled(key.clone(), params, engine.now());
                line.say(engine, &key, &Session::agreement(*id), Tag::Settled).await?;
                match settled {
                    Ok(session) => self.settle(engine, line, session).await?,
                    Err(_) => self.refuse(engine, line, &key, "The app's settlement cannot be read.").await?,
                }
                Ok(true)
            }
            (_, None) => match self.pairing.answered(&content) {
                None => Ok(false),
                Some(Ok(key)) => {
                    let topic = key.topic();
                    self.agreed = Some(key);
                    line.subscribe(engine, topic).await?;
                    Ok(false)
                }
                Some(Err(error)) => {
                    let state = PairingState::Refused { reason: format!("{error}.") };
                    engine.wallet_apps().set_pairing(self.wallet, state);
                    Ok(true)
                }
            },
            _ => Ok(false),
        }
    }

    async fn refuse(
        &self,
        engine: &Engine,
        line: &mut Line,
        key: &SymKey,
        reason: &str,
    ) -> Result<(), Error> {
        let state = PairingState::Refused { reason: reason.to_owned() };
        engine.wallet_apps().set_pairing(self.wallet, state);
        Ok(line.end(engine, key, OTHER_ACCOUNT, reason).await?)
    }

    /// Keeps a settled session if it is the owner's, with the proof that an unproved owner is to be asked for.
    async fn settle(&self, engine: &Engine, line: &mut Line, session: Session) -> Result<(), Error> {
        let wallet = engine.wallet_by_id(self.wallet).await?;
        let owners = [wallet.owner.address(), wallet.successor];
        if !owners.contains(&Some(self.owner)) {
            let key = session.key().clone();
            return self.refuse(engine, line, &key, "The wallet has another owner now.").await;
        }
        let mut chains = session.chains_of(&self.owner);
        // Other chains were not asked for.
        chains.retain(|chain| self.chains.contains(chain));
        if chains.is_empty() {
            let key = session.key().clone();
            let reason = "The app offers other accounts than the owner's.";
            return self.refuse(engine, line, &key, reason).await;
        }
        let topic = session.topic().to_string();
        let key: SecretSlice<u8> = session.key().expose().to_vec().into();
        let sealed = engine.vault().seal_secret(Purpose::Channels, &topic, &key).map_err(Error::internal)?;
        let row = WalletConnectRow {
            wallet: self.wallet,
            topic,
            owner: self.owner,
            sealed_key: sealed,
            peer_name: session.peer.name.clone(),
            peer_url: session.peer.url.clone(),
            chains,
            expires_at: session.expires_at,
            created_at: engine.now(),
        };
        let event = AuditEvent::WalletConnectPaired { owner: self.owner, app: session.peer.name.clone() };
        let audit = AuditEntry::new(event, Actor::Master, engine.now()).wallet(self.wallet);
        let (new, proof, now) = (row.clone(), self.proof.clone(), engine.now());
        let kept = engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let topic = new.topic.clone();
                    tx.insert_walletconnect_session(new, audit).await?;
                    // The session's own task sends it, as one that a crash cut off.
                    match proof {
                        Some(nonce) => tx.send_walletconnect_request(&nonce, &topic, 0, now).await,
                        None => Ok(()),
                    }
                })
            })
            .await;
        match kept {
            Ok(()) => {}
            // The app settled again, because the connection was lost after the first time.
            Err(StoreError::Duplicate(Entity::WalletConnect)) if self.is_kept(engine, &row).await? => {}
            Err(StoreError::Duplicate(Entity::WalletConnect)) => {
                let key = session.key().clone();
                return self.refuse(engine, line, &key, "The wallet has a session already.").await;
            }
            Err(error) => return Err(error.into()),
        }
        engine.wallet_apps().set_pairing(self.wallet, PairingState::Connected);
        engine.wallet_apps().wake().notify_one();
        Ok(())
    }

    async fn is_kept(&self, engine: &Engine, row: &WalletConnectRow) -> Result<bool, Error> {
        let found = engine.store().walletconnect_session(self.wallet).await?;
        Ok(found.is_some_and(|found| found.topic == row.topic))
    }
}

/// The permissions that a wallet's owner is asked for: signing texts, on the chains of the wallet's environment.
async fn asked(engine: &Engine, wallet: WalletId, owner: &Address) -> Result<Asked, Error> {
    let wallet = engine.wallet_by_id(wallet).await?;
    let networks = engine.networks().of(owner.chain(), wallet.environment);
    let mut chains: Vec<String> = networks.map(|network| network.caip2.to_string()).collect();
    let (namespace, main) = match owner {
        Address::Evm(_) => ("eip155", "eip155:1"),
        Address::Solana(_) => ("solana", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"),
    };
    // Every wallet app has the main network.
    if !chains.iter().any(|chain| chain == main) {
        chains.insert(0, main.to_owned());
    }
    Ok(Asked { namespace, chains, methods: Request::methods(owner) })
}
