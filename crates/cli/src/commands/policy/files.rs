//! The daemon's policies in the form of a policy file.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use waiaas_api::client::Client;
use waiaas_api::page::PageQuery;
use waiaas_api::policies::Policy;
use waiaas_api::wallets::Wallet;
use waiaas_engine::core::ids::WalletId;
use waiaas_engine::core::policy::PolicyType;
use waiaas_engine::policy_files::{FilePolicy, PolicyFile};

/// Entries per page.
const PAGE: u32 = 200;

/// Names of wallets in files: the name, or the id if several wallets have the name.
pub(super) struct Names(BTreeMap<WalletId, String>);

impl Names {
    pub(super) async fn ask(client: &Client) -> Result<Self> {
        Ok(Self::of(&client.wallets().await?))
    }

    pub(super) fn of(wallets: &[Wallet]) -> Self {
        let unique = |name: &str| wallets.iter().filter(|wallet| wallet.name == name).count() == 1;
        let named = wallets.iter().map(|wallet| {
            let name = if unique(&wallet.name) { wallet.name.clone() } else { wallet.id.to_string() };
            (wallet.id, name)
        });
        Self(named.collect())
    }

    pub(super) fn name(&self, id: WalletId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// The wallet that is named `text` in a file.
    pub(super) fn id(&self, text: &str) -> Result<WalletId> {
        let by_id = self.0.iter().find(|(id, _)| id.to_string() == text);
        let found = by_id.or_else(|| self.0.iter().find(|(_, name)| *name == text));
        let missing = || format!("there is no wallet '{text}'; see `waiaas wallet list`");
        Ok(*found.with_context(missing)?.0)
    }

    /// The file with every wallet named as here, so that two files can be compared.
    pub(super) fn settle(&self, mut file: PolicyFile) -> Result<PolicyFile> {
        for row in &mut file.policies {
            if let Some(text) = &row.wallet {
                row.wallet = Some(self.name(self.id(text)?));
            }
        }
        Ok(file)
    }
}

/// Every policy of the daemon, oldest first.
pub(super) async fn rows(client: &Client) -> Result<Vec<Policy>> {
    let mut query = PageQuery { limit: Some(PAGE), ..PageQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = client.policies(&query).await?;
        rows.extend(page.data);
        match page.next_cursor {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Policies in the form of a file.
pub(super) fn file(rows: &[Policy], names: &Names) -> Result<PolicyFile> {
    let policies = rows.iter().map(|row| self::row(row, names));
    Ok(PolicyFile { policies: policies.collect::<Result<_>>()? })
}

/// One policy in the form of a file.
pub(super) fn row(row: &Policy, names: &Names) -> Result<FilePolicy> {
    let unknown = || {
        format!("the daemon has a policy of the type {}, which this version does not know", row.policy_type)
    };
    Ok(FilePolicy {
        policy_type: PolicyType::parse(&row.policy_type).with_context(unknown)?,
        wallet: row.wallet_id.map(|id| names.name(id)),
        network: row.network.clone(),
        priority: row.priority,
        enabled: row.enabled,
        rules: row.rules.clone(),
    })
}
