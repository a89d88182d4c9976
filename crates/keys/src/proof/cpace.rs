//! CPace over ristretto255 with SHA-512, initiator and responder (draft-irtf-cfrg-cpace, suite
//! CPACE-RISTR255-SHA512): two sides that know the same password get the same key. Neither a listener nor a
//! participant learns anything that allows trying passwords offline. Each run tests at most one password.

use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::IsIdentity as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

const DSI: &[u8] = b"CPaceRistretto255";
const DSI_ISK: &[u8] = b"CPaceRistretto255_ISK";
/// Input block size of SHA-512.
const BLOCK: usize = 128;

/// Identifies one run; the initiator chooses it at random.
pub type SessionId = [u8; 16];
/// A public share.
pub type Share = [u8; 32];
/// Proves to the other side that a key was derived.
pub type Tag = [u8; 64];

/// A length as LEB128, then the bytes.
fn put(into: &mut Vec<u8>, part: &[u8]) {
    let mut length = part.len();
    while length >= 0x80 {
        into.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    into.push(u8::try_from(length).unwrap_or(0));
    into.extend_from_slice(part);
}

fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut text = Vec::with_capacity(512);
    parts.iter().for_each(|part| put(&mut text, part));
    Zeroizing::new(text)
}

/// `calculate_generator`: the base point that depends on the password.
pub(super) fn generator(password: &[u8], channel: &[u8], session: &SessionId) -> RistrettoPoint {
    // Pads the password's part to a whole block, including its length byte.
    let pad = vec![0u8; BLOCK.saturating_sub(1 + password.len() + 1 + DSI.len() + 1)];
    let text = joined(&[DSI, password, &pad, channel, session]);
    RistrettoPoint::from_uniform_bytes(&Sha512::digest(text.as_slice()).into())
}

/// One side of a run.
pub(super) struct Side {
    scalar: Zeroizing<Scalar>,
    share: Share,
}

impl Side {
    /// From 64 random bytes.
    pub(super) fn new(base: &RistrettoPoint, random: &Zeroizing<[u8; 64]>) -> Self {
        Self::with(base, Scalar::from_bytes_mod_order_wide(random))
    }

    fn with(base: &RistrettoPoint, scalar: Scalar) -> Self {
        Self { scalar: Zeroizing::new(scalar), share: (scalar * base).compress().to_bytes() }
    }

    pub(super) const fn share(&self) -> &Share {
        &self.share
    }

    /// `scalar_mult_vfy`: the shared point; none if the other side's share is not a point, or is the
    /// identity.
    fn meet(&self, other: &Share) -> Option<Zeroizing<[u8; 32]>> {
        let point = *self.scalar * CompressedRistretto(*other).decompress()?;
        (!point.is_identity()).then(|| Zeroizing::new(point.compress().to_bytes()))
    }

    /// The key, derived by the initiator.
    pub(super) fn initiated(&self, session: &SessionId, responder: &Share) -> Option<Key> {
        let point = self.meet(responder)?;
        Some(Key::of(session, &point, &self.share, responder))
    }

    /// The key, derived by the responder.
    pub(super) fn responded(&self, session: &SessionId, initiator: &Share) -> Option<Key> {
        let point = self.meet(initiator)?;
        Some(Key::of(session, &point, initiator, &self.share))
    }
}

/// The derived key. Associated data is empty on both sides.
pub(super) struct Key {
    isk: Zeroizing<[u8; 64]>,
    session: SessionId,
}

impl Key {
    fn of(session: &SessionId, point: &[u8; 32], initiator: &Share, responder: &Share) -> Self {
        Self::with(session, point, &[initiator, &[], responder, &[]])
    }

    fn with(session: &SessionId, point: &[u8; 32], transcript: &[&[u8]]) -> Self {
        let mut text = joined(&[DSI_ISK, session, point]);
        text.extend_from_slice(&joined(transcript));
        Self { isk: Zeroizing::new(Sha512::digest(text.as_slice()).into()), session: *session }
    }

    /// The confirmation of the side with this share.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub(super) fn confirmation(&self, share: &Share) -> Hmac<Sha512> {
        let key = Sha512::new().chain_update(b"CPaceMac").chain_update(self.session).chain_update(*self.isk);
        let key: Zeroizing<[u8; 64]> = Zeroizing::new(key.finalize().into());
        let mut mac = Hmac::<Sha512>::new_from_slice(key.as_slice()).expect("any length");
        mac.update(&joined(&[share, &[]]));
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// Section B.3 of the draft.
    #[test]
    fn the_drafts_vectors_hold() {
        let session = bytes("7e4b4791d6a8ef019b936c79fb7f2c57");
        let base = generator(b"Password", b"oc\x0bB_responder\x0bA_initiator", &session);
        let encoded = "a6fc82c3b8968fbb2e06fee81ca858586dea50d248f0c7ca6a18b0902a30b36b";
        assert_eq!(hex::encode(base.compress().to_bytes()), encoded);

        let scalar = |text| Scalar::from_canonical_bytes(bytes(text)).unwrap();
        let a = Side::with(&base, scalar("da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08"));
        let b = Side::with(&base, scalar("d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d"));
        assert_eq!(hex::encode(a.share), "d40fb265a7abeaee7939d91a585fe59f7053f982c296ec413c624c669308f87a");
        assert_eq!(hex::encode(b.share), "08bcf6e9777a9c313a3db6daa510f2d398403319c2341bd506a92e672eb7e307");
        let meeting = "e22b1ef7788f661478f3cddd4c600774fc0f41e6b711569190ff88fa0e607e09";
        for point in [a.meet(&b.share), b.meet(&a.share)] {
            assert_eq!(hex::encode(*point.unwrap()), meeting);
        }
        let key = Key::with(&session, &bytes(meeting), &[&a.share, b"ADa", &b.share, b"ADb"]);
        assert_eq!(
            hex::encode(*key.isk),
            "4c5469a16b2364c4b944ebc1a79e51d1674ad47db26e8718154f59faebfaa52d8346f30aa58377117eb20d527f2cbc5c\
             76381f7fd372e89df8239f87f2e02ed1"
        );
    }

    #[test]
    fn what_is_no_point_and_the_identity_meet_nobody() {
        let base = generator(b"Password", b"", &[0; 16]);
        let side = Side::new(&base, &Zeroizing::new([7; 64]));
        // The identity; a field element that encodes no point; one that is not reduced.
        for share in [[0; 32], [1; 32], [0xff; 32]] {
            assert!(side.meet(&share).is_none(), "{share:?}");
        }
    }
}
