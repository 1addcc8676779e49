use super::*;

#[track_caller]
fn readings(text: &str) -> Vec<String> {
    match read(text) {
        Ok(value) => panic!("{text} was read as {value:?}"),
        Err(wrong) => wrong.readings.into_iter().map(|(reading, _)| reading).collect(),
    }
}

#[track_caller]
fn reads(text: &str, wanted: LiteralValue) {
    match read(text) {
        Ok(value) => assert_eq!(value, wanted, "{text}"),
        Err(wrong) => panic!("{text}: {}", wrong.message),
    }
}

#[test]
fn units_are_exact() {
    reads("500ms", LiteralValue::Duration(500));
    reads("2w", LiteralValue::Duration(14 * 86_400_000));
    reads("1.5h", LiteralValue::Duration(5_400_000));
    reads("1y", LiteralValue::Period(12));
    reads("80GiB", LiteralValue::Bytes(80 << 30));
    reads("80GB", LiteralValue::Bytes(80_000_000_000));
    reads("200Mbit/s", LiteralValue::Rate(200_000_000));
    reads("25MiB/s", LiteralValue::Rate(25 * 8 * (1 << 20)));
    reads("0.5%", LiteralValue::Percent(5_000));
    reads("1_000", LiteralValue::Int(1_000));
    reads("0.023", LiteralValue::Decimal(0.023, "0.023".into()));
    reads("02:30", LiteralValue::Time(150));
    reads("2028-02-29", LiteralValue::Date { year: 2028, month: 2, day: 29 });
}

#[test]
fn each_reading_of_a_doubtful_unit_is_offered() {
    assert_eq!(readings("1m"), ["1min", "1mo"]);
    assert_eq!(readings("10G"), ["10GB", "10GiB"]);
    assert_eq!(readings("5mb"), ["5MB", "5MiB"]);
    assert_eq!(readings("2hours"), ["2h"]);
    assert_eq!(readings("1h30min"), ["90min"]);
    assert_eq!(readings("1h30m"), ["90min"]);
    assert_eq!(readings("2:30"), ["02:30"]);
    assert_eq!(readings("10pm"), ["22:00"]);
    assert_eq!(readings("12:15am"), ["00:15"]);
    assert_eq!(readings("31-01-2027"), ["2027-01-31"]);
    assert_eq!(readings("24:00"), ["00:00"]);
}

#[test]
fn what_does_not_exist_is_no_literal() {
    for text in ["2027-02-29", "25:00", "10:75", "0.3B", "99999999999999999999", "99999999PiB", "5xyz"] {
        assert_eq!(readings(text), Vec::<String>::new(), "{text}");
    }
}
