//! A bug of ours ends with 70 and says so, for people and for machines.

use std::process::Command;

use crate::scene::ran;

/// The program has no known way to panic, so this test runs itself again, with the program's own hook in place.
const CHILD: &str = "MAINSTAY_TEST_PANICS";

#[test]
fn a_panic_ends_with_70_and_one_message() {
    if std::env::var_os(CHILD).is_some() {
        mainstay_cli::report::panics::install();
        let of_a_thread = std::thread::spawn(|| panic!("a limb\nfell off"));
        let _ = of_a_thread.join();
        return;
    }
    let name = std::thread::current().name().unwrap().to_owned();
    for json in [false, true] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &name, "--nocapture"]).env(CHILD, "1");
        if json {
            command.args(["--", "--json"]);
        }
        let answer = ran(&mut command).expect(70);
        assert!(answer.err.contains("error: this is a bug in mainstay: a limb"), "{}", answer.all());
        assert!(answer.err.contains("next: report it"), "{}", answer.all());
        let end = answer.out.lines().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        assert_eq!(end.is_some(), json, "{}", answer.all());
        if let Some(end) = end {
            assert_eq!((&end["type"], &end["exit_code"]), (&"end".into(), &70.into()));
            assert_eq!(end["error"]["message"], "this is a bug in mainstay: a limb\nfell off");
            assert!(end["error"]["safe"].is_string() && end["error"]["next"].is_string(), "{end}");
        }
    }
}
