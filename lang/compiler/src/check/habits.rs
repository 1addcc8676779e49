//! Fields by the names that other tools give them, and fields that belong to something else.

use crate::library::library;

/// What people write in the braces or brackets of something, and what to tell them.
struct Habit {
    /// In what: "workflow", or the name of a constructor.
    of: &'static str,
    words: &'static [&'static str],
    help: &'static str,
}

const HABITS: &[Habit] = &[
    Habit {
        of: "workflow",
        words: &["schedule", "cron", "on", "when", "at", "every", "start_at", "run_at"],
        help: "when it runs is its `trigger`, such as `trigger: daily(at: 01:30, zone: \"Europe/Berlin\")`",
    },
    Habit {
        of: "workflow",
        words: &["timeout", "deadline", "max_duration", "time_limit", "execution_timeout"],
        help: "how long it may take is its `within`, such as `within: 2h`",
    },
    Habit {
        of: "workflow",
        words: &["retries", "retry", "attempts", "max_retries", "max_attempts"],
        help: "what fails is tried 3 times; a stage or a verb says otherwise, such as `retry: backoff(first: 30s, most: 15min, tries: 5)`",
    },
    Habit {
        of: "workflow",
        words: &["catchup", "backfill", "catch_up", "persistent"],
        help: "what was due while the machine was off is `missed: run_latest`, `run_all` or `skip`",
    },
    Habit {
        of: "workflow",
        words: &["concurrency", "max_active_runs", "max_concurrent", "concurrency_policy"],
        help: "a run that is due while one is under way is `overlap: queue_one`, `skip`, `replace` or `allow`",
    },
    Habit {
        of: "workflow",
        words: &["depends_on", "depends_on_past", "after", "requires", "upstream"],
        help: "what follows another workflow says `trigger: after_success(WORKFLOW)`, and a step says `after [..]`",
    },
    Habit {
        of: "workflow",
        words: &["timezone", "time_zone", "tz", "zone"],
        help: "the zone stands in the trigger, such as `daily(at: 01:30, zone: \"Europe/Berlin\")`",
    },
    Habit {
        of: "workflow",
        words: &["keep", "retention", "retain", "keep_daily", "prune"],
        help: "what stays is said where a copy is made, such as `protect(SOURCE, to: REPO, keep: gfs(daily: 14))`",
    },
    Habit {
        of: "files",
        words: &["path", "paths", "dir", "dirs", "directory", "directories", "folder", "folders", "sources"],
        help: "here it is called `roots`, such as `roots: [\"/srv/data\"]`",
    },
    Habit {
        of: "gfs",
        words: &["hours", "days", "weeks", "months", "years", "day", "week", "month", "year"],
        help: "its buckets are `hourly`, `daily`, `weekly`, `monthly` and `yearly`; `within: 30d` keeps all of a time",
    },
    Habit {
        of: "gfs",
        words: &["keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_last"],
        help: "without `keep_`: `gfs(daily: 14, weekly: 8)`",
    },
];

/// What a repo is unlocked with, by the names of others: whichever constructor.
const KEYS: [&str; 5] = ["password", "password_file", "passphrase", "encryption_key", "key_file"];

/// Types whose fields people look for in something else, each as a message names it.
const HOLDERS: [(&str, &str); 5] = [
    ("an `objective`", "Objective"),
    ("a `workflow`", "Workflow"),
    ("a `pool`", "Pool"),
    ("a `repo`", "Repo"),
    ("a `source`", "Source"),
];

/// The next action where this word is given to what has no such field; nothing when it is no habit that is known.
/// `owner` is as a message names it: "workflow", "constructor `local`"; of what else has a name, the name says nothing.
pub(super) fn help(owner: &str, word: &str, braces: bool) -> Option<String> {
    let made = owner.strip_prefix("constructor `").and_then(|rest| rest.strip_suffix('`'));
    let name = made.unwrap_or(owner);
    let habit = HABITS.iter().find(|habit| habit.of == name && habit.words.contains(&word));
    if let Some(habit) = habit {
        return Some(habit.help.to_owned());
    }
    let library = library();
    let makes = library.constructors.get(name).into_iter().flatten();
    let mut kinds = makes.filter_map(|one| one.result.name());
    if KEYS.contains(&word) && kinds.any(|kind| kind == "Repo") {
        return Some(
            "a repo is opened by a key file: `secret key = file(\"..\")`, and here `key: key`".to_owned(),
        );
    }
    let has =
        |ty: &str| library.fields(ty).is_some_and(|fields| fields.iter().any(|field| field.name == word));
    let holders: Vec<&str> =
        HOLDERS.iter().filter(|(_, ty)| braces && has(ty)).map(|(holder, _)| *holder).collect();
    match holders.as_slice() {
        [holder] => Some(format!("`{word}` is a field of {holder}: put it there")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that is a field is told as somebody else's word for one.
    #[test]
    fn no_habit_is_a_field() {
        let library = library();
        let fields = |of: &str| -> Vec<&str> {
            let made = library.constructors.get(of).into_iter().flatten().flat_map(|one| &one.params);
            let workflow = library.fields("Workflow").filter(|_| of == "workflow").into_iter().flatten();
            made.chain(workflow).map(|param| param.name).collect()
        };
        for habit in HABITS {
            assert!(!fields(habit.of).is_empty(), "{}", habit.of);
            let known: Vec<_> = habit.words.iter().filter(|word| fields(habit.of).contains(word)).collect();
            assert!(known.is_empty(), "{}: {known:?}", habit.of);
        }
    }

    #[test]
    fn a_field_of_something_else_is_sent_there() {
        let told = help("constructor `local`", "lock", true);
        assert_eq!(told.as_deref(), Some("`lock` is a field of an `objective`: put it there"));
        assert_eq!(help("stage `verify`", "lock", false), None);
        // Several have one, and which is meant is not known.
        for word in ["pool", "owner", "hours"] {
            let has = |ty: &str| library().fields(ty).is_some_and(|all| all.iter().any(|it| it.name == word));
            assert!(HOLDERS.iter().filter(|(_, ty)| has(ty)).count() > 1, "{word}");
            assert_eq!(help("workflow", word, true), None, "{word}");
        }
    }

    /// A pipeline of one's own may be called as a constructor is, and takes what it says.
    #[test]
    fn only_what_is_built_in_has_habits() {
        assert!(help("constructor `files`", "paths", true).is_some());
        for owner in ["pipeline `files`", "stage `files`", "`files`"] {
            assert_eq!(help(owner, "paths", false), None, "{owner}");
        }
        assert_eq!(help("pipeline `local`", "password", false), None);
    }
}
