//! Policies as files: reading and writing sets of them, testing them on cases, comparing them.
//!
//! Everything works without a daemon, on text; only [`TestFile::load`] and [`PolicyFile::load`] read files.
//! Rules are validated by `Rules::parse`, like those of stored rows. Does not belong here: rows in the
//! database (`crate::policies`) and recorded decisions (`operator/replay.rs`).

mod cases;
mod diff;
mod error;
mod given;
mod run;

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use waiaas_core::action::ActionCategory;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::network::Networks;
use waiaas_core::policy::{Policy, PolicyType, Rules, Scope, category};
use waiaas_core::{Wording, strict, wording};

pub use cases::TestFile;
pub use diff::{Diff, FieldDiff, RowDiff, Strictness, diff, loosens_for};
pub use error::FileError;
pub use run::{CaseReport, TestReport};

const fn yes() -> bool {
    true
}

/// One row of a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePolicy {
    /// Its type.
    #[serde(rename = "type")]
    pub policy_type: PolicyType,
    /// The wallet it applies to, by name or id; absent: all wallets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<String>,
    /// The network it applies to; absent: all networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The order in reports; no effect on verdicts.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Its rules, in the form that the type requires.
    pub rules: Value,
}

/// A set of policies: `[[policy]]` tables of a TOML file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// The rows, in the order of the file.
    #[serde(rename = "policy", default)]
    pub policies: Vec<FilePolicy>,
}

impl PolicyFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`FileError`] with file and place.
    pub fn load(path: &Path, networks: &Networks) -> Result<Self, FileError> {
        Self::read(&path.display().to_string(), &text_of(path)?, networks)
    }

    /// Reads and checks a text; errors call the file `name`.
    ///
    /// # Errors
    /// [`FileError`] with file and place.
    pub fn read(name: &str, text: &str, networks: &Networks) -> Result<Self, FileError> {
        let file: Self = parse(name, text)?;
        file.compile(name, networks)?;
        Ok(file)
    }

    /// Writes the text that [`PolicyFile::read`] reads back.
    ///
    /// # Errors
    /// [`FileError`] for rules that TOML cannot express.
    pub fn write(&self) -> Result<String, FileError> {
        toml::to_string_pretty(self).map_err(FileError::Unwritable)
    }

    /// Compiles the rows in force. Ids are the rows' numbers in the file, from 1; wallets are identified by
    /// their names in the file.
    ///
    /// # Errors
    /// [`FileError`] for rules that are not valid, or two rows of one type and scope.
    pub fn compile(&self, name: &str, networks: &Networks) -> Result<Vec<Policy>, FileError> {
        let mut seen = BTreeSet::new();
        let mut policies = Vec::new();
        for (index, row) in self.policies.iter().enumerate() {
            let at = format!("policy[{index}]");
            let (scope, rules) = row.read(name, &at, networks)?;
            if !seen.insert((row.policy_type, row.category(), scope.clone())) {
                let reason = format!(
                    "there is {} for this wallet and network already; join the two",
                    row.policy_type.with_article()
                );
                return Err(FileError::meaning(name, &at, reason));
            }
            if row.enabled {
                let number = u128::try_from(index).unwrap_or(u128::MAX).saturating_add(1);
                let id = PolicyId::new(Uuid::from_u128(number));
                policies.push(Policy { id, scope, priority: row.priority, rules });
            }
        }
        Ok(policies)
    }
}

impl FilePolicy {
    /// Whether both rows have the same type and scope, for ACTION_CATEGORY_LIMIT also the same category. A
    /// set may have only one such row.
    pub fn same_place(&self, other: &Self) -> bool {
        (self.policy_type, self.category(), &self.wallet, &self.network)
            == (other.policy_type, other.category(), &other.wallet, &other.network)
    }

    fn category(&self) -> Option<ActionCategory> {
        category(self.policy_type, &self.rules)
    }

    fn read(&self, name: &str, at: &str, networks: &Networks) -> Result<(Scope, Rules), FileError> {
        let network = match &self.network {
            Some(text) => {
                let known = networks.find(text);
                let refuse = |e| FileError::meaning(name, &format!("{at}.network"), format!("{e}"));
                Some(known.map_err(refuse)?.id.clone())
            }
            None => None,
        };
        let rules = Rules::parse(self.policy_type, &self.rules, networks, network.as_ref());
        let rules = rules.map_err(|source| FileError::Rules {
            file: name.to_owned(),
            at: format!("{at} ({})", self.policy_type),
            source,
        })?;
        Ok((Scope { wallet: self.wallet.as_deref().map(wallet_id), network }, rules))
    }
}

/// The id of a wallet in files: its id, or an id made from its name.
pub(crate) fn wallet_id(text: &str) -> WalletId {
    let named = || {
        let digest = Digest::of("waiaas.file.wallet", &[text.as_bytes()]);
        let (head, _) = digest.as_bytes().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        Uuid::from_bytes(*head)
    };
    WalletId::new(text.parse().unwrap_or_else(|_| named()))
}

fn text_of(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path)
        .map_err(|source| FileError::Unreadable { file: path.display().to_string(), source })
}

/// Parses TOML of a known type; errors name the key.
fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, FileError> {
    let value: Value = toml::from_str(text)
        .map_err(|source| FileError::NotToml { file: name.to_owned(), source: Box::new(source) })?;
    strict::read(&value).map_err(|error| {
        let (at, message) = (strict::path(error.path()), error.into_inner().to_string());
        let problem = match wording(&message) {
            Some(Wording { field: Some(field), text, .. }) => format!("'{field}': {text}"),
            Some(Wording { field: None, text, .. }) => text,
            None => message,
        };
        FileError::Shape { file: name.to_owned(), at, problem }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[[policy]]
type = "SPENDING_LIMIT"
wallet = "trader"
rules = { instant_max_usd = 10, daily_limit_usd = 0.5 }

[[policy]]
type = "RATE_LIMIT"
network = "base-mainnet"
enabled = false
rules = { maxRequests = 3, windowSeconds = 60 }
"#;

    #[test]
    fn a_file_survives_writing() {
        let networks = Networks::builtin();
        let text = TEXT.replace("maxRequests", "max_requests").replace("windowSeconds", "window_seconds");
        let file = PolicyFile::read("a.toml", &text, &networks).expect("valid");
        assert_eq!(file.compile("a.toml", &networks).expect("valid").len(), 1, "one is in force");
        let again = PolicyFile::read("b.toml", &file.write().expect("written"), &networks).expect("valid");
        assert_eq!(again, file);
    }

    #[test]
    fn errors_name_file_and_key() {
        let networks = Networks::builtin();
        for (text, part) in [
            ("[[policy]]\ntype = \"NO_SUCH\"\nrules = {}", "policy[0].type"),
            ("[[policy]]\ntype = \"RATE_LIMIT\"\nrule = {}", "rule"),
            ("[[policy]]\ntype = \"RATE_LIMIT\"\nrules = { max_requests = 0 }", "policy[0] (RATE_LIMIT)"),
            ("[[policy]\n", "line 1"),
            ("[[policy]]\ntype = \"RATE_LIMIT\"\nnetwork = \"x\"\nrules = {}", "policy[0].network"),
            ("policy = [[\"RATE_LIMIT\", \"w\", \"n\", 1, true, {}]]", "policy[0]: expected an object"),
            ("policy = [{ type = \"RATE_LIMIT\", rules = [1, 1] }]", "rules: must be an object"),
            ("\"a\\u202eb\" = 1", "'a\\u{202e}b': this field is not known here"),
        ] {
            let error = PolicyFile::read("a.toml", text, &networks).expect_err(text);
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let error = format!("{error}: {source}");
            assert!(error.contains("a.toml") && error.contains(part), "{error}");
        }
    }

    #[test]
    fn one_row_per_type_and_place() {
        let row = "[[policy]]\ntype = \"RATE_LIMIT\"\nrules = { max_requests = 1, window_seconds = 1 }\n";
        let error = PolicyFile::read("a.toml", &row.repeat(2), &Networks::builtin()).expect_err("twice");
        assert!(error.to_string().contains("policy[1]"), "{error}");
    }
}
