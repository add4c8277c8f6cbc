//! Values that clients write loosely, in every dialect: null counts as absent, a float without a fraction as an integer, one
//! text as a list of one.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::{Number, Value};

/// A whole number, also where a client writes it as `100.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) i64);

/// An id; some clients number their calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) String);

/// Stop sequences: a text or a list of texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stop(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer).map_err(|_| D::Error::custom("expected an integer"))?;
        let whole = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten();
        let integer = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        integer.map(Self).ok_or_else(|| D::Error::custom(format!("{number} is no integer")))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(id) => Ok(Self(id)),
            Value::Number(id) => Ok(Self(id.to_string())),
            _ => Err(D::Error::custom("expected a string")),
        }
    }
}

impl<'de> Deserialize<'de> for Stop {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of strings"))? {
            Either::Text(text) => Self(vec![text]),
            Either::List(texts) => Self(texts.into_iter().flatten().collect()),
        })
    }
}

/// What was read: a text, or a list whose items may be null.
pub(crate) enum Either<T> {
    Text(String),
    List(Vec<Option<T>>),
}

/// Reads what is a text or a list. serde's untagged enums could as well, but would only say that no variant matched.
pub(crate) struct TextOrList<T> {
    expected: &'static str,
    item: PhantomData<T>,
}

impl<T> TextOrList<T> {
    pub(crate) const fn new(expected: &'static str) -> Self {
        Self { expected, item: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrList<T> {
    type Value = Either<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E>(self, text: &str) -> Result<Either<T>, E> {
        Ok(Either::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Either<T>, E> {
        Ok(Either::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Either<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Either::List)
    }
}
