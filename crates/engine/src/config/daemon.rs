//! `[daemon]`: the process and its listening socket.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::value::path;

/// `[daemon]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Daemon {
    /// TCP port; 0 for any free port.
    #[serde(deserialize_with = "port")]
    #[schemars(schema_with = "port_schema")]
    pub port: u16,
    /// Address to listen on.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "String")]
    pub hostname: IpAddr,
    /// Least severe level written to the log.
    pub log_level: LogLevel,
    /// Seconds that running requests get at shutdown.
    #[schemars(range(min = 5, max = 300), extend("x-unit" = "seconds"))]
    pub shutdown_timeout: u64,
    /// Lower-case host names, without port, accepted in a Host header besides loopback names.
    #[serde(deserialize_with = "host_names")]
    pub allowed_hosts: Vec<String>,
    /// Process-id file as configured; see [`Daemon::pid_path`].
    #[serde(deserialize_with = "path")]
    #[schemars(length(min = 1))]
    pub pid_file: PathBuf,
}

impl Daemon {
    /// Returns the address to listen on.
    pub const fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.hostname, self.port)
    }

    /// Returns the path of the process-id file; a relative one is below the data directory.
    pub fn pid_path(&self, data_dir: &Path) -> PathBuf {
        data_dir.join(&self.pid_file)
    }
}

/// Severity of log lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// For developers.
    Debug,
    /// Normal operation.
    Info,
    /// Something that needs attention.
    Warn,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// Returns the name of the level in log filters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

fn port_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "oneOf": [{ "const": 0 }, { "minimum": 1024, "maximum": 65535 }] })
}

fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::try_from(i64::deserialize(deserializer)?) {
        Ok(port) if port == 0 || port >= 1024 => Ok(port),
        Ok(_) | Err(_) => Err(de::Error::custom("must be 1024 to 65535, or 0 for any free port")),
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        de::Error::custom("must be an IP address of this machine, such as 127.0.0.1, 0.0.0.0 or ::1")
    })
}

fn host_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut names = Vec::<String>::deserialize(deserializer)?;
    for name in &mut names {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) {
            return Err(de::Error::custom("must be host names without scheme, port or wildcard"));
        }
        name.make_ascii_lowercase();
    }
    Ok(names)
}
