//! Values stored as JSON, with the version of their form.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use waiaas_core::digest::Digest;

use crate::error::StoreError;

/// The form in which this release writes the JSON columns of a transaction: intent, effects, verdict and gas
/// condition. A release that writes another form reads this one too.
pub(crate) const FORM: i64 = 1;

/// A value of type `T` in a JSON column. It is parsed when it is used, so that one damaged value does not hide
/// the rest of its row, or other rows.
pub struct Stored<T> {
    text: String,
    form: i64,
    value: PhantomData<fn() -> T>,
}

impl<T> Stored<T> {
    /// A value that is JSON already, in the form of this release.
    pub const fn json(text: String) -> Self {
        Self { text, form: FORM, value: PhantomData }
    }

    pub(crate) const fn in_form(text: String, form: i64) -> Self {
        Self { text, form, value: PhantomData }
    }

    /// The JSON.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the JSON under a label.
    pub fn digest(&self, label: &str) -> Digest {
        Digest::of(label, &[self.text.as_bytes()])
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

impl<T: Serialize> Stored<T> {
    /// A value to be stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the value cannot be written as JSON.
    pub fn of(value: &T) -> Result<Self, StoreError> {
        serde_json::to_string(value).map(Self::json).map_err(|_| StoreError::Corrupt("JSON"))
    }
}

impl<T: DeserializeOwned> Stored<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the text is not of this type, or of a form that this release does not know.
    pub fn read(&self) -> Result<T, StoreError> {
        match self.form {
            FORM => serde_json::from_str(&self.text).map_err(|_| StoreError::Corrupt("JSON")),
            _ => Err(StoreError::Corrupt("form")),
        }
    }
}

// Derived implementations would need the same of `T`.
impl<T> Clone for Stored<T> {
    fn clone(&self) -> Self {
        Self::in_form(self.text.clone(), self.form)
    }
}

impl<T> PartialEq for Stored<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.form) == (&other.text, other.form)
    }
}

impl<T> Eq for Stored<T> {}

impl<T> std::fmt::Debug for Stored<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stored").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_in_its_form_only() {
        let stored = Stored::of(&7u8).expect("JSON");
        assert_eq!((stored.text(), stored.read().expect("the value")), ("7", 7));
        let other: Stored<u8> = Stored::in_form("7".to_owned(), FORM + 1);
        assert!(matches!(other.read(), Err(StoreError::Corrupt("form"))));
        let damaged: Stored<u8> = Stored::json("{}".to_owned());
        assert!(matches!(damaged.read(), Err(StoreError::Corrupt("JSON"))));
    }
}
