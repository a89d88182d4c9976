//! A session: settled by the wallet, then used for requests until one side ends it or it expires.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::foreign::shown;

use super::crypto::{SymKey, Topic};
use super::pairing::goodbye;
use super::rpc::{Tag, agreed, call};

/// Most characters kept of a peer's name or address.
const LONGEST_NAME: usize = 128;
/// Most accounts kept.
const MOST_ACCOUNTS: usize = 256;
/// The longest life of a session, in seconds.
const LONGEST_LIFE: UnixSeconds = 7 * 86_400;

/// The wallet app on the other side, in its own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Its name, escaped.
    pub name: String,
    /// Its home page, escaped.
    pub url: String,
}

/// An account that a wallet offers, as CAIP-10: chain and address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The chain, as CAIP-2.
    pub chain: String,
    /// The address in the chain's own form.
    pub address: String,
}

/// A settled session.
#[derive(Clone)]
pub struct Session {
    key: SymKey,
    /// The other side.
    pub peer: Peer,
    /// The accounts that it answers for.
    pub accounts: Vec<Account>,
    /// From this second on it does not exist, unless extended.
    pub expires_at: UnixSeconds,
}

/// Why a settlement cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the wallet's settlement of the session cannot be read")]
pub struct SettleError;

/// A request of the peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionCall {
    /// It settles the session.
    Settle,
    /// It offers other accounts than before.
    Update(Vec<Account>),
    /// It extends the session.
    Extend,
    /// It reports a change of chain or account. The accounts of a session change by an update only.
    Event,
    /// It ends the session.
    Delete,
    /// It asks whether we are there.
    Ping,
    /// A method that a wallet does not send, or one of a later version.
    Unknown,
}

impl SessionCall {
    /// Reads a request of the peer.
    pub fn read(method: &str, params: &Value) -> Self {
        #[derive(Deserialize)]
        struct Update {
            namespaces: Namespaces,
        }
        match method {
            "wc_sessionSettle" => Self::Settle,
            "wc_sessionUpdate" => Update::deserialize(params)
                .map_or(Self::Unknown, |update| Self::Update(accounts(&update.namespaces))),
            "wc_sessionExtend" => Self::Extend,
            "wc_sessionEvent" => Self::Event,
            "wc_sessionDelete" => Self::Delete,
            "wc_sessionPing" => Self::Ping,
            _ => Self::Unknown,
        }
    }

    /// The tag of its answer; none for a request that is not answered.
    pub const fn answer(&self) -> Option<Tag> {
        match self {
            Self::Settle => Some(Tag::Settled),
            Self::Update(_) => Some(Tag::Updated),
            Self::Extend => Some(Tag::Extended),
            Self::Event => Some(Tag::EventTaken),
            Self::Delete => Some(Tag::Deleted),
            Self::Ping => Some(Tag::Ponged),
            Self::Unknown => None,
        }
    }
}

type Namespaces = BTreeMap<String, Namespace>;

#[derive(Deserialize)]
struct Namespace {
    accounts: Vec<String>,
}

fn accounts(namespaces: &Namespaces) -> Vec<Account> {
    let all = namespaces.values().flat_map(|namespace| &namespace.accounts);
    let account = |text: &String| {
        let (chain, address) = text.rsplit_once(':')?;
        Some(Account { chain: chain.to_owned(), address: address.to_owned() })
    };
    all.filter_map(account).take(MOST_ACCOUNTS).collect()
}

impl Session {
    /// A session from its stored parts.
    pub const fn new(key: SymKey, peer: Peer, accounts: Vec<Account>, expires_at: UnixSeconds) -> Self {
        Self { key, peer, accounts, expires_at }
    }

    /// Reads `wc_sessionSettle`.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if it has another form, or is over already.
    pub fn settled(key: SymKey, params: &Value, now: UnixSeconds) -> Result<Self, SettleError> {
        #[derive(Deserialize)]
        struct Settle {
            controller: Controller,
            namespaces: Namespaces,
            expiry: UnixSeconds,
        }
        #[derive(Deserialize)]
        struct Controller {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            #[serde(default)]
            name: String,
            #[serde(default)]
            url: String,
        }
        let settle = Settle::deserialize(params).map_err(|_| SettleError)?;
        let expires_at = settle.expiry.min(now.saturating_add(LONGEST_LIFE));
        if expires_at <= now {
            return Err(SettleError);
        }
        let name = |text: String| shown(&text.chars().take(LONGEST_NAME).collect::<String>());
        let Metadata { name: app, url } = settle.controller.metadata;
        let peer = Peer { name: name(app), url: name(url) };
        Ok(Self { key, peer, accounts: accounts(&settle.namespaces), expires_at })
    }

    /// Its topic.
    pub fn topic(&self) -> Topic {
        self.key.topic()
    }

    /// Its key.
    pub const fn key(&self) -> &SymKey {
        &self.key
    }

    /// The chains (CAIP-2) on which it answers for `owner`.
    pub fn chains_of(&self, owner: &Address) -> Vec<String> {
        let is_owner = |account: &&Account| Address::parse(owner.chain(), &account.address) == Ok(*owner);
        self.accounts.iter().filter(is_owner).map(|account| account.chain.clone()).collect()
    }

    /// The text that agrees to a request of the peer.
    pub fn agreement(id: u64) -> String {
        agreed(id)
    }

    /// The text of `wc_sessionExtend`, and the new end of the session.
    pub fn extension(id: u64, now: UnixSeconds) -> (String, UnixSeconds) {
        (call(id, "wc_sessionExtend", &json!({})), now.saturating_add(LONGEST_LIFE))
    }

    /// The text of `wc_sessionDelete`. Codes are those of the Sign API: 6000 for a disconnection by the user, 4001 for
    /// accounts that are not accepted.
    pub fn goodbye(id: u64, code: i64, reason: &str) -> String {
        goodbye(id, code, reason)
    }
}
