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
        let suitable = match text.strip_prefix("*.") {
            // The numbers of an IP address are not sub-domains.
            Some(parent) => is_name(parent) && !parent.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
            None => is_name(&text),
        };
        if text.len() > 253 || !suitable {
            return Err(de::Error::custom("expected a domain such as example.com or *.example.com"));
        }
        Ok(Self(text))
    }
}

impl DomainPattern {
    /// Whether the pattern matches a host (without port). ASCII case is ignored.
    pub fn matches(&self, host: &str) -> bool {
        let Some(parent) = self.0.strip_prefix("*.") else { return self.0.eq_ignore_ascii_case(host) };
        // Compared as bytes, because the cut could fall inside a character.
        let (host_bytes, parent) = (host.as_bytes(), parent.as_bytes());
        let Some(cut) = host_bytes.len().checked_sub(parent.len()) else { return false };
        let Some((sub, end)) = host_bytes.split_at_checked(cut) else { return false };
        sub.len() > 1 && sub.ends_with(b".") && end.eq_ignore_ascii_case(parent) && is_name(host)
    }
}

impl DomainPattern {
    /// Whether one of the patterns, which must be sorted, matches a host.
    pub fn any_matches(sorted: &[Self], host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let has = |name: &str| sorted.binary_search_by(|pattern| pattern.0.as_str().cmp(name)).is_ok();
        // An asterisk sorts before every character that a name may begin with.
        let any_wildcard = || sorted.first().is_some_and(|first| first.0.starts_with("*."));
        let mut parents = host.match_indices('.').filter_map(|(dot, _)| host.get(dot..));
        is_name(&host) && (has(&host) || (any_wildcard() && parents.any(|parent| has(&format!("*{parent}")))))
    }

    /// Whether every host that `new` matches is one that `old` matches.
    pub(super) fn all_within(new: &[Self], old: &[Self]) -> bool {
        let within = |new: &Self, old: &Self| {
            // `*.a.b` matches hosts under `a.b`, all of which are under `b`.
            new == old || (old.0.starts_with("*.") && old.matches(new.0.strip_prefix("*.").unwrap_or(&new.0)))
        };
        new.iter().all(|new| old.iter().any(|old| within(new, old)))
    }
}

/// Dot-separated labels as defined in RFC 1123.
fn is_name(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
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
        for bad in ["", "*", "*.", "a..b", "a.*.b", "https://a.b", "a.b:80", "-a.b", "a b", "*.0.0.1"] {
            assert!(serde_json::from_value::<DomainPattern>(bad.into()).is_err(), "{bad}");
        }
        assert!(serde_json::from_value::<DomainPattern>("127.0.0.1".into()).is_ok());
        let long = |last: usize| format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(last));
        for (last, fits) in [(60, true), (61, true), (62, false), (63, false)] {
            let text = long(last);
            let read = serde_json::from_value::<DomainPattern>(text.as_str().into());
            assert_eq!(read.is_ok(), fits, "{} characters", text.len());
        }
    }

    #[test]
    fn a_sorted_list_means_what_its_patterns_mean() {
        let hosts = [
            "example.com",
            "EXAMPLE.com",
            "a.example.com",
            "b.a.Example.COM",
            "a.b",
            "x.a.b",
            "aa.b",
            "b",
            "com",
            "",
            "*.example.com",
            ".example.com",
            "a..example.com",
            "a.example.com.",
            "evil/.example.com",
            "ü.example.com",
            "localhost",
            "127.0.0.1",
        ];
        let all = ["*.example.com", "example.com", "*.a.b", "x.a.b", "localhost", "127.0.0.1", "*.com"];
        for chosen in 0..1u32 << all.len() {
            let chosen = all.iter().enumerate().filter(|(i, _)| chosen & (1 << i) != 0);
            let mut patterns: Vec<DomainPattern> =
                chosen.map(|(_, text)| serde_json::from_value((*text).into()).expect(text)).collect();
            patterns.sort();
            for host in hosts {
                let meant = patterns.iter().any(|pattern| pattern.matches(host));
                assert_eq!(DomainPattern::any_matches(&patterns, host), meant, "{host} by {patterns:?}");
            }
        }
    }

    #[test]
    fn a_wildcard_means_sub_domains_of_any_depth_and_nothing_else() {
        let pattern = |text: &str| serde_json::from_value::<DomainPattern>(text.into()).expect(text);
        let exact = pattern("api.example.com");
        assert!(exact.matches("api.example.com") && exact.matches("API.Example.COM"));
        for other in ["example.com", "x.api.example.com", "api.example.com.", "api.example.co", ""] {
            assert!(!exact.matches(other), "{other}");
        }
        let wild = pattern("*.example.com");
        assert!(wild.matches("a.example.com") && wild.matches("a.b.EXAMPLE.com"));
        for other in [
            "example.com",
            ".example.com",
            "badexample.com",
            "a.example.com.",
            "a.example.com.evil.org",
            "evil.org/.example.com",
            "evil.org?.example.com",
            "user@a.example.com",
            "a..example.com",
            "ü.example.com",
            "üexample.com",
            "com",
            "",
        ] {
            assert!(!wild.matches(other), "{other}");
        }
    }
}
