//! Remembers the simulation method of each node, learnt from its answers, so that it is tried first.
//!
//! The calls of the nodes belong to `observe`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rpc::RpcFailure;

/// JSON-RPC's code for a method that does not exist.
const NOT_FOUND: i64 = -32601;

/// A node's method of simulating a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    /// `eth_simulateV1`.
    Simulate,
    /// `debug_traceCall`.
    Trace,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Simulate => "eth_simulateV1",
            Self::Trace => "debug_traceCall",
        }
    }
}

/// The knowledge of one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Learned {
    /// It has answered this method.
    Has(Method),
    /// It reported that it has neither.
    HasNone,
}

/// The knowledge of each node, by its position in the list of endpoints.
#[derive(Debug, Default)]
pub(super) struct Methods(Mutex<Vec<Option<Learned>>>);

impl Methods {
    pub(super) fn of(nodes: usize) -> Self {
        Self(Mutex::new(vec![None; nodes]))
    }

    /// Returns the order in which to try the methods, the known one first. Both are always tried, because the node
    /// behind an address may be replaced.
    pub(super) fn order(&self, position: usize) -> [Method; 2] {
        match self.all().get(position).copied().flatten() {
            Some(Learned::Has(Method::Trace)) => [Method::Trace, Method::Simulate],
            Some(Learned::Has(Method::Simulate) | Learned::HasNone) | None => {
                [Method::Simulate, Method::Trace]
            }
        }
    }

    pub(super) fn learn(&self, position: usize, learned: Learned) {
        if let Some(known) = self.all().get_mut(position) {
            *known = Some(learned);
        }
    }

    /// Returns for each endpoint, in order, the method's name, `none`, or `None` until the node was asked.
    pub(super) fn names(&self) -> Vec<Option<&'static str>> {
        let name = |learned: &Learned| match learned {
            Learned::Has(method) => method.name(),
            Learned::HasNone => "none",
        };
        self.all().iter().map(|known| known.as_ref().map(name)).collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Option<Learned>>> {
        // Each change is one assignment, so the state is consistent after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a node reports that it has no such method.
pub(super) const fn is_missing(failure: &RpcFailure) -> bool {
    match failure {
        RpcFailure::Node { code, .. } => *code == NOT_FOUND,
        RpcFailure::Unreachable(_)
        | RpcFailure::WrongChain(_)
        | RpcFailure::BadAnswer(_)
        | RpcFailure::TooLarge(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_method_of_a_node_is_tried_first() {
        let methods = Methods::of(3);
        assert_eq!(methods.names(), [None, None, None]);
        methods.learn(1, Learned::Has(Method::Trace));
        methods.learn(2, Learned::HasNone);
        methods.learn(7, Learned::HasNone);
        assert_eq!(methods.names(), [None, Some("debug_traceCall"), Some("none")]);
        let simulate_first = [Method::Simulate, Method::Trace];
        assert_eq!((methods.order(0), methods.order(2)), (simulate_first, simulate_first));
        assert_eq!(methods.order(1), [Method::Trace, Method::Simulate]);
        methods.learn(1, Learned::Has(Method::Simulate));
        assert_eq!(methods.order(1), simulate_first);
    }
}
