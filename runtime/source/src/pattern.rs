//! Patterns over paths: what is left out, and what is kept nevertheless.
//!
//! A pattern with a leading `/` is matched with absolute paths, any other with paths below the root. One without
//! a `/` inside it matches at every depth, one that ends in `/` matches folders only. `*` and `?` stop at `/`, `**` does
//! not. A folder that is left out takes all below it along, unless a pattern of `include` matches there.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::SourceError;

/// The patterns of a source, compiled.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    exclude: Set,
    include: Set,
}

/// What the patterns say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// `include` names it.
    Include,
    /// `exclude` names it, and `include` does not.
    Exclude,
    /// Neither names it.
    Nothing,
}

#[derive(Debug, Default)]
struct Set {
    anything: Option<GlobSet>,
    folders: Option<GlobSet>,
    absolute_anything: Option<GlobSet>,
    absolute_folders: Option<GlobSet>,
}

impl Patterns {
    pub(crate) fn new<'a>(
        exclude: impl Iterator<Item = &'a str>,
        include: impl Iterator<Item = &'a str>,
    ) -> Result<Self, SourceError> {
        Ok(Self { exclude: Set::new(exclude)?, include: Set::new(include)? })
    }

    /// Whether there is nothing to match: no path needs to be made then.
    pub(crate) fn is_empty(&self) -> bool {
        self.exclude.is_empty() && self.include.is_empty()
    }

    /// Whether something below a folder that is left out may be kept.
    pub(crate) fn has_include(&self) -> bool {
        !self.include.is_empty()
    }

    /// What is said of a path, given below the root and absolute.
    pub(crate) fn say(&self, relative: &[u8], absolute: &[u8], is_folder: bool) -> Say {
        if self.include.is_match(relative, absolute, is_folder) {
            Say::Include
        } else if self.exclude.is_match(relative, absolute, is_folder) {
            Say::Exclude
        } else {
            Say::Nothing
        }
    }
}

impl Set {
    fn new<'a>(patterns: impl Iterator<Item = &'a str>) -> Result<Self, SourceError> {
        let mut builders: [GlobSetBuilder; 4] = std::array::from_fn(|_| GlobSetBuilder::new());
        let [anything, folders, absolute_anything, absolute_folders] = &mut builders;
        for written in patterns {
            let pattern = written.strip_suffix('/').unwrap_or(written);
            let target = match (pattern.starts_with('/'), pattern.len() < written.len()) {
                (false, false) => &mut *anything,
                (false, true) => &mut *folders,
                (true, false) => &mut *absolute_anything,
                (true, true) => &mut *absolute_folders,
            };
            target.add(compile(written, pattern)?);
        }
        let [anything, folders, absolute_anything, absolute_folders] =
            builders.map(|builder| build(&builder));
        Ok(Self {
            anything: anything?,
            folders: folders?,
            absolute_anything: absolute_anything?,
            absolute_folders: absolute_folders?,
        })
    }

    fn is_empty(&self) -> bool {
        [&self.anything, &self.folders, &self.absolute_anything, &self.absolute_folders]
            .iter()
            .all(|set| set.is_none())
    }

    fn is_match(&self, relative: &[u8], absolute: &[u8], is_folder: bool) -> bool {
        matches(relative, &self.anything, self.folders.as_ref().filter(|_| is_folder))
            || matches(
                absolute,
                &self.absolute_anything,
                self.absolute_folders.as_ref().filter(|_| is_folder),
            )
    }
}

fn matches(path: &[u8], anything: &Option<GlobSet>, folders: Option<&GlobSet>) -> bool {
    if anything.is_none() && folders.is_none() {
        return false;
    }
    let candidate = Candidate::from_bytes(path);
    [anything.as_ref(), folders].into_iter().flatten().any(|set| set.is_match_candidate(&candidate))
}

fn compile(written: &str, pattern: &str) -> Result<globset::Glob, SourceError> {
    let anywhere = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
    if pattern.is_empty() {
        return Err(SourceError::Pattern { pattern: written.to_owned(), message: "it is empty".to_owned() });
    }
    GlobBuilder::new(&anywhere).literal_separator(true).backslash_escape(true).build().map_err(|error| {
        SourceError::Pattern { pattern: written.to_owned(), message: error.kind().to_string() }
    })
}

fn build(builder: &GlobSetBuilder) -> Result<Option<GlobSet>, SourceError> {
    match builder.build() {
        Ok(set) if set.is_empty() => Ok(None),
        Ok(set) => Ok(Some(set)),
        Err(error) => Err(SourceError::Pattern {
            pattern: error.glob().unwrap_or_default().to_owned(),
            message: error.kind().to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Patterns, Say};

    fn patterns(exclude: &[&str], include: &[&str]) -> Patterns {
        Patterns::new(exclude.iter().copied(), include.iter().copied()).unwrap()
    }

    fn excluded(pattern: &str, path: &str, is_folder: bool) -> bool {
        let absolute = format!("/home/{path}");
        patterns(&[pattern], &[]).say(path.as_bytes(), absolute.as_bytes(), is_folder) == Say::Exclude
    }

    #[test]
    fn patterns_mean_what_people_know_from_git() {
        for (pattern, path, is_folder, expected) in [
            ("**/*.tmp", "a.tmp", false, true),
            ("**/*.tmp", "x/y/a.tmp", false, true),
            ("*.tmp", "x/y/a.tmp", false, true),
            ("target", "target", true, true),
            ("target", "x/target", true, true),
            ("target/", "x/target", false, false),
            ("target/", "x/target", true, true),
            ("x/*.o", "x/a.o", false, true),
            ("x/*.o", "x/y/a.o", false, false),
            ("x/*.o", "z/x/a.o", false, false),
            ("**/.cache/**", "u/.cache", true, false),
            ("**/.cache/**", "u/.cache/f", false, true),
            ("/home/u/*", "u/f", false, true),
            ("/srv/u/*", "u/f", false, false),
            ("u/\\*", "u/*", false, true),
            ("u/\\*", "u/a", false, false),
        ] {
            assert_eq!(excluded(pattern, path, is_folder), expected, "`{pattern}` on `{path}`");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_matched() {
        let found = patterns(&["*.tmp"], &[]).say(b"\xff\xfe.tmp", b"/\xff\xfe.tmp", false);
        assert_eq!(found, Say::Exclude);
    }

    #[test]
    fn what_is_included_wins() {
        let both = patterns(&["*.log"], &["keep.log"]);
        assert_eq!(both.say(b"keep.log", b"/keep.log", false), Say::Include);
        assert_eq!(both.say(b"other.log", b"/other.log", false), Say::Exclude);
        assert_eq!(both.say(b"other", b"/other", false), Say::Nothing);
    }

    #[test]
    fn a_wrong_pattern_is_named() {
        for wrong in ["a[", "", "/", "{a"] {
            let error = Patterns::new([wrong].into_iter(), [].into_iter()).unwrap_err();
            assert!(error.to_string().contains(&format!("`{wrong}`")), "{error}");
        }
    }
}
