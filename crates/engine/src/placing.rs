//! Finds the wallet and the network of a request that does not name them.
//!
//! The wallet is the only one of the session that fits the request's addresses, network and asset ids. A read
//! request falls back to the session's default wallet; a request that moves value and fits several wallets is
//! refused. A field that fits no wallet of the session is reported first, since naming a wallet would not
//! help. The network is that of the asset, else the wallet's default, else the only usable one.

use std::sync::Arc;

use waiaas_api::requests::{Approve, BatchMember, ContractCall, Operation, TokenRef, TokenTransfer};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::WalletId;
use waiaas_core::intent::Intent;
use waiaas_core::network::{Chain, Network, NetworkError, Networks};
use waiaas_core::nft::NftId;
use waiaas_core::wallet::WalletStatus;

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode, Remedy};
use crate::views::{Asked, SendRequest, Wallet};

/// The parts of a request that restrict wallet and network.
#[derive(Default)]
struct Traits<'a> {
    /// The chains that the request names or implies.
    chains: Vec<Chain>,
    /// Every address, with the name of its field.
    addresses: Vec<(&'static str, &'a str)>,
    /// The networks of the asset ids.
    assets: Vec<Arc<str>>,
    /// The error of a part that cannot be read.
    fault: Option<Error>,
}

impl Engine {
    /// The wallet and the network of a request that moves value.
    pub(crate) async fn place(
        &self,
        session: &Session,
        request: &SendRequest,
    ) -> Result<(Wallet, Arc<Network>), Error> {
        let mut traits = Traits::default();
        traits.chains.extend(request.chain);
        traits.read(&request.asked);
        let named = match &request.network {
            Some(text) => Some(self.networks().find(text)?),
            None => traits.network(self.networks()),
        };
        let wallet = match request.wallet {
            Some(id) => self.linked_wallet(session, id).await?,
            None => {
                let wallets = self.session_wallets(session).await?;
                if wallets.len() > 1 {
                    traits.refuse_what_fits_none(&wallets, named)?;
                }
                only(wallets, |wallet| fits(wallet, named, &traits.chains))?
            }
        };
        let network = match (&request.network, named) {
            // An asset of another chain or environment is refused when the asset is read, with its name.
            (None, Some(network)) if at_home(&wallet, network) => Arc::new(network.clone()),
            (named, _) => self.network_of(&wallet, named.as_deref())?,
        };
        Ok((wallet, network))
    }

    /// The wallets a session may use.
    pub(crate) async fn session_wallets(&self, session: &Session) -> Result<Vec<Wallet>, Error> {
        let mut wallets = Vec::new();
        for id in session.wallets() {
            wallets.push(self.wallet_by_id(*id).await?);
        }
        Ok(wallets)
    }

    /// The wallet of a read request: the named one, else the default wallet, or the only other one on the
    /// requested network.
    pub(crate) async fn session_wallet(
        &self,
        session: &Session,
        named: Option<WalletId>,
    ) -> Result<Wallet, Error> {
        self.wallet_to_read(session, named, None).await
    }

    pub(crate) async fn wallet_to_read(
        &self,
        session: &Session,
        named: Option<WalletId>,
        network: Option<&str>,
    ) -> Result<Wallet, Error> {
        if let Some(id) = named {
            return self.linked_wallet(session, id).await;
        }
        let default = self.wallet_by_id(session.default_wallet()?).await?;
        let Some(text) = network else { return Ok(default) };
        let network = self.networks().find(text)?;
        if at_home(&default, network) {
            return Ok(default);
        }
        let wallets = self.session_wallets(session).await?;
        // A single wallet is not ambiguous; a wrong network is reported where the network is resolved.
        if let [_] = wallets.as_slice() {
            return Ok(default);
        }
        on_one_of(&wallets, network)?;
        only(wallets, |wallet| at_home(wallet, network))
    }

    async fn linked_wallet(&self, session: &Session, id: WalletId) -> Result<Wallet, Error> {
        if session.wallets().contains(&id) {
            return self.wallet_by_id(id).await;
        }
        Err(Error::new(ErrorCode::WalletAccessDenied, "The session is not linked to this wallet.")
            .hint(Remedy::ListWallets))
    }

    /// The networks that a wallet can use; only those with an endpoint.
    pub fn networks_of(&self, wallet: &Wallet) -> Vec<Network> {
        let all = self.networks().of(wallet.chain, wallet.environment);
        all.filter(|network| self.chain(&network.id).is_ok()).cloned().collect()
    }

    /// The network of a wallet's request: the named one, else the wallet's default.
    ///
    /// # Errors
    /// `NETWORK_NOT_FOUND`, `ENVIRONMENT_NETWORK_MISMATCH`, `NETWORK_REQUIRED`.
    pub fn network_of(&self, wallet: &Wallet, named: Option<&str>) -> Result<Arc<Network>, Error> {
        let network = match named {
            Some(_) => self.networks().resolve(named, wallet.chain, wallet.environment)?.clone(),
            None => self.default_network(wallet)?,
        };
        Ok(Arc::new(network))
    }

    /// The network of requests that name none: the one set by the operator, else the default of this chain and
    /// environment if there is one, else the only usable one.
    ///
    /// # Errors
    /// `NETWORK_REQUIRED` if several networks are usable and none is the default.
    pub fn default_network(&self, wallet: &Wallet) -> Result<Network, Error> {
        let set = wallet.default_network.as_ref().and_then(|id| self.networks().get(id));
        if let Some(network) = set.filter(|network| at_home(wallet, network)) {
            return Ok(network.clone());
        }
        match self.networks().default_for(wallet.chain, wallet.environment) {
            Ok(network) => Ok(network.clone()),
            Err(NetworkError::Required(all)) => {
                let mut usable = self.networks_of(wallet);
                match (usable.pop(), usable.is_empty()) {
                    (Some(only), true) => Ok(only),
                    (Some(last), false) => {
                        usable.push(last);
                        let names = usable.iter().map(|network| network.id.to_string()).collect();
                        Err(NetworkError::Required(names).into())
                    }
                    (None, _) => Err(NetworkError::Required(all).into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn at_home(wallet: &Wallet, network: &Network) -> bool {
    (network.chain, network.environment) == (wallet.chain, wallet.environment)
}

fn fits(wallet: &Wallet, network: Option<&Network>, chains: &[Chain]) -> bool {
    network.is_none_or(|network| at_home(wallet, network))
        && chains.iter().all(|chain| *chain == wallet.chain)
}

/// Refuses a network that none of the session's wallets can ever use.
fn on_one_of(wallets: &[Wallet], network: &Network) -> Result<(), Error> {
    if wallets.iter().any(|wallet| at_home(wallet, network)) {
        return Ok(());
    }
    let mut homes: Vec<_> =
        wallets.iter().map(|wallet| format!("{} {}", wallet.chain, wallet.environment)).collect();
    homes.sort_unstable();
    homes.dedup();
    let message =
        format!("None of the session's wallets is on {}; they are on {}.", network.id, homes.join(" and "));
    Err(Error::new(ErrorCode::EnvironmentNetworkMismatch, message).hint(Remedy::NameNetworkOfSession))
}

/// The only wallet of a session, or the only one that fits and may ever sign again.
fn only(mut wallets: Vec<Wallet>, fits: impl Fn(&Wallet) -> bool) -> Result<Wallet, Error> {
    if wallets.len() > 1 {
        wallets.retain(|wallet| fits(wallet) && wallet.status != WalletStatus::Terminated);
    }
    let names: Vec<_> = wallets.iter().map(|wallet| format!("{} ({})", wallet.name, wallet.id)).collect();
    let required =
        |message: String| Err(Error::new(ErrorCode::WalletIdRequired, message).hint(Remedy::NameWallet));
    match (wallets.pop(), wallets.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            required(format!("The request fits several of the session's wallets: {}.", names.join(", ")))
        }
        (None, _) => {
            required("The request fits none of the session's wallets; name the one that is meant.".to_owned())
        }
    }
}

impl<'a> Traits<'a> {
    /// The one network that all asset ids are of.
    fn network<'n>(&self, networks: &'n Networks) -> Option<&'n Network> {
        let (first, rest) = self.assets.split_first()?;
        let same = rest.iter().all(|other| other == first);
        networks.all().find(|network| same && network.caip2 == *first)
    }

    /// Refuses the first field that fits no wallet of the session.
    fn refuse_what_fits_none(&self, wallets: &[Wallet], named: Option<&Network>) -> Result<(), Error> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if let Some(network) = named {
            on_one_of(wallets, network)?;
        }
        let families: Vec<Chain> = match (named, self.chains.first()) {
            (Some(network), _) => vec![network.chain],
            (None, Some(chain)) if wallets.iter().any(|wallet| wallet.chain == *chain) => vec![*chain],
            (None, _) => wallets.iter().map(|wallet| wallet.chain).collect(),
        };
        for (field, text) in &self.addresses {
            let reads = |chain: &Chain| Address::parse(*chain, text);
            match families.first().map(reads) {
                Some(Err(error)) if !families.iter().any(|chain| reads(chain).is_ok()) => {
                    return Err(Error::from(error).at(field));
                }
                Some(Ok(_) | Err(_)) | None => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, asked: &'a Asked) {
        match asked {
            Asked::Operation(operation) => self.read_operation(operation),
            Asked::Signature(Intent::SignTypedData { .. }) => self.chains.push(Chain::Ethereum),
            // Both chains sign texts, and the bytes of a transaction are read once its chain is known.
            Asked::Signature(_) => {}
        }
    }

    fn read_operation(&mut self, operation: &'a Operation) {
        match operation {
            Operation::Transfer(transfer) => self.address("to", &transfer.to),
            Operation::TokenTransfer(transfer) => self.token_transfer(transfer),
            Operation::ContractCall(call) => self.call(call),
            Operation::Approve(approve) => self.approve(approve),
            Operation::Batch(batch) => batch.instructions.iter().for_each(|member| match member {
                BatchMember::Transfer(transfer) => self.address("to", &transfer.to),
                BatchMember::TokenTransfer(transfer) => self.token_transfer(transfer),
                BatchMember::ContractCall(call) => self.call(call),
                BatchMember::Approve(approve) => self.approve(approve),
            }),
            Operation::NftTransfer(transfer) => {
                self.address("to", &transfer.to);
                let token = &transfer.token;
                self.nft(token.address.as_deref(), token.asset_id.as_deref());
            }
            Operation::ContractDeploy(_) => self.chains.push(Chain::Ethereum),
        }
    }

    fn token_transfer(&mut self, transfer: &'a TokenTransfer) {
        self.address("to", &transfer.to);
        self.token(&transfer.token);
    }

    fn approve(&mut self, approve: &'a Approve) {
        self.address("spender", &approve.spender);
        let token = &approve.token;
        match &approve.nft {
            Some(_) => self.nft(token.address.as_deref(), token.asset_id.as_deref()),
            None => self.token(token),
        }
    }

    fn call(&mut self, call: &'a ContractCall) {
        if call.is_of_a_program() {
            self.chains.push(Chain::Solana);
        } else {
            self.chains.push(Chain::Ethereum);
            self.address("to", call.to.as_deref().unwrap_or_default());
        }
    }

    fn token(&mut self, token: &'a TokenRef) {
        if let Some(address) = &token.address {
            self.address("token.address", address);
        }
        if let Some(id) = &token.asset_id {
            let read = id.parse::<AssetId>().map(|asset| asset.caip2);
            self.asset(read.map_err(|error| Error::from(error).at("token.assetId")));
        }
    }

    fn nft(&mut self, address: Option<&'a str>, asset_id: Option<&'a str>) {
        if let Some(address) = address {
            self.address("token.address", address);
        }
        if let Some(id) = asset_id {
            let read = id.parse::<NftId>().map(|nft| nft.caip2);
            self.asset(read.map_err(|_| Error::invalid("token.assetId", "not the CAIP-19 id of an NFT")));
        }
    }

    fn address(&mut self, field: &'static str, text: &'a str) {
        self.addresses.push((field, text));
        match text.parse::<Address>() {
            Ok(address) => self.chains.push(address.chain()),
            Err(error) => {
                self.fault.get_or_insert_with(|| Error::from(error).at(field));
            }
        }
    }

    fn asset(&mut self, caip2: Result<Arc<str>, Error>) {
        match caip2 {
            Ok(caip2) => self.assets.push(caip2),
            Err(fault) => {
                self.fault.get_or_insert(fault);
            }
        }
    }
}
