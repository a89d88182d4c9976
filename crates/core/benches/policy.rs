//! How long a decision takes: with all 21 types in force, with longer lists, with more rows; medians by
//! criterion, and percentiles of single decisions.
#![expect(clippy::expect_used, reason = "a benchmark may fail on its fixture")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

mod fixture;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use waiaas_core::effect::Effects;
use waiaas_core::policy::{PolicyFacts, PolicySet, Tier, Verdict, evaluate};

use fixture::{all_types, network, request, wallet};

const SIZES: [u32; 3] = [10, 100, 1_000];

/// Single decisions, timed one by one: what criterion's mean hides.
fn percentiles(name: &str, set: &PolicySet, effects: &Effects, facts: &PolicyFacts) {
    const TURNS: usize = 50_000;
    let mut times: Vec<_> = (0..TURNS)
        .map(|_| {
            let start = Instant::now();
            black_box(evaluate(black_box(set), black_box(effects), black_box(facts)));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times[(TURNS - 1) * percent / 100];
    println!("{name}: p50 {:?}, p99 {:?}, longest {:?}", at(50), at(99), times[TURNS - 1]);
}

fn assert_granted(set: &PolicySet, effects: &Effects, facts: &PolicyFacts) {
    let verdict = evaluate(set, effects, facts);
    assert!(matches!(&verdict, Verdict::Granted(grant) if grant.tier == Tier::Instant), "{verdict:?}");
}

fn decisions(c: &mut Criterion) {
    let (effects, facts) = request();

    let mut group = c.benchmark_group("all_types_entries");
    for size in SIZES {
        let set = PolicySet::select(all_types(1, None, size), wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        percentiles(&format!("all_types_entries/{size}"), &set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("installation_rows");
    for size in SIZES {
        let rows: Vec<_> =
            (0..size.div_ceil(21)).flat_map(|n| all_types(n * 21, Some(wallet(n)), 10)).collect();
        let set = PolicySet::select(rows.iter().cloned(), wallet(0), &network());
        assert_granted(&set, &effects, &facts);
        group.bench_function(BenchmarkId::new("evaluate", size), |b| {
            b.iter(|| evaluate(black_box(&set), black_box(&effects), black_box(&facts)));
        });
        group.bench_function(BenchmarkId::new("select_and_evaluate", size), |b| {
            b.iter(|| {
                let set = PolicySet::select(black_box(&rows).iter().cloned(), wallet(0), &network());
                evaluate(&set, black_box(&effects), black_box(&facts))
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("rows_all_in_force");
    for size in SIZES {
        let rows = (0..size.div_ceil(21)).flat_map(|n| all_types(n * 21, None, 10));
        let set = PolicySet::select(rows, wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        percentiles(&format!("rows_all_in_force/{size}"), &set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
