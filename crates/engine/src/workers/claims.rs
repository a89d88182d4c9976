//! Claims of items by workers, so that no item is worked on twice at the same time.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// The claimed items.
pub(super) struct Claims<T>(Arc<Mutex<HashSet<T>>>);

impl<T> Clone for Claims<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Claims<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Eq + Hash> Claims<T> {
    /// Claims an item; none if it is claimed already.
    pub(super) fn take(&self, what: T) -> Option<Claim<T>> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(what.clone());
        free.then(|| Claim { claims: self.clone(), what })
    }
}

/// The claim of one item; dropping it, also by a panic, releases it.
pub(super) struct Claim<T: Eq + Hash> {
    claims: Claims<T>,
    what: T,
}

impl<T: Eq + Hash> Drop for Claim<T> {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.what);
    }
}
