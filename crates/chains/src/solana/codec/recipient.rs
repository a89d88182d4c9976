//! The checks of a recipient: the account at an address, and whether a key or program can sign for it. Pure.

use solana_pubkey::Pubkey;

use super::account::Account;
use super::address;
use super::mint::TokenProgram;
use crate::Refusal;

const SYSVARS: Pubkey = Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111");

/// The recipient of tokens.
#[derive(Clone, Copy)]
pub(in crate::solana) struct Recipient {
    pub(in crate::solana) address: Pubkey,
    /// Whether the request declares that a program signs for it.
    pub(in crate::solana) allow_off_curve: bool,
}

impl Recipient {
    /// Refuses an address without a known signer: off the curve it has no key, and its account belongs to no
    /// program. A closed token account is such an address, whatever lamports it holds.
    pub(in crate::solana) fn check(&self, account: Option<&Account>) -> Result<(), Refusal> {
        check(&self.address, account)?;
        let program = account.is_some_and(|account| account.owner != solana_system_interface::program::ID);
        if self.allow_off_curve || program || self.address.is_on_curve() {
            return Ok(());
        }
        Err(Refusal::RecipientOffCurve(address(&self.address)))
    }
}

/// Accepts wallets only. Programs, sysvars, mints and token accounts would keep a payment.
pub(in crate::solana) fn check(to: &Pubkey, account: Option<&Account>) -> Result<(), Refusal> {
    let Some(account) = account else { return Ok(()) };
    let what = if account.executable {
        "a program"
    } else if TokenProgram::of(&account.owner).is_some() {
        "a mint or token account; name the wallet that owns it"
    } else if account.owner == SYSVARS {
        "a system variable"
    } else {
        return Ok(());
    };
    Err(Refusal::BadRecipient(format!("{to} is not a wallet but {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address derived for `program`, off the curve.
    fn derived(program: Pubkey) -> Pubkey {
        Pubkey::find_program_address(&[b"vault"], &program).0
    }

    fn account(owner: Pubkey, lamports: u64) -> Account {
        Account { lamports, owner, executable: false, data: Vec::new() }
    }

    #[test]
    fn a_recipient_needs_a_signer_whatever_its_balance() {
        let (program, system) = (Pubkey::new_from_array([7; 32]), solana_system_interface::program::ID);
        let vault = derived(program);
        let check = |allow_off_curve, found: Option<Account>| {
            Recipient { address: vault, allow_off_curve }.check(found.as_ref())
        };
        for found in [None, Some(account(system, 0)), Some(account(system, 5_000_000_000))] {
            let error = check(false, found.clone()).expect_err("no signer");
            let named = Refusal::RecipientOffCurve(address(&vault));
            assert_eq!(error, named);
            assert!(check(true, found).is_ok(), "the request declares a signer");
        }
        assert!(check(false, Some(account(program, 1))).is_ok(), "a program owns it");
        let token = account(spl_token_interface::ID, 1);
        assert!(check(true, Some(token)).is_err(), "a token account is not a wallet");
    }
}
