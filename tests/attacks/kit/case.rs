//! An attack: a name, its requirements, and a future that fails when the attack succeeds.

use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;

use crate::kit::Target;

/// The requirements of an attack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Needs {
    /// Any daemon.
    Daemon,
    /// Local nodes that hand out money, under the daemon.
    Nodes,
    /// A daemon that may be stopped, locked and misconfigured: the kit's own.
    Own,
}

type Running = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One attack.
pub(crate) struct Case {
    pub(crate) class: &'static str,
    pub(crate) name: String,
    pub(crate) needs: Needs,
    pub(crate) run: Box<dyn FnOnce(Arc<Target>) -> Running + Send>,
}

/// The attacks on one kind of weakness.
pub(crate) struct Class {
    name: &'static str,
    cases: Vec<Case>,
}

impl Class {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, cases: Vec::new() }
    }

    /// Adds an attack. `run` returns an error when it got more than the policies grant.
    pub(crate) fn case<F, R>(&mut self, needs: Needs, name: impl Into<String>, run: F)
    where
        F: FnOnce(Arc<Target>) -> R + Send + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        let run = Box::new(move |target| -> Running { Box::pin(run(target)) });
        self.cases.push(Case { class: self.name, name: name.into(), needs, run });
    }

    pub(crate) fn into_cases(self) -> Vec<Case> {
        self.cases
    }
}
