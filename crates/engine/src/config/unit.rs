//! Durations and sizes written with a unit, such as `15m` or `64KiB`.
//!
//! The crates `humantime` and `bytesize` convert. Both also accept ambiguous texts: months of 30.44 days, `M`
//! beside `m`, `KB` of 1000 bytes, fractions. So only a whole number with one of the units listed here is
//! accepted.

use bytesize::{ByteSize, KIB};

/// The unit of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Bytes,
    Kibibytes,
}

impl Unit {
    /// All units.
    pub(super) const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Bytes, Self::Kibibytes];

    /// Returns the name of the unit in error messages and in `x-unit`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Bytes => "bytes",
            Self::Kibibytes => "KiB",
        }
    }

    /// Returns the units that a text may have. Each is a whole multiple of the setting's unit.
    pub(super) const fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::Seconds => &["s", "m", "h", "d"],
            Self::Milliseconds => &["ms", "s", "m"],
            Self::Bytes => &["B", "KiB", "MiB"],
            Self::Kibibytes => &["KiB", "MiB", "GiB"],
        }
    }

    /// Returns the JSON Schema pattern of such texts.
    pub(super) fn pattern(self) -> String {
        format!("^[0-9]{{1,18}}({})$", self.accepted().join("|"))
    }

    /// Converts a text such as `15m` to a number of these units.
    pub(super) fn read(self, text: &str) -> Option<i64> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let whole = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if !whole || !self.accepted().contains(&text.strip_prefix(digits)?) {
            return None;
        }
        let duration = || humantime::parse_duration(text).ok();
        let size = || text.parse::<ByteSize>().ok();
        match self {
            Self::Seconds => i64::try_from(duration()?.as_secs()).ok(),
            Self::Milliseconds => i64::try_from(duration()?.as_millis()).ok(),
            Self::Bytes => i64::try_from(size()?.as_u64()).ok(),
            Self::Kibibytes => i64::try_from(size()?.as_u64() / KIB).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_a_unit_are_converted_exactly() {
        for (unit, text, number) in [
            (Unit::Seconds, "90s", 90),
            (Unit::Seconds, "15m", 900),
            (Unit::Seconds, "24h", 86_400),
            (Unit::Seconds, "3d", 259_200),
            (Unit::Seconds, "0s", 0),
            (Unit::Seconds, "007m", 420),
            (Unit::Milliseconds, "1500ms", 1_500),
            (Unit::Milliseconds, "2s", 2_000),
            (Unit::Milliseconds, "1m", 60_000),
            (Unit::Bytes, "1B", 1),
            (Unit::Bytes, "64KiB", 65_536),
            (Unit::Bytes, "1MiB", 1_048_576),
            (Unit::Kibibytes, "65536KiB", 65_536),
            (Unit::Kibibytes, "64MiB", 65_536),
            (Unit::Kibibytes, "1GiB", 1_048_576),
            // Exact above the 53 bits of a float.
            (Unit::Bytes, "9007199254740993B", 9_007_199_254_740_993),
        ] {
            assert_eq!(unit.read(text), Some(number), "{text}");
        }
    }

    #[test]
    fn texts_that_could_mean_two_things_are_refused() {
        for text in [
            "",
            "s",
            "90",
            "90 s",
            " 90s",
            "90s ",
            "1.5h",
            "-1s",
            "+1s",
            "1h30m",
            "1M",
            "1month",
            "1months",
            "1y",
            "1w",
            "1min",
            "1S",
            "1H",
            "1D",
            "500ms",
            "1e3s",
            "1_000s",
            "٣s",
            "999999999999999999d",
            "1µs",
            "9999999999999999999999s",
        ] {
            assert_eq!(Unit::Seconds.read(text), None, "{text}");
        }
        for text in
            ["1", "1K", "1k", "1KB", "1kB", "1kib", "1KIB", "1MB", "1.5MiB", "1 MiB", "-1B", "1b", "1GiB"]
        {
            assert_eq!(Unit::Bytes.read(text), None, "{text}");
        }
        for (unit, text) in
            [(Unit::Kibibytes, "1024B"), (Unit::Milliseconds, "1h"), (Unit::Milliseconds, "1us")]
        {
            assert_eq!(unit.read(text), None, "{text}");
        }
        // Larger than every bound, however the crate handles the overflow.
        assert!(Unit::Kibibytes.read("999999999999999999GiB").is_none_or(|number| number > 1 << 50));
    }
}
