//! The metrics of the real binary, read by another reader of the format, before and after requests.

use std::collections::BTreeMap;
use std::io;

use anyhow::{Context as _, Result, ensure};
use e2e::{Daemon, PASSWORD, generous_policy};
use prometheus_parse::{Scrape, Value};
use serde_json::json;

use crate::world::{World, solana_payee, text};

/// The values of one scrape.
struct Metrics {
    samples: BTreeMap<String, f64>,
    text: String,
}

impl Metrics {
    async fn of(daemon: &Daemon) -> Result<Self> {
        Self::read(daemon.metrics().await?)
    }

    /// Reads the text; fails on a line that is no sample, and on a series that stands twice.
    fn read(text: String) -> Result<Self> {
        let scrape = Scrape::parse(text.lines().map(|line| io::Result::Ok(line.to_owned())))?;
        let lines = text.lines().filter(|line| !line.starts_with('#')).count();
        let (mut samples, mut read) = (BTreeMap::new(), 0);
        for sample in scrape.samples {
            let name = format!("{}{{{}}}", sample.metric, sample.labels);
            let value = match sample.value {
                Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => value,
                Value::Histogram(buckets) => {
                    read += buckets.len();
                    continue;
                }
                Value::Summary(_) => anyhow::bail!("{name} is a summary"),
            };
            read += 1;
            ensure!(scrape.docs.keys().any(|of| name.starts_with(of.as_str())), "{name} has no help");
            ensure!(samples.insert(name.clone(), value).is_none(), "{name} stands twice");
        }
        ensure!(read == lines, "{read} of {lines} lines are samples:\n{text}");
        Ok(Self { samples, text })
    }

    /// A value; zero for a counter that has not begun.
    fn get(&self, series: &str) -> f64 {
        self.samples.get(series).copied().unwrap_or_default()
    }

    /// A value that is there.
    fn there(&self, series: &str) -> Result<f64> {
        self.samples.get(series).copied().with_context(|| format!("{series} in\n{}", self.text))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_count_what_happens() -> Result<()> {
    let world = World::solana().await?;
    let (daemon, to) = (&world.daemon, solana_payee(7));
    let mut rules = generous_policy();
    rules["token_limits"] = json!({ "native:solana": {
        "instant_max": "1", "notify_max": "10", "delay_max": "50", "daily_max": "60",
    } });
    let policy = world.policy("SPENDING_LIMIT", rules).await?;
    let before = Metrics::of(daemon).await?;

    // 150 dollars each SOL: 75, 750, and one without a policy that allows the token.
    let sent = world.send(&to, "0.5").await?.expect(201)?;
    world.ended(text(&sent, "id")?).await?;
    let delayed = world.send(&to, "5.0").await?.expect(201)?;
    let denied = world.send_token(&world.localnet.solana.spl_mint, &to, "1").await?.refused(403)?;
    world.dry_run(json!({ "to": to, "amount": "0.5" })).await?;
    daemon.agent("wai_sess_wrong").get("/v1/wallet/balance").await?.refused(401)?;

    let after = Metrics::of(daemon).await?;
    let grown = |series: &str| after.get(series) - before.get(series);
    for (series, by) in [
        // Two that were granted and the dry run.
        ("waiaas_http_requests_total{operation=\"send_transaction\",status=\"2xx\"}", 3.0),
        ("waiaas_http_requests_total{operation=\"send_transaction\",status=\"4xx\"}", 1.0),
        ("waiaas_verdicts_total{code=\"GRANTED\",tier=\"NOTIFY\"}", 1.0),
        ("waiaas_verdicts_total{code=\"GRANTED\",tier=\"DELAY\"}", 1.0),
        ("waiaas_stage_seconds_count{stage=\"admission\"}", 2.0),
        ("waiaas_stage_seconds_count{stage=\"execute\"}", 1.0),
        ("waiaas_open_transactions{status=\"QUEUED\"}", 1.0),
        ("waiaas_open_transactions{status=\"PENDING_APPROVAL\"}", 0.0),
    ] {
        ensure!(grown(series) == by, "{series} grew by {}, not {by}:\n{}", grown(series), after.text);
    }
    let denials = format!("waiaas_verdicts_total{{code=\"{denied}\",tier=\"DENIED\"}}");
    ensure!(grown(&denials) == 1.0, "{denials} in\n{}", after.text);
    ensure!(grown("waiaas_stage_seconds_count{stage=\"confirm\"}") >= 1.0);

    // 5.5 SOL are 825 dollars, and a little for fees.
    let wallet = &world.agent.wallet;
    let cents =
        format!("waiaas_policy_headroom_cents{{policy=\"{policy}\",wallet=\"{wallet}\",window=\"daily\"}}");
    ensure!(before.there(&cents)? == 10_000_000.0, "{}", before.text);
    let used = before.there(&cents)? - after.there(&cents)?;
    ensure!((82_500.0..83_000.0).contains(&used), "{used}");
    let asset = "solana:localnet/slip44:501";
    let units = format!(
        "waiaas_policy_headroom_base_units{{asset=\"{asset}\",policy=\"{policy}\",wallet=\"{wallet}\",window=\"daily\"}}"
    );
    ensure!(before.there(&units)? == 60e9, "{}", before.text);
    let used = before.there(&units)? - after.there(&units)?;
    ensure!((5.5e9..5.6e9).contains(&used), "{used}");

    let up = "waiaas_rpc_up{endpoint=\"1\",network=\"solana-localnet\"}";
    ensure!(after.there(up)? == 1.0, "{}", after.text);
    let node = world.localnet.solana.rpc.trim_start_matches("http://");
    ensure!(!after.text.contains(node), "the node's address is in\n{}", after.text);
    ensure!(after.there("waiaas_worker_running{worker=\"confirm\"}")? == 1.0);
    ensure!(after.there("waiaas_worker_turns_total{worker=\"timers\"}")? >= 1.0);
    ensure!(after.there("waiaas_worker_panics_total{worker=\"timers\"}")? == 0.0);
    for secret in [PASSWORD, &world.agent.token, &world.agent.address, &to, text(&delayed, "id")?] {
        ensure!(!after.text.contains(secret), "{secret} is in\n{}", after.text);
    }

    // A deleted policy leaves no series.
    daemon.operator().delete(&format!("/v1/policies/{policy}")).await?.expect(200)?;
    daemon.operator().post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    let end = Metrics::of(daemon).await?;
    ensure!(
        end.there("waiaas_signing_stopped{}")? == 1.0 && before.there("waiaas_signing_stopped{}")? == 0.0
    );
    ensure!(!end.samples.contains_key(&cents), "{}", end.text);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_their_own_is_opened_only_where_it_is_configured() -> Result<()> {
    let secret = "https://user:hunter2@rpc.example:8443/v2/0123456789abcdef?key=fedcba9876543210";
    let mut options = crate::credential_matrix::unreachable_nodes();
    let mut daemon = Daemon::start(&options)?;
    ensure!(daemon.metrics_url().is_none());
    let port = daemon.anonymous().get("/metrics").await?.refused(404)?;
    ensure!(port == "NOT_FOUND");
    daemon.stop()?;

    options.extra = "\n[metrics]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    options.evm = secret.to_owned();
    let daemon = Daemon::start(&options)?;
    let url = daemon.metrics_url().context("an address")?;
    let answer = reqwest::get(url).await?.error_for_status()?;
    let metrics = Metrics::read(answer.text().await?)?;
    metrics.there("waiaas_rpc_up{endpoint=\"1\",network=\"evm-localnet\"}")?;
    for part in ["rpc.example", "8443", "hunter2", "0123456789abcdef", "fedcba9876543210", "user"] {
        ensure!(!metrics.text.contains(part), "{part} is in\n{}", metrics.text);
    }
    Ok(())
}
