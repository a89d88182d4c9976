//! Inputs and results of use cases, as plain values. The wire format is in `waiaas-api`.

mod balances;
mod changes;
mod daemon;
mod exposure;
mod measures;
mod paging;
mod policies;
mod replay;
mod requests;
mod sessions;
mod tokens;
mod transactions;
mod walletconnect;
mod wallets;
mod webhooks;

pub use balances::*;
pub use changes::*;
pub use daemon::*;
pub use exposure::*;
pub use measures::*;
pub use paging::*;
pub use policies::*;
pub use replay::*;
pub use requests::*;
pub use sessions::*;
pub use tokens::*;
pub use transactions::*;
pub use walletconnect::*;
pub use wallets::*;
pub use webhooks::*;
