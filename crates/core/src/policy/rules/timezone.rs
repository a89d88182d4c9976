//! A fixed offset from UTC. Named zones would need a database that changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::UtcOffset;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const FORMAT: StaticFormatDescription = format_description!("[offset_hour sign:mandatory]:[offset_minute]");
const MOST_SECONDS: i32 = 14 * 60 * 60;

/// `UTC`, or `+HH:MM` / `-HH:MM` up to 14 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timezone(UtcOffset);

impl Timezone {
    /// Seconds to add to UTC for local time.
    pub fn offset_seconds(self) -> i64 {
        self.0.whole_seconds().into()
    }
}

impl Default for Timezone {
    fn default() -> Self {
        Self(UtcOffset::UTC)
    }
}

impl FromStr for Timezone {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "UTC" {
            return Ok(Self::default());
        }
        let offset = UtcOffset::parse(text, FORMAT).map_err(|_| "a time zone is UTC, +HH:MM or -HH:MM")?;
        if offset.whole_seconds().abs() > MOST_SECONDS {
            return Err("a time zone is at most 14 hours from UTC");
        }
        Ok(Self(offset))
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_utc() {
            return f.write_str("UTC");
        }
        f.write_str(&self.0.format(FORMAT).map_err(|_| fmt::Error)?)
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
        for (text, seconds) in [
            ("UTC", 0),
            ("+05:30", 19_800),
            ("-08:00", -28_800),
            ("+00:59", 3_540),
            ("-00:30", -1_800),
            ("+14:00", 50_400),
        ] {
            let zone: Timezone = text.parse().expect(text);
            assert_eq!((zone.offset_seconds(), zone.to_string().as_str()), (seconds, text));
        }
        assert_eq!("-00:00".parse::<Timezone>().expect("zero").to_string(), "UTC");
        for bad in [
            "",
            "utc",
            "Z",
            "+5:30",
            "+ 5:30",
            "05:30",
            "+05:30:00",
            "+14:01",
            "-14:01",
            "+99:00",
            "+01:60",
            "++1:00",
            "+0100",
            "Europe/Paris",
        ] {
            assert!(bad.parse::<Timezone>().is_err(), "{bad}");
        }
    }
}
