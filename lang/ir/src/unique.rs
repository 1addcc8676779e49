//! Maps that refuse a name that stands twice: JSON allows it, and readers disagree on which one counts.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::{IndexMap, Name};

/// Reads a map in document order.
pub(crate) fn map<'de, D, V>(deserializer: D) -> Result<IndexMap<Name, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    deserializer.deserialize_map(Unique(PhantomData))
}

/// The same where a map is behind a box, so that the values beside it stay small.
pub(crate) fn boxed<'de, D, V>(deserializer: D) -> Result<Box<IndexMap<Name, V>>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    map(deserializer).map(Box::new)
}

struct Unique<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
    type Value = IndexMap<Name, V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut map = IndexMap::default();
        while let Some((name, value)) = access.next_entry::<Name, V>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` stands twice")));
            }
            map.insert(name, value);
        }
        Ok(map)
    }
}
