//! How one set of policies stands to another, row by row and as a whole.

use serde::Serialize;
use waiaas_core::network::Networks;
use waiaas_core::policy::{Policy, PolicyType, Rules, Scope, at_least_as_strict};

use super::{FileError, FilePolicy, PolicyFile};

/// How new policies stand to old ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They judge alike.
    Same,
    /// They allow less.
    Tighter,
    /// They allow more.
    Looser,
    /// Both, or it cannot be told.
    Incomparable,
}

impl Standing {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Tighter => "tighter",
            Self::Looser => "looser",
            Self::Incomparable => "incomparable",
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

/// One place for a row, before and after.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowDiff {
    /// Type of the row.
    #[serde(rename = "type")]
    pub policy_type: PolicyType,
    /// Its wallet.
    pub wallet: Option<String>,
    /// Its network.
    pub network: Option<String>,
    /// The row as it was, if there was one.
    pub old: Option<FilePolicy>,
    /// The row as it is to be, if there is one.
    pub new: Option<FilePolicy>,
    /// What this change alone does to the old set.
    pub standing: Standing,
}

/// Two sets, compared.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Diff {
    /// The new set as a whole.
    pub overall: Standing,
    /// Every place that either set has a row for.
    pub rows: Vec<RowDiff>,
}

impl Diff {
    /// Whether nothing becomes laxer for certain.
    pub fn is_at_least_as_strict(&self) -> bool {
        match self.overall {
            Standing::Same | Standing::Tighter => true,
            Standing::Looser | Standing::Incomparable => false,
        }
    }
}

/// Compares two sets. Rows that are switched off count as absent.
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
    Ok(Diff { overall: Standing::of(&was, &is), rows: rows.collect::<Result<_, _>>()? })
}

type Place = (PolicyType, Option<String>, Scope);

fn placed(
    (name, file): (&str, &PolicyFile),
    networks: &Networks,
) -> Result<Vec<(Place, FilePolicy)>, FileError> {
    let rows = file.policies.iter().enumerate().map(|(index, row)| {
        let (scope, _) = row.read(name, &format!("policy[{index}]"), networks)?;
        Ok(((row.policy_type, row.category().map(str::to_owned), scope), row.clone()))
    });
    rows.collect()
}

/// What the change of one row does to the set it is in.
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
    let standing = Standing::of(was, &becomes);
    let any = after.as_ref().or(before.as_ref());
    let Some(any) = any else {
        return Err(FileError::meaning("policies", "", "a row that is in neither set"));
    };
    Ok(RowDiff {
        policy_type: any.policy_type,
        wallet: any.wallet.clone(),
        network: any.network.clone(),
        standing,
        old: before,
        new: after,
    })
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
        assert_eq!(compared(&limit(10), &limit(10)).overall, Standing::Same);
        assert_eq!(compared(&limit(10), &limit(5)).overall, Standing::Tighter);
        assert_eq!(compared(&limit(5), &limit(10)).overall, Standing::Looser);
        let swapped = compared(&(limit(5) + &rate(true)), &limit(4));
        assert_eq!(swapped.overall, Standing::Incomparable);
        let rows: Vec<_> = swapped.rows.iter().map(|row| row.standing).collect();
        assert_eq!(rows, [Standing::Tighter, Standing::Looser]);
    }

    #[test]
    fn what_is_switched_off_is_not_there() {
        assert_eq!(compared(&limit(5), &(limit(5) + &rate(false))).overall, Standing::Same);
        assert_eq!(compared(&(limit(5) + &rate(true)), &(limit(5) + &rate(false))).overall, Standing::Looser);
    }
}
