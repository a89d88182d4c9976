//! ECDSA over secp256k1, as Ethereum uses it: deterministic (RFC 6979), low `s` (EIP-2), with the parity of
//! the nonce point.

use k256::ecdsa::{SigningKey, VerifyingKey};

use super::SignError;

/// The public key of a scalar; `None` for zero and for values not below the group order.
pub(super) fn public_key(scalar: &[u8; 32]) -> Option<VerifyingKey> {
    key(scalar).map(|key| *key.verifying_key())
}

fn key(scalar: &[u8; 32]) -> Option<SigningKey> {
    SigningKey::from_slice(scalar).ok()
}

/// Signs a 32-byte hash: `r (32) ‖ s (32) ‖ y-parity (0 or 1)`.
pub(super) fn sign(scalar: &[u8; 32], public: &VerifyingKey, hash: &[u8; 32]) -> Result<[u8; 65], SignError> {
    let key = key(scalar).filter(|key| key.verifying_key() == public).ok_or(SignError::DamagedKey)?;
    let (signature, recovery) = key.sign_prehash_recoverable(hash).map_err(|_| SignError::Fault)?;
    // Recovery verifies the signature and checks the parity. Ethereum cannot express an `x` that was reduced
    // (one in 2^127), and every node refuses a high `s`.
    let recovered = VerifyingKey::recover_from_prehash(hash, &signature, recovery);
    let low = signature.normalize_s().is_none();
    if recovered.ok().as_ref() != Some(public) || !low || recovery.is_x_reduced() {
        return Err(SignError::Fault);
    }
    let mut bytes = [0u8; 65];
    let (body, parity) = bytes.split_at_mut(64);
    body.copy_from_slice(&signature.to_bytes());
    parity.fill(u8::from(recovery.is_y_odd()));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public_key::PublicKey;
    use alloy_primitives::{Signature, keccak256};
    use proptest::prelude::*;

    const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    fn scalar(hex_digits: &str) -> [u8; 32] {
        hex::decode(hex_digits).unwrap().try_into().unwrap()
    }

    /// The first account of the `test test … junk` mnemonic, and scalar 1.
    #[test]
    fn known_keys_have_their_addresses() {
        for (private, address) in [
            (
                "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            ),
            (
                "0000000000000000000000000000000000000000000000000000000000000001",
                "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
            ),
        ] {
            let key = PublicKey::Secp256k1(public_key(&scalar(private)).unwrap());
            assert_eq!(key.address().to_string(), address);
        }
    }

    /// RFC 6979 over secp256k1 with SHA-256: the widely used vectors of Trezor and Bitcoin Core.
    #[test]
    fn nonces_are_those_of_rfc_6979() {
        use sha2::{Digest, Sha256};
        let one = scalar("0000000000000000000000000000000000000000000000000000000000000001");
        let hash: [u8; 32] = Sha256::digest(b"Satoshi Nakamoto").into();
        let signed = sign(&one, &public_key(&one).unwrap(), &hash).unwrap();
        assert_eq!(
            hex::encode(&signed[..64]),
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8\
             2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
        );
    }

    /// The signed transaction of EIP-155's example: key, hash, `v` = 37 (parity 0), `r`, `s`.
    #[test]
    fn agrees_with_the_example_of_eip_155() {
        let key = [0x46; 32];
        let hash = scalar("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
        let signed = sign(&key, &public_key(&key).unwrap(), &hash).unwrap();
        assert_eq!(
            hex::encode(signed),
            "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276\
             67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d8300"
        );
    }

    #[test]
    fn scalars_out_of_range_are_no_keys() {
        assert!(public_key(&[0; 32]).is_none());
        assert!(public_key(&scalar(ORDER)).is_none());
        assert!(public_key(&[0xff; 32]).is_none());
        let mut last = scalar(ORDER);
        last[31] -= 1;
        assert!(public_key(&last).is_some());
    }

    #[test]
    fn a_scalar_of_another_key_signs_nothing() {
        let other = public_key(&[2; 32]).unwrap();
        assert_eq!(sign(&[1; 32], &other, &[9; 32]), Err(SignError::DamagedKey));
        assert_eq!(sign(&[0; 32], &other, &[9; 32]), Err(SignError::DamagedKey));
    }

    proptest! {
        /// Checked by an independent route: recovery of the address.
        #[test]
        fn signatures_are_low_deterministic_and_recover_to_the_address(private: [u8; 32], data: Vec<u8>) {
            let Some(public) = public_key(&private) else { return Ok(()) };
            let hash = keccak256(&data);
            let signed = sign(&private, &public, &hash).unwrap();
            prop_assert_eq!(signed, sign(&private, &public, &hash).unwrap());
            let read = Signature::from_raw(&signed).unwrap();
            prop_assert!(read.normalize_s().is_none());
            let address = read.recover_address_from_prehash(&hash).unwrap();
            prop_assert_eq!(address, alloy_primitives::Address::from_public_key(&public));
        }
    }
}
