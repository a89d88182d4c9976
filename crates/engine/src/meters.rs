//! Counters and histograms of the pipeline, for monitoring. Labels never contain a caller's text, so the
//! number of time series is bounded.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use waiaas_core::policy::{Denial, Tier};

/// Upper bounds of a stage's histogram, in seconds: from a database step to a node that hangs.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// A part of the pipeline that is timed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Stage 1: intent to draft to effects.
    Validate,
    /// The policy facts from outside the database.
    Facts,
    /// Stages 2 to 4, the database transaction of the admission.
    Admission,
    /// Stage 5: completing, signing, broadcasting.
    Execute,
    /// Stages 6 and 7: one look at a signed transaction.
    Confirm,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Facts => "facts",
            Self::Admission => "admission",
            Self::Execute => "execute",
            Self::Confirm => "confirm",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByVerdict {
    tier: &'static str,
    code: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByStage {
    stage: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByAnswer {
    answer: &'static str,
}

/// The counters, from the start of the process.
pub(crate) struct Meters {
    registry: Registry,
    verdicts: Family<ByVerdict, Counter>,
    stages: Family<ByStage, Histogram>,
    chats: Family<ByAnswer, Counter>,
}

impl Default for Meters {
    fn default() -> Self {
        let verdicts = Family::default();
        let stages = Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        let mut registry = Registry::with_prefix("waiaas");
        registry.register(
            "verdicts",
            "Requests that were judged, by tier (DENIED if none was granted) and code (GRANTED, or that of the first denial)",
            verdicts.clone(),
        );
        registry.register("stage_seconds", "Time of one run of a stage of the pipeline", stages.clone());
        let chats = Family::default();
        registry.register(
            "telegram_messages",
            "Messages of Telegram chats that were answered, and those dropped because the chat has no right to an answer",
            chats.clone(),
        );
        Self { registry, verdicts, stages, chats }
    }
}

impl Meters {
    /// Counts a message of a chat.
    pub(crate) fn chat(&self, answered: bool) {
        let answer = if answered { "answered" } else { "dropped" };
        self.chats.get_or_create(&ByAnswer { answer }).inc();
    }

    /// Counts a granted request.
    pub(crate) fn granted(&self, tier: Tier) {
        self.verdicts.get_or_create(&ByVerdict { tier: tier.as_str(), code: "GRANTED" }).inc();
    }

    /// Counts a denied request once, under its first code.
    pub(crate) fn denied(&self, denials: &[Denial]) {
        let code = denials.first().map_or("DENIED", |denial| denial.code.as_str());
        self.verdicts.get_or_create(&ByVerdict { tier: "DENIED", code }).inc();
    }

    /// Records the duration of one run of a stage.
    pub(crate) fn took(&self, stage: Stage, time: Duration) {
        self.stages.get_or_create(&ByStage { stage: stage.as_str() }).observe(time.as_secs_f64());
    }

    /// Appends all metrics in the Prometheus text format.
    pub(crate) fn write(&self, text: &mut String) -> Result<(), std::fmt::Error> {
        prometheus_text::encode(text, &self.registry)
    }
}
