//! Bodies of the operator's and the owner's requests.

use waiaas_api::owners::SetOwner;
use waiaas_api::policies::{CreatePolicy, UpdatePolicy};
use waiaas_api::sessions::{CreateSession, LinkWallet};
use waiaas_api::wallets::{CreateWallet, ImportWallet, RenameWallet, SuspendWallet};

use crate::input::Input;
use crate::request;

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let kind = input.u8() % 9;
    let body = input.rest();
    match kind {
        0 => request::holds::<CreateSession>(body, &[]).is_some(),
        1 => request::holds::<LinkWallet>(body, &[]).is_some(),
        2 => request::holds::<CreateWallet>(body, &[]).is_some(),
        3 => request::holds::<ImportWallet>(body, &[]).is_some(),
        4 => request::holds::<RenameWallet>(body, &[]).is_some(),
        5 => request::holds::<SuspendWallet>(body, &[]).is_some(),
        6 => request::holds::<CreatePolicy>(body, &["rules"]).is_some(),
        7 => request::holds::<UpdatePolicy>(body, &["rules"]).is_some(),
        _ => request::holds::<SetOwner>(body, &[]).is_some(),
    }
}
