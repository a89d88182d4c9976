//! Replay: evaluates recorded requests under a candidate set of policies.
//!
//! Nothing is written. Effects and policy facts are the recorded ones, so ledger sums are those that really
//! happened, not those under the candidate set. Counts for a rate window that was not recorded come from the
//! recorded requests. Any other missing input denies. An early denial is judged by the effects that the request
//! was certain to have; if these are not denied again, the result is unknown.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZero;
use std::sync::Arc;

use serde::Deserialize;
use tokio::task::JoinSet;
use uuid::Uuid;
use waiaas_core::UnixSeconds;
use waiaas_core::decision::NotKept;
use waiaas_core::effect::Effects;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{
    DenialCode, Policy, PolicyFacts, PolicySet, PolicyType, Readings, Rules, Scope, Tier, Verdict, at_best,
    early, evaluate,
};
use waiaas_store::{DecisionPage, DecisionRow};

use crate::error::Error;
use crate::operator::Operator;
use crate::views::{Decided, NewPolicy, Rejudged, Replay, ReplayCount, ReplayExample, ReplayReport};

/// Rows read at once, and judged by one thread.
const PAGE: u32 = 4_096;
/// The most reasons of one example.
const REASONS: usize = 4;

/// The part of a stored decision that is evaluated again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    facts: PolicyFacts,
    #[serde(default)]
    early: Vec<Readings>,
    #[serde(default)]
    not_kept: Vec<NotKept>,
}

/// The verdict of the candidate set, and whether all inputs were recorded. If not, a grant is only possible.
struct Replayed {
    verdict: Verdict,
    complete: bool,
}

impl Replayed {
    const fn outcome(&self) -> Rejudged {
        match (&self.verdict, self.complete) {
            (Verdict::Denied(_), _) => Rejudged::Denied,
            (Verdict::Granted(grant), true) => Rejudged::Granted(grant.tier),
            (Verdict::Granted(_), false) => Rejudged::Unknown,
        }
    }
}

/// One decision, with counts for the candidate's windows.
struct Job {
    row: DecisionRow,
    requests: Vec<(u64, u64)>,
}

impl Operator<'_> {
    /// Evaluates recorded requests under other policies. The number of pages in memory is bounded.
    ///
    /// # Errors
    /// The errors of the candidate rows, as for [`Self::create_policy`].
    pub async fn replay(&self, replay: Replay) -> Result<ReplayReport, Error> {
        let policies = candidates(&replay.policies, self.engine.networks())?;
        let mut history = History::of(&policies);
        let from = replay.since.saturating_sub(history.longest());
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut tally = Tally { examples: replay.examples, ..Tally::default() };
        let mut work: JoinSet<Result<Tally, Error>> = JoinSet::new();
        let read = |after| self.engine.store().decisions(replay.wallet, from, after, PAGE);
        let mut page = read(None).await?;
        while let Some(this) = page {
            let last = this.last();
            let (policies, examples) = (policies.clone(), replay.examples);
            let judging = async {
                let rows = this.rows()?.into_iter();
                let jobs: Vec<Job> = rows.filter_map(|row| history.job(row, replay.since)).collect();
                while work.len() >= threads {
                    tally.join(work.join_next().await)?;
                }
                work.spawn_blocking(move || judge(&policies, &this, jobs, examples));
                Ok::<_, Error>(())
            };
            // Reads the next page meanwhile.
            let next = async { Ok(read(Some(last)).await?) };
            (page, ()) = tokio::try_join!(next, judging)?;
        }
        while let Some(done) = work.join_next().await {
            tally.join(Some(done))?;
        }
        Ok(tally.report())
    }
}

/// The candidate set, validated like new rows.
fn candidates(new: &[NewPolicy], networks: &Networks) -> Result<Arc<[Arc<Policy>]>, Error> {
    let mut policies = Vec::new();
    for (index, row) in new.iter().enumerate() {
        let at = format!("policies.{index}");
        let policy_type = PolicyType::parse(&row.policy_type);
        let unknown = || Error::invalid(&format!("{at}.type"), "one of the 21 policy types");
        let policy_type = policy_type.ok_or_else(unknown)?;
        let network = match &row.network {
            Some(text) => Some(networks.find(text)?.id.clone()),
            None => None,
        };
        let rules = Rules::parse(policy_type, &row.rules, networks, network.as_ref());
        let rules = rules.map_err(|e| Error::invalid(&format!("{at}.rules"), e.to_string()))?;
        if row.enabled {
            let number = u128::try_from(index).unwrap_or(u128::MAX).saturating_add(1);
            let scope = Scope { wallet: row.wallet, network };
            let id = PolicyId::new(Uuid::from_u128(number));
            policies.push(Arc::new(Policy { id, scope, priority: row.priority, rules }));
        }
    }
    Ok(policies.into())
}

/// Admitted requests per wallet within the candidate's windows.
struct History {
    windows: Vec<u64>,
    admitted: HashMap<WalletId, VecDeque<UnixSeconds>>,
}

impl History {
    fn of(policies: &[Arc<Policy>]) -> Self {
        let mut windows: Vec<u64> = policies.iter().filter_map(|policy| window(&policy.rules)).collect();
        windows.sort_unstable();
        windows.dedup();
        Self { windows, admitted: HashMap::new() }
    }

    fn longest(&self) -> i64 {
        self.windows.last().map_or(0, |window| i64::try_from(*window).unwrap_or(i64::MAX))
    }

    /// Counts the requests admitted before this one, and adds it; none if it is too old to judge.
    fn job(&mut self, row: DecisionRow, since: UnixSeconds) -> Option<Job> {
        if self.windows.is_empty() {
            return (row.created_at >= since).then_some(Job { row, requests: Vec::new() });
        }
        let oldest = row.created_at.saturating_sub(self.longest());
        let admitted = self.admitted.entry(row.wallet).or_default();
        while admitted.front().is_some_and(|at| *at <= oldest) {
            admitted.pop_front();
        }
        let count = |window: &u64| {
            let start = row.created_at.saturating_sub(i64::try_from(*window).unwrap_or(i64::MAX));
            let before = admitted.partition_point(|at| *at <= start);
            (*window, u64::try_from(admitted.len().saturating_sub(before)).unwrap_or(u64::MAX))
        };
        let requests = self.windows.iter().map(count).collect();
        if row.tier.is_some() {
            admitted.push_back(row.created_at);
        }
        (row.created_at >= since).then_some(Job { row, requests })
    }
}

fn window(rules: &Rules) -> Option<u64> {
    if let Rules::RateLimit(rule) = rules { Some(u64::from(rule.window_seconds)) } else { None }
}

/// Judges a page.
fn judge(
    policies: &[Arc<Policy>],
    page: &DecisionPage,
    jobs: Vec<Job>,
    examples: usize,
) -> Result<Tally, Error> {
    let mut tally = Tally { examples, ..Tally::default() };
    let mut sets: HashMap<(WalletId, NetworkId), PolicySet> = HashMap::new();
    for Job { row, requests } in jobs {
        let effects: Effects = serde_json::from_str(page.effects(&row)).map_err(Error::internal)?;
        let Recorded { mut facts, early: parts, not_kept } =
            serde_json::from_str(page.verdict(&row)).map_err(Error::internal)?;
        for (window, count) in requests {
            facts.ledger.requests.entry(window).or_insert(count);
        }
        let key = (row.wallet, row.network.clone());
        let set = sets
            .entry(key)
            .or_insert_with(|| PolicySet::select(policies.iter().cloned(), row.wallet, &row.network));
        let mut replayed = again(set, &effects, &parts, &facts);
        replayed.complete &= not_kept.is_empty();
        tally.add(row, &replayed);
    }
    Ok(tally)
}

fn again(set: &PolicySet, effects: &Effects, parts: &[Readings], facts: &PolicyFacts) -> Replayed {
    if parts.is_empty() {
        let verdict = evaluate(set, effects, facts);
        return Replayed { complete: !lacks_a_fact(&verdict), verdict };
    }
    let denials = early(set, parts, facts);
    if !denials.is_empty() {
        return Replayed { verdict: Verdict::Denied(denials), complete: true };
    }
    Replayed { verdict: at_best(set, effects, facts), complete: false }
}

/// Counts so far.
#[derive(Default)]
struct Tally {
    examples: usize,
    counts: BTreeMap<(Decided, Rejudged), u64>,
    report: ReplayReport,
}

impl Tally {
    fn add(&mut self, row: DecisionRow, replayed: &Replayed) {
        let (was, is) = (row.tier, replayed.outcome());
        let count = self.counts.entry((was, is)).or_default();
        *count = count.saturating_add(1);
        let report = &mut self.report;
        report.decisions = report.decisions.saturating_add(1);
        if !replayed.complete {
            report.not_known = report.not_known.saturating_add(1);
        }
        let granted = match &replayed.verdict {
            Verdict::Denied(_) => None,
            Verdict::Granted(grant) => grant.usd,
        };
        let (moved, worth) = match (was, is) {
            (None, Rejudged::Denied) => return,
            (Some(then), Rejudged::Granted(now)) if then == now => return,
            (_, Rejudged::Unknown) => {
                report.unknown = report.unknown.saturating_add(1);
                (None, None)
            }
            (Some(_), Rejudged::Denied) => (Some(&mut report.newly_denied), row.usd),
            (None, Rejudged::Granted(_)) => (Some(&mut report.newly_allowed), granted),
            (Some(_), Rejudged::Granted(Tier::Approval)) => (Some(&mut report.newly_owner), granted),
            (Some(_), Rejudged::Granted(_)) => (None, granted),
        };
        match (moved, worth) {
            (Some(sum), Some(usd)) => *sum = sum.plus(usd),
            (Some(_), None) => report.unpriced = report.unpriced.saturating_add(1),
            (None, _) => {}
        }
        if is != Rejudged::Unknown {
            report.changed = report.changed.saturating_add(1);
        }
        if report.examples.len() < self.examples {
            report.examples.push(example(row, is, worth, &replayed.verdict));
        }
    }

    fn join(
        &mut self,
        done: Option<Result<Result<Self, Error>, tokio::task::JoinError>>,
    ) -> Result<(), Error> {
        let Some(done) = done else { return Ok(()) };
        let other = done.map_err(Error::internal)??;
        for (key, count) in other.counts {
            let sum = self.counts.entry(key).or_default();
            *sum = sum.saturating_add(count);
        }
        let (all, more) = (&mut self.report, other.report);
        all.decisions = all.decisions.saturating_add(more.decisions);
        all.changed = all.changed.saturating_add(more.changed);
        all.unknown = all.unknown.saturating_add(more.unknown);
        all.not_known = all.not_known.saturating_add(more.not_known);
        all.unpriced = all.unpriced.saturating_add(more.unpriced);
        all.newly_denied = all.newly_denied.plus(more.newly_denied);
        all.newly_allowed = all.newly_allowed.plus(more.newly_allowed);
        all.newly_owner = all.newly_owner.plus(more.newly_owner);
        all.examples.extend(more.examples);
        // Pages end in any order; the oldest examples are kept.
        all.examples.sort_by_key(|example| example.id);
        all.examples.truncate(self.examples);
        Ok(())
    }

    fn report(self) -> ReplayReport {
        let counts = self.counts.into_iter().map(|((was, is), count)| ReplayCount { was, is, count });
        ReplayReport { counts: counts.collect(), ..self.report }
    }
}

fn lacks_a_fact(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Denied(denials) => denials.iter().any(|denial| denial.code == DenialCode::FactMissing),
        Verdict::Granted(_) => false,
    }
}

fn example(row: DecisionRow, is: Rejudged, usd: Option<Usd>, verdict: &Verdict) -> ReplayExample {
    let why: Vec<String> = match (verdict, is) {
        (Verdict::Denied(denials), _) => {
            denials.iter().take(REASONS).map(|d| format!("{}: {}", d.code, d.message)).collect()
        }
        (Verdict::Granted(_), Rejudged::Unknown) => {
            vec!["it was denied before a node or a price service was asked".to_owned()]
        }
        (Verdict::Granted(grant), Rejudged::Denied | Rejudged::Granted(_)) => {
            grant.reasons.iter().take(REASONS).map(|r| format!("{}: {}", r.tier, r.message)).collect()
        }
    };
    ReplayExample {
        id: row.id,
        wallet: row.wallet,
        network: row.network,
        at: row.created_at,
        was: row.tier,
        is,
        usd,
        why,
    }
}

#[cfg(test)]
mod tests {
    use waiaas_core::ids::TxId;

    use super::*;

    fn row(second: i64, tier: Decided) -> DecisionRow {
        DecisionRow {
            id: TxId::new(Uuid::from_u128(1)),
            wallet: WalletId::new(Uuid::from_u128(2)),
            network: NetworkId::new("base-mainnet"),
            created_at: second,
            tier,
            usd: None,
            effects: 0..0,
            verdict: 0..0,
        }
    }

    #[test]
    fn a_window_counts_what_was_admitted_within_it() {
        let mut history = History { windows: vec![10, 60], admitted: HashMap::new() };
        let mut seen = Vec::new();
        for (second, tier) in
            [(100, Some(Tier::Instant)), (105, None), (110, Some(Tier::Delay)), (115, Some(Tier::Notify))]
        {
            seen.push(history.job(row(second, tier), 105).map(|job| job.requests));
        }
        // The first is too old to be judged but counts; a denial does not count; a window's start is outside
        // it.
        let counts = |ten, sixty| Some(vec![(10, ten), (60, sixty)]);
        assert_eq!(seen, [None, counts(1, 1), counts(0, 1), counts(1, 2)]);
    }
}
