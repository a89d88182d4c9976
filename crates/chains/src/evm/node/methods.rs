//! By which method each node shows what a call does: learnt from its answers, and asked first from then on.
//!
//! Belongs here: what is remembered of a node. Does not belong here: asking it (`observe`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rpc::RpcFailure;

/// JSON-RPC's code for a method that is not there.
const NOT_FOUND: i64 = -32601;

/// How a node can show what a call does.
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

/// What is known of one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Learned {
    /// It has answered to this.
    Has(Method),
    /// It says that it has neither.
    HasNone,
}

/// What is known of each node, by its place in the list of endpoints.
#[derive(Debug, Default)]
pub(super) struct Methods(Mutex<Vec<Option<Learned>>>);

impl Methods {
    pub(super) fn of(nodes: usize) -> Self {
        Self(Mutex::new(vec![None; nodes]))
    }

    /// What to ask a node for, the method that it is known to have first. Both are asked for whatever is known:
    /// nodes are replaced by others behind one address.
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

    /// In the order of the endpoints: the method's name, `none`, or nothing while a node was not asked.
    pub(super) fn names(&self) -> Vec<Option<&'static str>> {
        let name = |learned: &Learned| match learned {
            Learned::Has(method) => method.name(),
            Learned::HasNone => "none",
        };
        self.all().iter().map(|known| known.as_ref().map(name)).collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Option<Learned>>> {
        // Each change is one assignment, so nothing is half done after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a node says that it has no such method.
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
    fn what_a_node_has_is_asked_for_first() {
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
