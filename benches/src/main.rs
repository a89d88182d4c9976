//! Prints the time of one decision in the policy core and in cedar-policy, interleaved in one run.
//!
//! Both judge the same request under the same number of rows. Cedar has less work: it returns only allow or
//! deny, its numbers have 63 bits, its facts are prepared as records, and it does not sum the outflow per
//! asset. Neither of them decodes anything; both start from facts.

#[path = "../../crates/core/benches/fixture/mod.rs"]
mod fixture;
mod rows;

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cedar_policy::{Authorizer, Decision, Entities, PolicySet as CedarPolicies};
use waiaas_core::policy::{PolicySet, Tier, Verdict, evaluate};

const TURNS: usize = 20_000;
/// Numbers of sets of all 21 types. With four scopes per type, an installation rarely has more than 105 rows
/// in force at once.
const SETS: [u32; 2] = [1, 5];
const ENTRIES: u32 = 10;

fn main() -> Result<()> {
    println!("{TURNS} decisions each, interleaved, lists of {ENTRIES} entries\n");
    println!("rows   engine         p50          p99");
    for sets in SETS {
        compare(sets)?;
    }
    Ok(())
}

fn compare(sets: u32) -> Result<()> {
    let (effects, facts) = fixture::request();
    let rows = (0..sets).flat_map(|n| fixture::all_types(n * 21, None, ENTRIES));
    let ours = PolicySet::select(rows, fixture::wallet(1), &fixture::network());
    let instant =
        |verdict: &Verdict| matches!(verdict, Verdict::Granted(grant) if grant.tier == Tier::Instant);
    ensure!(instant(&evaluate(&ours, &effects, &facts)), "the core does not grant the request");

    let theirs: CedarPolicies = rows::policies(sets, ENTRIES).parse().context("the Cedar policies")?;
    let (entities, authorizer) = (Entities::empty(), Authorizer::new());
    let decide = |context| -> Result<Decision> {
        Ok(authorizer.is_authorized(&rows::request(context)?, &theirs, &entities).decision())
    };
    ensure!(decide(rows::context(&effects, &facts)?)? == Decision::Allow, "Cedar does not grant the request");
    for (name, changed) in rows::broken(&effects, &facts) {
        ensure!(decide(changed?)? == Decision::Deny, "Cedar overlooks {name}");
    }

    let request = rows::request(rows::context(&effects, &facts)?)?;
    let (mut core, mut alone, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        core.push(timed(|| evaluate(black_box(&ours), black_box(&effects), black_box(&facts))));
        alone.push(timed(|| authorizer.is_authorized(black_box(&request), black_box(&theirs), &entities)));
        whole.push(timed(|| decide(rows::context(black_box(&effects), black_box(&facts))?)));
    }
    let rows = sets * 21;
    report(rows, "waiaas-core", core);
    report(rows, "cedar", alone);
    report(rows, "cedar+record", whole);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let _ = black_box(work());
    start.elapsed()
}

fn report(rows: u32, engine: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| {
        times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    };
    println!("{rows:>4}   {engine:<12} {:>10.2?}  {:>10.2?}", at(50), at(99));
}
