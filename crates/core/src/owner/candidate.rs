//! Which addresses can be owners, as far as the address itself shows.

use ed25519_dalek::VerifyingKey;

use crate::address::Address;

/// Why an address can never be, or must not be, an owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// The zero address, for which no private key is known.
    Zero,
    /// Not a usable public key: off the curve, or of such a small order that its signatures prove nothing.
    NoKey,
    /// A contract, which has no private key. Owners that verify by contract (EIP-1271) are not supported.
    Contract,
    /// An account that a program owns, such as a mint or a token account, or a program itself.
    ProgramAccount,
    /// The wallet's own address.
    Itself,
    /// Another wallet of this daemon: a session of that wallet could approve.
    AnotherWallet,
}

impl Unfit {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero-address",
            Self::NoKey => "no-key",
            Self::Contract => "contract",
            Self::ProgramAccount => "program-account",
            Self::Itself => "the-wallet-itself",
            Self::AnotherWallet => "another-wallet",
        }
    }

    /// A sentence about the address that gives the reason.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Zero => "The zero address has no known private key.",
            Self::NoKey => "The address is not the public key of an account that can sign.",
            Self::Contract => "The address is a contract, which has no key to sign with.",
            Self::ProgramAccount => {
                "The address is a program, or an account of one such as a mint, which has no key to sign with."
            }
            Self::Itself => "The address is the wallet itself, which would approve its own requests.",
            Self::AnotherWallet => {
                "The address is another wallet of this daemon, so its sessions could ask it to sign."
            }
        }
    }
}

/// Why the address cannot be an owner, as far as its bytes show.
pub fn unfit(address: &Address) -> Option<Unfit> {
    if address.as_bytes().iter().all(|byte| *byte == 0) {
        return Some(Unfit::Zero);
    }
    match address {
        Address::Evm(_) => None,
        Address::Solana(bytes) => match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => None,
            Ok(_) | Err(_) => Some(Unfit::NoKey),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fit_and_what_nobody_can_sign_for_is_not() {
        let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes();
        assert_eq!(unfit(&Address::Solana(key)), None);
        assert_eq!(unfit(&Address::Evm([1; 20])), None);
        for zero in [Address::Evm([0; 20]), Address::Solana([0; 32])] {
            assert_eq!(unfit(&zero), Some(Unfit::Zero));
        }
        let off_curve: Vec<_> = (0u8..=255)
            .map(|byte| [byte; 32])
            .filter(|bytes| VerifyingKey::from_bytes(bytes).is_err())
            .collect();
        assert!(off_curve.len() > 50, "about half of all numbers");
        for bytes in off_curve {
            assert_eq!(unfit(&Address::Solana(bytes)), Some(Unfit::NoKey));
        }
        // A point of small order: y = 1 is the neutral element.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(unfit(&Address::Solana(neutral)), Some(Unfit::NoKey));
    }
}
