//! The count of answered requests, by operation and class of status.

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The label of a request that matches no operation. Callers can invent paths, so paths are not labels.
const OTHER: &str = "other";

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ByOperation {
    operation: String,
    status: &'static str,
}

/// The counts since the start of the process.
pub(crate) struct Requests {
    registry: Registry,
    answered: Family<ByOperation, Counter>,
}

impl Default for Requests {
    fn default() -> Self {
        let answered = Family::default();
        let mut registry = Registry::with_prefix("waiaas");
        let help = "Answered requests, by operation of the OpenAPI document and class of status";
        registry.register("http_requests", help, answered.clone());
        Self { registry, answered }
    }
}

impl Requests {
    /// Counts one answer.
    pub(crate) fn answered(&self, operation: Option<&str>, status: u16) {
        let operation = operation.unwrap_or(OTHER).to_owned();
        self.answered.get_or_create(&ByOperation { operation, status: class(status) }).inc();
    }

    /// Appends them in the Prometheus text format.
    pub(crate) fn write(&self, text: &mut String) -> Result<(), std::fmt::Error> {
        prometheus_text::encode(text, &self.registry)
    }
}

const fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
