//! Instants and gaps as people read them.

use jiff::Timestamp;

use crate::{Gap, Zone};

/// An instant as the clocks of a zone show it, with the abbreviation that is in force: `2027-10-31 03:00 CET`.
/// Seconds only where there are any.
pub fn show(at: Timestamp, zone: &Zone) -> String {
    let civil = zone.civil(at);
    let form = if civil.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    format!("{} {}", civil.strftime(form), zone.abbreviation(at))
}

/// A gap as a line: `2027-10-30 03:00 CEST, next 2027-10-31 03:00 CET: 25 h`.
pub fn timeline(gap: &Gap, zone: &Zone) -> String {
    format!("{}, next {}: {}", show(gap.from, zone), show(gap.to, zone), gap.length())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_reads_as_the_language_prints_it() {
        let zone = Zone::find("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let gap = Gap { from: at("2027-10-30T01:00:00Z"), to: at("2027-10-31T02:00:00Z") };
        assert_eq!(timeline(&gap, &zone), "2027-10-30 03:00 CEST, next 2027-10-31 03:00 CET: 25 h");
        let tehran = Zone::find("Asia/Tehran").unwrap();
        assert_eq!(show(at("2027-10-30T01:00:07Z"), &tehran), "2027-10-30 04:30:07 +0330");
        assert_eq!(show(at("2027-10-30T01:00:00Z"), &Zone::utc()), "2027-10-30 01:00 UTC");
    }
}
