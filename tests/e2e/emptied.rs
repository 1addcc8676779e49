//! All packs of a repository are gone: a disk is not in its place, or they are lost for good.

use std::fs;

use super::damaged::scene;
use crate::scene::differences;

/// A folder of the repository that is not in its place, as under a mount that is not there: nobody gives up packs for it.
#[test]
fn packs_that_are_all_gone_are_a_missing_disk() {
    let scene = scene();
    fs::rename(scene.path("shelf/p"), scene.path("away")).unwrap();
    let check = |told: &str| {
        for check in [
            &["repo", "check", "shelf"][..],
            &["repo", "check", "shelf", "--read-data"],
            &["verify", "--repo", "shelf"],
        ] {
            let ran = scene.run(check).expect(14);
            assert!(ran.all().contains(told), "{check:?}: {}", ran.all());
        }
        assert_eq!(fs::read_dir(scene.path("shelf/q")).unwrap().count(), 0);
    };
    check("it has no folder `p`");
    fs::create_dir(scene.path("shelf/p")).unwrap();
    check("not in its place?");

    fs::remove_dir(scene.path("shelf/p")).unwrap();
    fs::rename(scene.path("away"), scene.path("shelf/p")).unwrap();
    scene.run(&["run", "nightly"]).expect(0);
    scene.run(&["repo", "check", "shelf", "--read-data"]).expect(0);
}

/// What is lost for good is given up once, by name; what is still at the source is stored anew, and the rest is told.
#[test]
fn packs_that_are_lost_for_good_are_given_up_by_a_guard() {
    let scene = scene();
    scene.run(&["run", "--force=emptied-repo:shelf"]).expect(0);
    assert_eq!(fs::read_dir(scene.path("shelf/q")).unwrap().count(), 0, "nothing was lost");
    fs::remove_dir_all(scene.path("shelf/p")).unwrap();
    let refused = scene.run(&["run", "nightly", "--force=emptied-repo:shelf"]).expect(14);
    assert!(refused.err.contains("`p`") && refused.err.contains("make it anew, empty"), "{}", refused.all());
    fs::create_dir(scene.path("shelf/p")).unwrap();
    let next = "--force=emptied-repo:shelf`";
    for refused in [
        &["repo", "check", "shelf"][..],
        &["verify", "--repo", "shelf"],
        &["restore", "home", "--to", "back", "--from", "shelf"],
    ] {
        let refused = scene.run(refused).expect(14);
        assert!(
            refused.err.contains(next) && refused.err.contains("disk or folder back"),
            "{}",
            refused.all()
        );
    }
    assert!(!scene.path("back").exists());

    let taken = scene.run(&["run", "nightly", "--force=emptied-repo:shelf"]).expect(0);
    assert!(taken.err.contains("`shelf` has lost all packs"), "{}", taken.all());
    scene.run(&["status"]).expect(0);
    scene.run(&["restore", "home", "--to", "back"]).expect(0);
    assert_eq!(differences(&scene.path("home"), &scene.path("back")), [""; 0]);
    scene.run(&["repo", "check", "shelf"]).expect(13);
    let again = scene.run(&["run", "nightly", "--force=emptied-repo:shelf"]).expect(0);
    assert!(!again.err.contains("has lost all packs"), "nothing is left to give up: {}", again.all());
    scene.run(&["run"]).expect(0);
    scene.run(&["status"]).expect(0);
}

/// Where the same lies elsewhere as well, that is what is proposed.
#[test]
fn a_restore_from_a_repository_without_packs_names_the_other_copy() {
    let scene = scene();
    scene.run(&["run", "weekly"]).expect(0);
    for pack in fs::read_dir(scene.path("shelf/p")).unwrap() {
        fs::remove_file(pack.unwrap().path()).unwrap();
    }
    let refused = scene.run(&["restore", "home", "--to", "back"]).expect(14);
    assert!(refused.err.contains("`--from attic`"), "{}", refused.all());
    scene.run(&["restore", "home", "--to", "back", "--from", "attic"]).expect(0);
}
