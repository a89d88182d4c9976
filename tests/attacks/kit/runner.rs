//! Runs attacks, a few at a time, each with an end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};

use crate::kit::{Case, Needs, Outcome, Row, Target};

/// How long one attack may take. A hang is a failure.
const DEADLINE: Duration = Duration::from_secs(150);

/// Runs them all, at most `at_once` at the same time.
pub(crate) async fn run(target: &Arc<Target>, cases: Vec<Case>, at_once: usize) -> Vec<Row> {
    let attacks = cases.into_iter().map(|case| attack(target.clone(), case));
    stream::iter(attacks).buffer_unordered(at_once).collect().await
}

async fn attack(target: Arc<Target>, case: Case) -> Row {
    let Case { class, name, needs, run } = case;
    let possible = match needs {
        Needs::Daemon => true,
        Needs::Nodes => target.has_nodes(),
        Needs::Own => target.has_nodes() && target.is_own(),
    };
    let started = Instant::now();
    let outcome = if possible {
        // A task of its own, so that a panic ends one attack and not the run.
        match tokio::time::timeout(DEADLINE, tokio::spawn(run(target))).await {
            Ok(Ok(Ok(()))) => Outcome::Survived,
            Ok(Ok(Err(error))) => Outcome::Failed(format!("{error:#}")),
            Ok(Err(error)) => Outcome::Failed(error.to_string()),
            Err(_) => Outcome::Failed(format!("no end within {DEADLINE:?}")),
        }
    } else {
        Outcome::Skipped
    };
    Row { class, name, outcome, took: started.elapsed() }
}
