//! Replays.

use waiaas_api::replay::{ReplayCount, ReplayExample, ReplayReport};
use waiaas_engine as engine;

pub(crate) fn replay(report: engine::ReplayReport) -> ReplayReport {
    let count = |c: engine::ReplayCount| ReplayCount { was: name(c.was), is: outcome(c.is), count: c.count };
    ReplayReport {
        decisions: report.decisions,
        changed: report.changed,
        unknown: report.unknown,
        not_known: report.not_known,
        counts: report.counts.into_iter().map(count).collect(),
        newly_denied_usd: report.newly_denied,
        newly_allowed_usd: report.newly_allowed,
        newly_owner_usd: report.newly_owner,
        unpriced: report.unpriced,
        examples: report.examples.into_iter().map(example).collect(),
    }
}

fn example(found: engine::ReplayExample) -> ReplayExample {
    ReplayExample {
        id: found.id,
        wallet_id: found.wallet,
        network: found.network.to_string(),
        at: found.at,
        was: name(found.was),
        is: outcome(found.is),
        usd: found.usd,
        why: found.why,
    }
}

fn name(decided: engine::Decided) -> String {
    decided.map_or_else(|| "DENIED".to_owned(), |tier| tier.to_string())
}

fn outcome(is: engine::Rejudged) -> String {
    match is {
        engine::Rejudged::Denied => name(None),
        engine::Rejudged::Granted(tier) => name(Some(tier)),
        engine::Rejudged::Unknown => "UNKNOWN".to_owned(),
    }
}
