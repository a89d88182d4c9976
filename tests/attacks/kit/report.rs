//! The results of the attacks, for people and for programs.

use std::time::Duration;

use comfy_table::{Table, presets};
use serde_json::{Value, json};

/// How one attack ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It got nothing.
    Survived,
    /// It got something, or could not be carried out.
    Failed(String),
    /// It needs nodes or a daemon of its own.
    Skipped,
}

/// One attack.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) class: &'static str,
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

/// All attacks.
pub(crate) struct Report {
    classes: Vec<&'static str>,
    rows: Vec<Row>,
    took: Duration,
}

impl Report {
    /// Rows in any order; `classes` in the order to show.
    pub(crate) const fn new(classes: Vec<&'static str>, rows: Vec<Row>, took: Duration) -> Self {
        Self { classes, rows, took }
    }

    pub(crate) fn failed(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
    }

    fn count(&self, class: Option<&str>, of: impl Fn(&Outcome) -> bool) -> usize {
        let fits = |row: &&Row| class.is_none_or(|class| row.class == class) && of(&row.outcome);
        self.rows.iter().filter(fits).count()
    }

    fn sums(&self, class: Option<&str>) -> [usize; 4] {
        [
            self.count(class, |_| true),
            self.count(class, |outcome| *outcome == Outcome::Survived),
            self.count(class, |outcome| matches!(outcome, Outcome::Failed(_))),
            self.count(class, |outcome| *outcome == Outcome::Skipped),
        ]
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["class", "attacks", "survived", "failed", "skipped"]);
        for (name, class) in self.classes.iter().map(|class| (*class, Some(*class))).chain([("all", None)]) {
            let mut cells = vec![name.to_owned()];
            cells.extend(self.sums(class).map(|sum| sum.to_string()));
            table.add_row(cells);
        }
        let mut text = table.to_string();
        for row in &self.rows {
            if let Outcome::Failed(why) = &row.outcome {
                text.push_str(&format!("\nFAILED {} / {}: {why}", row.class, row.name));
            }
        }
        text.push_str(&format!("\n{} seconds", self.took.as_secs()));
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let cases: Vec<_> = self.rows.iter().map(case).collect();
        let classes: Vec<_> = self
            .classes
            .iter()
            .map(|class| {
                let [attacks, survived, failed, skipped] = self.sums(Some(class));
                json!({
                    "class": class, "attacks": attacks, "survived": survived, "failed": failed,
                    "skipped": skipped,
                })
            })
            .collect();
        let [attacks, survived, failed, skipped] = self.sums(None);
        json!({
            "attacks": attacks, "survived": survived, "failed": failed, "skipped": skipped,
            "seconds": self.took.as_secs(), "classes": classes, "cases": cases,
        })
    }
}

fn case(row: &Row) -> Value {
    let (outcome, why) = match &row.outcome {
        Outcome::Survived => ("survived", None),
        Outcome::Failed(why) => ("failed", Some(why)),
        Outcome::Skipped => ("skipped", None),
    };
    let took = u64::try_from(row.took.as_millis()).unwrap_or(u64::MAX);
    json!({ "class": row.class, "name": row.name, "outcome": outcome, "why": why, "milliseconds": took })
}
