//! The end of a reservation, and of everything that is held with it.

/// The end of a reservation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReservationEnd {
    /// It counts as spent.
    Settled,
    /// It does not count.
    Released,
}

impl ReservationEnd {
    /// The text of the column `status`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "SETTLED",
            Self::Released => "RELEASED",
        }
    }
}
