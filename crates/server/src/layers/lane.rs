//! The lane of a request. Lanes share neither concurrency limits nor rate limits, so that a flood in one does
//! not keep the operator out of the others.
//!
//! The limits apply before a credential is checked, so callers without one can exhaust them. Operations with
//! the master password have no rate limit: wrong passwords are counted instead, and the right one is not. The
//! kill switch has no concurrency limit either: activating it waits only for the database.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::extract::MASTER;
use crate::layers::peer::Peer;
use crate::register::{AuthClass, Route};

/// The operation that must succeed under any load.
const KILL_SWITCH: (Method, &str) = (Method::POST, "/v1/admin/kill-switch");

/// The operator's request before the password is sent. It has no credential, so it competes with other
/// callers.
const PROOF: &str = "/v1/proof";

/// The class of requests that share limits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Lane {
    /// Agents, owners and other callers.
    Open,
    /// Requests for the daemon's proof.
    Proof,
    /// Operations with the master password.
    Operator,
    /// Activating the kill switch, over TCP or the socket.
    KillSwitch,
    /// Requests through the socket of the data directory.
    Local,
    /// Requests at the address for monitoring.
    Monitoring,
}

impl Lane {
    /// The lane that was assigned to a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self::Open)
    }
}

/// The operations of the operator.
#[derive(Clone)]
pub(crate) struct Plan(Arc<HashMap<(String, String), AuthClass>>);

impl Plan {
    pub(crate) fn of(routes: Vec<Route>) -> Self {
        let class = |route: Route| ((route.method.to_owned(), route.path), route.auth);
        Self(Arc::new(routes.into_iter().map(class).collect()))
    }

    fn lane(&self, request: &Request) -> Lane {
        let peer = Peer::of(request.extensions());
        if peer == Peer::Monitoring {
            return Lane::Monitoring;
        }
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if (request.method(), path) == (&KILL_SWITCH.0, KILL_SWITCH.1) {
            return Lane::KillSwitch;
        }
        if peer == Peer::Local {
            return Lane::Local;
        }
        if path == PROOF {
            return Lane::Proof;
        }
        match self.0.get(&(request.method().as_str().to_owned(), path.to_owned())) {
            Some(AuthClass::Master | AuthClass::LocalMaster) => Lane::Operator,
            // The password is checked later; a wrong one has no advantage in this lane.
            Some(AuthClass::SessionOrMaster) if request.headers().contains_key(MASTER) => Lane::Operator,
            Some(AuthClass::SessionOrMaster | AuthClass::Public | AuthClass::Session | AuthClass::Owner)
            | None => Lane::Open,
        }
    }
}

pub(crate) async fn assign(State(plan): State<Plan>, mut request: Request, next: Next) -> Response {
    let lane = plan.lane(&request);
    request.extensions_mut().insert(lane);
    next.run(request).await
}
