//! Wallets and their owners.

mod create;
mod default_network;
mod import;
mod lifecycle;
mod networks;
mod owner;
mod read;
mod rename;
mod wallet_app;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    let register = register!(register;
        read::list_wallets,
        create::create_wallet,
        import::import_wallet,
        read::get_wallet,
        rename::rename_wallet,
        default_network::set_default_network,
        lifecycle::terminate_wallet,
        lifecycle::suspend_wallet,
        lifecycle::resume_wallet,
        networks::wallet_networks,
    );
    register!(register;
        owner::set_owner,
        owner::remove_owner,
        owner::owner_challenge,
        owner::verify_owner,
        wallet_app::pair_wallet_app,
        wallet_app::wallet_app_pairing,
        wallet_app::wallet_app,
        wallet_app::end_wallet_app,
    )
}
