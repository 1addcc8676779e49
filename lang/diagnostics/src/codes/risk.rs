//! W1: risks.

crate::code::codes! {
    CLOCK_CHANGE = "W1101", "a time that a change of the clocks touches";
    EITHER_DAY = "W1102", "a cron expression with two day fields";
    MASKED_EXIT = "W1201", "a pipe that hides how a program ended";
    PACKED_STREAM = "W1202", "a compressed stream into a deduplicating repo";
    NO_DRILL = "W1203", "a promise that nobody rehearses";
    NO_GLOBALS = "W1204", "a database dump without its globals";
    LIVE_DATABASE = "W1205", "a live database copied as files";
    ONE_ACCOUNT = "W1206", "all copies deletable by one account";
    ONE_RECIPIENT = "W1207", "an archive for one recipient";
    SILENT_WHEN_LATE = "W1208", "an owner who does not hear of what is late";
    NO_POOL = "W1209", "side by side without a pool";
    MAY_TAKE_FOREVER = "W1210", "a promised workflow without `within`";
    CLOCK_TIED = "W1211", "two workflows tied by the clock only";
    TOO_MANY_SLOTS = "W1212", "more slots than the medium likes";
    NOBODYS_PROMISE = "W1213", "an objective that no workflow is for";
    UNVERIFIED = "W1214", "a copy that nothing verifies";
    NOT_PORTABLE = "W1215", "no copy that can be read without Mainstay";
    ONE_RETENTION = "W1216", "one retention for all data";
    LOGS_TOO_SHORT = "W1217", "log records that go before the next base comes";
    SPLIT_FROM_LOG = "W1218", "a database apart from its log";
    HELD_TOO_LONG = "W1219", "a bracket that holds through an upload";
    MONOLITH = "W1220", "unrelated work in one line";
    TOO_MANY_BRANCHES = "W1221", "a pool with too many rules";
    NOTHING_PROMISED = "W1222", "nothing is promised", note;
    EXPIRED_EXEMPTION = "W1223", "an exemption that has ended";
    NOBODY_ANSWERS = "W1224", "an approval that nobody can give";
}
