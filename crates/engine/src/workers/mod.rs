//! The daemon's background work: delays end, approvals and changes expire, signed transactions are followed
//! until they are final, webhooks receive events, and work that a crash interrupted is resumed.
//!
//! Every such loop is a [`Worker`] and is run by the supervisor. Workers of transactions
//! only find them and hand them to [`resume`](crate::pipeline::resume); every step may run twice. The first
//! turn after a start is the recovery: it finds the same rows that any later turn would. Work that needs a
//! node is done network by network (`turns`), so that one that hangs does not delay the others.

mod claims;
mod housekeeping;
mod outages;
mod pauses;
mod supervisor;
mod sweeps;
mod telegram;
mod timers;
mod turns;
mod walletconnect;
mod webhooks;

use std::time::Duration;

use crate::Engine;
use crate::walletconnect::Link;
use crate::workers::housekeeping::{KeepReserve, OldClaims, RenewLease};
use crate::workers::outages::Outages;
use crate::workers::supervisor::{Worker, supervise};
use crate::workers::sweeps::Sweep;
use crate::workers::timers::Timers;
use crate::workers::turns::Turns;
use crate::workers::webhooks::{OldDeliveries, Webhooks};

/// Rows processed in one turn.
const BATCH: u32 = 100;
/// The period of work that needs no node.
const SECOND: Duration = Duration::from_secs(1);

/// Starts the workers. They end when the engine shuts down.
pub(crate) fn start(engine: &Engine) {
    let turns = Turns::default();
    let mut workers: Vec<Box<dyn Worker>> = vec![
        Box::new(RenewLease(engine.clone())),
        Box::new(Timers::new(engine, &turns)),
        Box::new(Outages::new(engine)),
        Box::new(KeepReserve(engine.clone())),
        Box::new(OldClaims(engine.clone())),
        Box::new(Webhooks::new(engine)),
        Box::new(OldDeliveries(engine.clone())),
    ];
    if let Some(bot) = engine.bot() {
        workers.push(Box::new(telegram::Cards::new(engine.clone(), bot.clone())));
        workers.push(Box::new(telegram::Notices::new(engine.clone(), bot.clone())));
        workers.push(Box::new(telegram::Updates::new(engine.clone(), bot.clone())));
    }
    if let Some(link) = Link::new(engine) {
        workers.push(Box::new(walletconnect::WalletConnect::new(engine.clone(), link)));
    }
    for sweep in Sweep::all(engine, &turns) {
        workers.push(Box::new(sweep));
    }
    for worker in workers {
        engine.tasks().spawn(supervise(engine.clone(), worker));
    }
}
