//! Bodies of what the operator and the owner ask for.

use waiaas_api::owners::SetOwner;
use waiaas_api::policies::{CreatePolicy, UpdatePolicy};
use waiaas_api::sessions::{CreateSession, LinkWallet};
use waiaas_api::wallets::{CreateWallet, ImportWallet, RenameWallet, SuspendWallet};

use crate::input::Input;
use crate::request;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.u8() % 9;
    let body = input.rest();
    match kind {
        0 => drop(request::holds::<CreateSession>(body, &[])),
        1 => drop(request::holds::<LinkWallet>(body, &[])),
        2 => drop(request::holds::<CreateWallet>(body, &[])),
        3 => drop(request::holds::<ImportWallet>(body, &[])),
        4 => drop(request::holds::<RenameWallet>(body, &[])),
        5 => drop(request::holds::<SuspendWallet>(body, &[])),
        6 => drop(request::holds::<CreatePolicy>(body, &["rules"])),
        7 => drop(request::holds::<UpdatePolicy>(body, &["rules"])),
        _ => drop(request::holds::<SetOwner>(body, &[])),
    }
}
