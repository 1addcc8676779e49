//! The manual of a policy as a page.

use crate::scene::{Scene, workspace};

#[test]
fn every_example_has_a_manual() {
    for entry in std::fs::read_dir(workspace().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("mainstay.stay").is_file() {
            continue;
        }
        let scene = Scene::new("");
        let policy = folder.to_string_lossy().into_owned();
        let ran = scene.run(&["doc", "-p", &policy, "--out", "manual/of/it"]).expect(0);
        let page = std::fs::read_to_string(scene.path("manual/of/it/index.html")).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"), "{policy}");
        assert!(ran.out.trim_end().ends_with("index.html"), "{}", ran.all());
        // A second time replaces the first.
        scene.run(&["doc", "-p", &policy, "--out", "manual/of/it"]).expect(0);
    }
}

#[test]
fn what_does_not_compile_has_no_manual() {
    let scene = Scene::new("edition 2026\npolicy p\nlet a = b\n");
    let ran = scene.run(&["doc", "--out", "manual"]).expect(2);
    assert!(ran.err.contains("does not compile") && !scene.path("manual").exists(), "{}", ran.all());
}
