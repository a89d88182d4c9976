//! The per-asset limits of SPENDING_LIMIT, in human units.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::asset::AssetId;
use crate::network::{Chain, NetworkError};
use crate::policy::rules::{Decimal, Placement, RulesError, at_most};

/// Thresholds and windows of one asset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenLimit {
    /// Up to this: INSTANT.
    pub instant_max: Decimal,
    /// Up to this: NOTIFY.
    pub notify_max: Decimal,
    /// Up to this: DELAY. Above: APPROVAL.
    pub delay_max: Decimal,
    /// More than this in 24 hours: APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_max: Option<Decimal>,
    /// More than this in 30 days: APPROVAL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_max: Option<Decimal>,
}

impl TokenLimit {
    fn is_within(&self, old: &Self) -> bool {
        self.instant_max <= old.instant_max
            && self.notify_max <= old.notify_max
            && self.delay_max <= old.delay_max
            && at_most(self.daily_max, old.daily_max)
            && at_most(self.monthly_max, old.monthly_max)
    }
}

/// Limits by asset: a CAIP-19 id, `native:solana` / `native:ethereum` for the coin of every network of a
/// chain, or `native` in a row with a network. The most specific one decides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenLimits {
    natives: BTreeMap<Native, TokenLimit>,
    assets: BTreeMap<AssetId, TokenLimit>,
}

/// A key for a native coin that does not name its network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Native {
    /// The coin of the row's network.
    OfScope,
    /// The coin of every network of a chain.
    Of(Chain),
}

impl Native {
    const ALL: [Self; 3] = [Self::OfScope, Self::Of(Chain::Solana), Self::Of(Chain::Ethereum)];

    const fn as_str(self) -> &'static str {
        match self {
            Self::OfScope => "native",
            Self::Of(Chain::Solana) => "native:solana",
            Self::Of(Chain::Ethereum) => "native:ethereum",
        }
    }
}

impl TokenLimits {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.natives.is_empty() && self.assets.is_empty()
    }

    /// The limit of an asset on a network of `chain`.
    pub fn of(&self, asset: &AssetId, chain: Chain) -> Option<&TokenLimit> {
        let named = self.assets.get(asset);
        if !asset.is_native() || named.is_some() {
            return named;
        }
        self.natives.get(&Native::Of(chain)).or_else(|| self.natives.get(&Native::OfScope))
    }

    /// Whether every limit of `old` is still there and none is higher. A new limit may cover an asset that
    /// had no cover, unless everything was covered (`all_covered`); one on a native coin may take precedence
    /// over another.
    pub(super) fn at_least_as_strict(&self, old: &Self, all_covered: bool) -> bool {
        let natives_kept = self.natives.keys().eq(old.natives.keys());
        let no_more = self
            .assets
            .keys()
            .all(|asset| old.assets.contains_key(asset) || (all_covered && !asset.is_native()));
        let narrower = |new: Option<&TokenLimit>, old: &TokenLimit| new.is_some_and(|new| new.is_within(old));
        natives_kept
            && no_more
            && old.natives.iter().all(|(native, limit)| narrower(self.natives.get(native), limit))
            && old.assets.iter().all(|(asset, limit)| narrower(self.assets.get(asset), limit))
    }

    /// Whether `old` has every key of this one.
    pub(super) fn names_no_more_than(&self, old: &Self) -> bool {
        self.natives.keys().all(|native| old.natives.contains_key(native))
            && self.assets.keys().all(|asset| old.assets.contains_key(asset))
    }

    pub(super) fn check(&self, placement: &Placement<'_>) -> Result<(), RulesError> {
        let field = |key: &dyn fmt::Display| format!("token_limits.{key}");
        for (native, limit) in &self.natives {
            let field = field(&native.as_str());
            ascending(&field, limit)?;
            match (native, placement.network) {
                (Native::OfScope, None) => return Err(RulesError::NetworkNeeded { field }),
                (Native::Of(chain), Some(network)) if *chain != network.chain => {
                    return Err(RulesError::WrongChain { field, expected: network.chain });
                }
                (Native::OfScope, Some(_)) | (Native::Of(_), _) => {}
            }
        }
        for (asset, limit) in &self.assets {
            ascending(&field(asset), limit)?;
            check_asset(&field(asset), asset, placement)?;
        }
        Ok(())
    }

    /// Stores a limit under its key; false if the key is taken.
    fn insert(&mut self, key: &str, limit: TokenLimit) -> Result<bool, String> {
        if let Some(native) = Native::ALL.into_iter().find(|native| native.as_str() == key) {
            return Ok(self.natives.insert(native, limit).is_none());
        }
        let asset: AssetId = key.parse().map_err(|error| {
            format!("a key is native, native:solana, native:ethereum or a CAIP-19 asset: {error}")
        })?;
        Ok(self.assets.insert(asset, limit).is_none())
    }
}

fn ascending(field: &str, limit: &TokenLimit) -> Result<(), RulesError> {
    RulesError::unless_ascending(
        &format!("{field}."),
        &[
            ("instant_max", Some(limit.instant_max)),
            ("notify_max", Some(limit.notify_max)),
            ("delay_max", Some(limit.delay_max)),
        ],
    )
}

/// Refuses an entry that could never match, because it would look like a limit without being one.
fn check_asset(field: &str, asset: &AssetId, placement: &Placement<'_>) -> Result<(), RulesError> {
    let contradicts = |problem| Err(RulesError::Contradiction { field: field.to_owned(), problem });
    let Some(network) = placement.networks.all().find(|network| network.caip2 == asset.caip2) else {
        let source = NetworkError::unknown(&*asset.caip2);
        return Err(RulesError::Network { field: field.to_owned(), source });
    };
    if placement.network.is_some_and(|scope| scope.id != network.id) {
        return contradicts("names another network than the policy's");
    }
    if asset.is_native() && *asset != network.native() {
        return contradicts("is not the native coin of its network");
    }
    Ok(())
}

impl Serialize for TokenLimits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (native, limit) in &self.natives {
            map.serialize_entry(native.as_str(), limit)?;
        }
        for (asset, limit) in &self.assets {
            map.serialize_entry(asset, limit)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for TokenLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = TokenLimits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("limits by asset")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<TokenLimits, M::Error> {
                let mut limits = TokenLimits::default();
                while let Some((key, limit)) = map.next_entry::<String, TokenLimit>()? {
                    if !limits.insert(&key, limit).map_err(de::Error::custom)? {
                        return Err(de::Error::custom(format!("two limits for {key}")));
                    }
                }
                Ok(limits)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
