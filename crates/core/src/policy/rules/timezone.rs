//! A fixed offset from UTC. Named zones would need a database that changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `UTC`, or `+HH:MM` / `-HH:MM` up to 14 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timezone {
    minutes: i16,
}

impl Timezone {
    /// Seconds to add to UTC for local time.
    pub fn offset_seconds(self) -> i64 {
        i64::from(self.minutes) * 60
    }
}

impl FromStr for Timezone {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a time zone is UTC, +HH:MM or -HH:MM";
        if text == "UTC" {
            return Ok(Self::default());
        }
        let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(rest), _) => (1, rest),
            (None, Some(rest)) => (-1, rest),
            (None, None) => return Err(EXPECTED),
        };
        let two = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten();
        let digits_only = rest.bytes().all(|b| b.is_ascii_digit() || b == b':');
        let parts = rest.split_once(':').filter(|_| digits_only);
        let Some((Some(hours), Some(minutes))) = parts.map(|(h, m)| (two(h), two(m))) else {
            return Err(EXPECTED);
        };
        let total = i16::from(hours) * 60 + i16::from(minutes);
        if minutes > 59 || total > 14 * 60 {
            return Err("a time zone is at most 14 hours from UTC");
        }
        Ok(Self { minutes: sign * total })
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.minutes == 0 {
            return f.write_str("UTC");
        }
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl Serialize for Timezone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timezone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_offsets_only() {
        for (text, seconds) in
            [("UTC", 0), ("+05:30", 19_800), ("-08:00", -28_800), ("+00:59", 3_540), ("+14:00", 50_400)]
        {
            let zone: Timezone = text.parse().expect(text);
            assert_eq!((zone.offset_seconds(), zone.to_string().as_str()), (seconds, text));
        }
        assert_eq!("-00:00".parse::<Timezone>().expect("zero").to_string(), "UTC");
        for bad in ["", "utc", "Z", "+5:30", "05:30", "+14:01", "+01:60", "++1:00", "+0100", "Europe/Paris"] {
            assert!(bad.parse::<Timezone>().is_err(), "{bad}");
        }
    }
}
