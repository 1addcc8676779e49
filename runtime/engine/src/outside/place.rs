//! Where a path of a policy lies.

use std::path::{Path, PathBuf};

/// A path as the policy has it: relative ones lie below the folder of its root file. Only leading `..` are taken
/// away, from a folder whose links are resolved: anywhere else a link may stand before them.
pub(crate) fn place(policy_root: &Path, path: &str) -> PathBuf {
    let path = Path::new(path);
    if path.is_absolute() {
        return path.to_owned();
    }
    let mut base = policy_root.canonicalize().unwrap_or_else(|_| policy_root.to_owned());
    let mut rest = path;
    loop {
        if let Ok(behind) = rest.strip_prefix(".") {
            rest = behind;
        } else if let Ok(behind) = rest.strip_prefix("..")
            && base.pop()
        {
            rest = behind;
        } else {
            break;
        }
    }
    if rest.as_os_str().is_empty() { base } else { base.join(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_policy() {
        let scratch = mainstay_kit::Scratch::new().unwrap();
        let root = scratch.join("a/b");
        std::fs::create_dir_all(&root).unwrap();
        let top = scratch.path().canonicalize().unwrap();
        for (path, lies) in
            [("x", "a/b/x"), ("./x", "a/b/x"), ("../x", "a/x"), ("../../x/../y", "x/../y"), ("..", "a")]
        {
            assert_eq!(place(&root, path), top.join(lies), "{path}");
        }
        assert_eq!(place(&root, "/x"), Path::new("/x"));
        assert_eq!(place(&root, "."), top.join("a/b"));
    }
}
