//! What use cases take and give. Plain values; the wire shapes are `waiaas-api`'s.

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
pub use wallets::*;
pub use webhooks::*;
