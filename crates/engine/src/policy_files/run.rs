//! Runs the cases of a test file: effects, policy facts, `evaluate`, comparison with the expected verdict.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use waiaas_chains::evm;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::foreign::shown;
use waiaas_core::network::{Chain, Network, Networks};
use waiaas_core::policy::{Policy, PolicySet, PolicyType, Verdict, evaluate};
use waiaas_core::{strict, wording};

use super::cases::{Approve, Call, Expect, Send, TestCase, TestFile};
use super::given::{Given, Stage, Wrong};
use super::{FileError, wallet_id};

const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];
const APPROVE: [u8; 4] = [0x09, 0x5e, 0xa7, 0xb3];

/// The result of one file.
#[derive(Clone, Debug, Serialize)]
pub struct TestReport {
    /// The file, as named on the command line.
    pub file: String,
    /// Passed cases.
    pub passed: usize,
    /// Failed cases.
    pub failed: usize,
    /// The result of each case, in the order of the file.
    pub cases: Vec<CaseReport>,
}

/// The result of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// The expected verdict, in short.
    pub expected: String,
    /// The actual verdict, in short.
    pub got: String,
    /// Every denial, or every reason for the tier.
    pub why: Vec<String>,
    /// The decoded effects.
    pub effects: Vec<Effect>,
    /// The whole verdict.
    pub verdict: Verdict,
}

impl TestFile {
    /// Evaluates every case. A case that fails is part of the report, not an error.
    ///
    /// # Errors
    /// [`FileError`] for a case that cannot be evaluated.
    pub fn run(&self, networks: &Networks) -> Result<TestReport, FileError> {
        let policies = self.policies.compile(&self.name, networks)?;
        let mut cases = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            let report = judge(case, &case.given.over(&self.defaults), &policies, networks);
            let at = |(path, reason): Wrong| {
                let at = format!("case[{index}] ({}), {path}", case.name);
                FileError::meaning(&self.name, &at, reason)
            };
            cases.push(report.map_err(at)?);
        }
        let passed = cases.iter().filter(|case| case.passed).count();
        let failed = cases.len().saturating_sub(passed);
        Ok(TestReport { file: self.name.clone(), passed, failed, cases })
    }
}

fn judge(
    case: &TestCase,
    given: &Given,
    policies: &[Policy],
    networks: &Networks,
) -> Result<CaseReport, Wrong> {
    let stage = given.stage(networks)?;
    // A wallet that no file can name, so that only policies for all wallets apply to it.
    let wallet = wallet_id(given.wallet.as_deref().unwrap_or("\0"));
    let set = PolicySet::select(policies.iter().cloned(), wallet, &stage.network.id);
    let mut effects = effects(case, &stage)?;
    if let Some(fee) = &given.fee {
        effects.items.push(Effect::NetworkFee { max: stage.amount("fee", None, fee)?.1 });
    }
    effects.seen = listed("seen", case.seen.as_deref())?;
    let facts = given.facts(&stage, &set)?;
    let verdict = evaluate(&set, &effects, &facts);
    Ok(CaseReport {
        name: case.name.clone(),
        passed: case.expect.is_met(&verdict),
        expected: case.expect.text(),
        got: text(&verdict),
        why: why(&verdict),
        effects: effects.all().cloned().collect(),
        verdict,
    })
}

fn effects(case: &TestCase, stage: &Stage) -> Result<Effects, Wrong> {
    if let Some(send) = &case.send {
        return sent(send, stage);
    }
    if let Some(approve) = &case.approve {
        return approved(approve, stage);
    }
    if let Some(call) = &case.call {
        return called(call, stage);
    }
    Ok(plain(stage, listed("effects", case.effects.as_deref())?))
}

/// Reads effects as a case lists them.
fn listed(at: &str, given: Option<&[Value]>) -> Result<Vec<Effect>, Wrong> {
    let given = given.into_iter().flatten().enumerate();
    given.map(|(index, value)| exact(&format!("{at}[{index}]"), value)).collect()
}

/// Effects without a decoded call.
fn plain(stage: &Stage, items: Vec<Effect>) -> Effects {
    let Network { id, .. } = &stage.network;
    let (network, native) = (id.clone(), stage.network.native());
    Effects { network, native, from: stage.from, items, methods: Vec::new(), seen: Vec::new() }
}

fn sent(send: &Send, stage: &Stage) -> Result<Effects, Wrong> {
    let (asset, amount) = stage.amount("send.amount", send.token.as_deref(), &send.amount)?;
    let to = send.to;
    if to.chain() != stage.network.chain {
        return Err(("send.to".to_owned(), format!("{to} is no address of {}", stage.network.id)));
    }
    match (stage.network.chain, asset.token_address()) {
        (Chain::Ethereum, Some(token)) => {
            read(stage, "send", token, U256::ZERO, &arguments(TRANSFER, to.as_bytes(), amount))
        }
        (Chain::Ethereum, None) => read(stage, "send", to, amount, &[]),
        (Chain::Solana, Some(_)) => Ok(plain(stage, vec![Effect::TokenOut { asset, to, amount }])),
        (Chain::Solana, None) => Ok(plain(stage, vec![Effect::NativeOut { to, amount }])),
    }
}

fn approved(approve: &Approve, stage: &Stage) -> Result<Effects, Wrong> {
    let Approve { spender, amount, token } = approve;
    let (asset, amount): (AssetId, U256) = if amount == "unlimited" {
        (stage.asset("approve.token", Some(token))?.id.clone(), U256::MAX)
    } else {
        stage.amount("approve.amount", Some(token), amount)?
    };
    let Some(token) = asset.token_address() else {
        return Err(("approve.token".to_owned(), "the native coin has no allowances".to_owned()));
    };
    if spender.chain() != stage.network.chain {
        let reason = format!("{spender} is no address of {}", stage.network.id);
        return Err(("approve.spender".to_owned(), reason));
    }
    match stage.network.chain {
        Chain::Ethereum => {
            read(stage, "approve", token, U256::ZERO, &arguments(APPROVE, spender.as_bytes(), amount))
        }
        Chain::Solana => {
            Ok(plain(stage, vec![Effect::Allowance { asset, spender: *spender, amount, through: None }]))
        }
    }
}

fn called(call: &Call, stage: &Stage) -> Result<Effects, Wrong> {
    let data = hex::decode(call.data.strip_prefix("0x").unwrap_or(&call.data));
    let data = data.map_err(|_| ("call.data".to_owned(), "must be 0x and hex digits".to_owned()))?;
    let value = match &call.value {
        Some(text) => stage.amount("call.value", None, text)?.1,
        None => U256::ZERO,
    };
    read(stage, "call", call.to, value, &data)
}

/// Decodes the effects of a call with the daemon's decoder.
fn read(
    stage: &Stage,
    at: &str,
    to: waiaas_core::address::Address,
    value: U256,
    data: &[u8],
) -> Result<Effects, Wrong> {
    let effects = evm::read_call(&stage.network, stage.from, to, value, data);
    effects.ok_or_else(|| {
        (at.to_owned(), format!("only accounts of an EVM network are called; {} is none", stage.network.id))
    })
}

/// Call data of a method with an address and an amount.
fn arguments(selector: [u8; 4], address: &[u8], amount: U256) -> Vec<u8> {
    [&selector, [0; 12].as_slice(), address, &amount.to_be_bytes::<32>()].concat()
}

/// Reads an effect; unknown fields are refused.
fn exact(at: &str, value: &Value) -> Result<Effect, Wrong> {
    let effect: Effect = strict::read(value).map_err(|error| {
        let message = error.inner().to_string();
        let path = strict::path(error.path());
        let place = if path.is_empty() { at.to_owned() } else { format!("{at}.{path}") };
        (place, wording(&message).map_or(message, |said| said.text))
    })?;
    let known = serde_json::to_value(&effect).map_err(|error| (at.to_owned(), error.to_string()))?;
    // A tag distinguishes kinds of effects, so the strict reader does not see the fields below it.
    compare(at, value, &known)?;
    Ok(effect)
}

/// Refuses fields of a value that were not read, and an array in the place of an object.
fn compare(at: &str, value: &Value, known: &Value) -> Result<(), Wrong> {
    match (value, known) {
        (Value::Object(value), Value::Object(known)) => value.iter().try_for_each(|(key, value)| {
            let at = format!("{at}.{}", shown(key));
            match known.get(key) {
                Some(known) => compare(&at, value, known),
                // Absent fields are not written.
                None if value.is_null() => Ok(()),
                None => Err((at, "is no field of this effect".to_owned())),
            }
        }),
        (Value::Array(_), Value::Object(_)) => Err((at.to_owned(), "expected an object".to_owned())),
        (Value::Array(value), Value::Array(known)) => {
            let pairs = value.iter().zip(known).enumerate();
            pairs.into_iter().try_for_each(|(i, (value, known))| compare(&format!("{at}[{i}]"), value, known))
        }
        _ => Ok(()),
    }
}

impl Expect {
    fn is_met(&self, verdict: &Verdict) -> bool {
        let by = |found: Option<PolicyType>| self.by.is_none() || self.by == found;
        match verdict {
            Verdict::Denied(denials) => {
                denials.iter().any(|denial| Some(denial.code) == self.denied && by(denial.policy_type))
            }
            Verdict::Granted(grant) => {
                let asked = || {
                    self.by.is_none()
                        || grant.reasons.iter().any(|r| r.tier == grant.tier && by(r.policy_type))
                };
                self.tier == Some(grant.tier)
                    && (self.delay_seconds.is_none() || self.delay_seconds == grant.delay_seconds)
                    && (self.approval_timeout.is_none() || self.approval_timeout == grant.approval_timeout)
                    && asked()
            }
        }
    }

    fn text(&self) -> String {
        let mut text = match (self.tier, self.denied) {
            (Some(tier), _) => word(&tier),
            (None, Some(code)) => format!("denied {code}"),
            (None, None) => String::new(),
        };
        for (name, seconds) in [("delay", self.delay_seconds), ("approval within", self.approval_timeout)] {
            if let Some(seconds) = seconds {
                let _ = write!(text, ", {name} {seconds} s");
            }
        }
        if let Some(by) = self.by {
            let _ = write!(text, ", by {by}");
        }
        text
    }
}

fn word(tier: &waiaas_core::policy::Tier) -> String {
    tier.to_string()
}

fn text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Denied(denials) => {
            let codes: Vec<_> = denials.iter().map(|denial| denial.code.as_str()).collect();
            format!("denied {}", codes.join(", "))
        }
        Verdict::Granted(grant) => {
            let mut text = word(&grant.tier);
            if let Some(seconds) = grant.delay_seconds {
                let _ = write!(text, ", delay {seconds} s");
            }
            if let Some(seconds) = grant.approval_timeout {
                let _ = write!(text, ", approval within {seconds} s");
            }
            text
        }
    }
}

fn why(verdict: &Verdict) -> Vec<String> {
    let by = |policy_type: Option<PolicyType>| {
        policy_type.map_or_else(|| "whatever the policies".to_owned(), |policy_type| policy_type.to_string())
    };
    match verdict {
        Verdict::Denied(denials) => {
            let line = |d: &waiaas_core::policy::Denial| {
                let hint = d.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                format!("{} by {}: {}{hint}", d.code, by(d.policy_type), d.message)
            };
            denials.iter().map(line).collect()
        }
        Verdict::Granted(grant) => {
            let line = |r: &waiaas_core::policy::TierReason| {
                format!("{} by {}: {}", r.tier, by(r.policy_type), r.message)
            };
            grant.reasons.iter().map(line).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_effect_is_read_as_written_or_refused_at_its_place() {
        let to = "0x00000000000000000000000000000000000000a7";
        let known = exact("effects[0]", &json!({ "effect": "native_out", "to": to, "amount": "1" }));
        assert!(known.is_ok(), "{known:?}");
        for (value, at) in [
            (json!(["native_out", { "to": to, "amount": "1" }]), "effects[0]"),
            (
                json!({ "effect": "native_out", "to": to, "amount": "1", "a\u{202e}": 1 }),
                "effects[0].a\\u{202e}",
            ),
        ] {
            assert_eq!(exact("effects[0]", &value).expect_err("refused").0, at);
        }
    }
}
