//! Open pairings: a proposal, the app's answer, and the settlement of the session.

use waiaas_channels::walletconnect::{
    Asked, Content, Delivery, Pairing, Request, Session, SessionCall, SymKey, Tag, Topic,
};
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::WalletId;
use waiaas_core::owner::DOMAIN;
use waiaas_keys::Purpose;
use waiaas_keys::SecretSlice;
use waiaas_store::{AuditEntry, Entity, StoreError, WalletConnectRow};

use super::link::Link;
use super::random;
use crate::Engine;
use crate::error::Error;
use crate::views::{self, PairingState};

/// Code of the Sign API for accounts that are not accepted.
const OTHER_ACCOUNT: i64 = 4001;

/// An open pairing.
pub(super) struct Offer {
    wallet: WalletId,
    owner: Address,
    proof: Option<String>,
    pairing: Pairing,
    agreed: Option<SymKey>,
}

impl Offer {
    /// Opens a pairing and sends the proposal, which the relay keeps for the app.
    pub(super) async fn make(
        engine: &Engine,
        link: &mut Link,
        wallet: WalletId,
        owner: Address,
        proof: Option<String>,
    ) -> Result<Self, Error> {
        let pairing = Pairing::open(random, engine.now())?;
        let proposal = pairing.proposal(&asked(engine, wallet, &owner).await?, DOMAIN);
        link.subscribe(engine, pairing.topic()).await?;
        let life = pairing.expires_at().saturating_sub(engine.now());
        link.send(engine, pairing.key(), &proposal, Tag::Propose, life).await?;
        let state = PairingState::Pending { expires_at: pairing.expires_at() };
        engine.wallet_apps().set_pairing(wallet, state);
        Ok(Self { wallet, owner, proof, pairing, agreed: None })
    }

    pub(super) const fn wallet(&self) -> WalletId {
        self.wallet
    }

    pub(super) const fn expires_at(&self) -> UnixSeconds {
        self.pairing.expires_at()
    }

    pub(super) fn view(&self) -> views::Pairing {
        views::Pairing { uri: self.pairing.uri().as_str().into(), expires_at: self.pairing.expires_at() }
    }

    /// The topics on which the app answers.
    pub(super) fn topics(&self) -> impl Iterator<Item = Topic> + use<> {
        [Some(self.pairing.topic()), self.agreed.as_ref().map(SymKey::topic)].into_iter().flatten()
    }

    pub(super) fn listens_to(&self, topic: Topic) -> bool {
        self.topics().any(|own| own == topic)
    }

    /// Takes a message of the app. Returns the offer if it is still open.
    ///
    /// # Errors
    ///
    /// Storage errors, and those of the relay.
    pub(super) async fn take(
        mut self,
        engine: &Engine,
        link: &mut Link,
        delivery: &Delivery,
    ) -> Result<Option<Self>, Error> {
        let of_session = self.agreed.as_ref().filter(|key| key.topic() == delivery.topic);
        let key = of_session.unwrap_or_else(|| self.pairing.key());
        let Some(content) = key.open(&delivery.envelope).and_then(|text| Content::read(&text)) else {
            return Ok(Some(self));
        };
        match (&content, of_session.cloned()) {
            (Content::Call { id, method, params }, Some(key))
                if SessionCall::read(method, params) == SessionCall::Settle =>
            {
                let settled = Session::settled(key.clone(), params, engine.now());
                let agreement = Session::agreement(id);
                link.say(engine, &key, &agreement, Tag::Settled).await?;
                let Ok(session) = settled else {
                    return self.refuse(engine, link, &key, "The app's settlement cannot be read.").await;
                };
                self.settle(engine, link, session).await?;
                Ok(None)
            }
            (_, None) => match self.pairing.answered(&content) {
                None => Ok(Some(self)),
                Some(Ok(key)) => {
                    link.subscribe(engine, key.topic()).await?;
                    self.agreed = Some(key);
                    Ok(Some(self))
                }
                Some(Err(error)) => {
                    let state = PairingState::Refused { reason: format!("{error}.") };
                    engine.wallet_apps().set_pairing(self.wallet, state);
                    Ok(None)
                }
            },
            _ => Ok(Some(self)),
        }
    }

    async fn refuse(
        self,
        engine: &Engine,
        link: &mut Link,
        key: &SymKey,
        reason: &str,
    ) -> Result<Option<Self>, Error> {
        let state = PairingState::Refused { reason: reason.to_owned() };
        engine.wallet_apps().set_pairing(self.wallet, state);
        link.end(engine, key, OTHER_ACCOUNT, reason).await?;
        Ok(None)
    }

    /// Keeps a settled session if it is the owner's, and asks an unproved owner for the proof.
    async fn settle(self, engine: &Engine, link: &mut Link, session: Session) -> Result<(), Error> {
        let wallet = engine.wallet_by_id(self.wallet).await?;
        let owners = [wallet.owner.address(), wallet.successor];
        if !owners.contains(&Some(self.owner)) {
            let key = session.key().clone();
            return self.refuse(engine, link, &key, "The wallet has another owner now.").await.map(drop);
        }
        let chains = session.chains_of(&self.owner);
        if chains.is_empty() {
            let key = session.key().clone();
            let reason = "The app offers other accounts than the owner's.";
            return self.refuse(engine, link, &key, reason).await.map(drop);
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
        let new = row.clone();
        let kept = engine
            .store()
            .write(move |tx| Box::pin(async move { tx.insert_walletconnect_session(new, audit).await }))
            .await;
        match kept {
            Ok(()) => {}
            Err(StoreError::Duplicate(Entity::WalletConnect)) => {
                let key = session.key().clone();
                return self.refuse(engine, link, &key, "The wallet has a session already.").await.map(drop);
            }
            Err(error) => return Err(error.into()),
        }
        engine.wallet_apps().set_pairing(self.wallet, PairingState::Connected);
        if let Some(nonce) = &self.proof
            && let Some(asked) = engine.store().challenge(nonce).await?
            && asked.consumed_at.is_none()
        {
            link.ask(engine, &row, &session, &asked.challenge).await?;
        }
        Ok(())
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
