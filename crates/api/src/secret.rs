//! Secrets inside request and response bodies.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A password, key or token in a request or response body. Wiped on drop, never printed. It serialises in the
/// clear, because a body must contain it; never serialise it elsewhere.
#[derive(Clone)]
pub struct WireSecret(SecretString);

impl WireSecret {
    /// Wraps a secret for a body.
    pub const fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The secret inside.
    pub fn into_inner(self) -> SecretString {
        self.0
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.0.expose_secret().len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for WireSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireSecret([REDACTED])")
    }
}

impl Serialize for WireSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for WireSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = WireSecret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<WireSecret, E> {
                Ok(WireSecret(SecretString::from(text)))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<WireSecret, E> {
                Ok(WireSecret(SecretString::from(text)))
            }
        }
        deserializer.deserialize_string(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sent_but_never_printed() {
        let secret: WireSecret = serde_json::from_str("\"hunter2hunter2\"").expect("text");
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(serde_json::to_string(&secret).expect("json"), "\"hunter2hunter2\"");
        assert_eq!(secret.len(), 14);
    }
}
