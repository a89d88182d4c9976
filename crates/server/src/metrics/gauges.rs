//! Present figures as metrics. They are built for each scrape, so that removed objects, such as a deleted
//! policy, leave no series behind.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, EncodeMetric as _, GaugeValueEncoder,
    prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use waiaas_core::U256;
use waiaas_engine::{EndpointState, Headroom, Left, Measures, WorkerState};

const NO_LABELS: [(&str, &str); 0] = [];
/// Micro-dollars per cent.
const CENT: u64 = 10_000;

/// Appends the figures in the Prometheus text format.
pub(super) fn write(text: &mut String, measures: Measures) -> fmt::Result {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Gauges(measures)));
    prometheus_text::encode(text, &registry)
}

#[derive(Debug)]
struct Gauges(Measures);

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Measures {
            uptime,
            signing_stopped,
            open_transactions,
            pending_changes,
            endpoints,
            headroom,
            headroom_left_out,
            workers,
        } = &self.0;
        let to = &mut encoder;
        gauge(to, "waiaas_uptime_seconds", "Time since the start", [(NO_LABELS, *uptime)])?;
        let stopped = [(NO_LABELS, i64::from(*signing_stopped))];
        gauge(to, "waiaas_signing_stopped", "1 while the kill switch is activated", stopped)?;
        let help = "Transactions that have not ended, by status";
        let queues = open_transactions.iter().map(|(status, count)| ([("status", status.as_str())], *count));
        gauge(to, "waiaas_open_transactions", help, queues)?;
        let waiting = [(NO_LABELS, *pending_changes)];
        gauge(to, "waiaas_pending_changes", "Changes that wait for the signature of an owner", waiting)?;
        write_endpoints(to, endpoints)?;
        write_headroom(to, headroom, *headroom_left_out)?;
        write_workers(to, workers)
    }
}

fn write_endpoints(to: &mut DescriptorEncoder<'_>, endpoints: &[EndpointState]) -> fmt::Result {
    let labels = |endpoint: &EndpointState| {
        let number = endpoint.number.to_string();
        [("network", endpoint.network.to_string()), ("endpoint", number)]
    };
    let up = endpoints.iter().map(|one| (labels(one), u64::from(one.consecutive_failures == 0)));
    gauge(to, "waiaas_rpc_up", "1 unless the last request to the endpoint failed", up)?;
    let failures = endpoints.iter().map(|one| (labels(one), one.consecutive_failures));
    gauge(to, "waiaas_rpc_consecutive_failures", "Failures of the endpoint since its last answer", failures)?;
    let resting = endpoints.iter().map(|one| (labels(one), u64::from(one.resting)));
    gauge(to, "waiaas_rpc_resting", "1 while the endpoint is not asked, after failures", resting)
}

fn write_headroom(to: &mut DescriptorEncoder<'_>, headroom: &[Headroom], left_out: u64) -> fmt::Result {
    let labels = |one: &Headroom| {
        [
            ("policy", one.policy.to_string()),
            ("wallet", one.wallet.to_string()),
            ("window", one.window.as_str().to_owned()),
        ]
    };
    let cents = headroom.iter().filter_map(|one| match &one.left {
        // Rounded down.
        Left::Usd(usd) => Some((labels(one), usd.micros() / CENT)),
        Left::BaseUnits(..) => None,
    });
    let help =
        "US cents that a SPENDING_LIMIT leaves the wallet in the window: limit less spent and reserved";
    gauge(to, "waiaas_policy_headroom_cents", help, cents)?;
    let units = headroom.iter().filter_map(|one| match &one.left {
        Left::BaseUnits(asset, amount) => {
            let [policy, wallet, window] = labels(one);
            Some(([policy, wallet, window, ("asset", asset.to_string())], BaseUnits(*amount)))
        }
        Left::Usd(_) => None,
    });
    let help = "Base units of an asset (lamports, wei) that a SPENDING_LIMIT leaves the wallet in the window";
    gauge(to, "waiaas_policy_headroom_base_units", help, units)?;
    let help = "Windows without a headroom series, since there are too many";
    gauge(to, "waiaas_policy_headroom_left_out", help, [(NO_LABELS, left_out)])
}

fn write_workers(to: &mut DescriptorEncoder<'_>, workers: &[WorkerState]) -> fmt::Result {
    let labels = |worker: &WorkerState| [("worker", worker.name)];
    let running = workers.iter().map(|worker| (labels(worker), u64::from(worker.running)));
    gauge(to, "waiaas_worker_running", "1 while the worker takes turns", running)?;
    let last = workers.iter().filter_map(|worker| Some((labels(worker), worker.last_turn_at?)));
    gauge(to, "waiaas_worker_last_turn_timestamp_seconds", "End of the worker's last turn, Unix time", last)?;
    let failing = workers.iter().map(|worker| (labels(worker), worker.consecutive_failures));
    let help = "Turns of the worker that failed since one that did not";
    gauge(to, "waiaas_worker_consecutive_failures", help, failing)?;
    let turns = workers.iter().map(|worker| (labels(worker), worker.turns));
    counter(to, "waiaas_worker_turns", "Turns of the worker that ended", turns)?;
    let failures = workers.iter().map(|worker| (labels(worker), worker.failures));
    counter(to, "waiaas_worker_failures", "Turns of the worker that failed or panicked", failures)?;
    let panics = workers.iter().map(|worker| (labels(worker), worker.panics));
    counter(to, "waiaas_worker_panics", "Turns of the worker that panicked", panics)
}

fn gauge<L: EncodeLabelSet, V: EncodeGaugeValue>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (L, V)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in values {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn counter<L: EncodeLabelSet>(
    to: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl IntoIterator<Item = (L, u64)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in values {
        ConstCounter::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

/// An amount in base units. Prometheus stores values as 64-bit floats anyway, so large amounts need no
/// special form.
#[derive(Debug)]
struct BaseUnits(U256);

impl EncodeGaugeValue for BaseUnits {
    fn encode(&self, encoder: &mut GaugeValueEncoder<'_>) -> fmt::Result {
        match u64::try_from(self.0) {
            Ok(exact) => exact.encode(encoder),
            Err(_) => f64::from(self.0).encode(encoder),
        }
    }
}
