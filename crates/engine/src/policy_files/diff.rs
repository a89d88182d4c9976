//! Compares two sets of policies, row by row and as a whole.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use waiaas_core::action::ActionCategory;
use waiaas_core::network::{Chain, Environment, Networks};
use waiaas_core::policy::{Policy, PolicyType, Rules, Scope, at_least_as_strict, loosens};

use super::{FileError, FilePolicy, PolicyFile, wallet_id};

/// Whether new policies are stricter than old ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// Equal verdicts.
    Same,
    /// The new ones allow less.
    Tighter,
    /// The new ones allow more.
    Looser,
    /// The new ones allow more in some respects and less in others, or the comparison is undecidable.
    Incomparable,
}

impl Strictness {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Tighter => "tighter",
            Self::Looser => "looser",
            Self::Incomparable => "incomparable",
        }
    }

    /// Whether the new ones certainly allow nothing more.
    pub const fn is_at_least_as_strict(self) -> bool {
        match self {
            Self::Same | Self::Tighter => true,
            Self::Looser | Self::Incomparable => false,
        }
    }

    fn of(old: &[Policy], new: &[Policy]) -> Self {
        match (at_least_as_strict(new, old), at_least_as_strict(old, new)) {
            (true, true) => Self::Same,
            (true, false) => Self::Tighter,
            (false, true) => Self::Looser,
            (false, false) => Self::Incomparable,
        }
    }
}

/// One row before and after.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowDiff {
    /// Its type.
    #[serde(rename = "type")]
    pub policy_type: PolicyType,
    /// Its wallet.
    pub wallet: Option<String>,
    /// Its network.
    pub network: Option<String>,
    /// The old row, if there was one.
    pub old: Option<FilePolicy>,
    /// The new row, if there is one.
    pub new: Option<FilePolicy>,
    /// The effect of this change alone on the old set.
    pub standing: Strictness,
    /// The fields of the rules that differ, with defaults included; none if a row is added or removed.
    pub fields: Vec<FieldDiff>,
}

impl RowDiff {
    /// Whether this change alone certainly loosens nothing.
    pub fn is_at_least_as_strict(&self) -> bool {
        self.standing.is_at_least_as_strict()
    }
}

/// One field of the rules, before and after.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldDiff {
    /// Its name.
    pub field: String,
    /// The old value, if there was one.
    pub old: Option<Value>,
    /// The new value, if there is one.
    pub new: Option<Value>,
    /// The effect of this field alone on the row; none if other fields have to change with it.
    pub standing: Option<Strictness>,
}

/// Two sets, compared.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Diff {
    /// The new set as a whole.
    pub overall: Strictness,
    /// Every row of either set, matched by type and scope.
    pub rows: Vec<RowDiff>,
}

impl Diff {
    /// Whether the change certainly loosens nothing.
    pub fn is_at_least_as_strict(&self) -> bool {
        self.overall.is_at_least_as_strict()
    }
}

/// Compares two sets. Disabled rows count as absent.
///
/// # Errors
/// [`FileError`] if rows of a set cannot be compiled.
pub fn diff(
    old: (&str, &PolicyFile),
    new: (&str, &PolicyFile),
    networks: &Networks,
) -> Result<Diff, FileError> {
    let was = old.1.compile(old.0, networks)?;
    let is = new.1.compile(new.0, networks)?;
    let old_rows = placed(old, networks)?;
    let mut new_rows = placed(new, networks)?;
    let mut rows = Vec::new();
    for (place, row) in old_rows {
        let next = new_rows.iter().position(|(other, _)| *other == place).map(|i| new_rows.remove(i).1);
        rows.push((Some(row), next));
    }
    rows.extend(new_rows.into_iter().map(|(_, row)| (None, Some(row))));
    let rows = rows.into_iter().map(|(before, after)| row_diff(before, after, &was, networks));
    Ok(Diff { overall: Strictness::of(&was, &is), rows: rows.collect::<Result<_, _>>()? })
}

type Place = (PolicyType, Option<ActionCategory>, Scope);

fn placed(
    (name, file): (&str, &PolicyFile),
    networks: &Networks,
) -> Result<Vec<(Place, FilePolicy)>, FileError> {
    let rows = file.policies.iter().enumerate().map(|(index, row)| {
        let (scope, _) = row.read(name, &format!("policy[{index}]"), networks)?;
        Ok(((row.policy_type, row.category(), scope), row.clone()))
    });
    rows.collect()
}

/// The effect of one row's change on its set.
fn row_diff(
    before: Option<FilePolicy>,
    after: Option<FilePolicy>,
    was: &[Policy],
    networks: &Networks,
) -> Result<RowDiff, FileError> {
    let one = |row: &Option<FilePolicy>| {
        PolicyFile { policies: row.clone().into_iter().collect() }.compile("policies", networks)
    };
    let (gone, come) = (one(&before)?, one(&after)?);
    let same_place = |a: &Policy, b: &Policy| {
        let apart = match (&a.rules, &b.rules) {
            (Rules::ActionCategoryLimit(a), Rules::ActionCategoryLimit(b)) => a.category != b.category,
            (a, b) => a.policy_type() != b.policy_type(),
        };
        a.scope == b.scope && !apart
    };
    let kept = was.iter().filter(|row| !gone.iter().any(|gone| same_place(row, gone))).cloned();
    let becomes: Vec<Policy> = kept.chain(come).collect();
    let standing = Strictness::of(was, &becomes);
    let any = after.as_ref().or(before.as_ref());
    let Some(any) = any else {
        return Err(FileError::meaning("policies", "", "a row that is in neither set"));
    };
    let fields = match (&before, &after) {
        (Some(before), Some(after)) => fields(before, after, networks)?,
        (Some(_) | None, _) => Vec::new(),
    };
    Ok(RowDiff {
        policy_type: any.policy_type,
        wallet: any.wallet.clone(),
        network: any.network.clone(),
        standing,
        fields,
        old: before,
        new: after,
    })
}

/// The fields that differ between two forms of one row.
fn fields(before: &FilePolicy, after: &FilePolicy, networks: &Networks) -> Result<Vec<FieldDiff>, FileError> {
    let (old, new) = (canonical(before, networks)?, canonical(after, networks)?);
    let row = |rules: &Map<String, Value>| {
        let rules = Value::Object(rules.clone());
        let row = FilePolicy { rules, enabled: true, ..before.clone() };
        PolicyFile { policies: vec![row] }.compile("policies", networks)
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut fields = Vec::new();
    for name in names {
        let (was, is) = (old.get(name), new.get(name));
        if was == is {
            continue;
        }
        let mut alone = old.clone();
        match is {
            Some(value) => alone.insert(name.clone(), value.clone()),
            None => alone.remove(name),
        };
        // A threshold beyond the next one is not valid by itself.
        let standing = match (row(&old), row(&alone)) {
            (Ok(old), Ok(alone)) => Some(Strictness::of(&old, &alone)),
            (Err(_), _) | (_, Err(_)) => None,
        };
        fields.push(FieldDiff { field: name.clone(), old: was.cloned(), new: is.cloned(), standing });
    }
    Ok(fields)
}

/// The rules in their stored form, with defaults included.
fn canonical(row: &FilePolicy, networks: &Networks) -> Result<Map<String, Value>, FileError> {
    match row.read("policies", "rules", networks)?.1.to_json() {
        Value::Object(fields) => Ok(fields),
        other => Err(FileError::meaning("policies", "rules", format!("{other} is no object"))),
    }
}

/// Whether the new set loosens the protection of one wallet, by the daemon's rule for owners' consent: only rows on
/// networks that the wallet can use count.
///
/// # Errors
/// [`FileError`] if rows of a set cannot be compiled.
pub fn loosens_for(
    wallet: (&str, Chain, Environment),
    old: (&str, &PolicyFile),
    new: (&str, &PolicyFile),
    networks: &Networks,
) -> Result<bool, FileError> {
    let (name, chain, environment) = wallet;
    let usable = |row: &Policy| {
        let network = row.scope.network.as_ref().and_then(|id| networks.get(id));
        network.is_none_or(|network| (network.chain, network.environment) == (chain, environment))
    };
    let mut before = old.1.compile(old.0, networks)?;
    let mut after = new.1.compile(new.0, networks)?;
    before.retain(usable);
    after.retain(usable);
    Ok(loosens(wallet_id(name), &before, &after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PolicyFile {
        PolicyFile::read("test", text, &Networks::builtin()).expect("valid")
    }

    fn limit(dollars: u32) -> String {
        format!("[[policy]]\ntype = \"SPENDING_LIMIT\"\nrules = {{ instant_max_usd = {dollars} }}\n")
    }

    fn rate(enabled: bool) -> String {
        format!(
            "[[policy]]\ntype = \"RATE_LIMIT\"\nenabled = {enabled}\nrules = {{ max_requests = 1, window_seconds = 60 }}\n"
        )
    }

    fn compared(old: &str, new: &str) -> Diff {
        diff(("old", &file(old)), ("new", &file(new)), &Networks::builtin()).expect("compared")
    }

    #[test]
    fn each_way() {
        assert_eq!(compared(&limit(10), &limit(10)).overall, Strictness::Same);
        assert_eq!(compared(&limit(10), &limit(5)).overall, Strictness::Tighter);
        assert_eq!(compared(&limit(5), &limit(10)).overall, Strictness::Looser);
        let swapped = compared(&(limit(5) + &rate(true)), &limit(4));
        assert_eq!(swapped.overall, Strictness::Incomparable);
        let rows: Vec<_> = swapped.rows.iter().map(|row| row.standing).collect();
        assert_eq!(rows, [Strictness::Tighter, Strictness::Looser]);
    }

    #[test]
    fn fields_are_compared_one_by_one() {
        let rules = |rules: &str| format!("[[policy]]\ntype = \"SPENDING_LIMIT\"\nrules = {{ {rules} }}\n");
        let old =
            rules("instant_max_usd = 10, notify_max_usd = 50, daily_limit_usd = 200, delay_seconds = 900");
        let new = rules("instant_max_usd = 100, notify_max_usd = 200, delay_seconds = 3600");
        let rows = compared(&old, &new).rows;
        let told: Vec<_> =
            rows[0].fields.iter().map(|f| (f.field.as_str(), f.new.is_some(), f.standing)).collect();
        let expected = [
            ("daily_limit_usd", false, Some(Strictness::Looser)),
            ("delay_seconds", true, Some(Strictness::Tighter)),
            // Above the next threshold it is not valid by itself.
            ("instant_max_usd", true, None),
            ("notify_max_usd", true, Some(Strictness::Looser)),
        ];
        assert_eq!(told, expected);
        // A default is not a difference.
        let same =
            compared(&rules("instant_max_usd = 1, delay_seconds = 900"), &rules("instant_max_usd = 1"));
        assert_eq!(same.rows[0].fields, []);
        assert_eq!(compared(&old, "").rows[0].fields, [], "the whole row goes");
    }

    #[test]
    fn one_wallet_is_judged_by_what_it_can_use() {
        let on = |network: &str, dollars: u32| {
            limit(dollars).replace("rules", &format!("network = \"{network}\"\nrules"))
        };
        let loosens = |old: &str, new: &str| {
            let wallet = ("agent", Chain::Solana, Environment::Testnet);
            loosens_for(wallet, ("old", &file(old)), ("new", &file(new)), &Networks::builtin())
                .expect("judged")
        };
        assert!(loosens(&limit(5), &limit(10)) && !loosens(&limit(10), &limit(5)));
        assert!(loosens(&on("solana-devnet", 5), &on("solana-devnet", 10)));
        assert!(!loosens(&on("base-mainnet", 5), &on("base-mainnet", 10)), "another chain's");
        let other = |dollars: u32| limit(dollars).replace("rules", "wallet = \"other\"\nrules");
        assert!(!loosens(&other(5), &other(10)), "another wallet's");
    }

    #[test]
    fn what_is_switched_off_is_not_there() {
        assert_eq!(compared(&limit(5), &(limit(5) + &rate(false))).overall, Strictness::Same);
        assert_eq!(
            compared(&(limit(5) + &rate(true)), &(limit(5) + &rate(false))).overall,
            Strictness::Looser
        );
    }
}
