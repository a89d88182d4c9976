//! Reading values strictly: a structure is read from an object only.
//!
//! serde also reads a structure from an array of its fields' values in order, which hides the meaning of each
//! value from whoever reviews the text. [`read`] refuses that at any depth, in any format. What it cannot see
//! are values that serde buffers first: below an internally tagged or untagged enumeration, or a flattened
//! field. Types with those are not read from foreign text without a further check.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_path_to_error::Path;

use crate::foreign::shown;

/// The error of a format, and the path of the value that it is about.
pub type Located<E> = serde_path_to_error::Error<E>;

/// Reads a value whose structures are all objects.
///
/// # Errors
///
/// The format's own error for a value of another form, with its path.
pub fn read<'de, T, D>(deserializer: D) -> Result<T, Located<D::Error>>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    serde_path_to_error::deserialize(Objects(deserializer))
}

/// A path such as `token.decimals` or `rules[0].to`; empty for the whole value. Its keys are [`shown`].
pub fn path(path: &Path) -> String {
    use serde_path_to_error::Segment;

    let mut text = String::new();
    for segment in path {
        let key = match segment {
            Segment::Seq { index } => {
                text.push_str(&format!("[{index}]"));
                continue;
            }
            Segment::Map { key } => shown(key),
            Segment::Enum { variant } => shown(variant),
            Segment::Unknown => continue,
        };
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&key);
    }
    text
}

/// Wraps a part of a deserialiser, so that everything inside is wrapped as well.
struct Objects<T>(T);

/// Wraps a visitor.
struct Inside<V> {
    visitor: V,
    /// Whether it is the visitor of a structure with named fields.
    structure: bool,
}

impl<V> Inside<V> {
    const fn any(visitor: V) -> Self {
        Self { visitor, structure: false }
    }

    const fn structure(visitor: V) -> Self {
        Self { visitor, structure: true }
    }
}

macro_rules! asked {
    ($($method:ident($($argument:ident: $of:ty),*)),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $of,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Inside::any(visitor))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    asked! {
        deserialize_any(), deserialize_bool(), deserialize_char(), deserialize_i8(), deserialize_i16(),
        deserialize_i32(), deserialize_i64(), deserialize_i128(), deserialize_u8(), deserialize_u16(),
        deserialize_u32(), deserialize_u64(), deserialize_u128(), deserialize_f32(), deserialize_f64(),
        deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_option(), deserialize_unit(), deserialize_seq(), deserialize_map(),
        deserialize_identifier(), deserialize_ignored_any(),
        deserialize_unit_struct(name: &'static str), deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(length: usize), deserialize_tuple_struct(name: &'static str, length: usize),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Inside::structure(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! given {
    ($($method:ident($of:ty)),+ $(,)?) => {$(
        fn $method<E: Error>(self, value: $of) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )+};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    given! {
        visit_bool(bool), visit_char(char), visit_i8(i8), visit_i16(i16), visit_i32(i32), visit_i64(i64),
        visit_i128(i128), visit_u8(u8), visit_u16(u16), visit_u32(u32), visit_u64(u64), visit_u128(u128),
        visit_f32(f32), visit_f64(f64), visit_str(&str), visit_borrowed_str(&'de str), visit_string(String),
        visit_bytes(&[u8]), visit_borrowed_bytes(&'de [u8]), visit_byte_buf(Vec<u8>),
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Objects(value))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Objects(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        if self.structure {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        self.visitor.visit_seq(Objects(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Objects(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Objects(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Objects(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Objects(seed))?;
        Ok((value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Inside::any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Inside::structure(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Outer {
        pair: (u8, u8),
        inner: Option<Inner>,
        list: Vec<Inner>,
        map: BTreeMap<String, Inner>,
        choice: Choice,
        wrapped: Wrapped,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Inner {
        a: u8,
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only read into")]
    enum Choice {
        Nothing,
        One(Inner),
        Fields { a: u8 },
        Both(u8, Inner),
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only read into")]
    struct Wrapped(Inner);

    fn good() -> Value {
        let a = json!({ "a": 1 });
        json!({
            "pair": [1, 2], "inner": a, "list": [a, a], "map": { "k": a }, "choice": { "One": a }, "wrapped": a,
        })
    }

    #[test]
    fn a_structure_is_an_object_wherever_it_is() {
        read::<Outer, _>(good()).expect("read");
        let list = json!([1]);
        for (pointer, value, at) in [
            ("", json!([[1, 2], null, [], {}, "Nothing", { "a": 1 }]), ""),
            ("/inner", list.clone(), "inner"),
            ("/list/1", list.clone(), "list[1]"),
            ("/map/k", list.clone(), "map.k"),
            ("/choice", json!({ "One": [1] }), "choice.One"),
            ("/choice", json!({ "Fields": [1] }), "choice.Fields"),
            ("/choice", json!({ "Both": [1, [1]] }), "choice.Both[1]"),
            ("/wrapped", list, "wrapped"),
        ] {
            let mut given = good();
            *given.pointer_mut(pointer).expect("a place") = value;
            let error = read::<Outer, _>(given.clone()).expect_err("refused");
            assert_eq!(path(error.path()), at, "{error}");
            assert!(error.inner().to_string().starts_with("invalid type: sequence"), "{error}");
            let text = given.to_string();
            assert!(serde_json::from_str::<Outer>(&text).is_ok(), "serde alone reads {text}");
            let streamed = read::<Outer, _>(&mut serde_json::Deserializer::from_str(&text));
            assert_eq!(path(streamed.expect_err("refused").path()), at);
        }
        for choice in [json!("Nothing"), json!({ "Fields": { "a": 1 } }), json!({ "Both": [1, { "a": 1 }] })]
        {
            let mut given = good();
            given["choice"] = choice;
            read::<Outer, _>(given).expect("read");
        }
    }

    #[test]
    fn a_path_shows_every_character_of_a_key() {
        let error = read::<BTreeMap<String, u8>, _>(json!({ "a\u{1b}[2J": "x" })).expect_err("refused");
        assert_eq!(path(error.path()), "a\\u{1b}[2J");
    }
}
