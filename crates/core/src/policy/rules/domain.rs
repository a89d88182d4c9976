//! A domain name or a wildcard over its sub-domains.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `example.com`, or `*.example.com` for every sub-domain at any depth but not `example.com` itself.
/// Lower case, at most 253 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DomainPattern(String);

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DomainPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() > 253 || !name.split('.').all(label_ok) {
            return Err(de::Error::custom("expected a domain such as example.com or *.example.com"));
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_leading_wildcards() {
        for (text, canonical) in
            [("Example.com", "example.com"), ("*.a.b", "*.a.b"), ("localhost", "localhost")]
        {
            let read: DomainPattern = serde_json::from_value(text.into()).expect(text);
            assert_eq!(read.to_string(), canonical);
        }
        for bad in ["", "*", "*.", "a..b", "a.*.b", "https://a.b", "a.b:80", "-a.b", "a b"] {
            assert!(serde_json::from_value::<DomainPattern>(bad.into()).is_err(), "{bad}");
        }
    }
}
