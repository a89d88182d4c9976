//! Values that are text on the wire and typed after parsing.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waiaas_core::U256;
use waiaas_core::intent::Amount;
use waiaas_core::money::{AmountError, HumanAmount, parse_base_units};

use crate::json::{wanted, wanted_type};

/// Bytes in hex with `0x`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hex(pub Vec<u8>);

/// Bytes in standard base64 (RFC 4648 §4).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Base64(pub Vec<u8>);

/// A whole number of base units or pieces, as digits; at most 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Units(pub U256);

/// The price of a unit of gas or of computation, as digits; at most 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UnitPrice(pub u128);

/// The field `amount`: base units without a decimal point, human units with one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AmountText(pub Amount);

/// The field `humanAmount`: always human units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HumanText(pub HumanAmount);

/// The digits after a prefix `0x` or `0X`; none without a prefix.
pub fn hex_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

impl Hex {
    /// Parses `0x` and an even number of hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        hex_digits(text).and_then(|digits| hex::decode(digits).ok()).map(Self)
    }
}

impl Base64 {
    /// Parses padded base64.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(&self.0))
    }
}

impl fmt::Display for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AmountText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Amount::Base(units) => units.fmt(f),
            // Digits alone would be base units.
            Amount::Human(human) if human.is_whole() => write!(f, "{human}.0"),
            Amount::Human(human) => human.fmt(f),
        }
    }
}

impl fmt::Display for HumanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Parses a JSON string. A number is refused with `number`, because JSON numbers lose digits.
struct Text {
    number: &'static str,
}

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<String, E> {
        Err(E::custom(wanted_type(self.number)))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<String, E> {
        Err(E::custom(wanted_type(self.number)))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<String, E> {
        Err(E::custom(wanted_type(self.number)))
    }
}

const NUMBER: &str = "amounts must be strings, so that they stay exact";

macro_rules! on_the_wire {
    ($name:ident, $schema:literal, $about:literal, $pattern:literal, $number:expr, $parse:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = deserializer.deserialize_any(Text { number: $number })?;
                let parse: fn(&str) -> Result<Self, Cow<'static, str>> = $parse;
                parse(&text).map_err(|reason| D::Error::custom(wanted(&reason)))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some($about));
                RefOr::T(Schema::Object(object.build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($schema)
            }
        }
    };
}

fn reason(error: &AmountError) -> Cow<'static, str> {
    Cow::Owned(error.to_string())
}

on_the_wire!(
    Hex,
    "HexBytes",
    "Bytes in hex with `0x`.",
    "^0[xX]([0-9a-fA-F]{2})*$",
    "expected a string",
    |text| Self::parse(text).ok_or(Cow::Borrowed("hex with 0x"))
);
on_the_wire!(
    Base64,
    "Base64Bytes",
    "Bytes in base64, with padding.",
    "^[A-Za-z0-9+/]*={0,2}$",
    "expected a string",
    |text| Self::parse(text).ok_or(Cow::Borrowed("base64"))
);
on_the_wire!(
    Units,
    "BaseUnits",
    "A whole number, in digits; at most 256 bits.",
    "^[0-9]{1,78}$",
    NUMBER,
    |text| parse_base_units(text).map(Self).map_err(|_| Cow::Borrowed("digits, at most 256 bits"))
);
on_the_wire!(
    UnitPrice,
    "UnitPrice",
    "A whole number, in digits; at most 128 bits.",
    "^[0-9]{1,39}$",
    NUMBER,
    |text| {
        let units = parse_base_units(text).ok().and_then(|units| u128::try_from(units).ok());
        units.map(Self).ok_or(Cow::Borrowed("digits, at most 128 bits"))
    }
);
on_the_wire!(
    AmountText,
    "Amount",
    "Digits alone: base units (lamports, wei). With a decimal point: human units, exact.",
    "^[0-9]+(\\.[0-9]+)?$",
    NUMBER,
    |text| Amount::parse(text).map(Self).map_err(|error| reason(&error))
);
on_the_wire!(
    HumanText,
    "HumanAmount",
    "Human units of the asset, exact.",
    "^[0-9]+(\\.[0-9]+)?$",
    NUMBER,
    |text| text.parse().map(Self).map_err(|error| reason(&error))
);
