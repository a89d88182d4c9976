//! Values of bounded memory, whatever text a node sends for them. Pure.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A list of at most `N` items. Small items such as `null` take less text than memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Few<T, const N: usize>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Few<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Counting(PhantomData))
    }
}

struct Counting<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Counting<T, N> {
    type Value = Few<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut few = Vec::new();
        while let Some(item) = list.next_element()? {
            if few.len() >= N {
                return Err(A::Error::custom("the list is too long"));
            }
            few.push(item);
        }
        Ok(Few(few))
    }
}

/// A JSON value of at most 4 KiB of text, such as a reason. A longer value is replaced by a fixed text.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Brief(pub(crate) Value);

impl<'de> Deserialize<'de> for Brief {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        if text.get().len() > 4096 {
            return Ok(Self(json!("the reason is too long to read")));
        }
        serde_json::from_str(text.get()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oversized_values_are_not_kept() {
        let junk = format!("[{}0]", r#"{"a":0},"#.repeat(100_000));
        assert_eq!(
            serde_json::from_str::<Brief>(&junk).expect("brief"),
            Brief(json!("the reason is too long to read"))
        );
        assert!(
            serde_json::from_str::<Few<Option<u8>, 100>>(&format!("[{}1]", "null,".repeat(100))).is_err()
        );
        assert!(serde_json::from_str::<Few<Option<u8>, 100>>(&format!("[{}1]", "null,".repeat(99))).is_ok());
    }
}
