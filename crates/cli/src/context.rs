//! Where the data is, where the daemon is, and who asks.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use waiaas_api::client::Client;
use waiaas_engine::DataDir;
use waiaas_engine::config::Config;

use crate::{environment, password};

/// What every command needs.
pub(crate) struct Context {
    data_dir: DataDir,
    base_url: Option<String>,
    json: bool,
}

impl Context {
    pub(crate) fn new(data_dir: Option<PathBuf>, base_url: Option<String>, json: bool) -> Self {
        let home = || std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let path = data_dir.unwrap_or_else(|| home().join(".waiaas"));
        Self { data_dir: DataDir::new(path), base_url, json }
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// The configuration of the data directory, with environment and `flags` over it.
    pub(crate) fn config(&self, flags: Vec<(String, String)>) -> Result<Config> {
        Ok(Config::load(self.data_dir.path(), environment::all(), flags)?)
    }

    /// Written by a running daemon, so that commands find it whatever its port.
    pub(crate) fn url_file(&self) -> PathBuf {
        self.data_dir.path().join("daemon.url")
    }

    /// The daemon's URL: as told, else as the running daemon wrote it, else as configured.
    pub(crate) fn base_url(&self) -> Result<String> {
        if let Some(url) = &self.base_url {
            return Ok(url.clone());
        }
        if let Ok(url) = std::fs::read_to_string(self.url_file()) {
            return Ok(url.trim().to_owned());
        }
        let daemon = self.config(Vec::new())?.daemon;
        Ok(format!("http://127.0.0.1:{}", daemon.port))
    }

    /// A client that proves nothing.
    pub(crate) fn anonymous(&self) -> Result<Client> {
        Ok(Client::new(&self.base_url()?)?)
    }

    /// A client with the operator's password, from wherever it is.
    pub(crate) fn operator(&self) -> Result<Client> {
        let password = password::master(&self.data_dir).context("finding the master password")?;
        Ok(self.anonymous()?.master_password(password))
    }
}
