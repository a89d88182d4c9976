//! Which lane a request is in. Lanes share no places and no buckets, so that what crowds one cannot
//! keep the operator from the others.
//!
//! Places and buckets are taken before a credential is looked at, so strangers can use them up. What takes the
//! master password has no bucket: there wrong ones are counted, and the right one is not. The kill switch has no
//! places either: nothing in it waits but for the database.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::extract::MASTER;
use crate::layers::peer::Peer;
use crate::register::{AuthClass, Route};

/// The one operation that must get through when nothing else does.
const KILL_SWITCH: (Method, &str) = (Method::POST, "/v1/admin/kill-switch");

/// What an operator asks before the password is sent. No credential, so it competes with strangers.
const PROOF: &str = "/v1/proof";

/// What a request competes with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Lane {
    /// Agents, owners, everybody.
    Open,
    /// Who asks the daemon for its proof.
    Proof,
    /// What takes the master password.
    Operator,
    /// Activating the kill switch, whichever way it comes.
    KillSwitch,
    /// What comes by the socket of the data directory.
    Local,
}

impl Lane {
    /// Of a request that has been assigned.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self::Open)
    }
}

/// Which operations are the operator's.
#[derive(Clone)]
pub(crate) struct Plan(Arc<HashMap<(String, String), AuthClass>>);

impl Plan {
    pub(crate) fn of(routes: Vec<Route>) -> Self {
        let class = |route: Route| ((route.method.to_owned(), route.path), route.auth);
        Self(Arc::new(routes.into_iter().map(class).collect()))
    }

    fn lane(&self, request: &Request) -> Lane {
        let local = Peer::of(request.extensions()) == Peer::Local;
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if (request.method(), path) == (&KILL_SWITCH.0, KILL_SWITCH.1) {
            return Lane::KillSwitch;
        }
        if local {
            return Lane::Local;
        }
        if path == PROOF {
            return Lane::Proof;
        }
        match self.0.get(&(request.method().as_str().to_owned(), path.to_owned())) {
            Some(AuthClass::Master | AuthClass::LocalMaster) => Lane::Operator,
            // Whether the password is right is asked later; a wrong one is no better off in this lane.
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
