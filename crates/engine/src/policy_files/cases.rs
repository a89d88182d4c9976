//! The format of test files: cases with a request and the expected verdict.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use waiaas_core::address::Address;
use waiaas_core::network::Networks;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use super::given::Given;
use super::{FileError, FilePolicy, PolicyFile, parse, text_of};

/// A test file, with the policies it is about.
#[derive(Debug)]
pub struct TestFile {
    pub(super) name: String,
    pub(super) policies: PolicyFile,
    pub(super) defaults: Given,
    pub(super) cases: Vec<TestCase>,
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Path of a policy file, relative to this one.
    policies: Option<PathBuf>,
    /// The policies themselves, instead of a path.
    #[serde(default)]
    policy: Vec<FilePolicy>,
    /// Facts of every case, unless the case overrides them.
    #[serde(default)]
    defaults: Given,
    #[serde(rename = "case", default)]
    cases: Vec<TestCase>,
}

/// One case. Exactly one of `send`, `approve`, `call` and `effects`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestCase {
    pub(super) name: String,
    pub(super) send: Option<Send>,
    pub(super) approve: Option<Approve>,
    pub(super) call: Option<Call>,
    /// The effects, in the JSON form of `waiaas tx explain --json`.
    pub(super) effects: Option<Vec<Value>>,
    /// Further effects of an undecoded call that a node's simulation shows, in the same form.
    pub(super) seen: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) given: Given,
    pub(super) expect: Expect,
}

/// A transfer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    pub(super) to: Address,
    /// In whole coins or tokens, such as `0.1`.
    pub(super) amount: String,
    /// Its name under `given.assets`; absent: the native coin.
    pub(super) token: Option<String>,
}

/// An allowance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    pub(super) spender: Address,
    /// In whole tokens, or `unlimited`.
    pub(super) amount: String,
    pub(super) token: String,
}

/// A call of an EVM contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) to: Address,
    /// Call data in hex; absent: none.
    #[serde(default)]
    pub(super) data: String,
    /// Native coin sent with the call, in whole coins.
    pub(super) value: Option<String>,
}

/// The expected verdict. Either `tier` or `denied`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) tier: Option<Tier>,
    pub(super) delay_seconds: Option<u32>,
    pub(super) approval_timeout: Option<u32>,
    /// The code of one of the denials.
    pub(super) denied: Option<DenialCode>,
    /// The type of the policy that denies, or requires the tier.
    pub(super) by: Option<PolicyType>,
}

impl TestFile {
    /// Reads a test file and the policy file that it names.
    ///
    /// # Errors
    /// [`FileError`] with file and place.
    pub fn load(path: &Path, networks: &Networks) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let written: Written = parse(&name, &text_of(path)?)?;
        let policies = match (&written.policies, written.policy.is_empty()) {
            (Some(other), true) => {
                let folder = path.parent().unwrap_or(Path::new("."));
                PolicyFile::load(&folder.join(other), networks)?
            }
            (None, _) => {
                let inline = PolicyFile { policies: written.policy };
                inline.compile(&name, networks)?;
                inline
            }
            (Some(_), false) => {
                let reason = "name a policy file or write policies here, not both";
                return Err(FileError::meaning(&name, "policies", reason));
            }
        };
        if written.cases.is_empty() {
            return Err(FileError::meaning(
                &name,
                "case",
                "there is no case; give a file of test cases, which has [[case]] and names a file of policies",
            ));
        }
        for (index, case) in written.cases.iter().enumerate() {
            case.check().map_err(|reason| FileError::meaning(&name, &format!("case[{index}]"), reason))?;
        }
        Ok(Self { name, policies, defaults: written.defaults, cases: written.cases })
    }
}

impl TestCase {
    fn check(&self) -> Result<(), &'static str> {
        let asks = [self.send.is_some(), self.approve.is_some(), self.call.is_some(), self.effects.is_some()];
        if asks.into_iter().filter(|asked| *asked).count() != 1 {
            return Err("give exactly one of send, approve, call and effects");
        }
        let Expect { tier, denied, delay_seconds, approval_timeout, .. } = &self.expect;
        match (tier, denied) {
            (Some(_), None) => Ok(()),
            (None, Some(_)) if delay_seconds.is_none() && approval_timeout.is_none() => Ok(()),
            (None, Some(_)) => Err("what is denied has neither delay_seconds nor approval_timeout"),
            (Some(_), Some(_)) | (None, None) => Err("expect exactly one of tier and denied"),
        }
    }
}
