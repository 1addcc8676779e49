//! Which policy a file belongs to, and what the compiler said of each policy last.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use mainstay_compiler::query::{Analysis, Focus, analyse};
use mainstay_compiler::{Compiled, Params, compile};

use crate::documents::Documents;
use crate::outside::Outside;
use crate::overlay::{Disk, Overlay};
use crate::paths::clean;

/// Policies of the workspace that are looked through for a file that none of them is known to use.
const MOST_LOOKED_THROUGH: usize = 200;

/// What is known of one policy.
#[derive(Debug, Default)]
struct Project {
    /// Its files when it was last read.
    files: Vec<PathBuf>,
    analysis: Option<Rc<Analysis>>,
    compiled: Option<Rc<Compiled>>,
    /// The last compilation that gave an IR: facts of a policy outlive a half-typed line.
    good: Option<Rc<Compiled>>,
}

/// All policies, by root file.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    known: HashMap<PathBuf, Project>,
    /// Files that stand for themselves: nothing uses them.
    alone: HashMap<PathBuf, ()>,
    /// The folders that the editor has open.
    pub(crate) folders: Vec<PathBuf>,
}

/// What a policy is read through.
pub(crate) struct Reader<'a> {
    pub(crate) outside: &'a dyn Outside,
    pub(crate) disk: &'a Disk,
    pub(crate) documents: &'a Documents,
    pub(crate) params: &'a Params,
}

impl Reader<'_> {
    /// Checks a policy with other texts for some of its files.
    pub(crate) fn analyse(
        &self,
        root: &Path,
        instead: &[(PathBuf, Arc<str>)],
        focus: Option<(&Path, usize)>,
    ) -> Analysis {
        let (folder, name) = parts(root);
        let Self { outside, disk, documents, params } = *self;
        let world = Overlay { outside, disk, documents, folder, instead };
        let focused = focus.map(|(path, offset)| (relative(folder, path), offset as u32));
        let focus = focused.as_ref().map(|(file, offset)| Focus { file, offset: *offset });
        analyse(&world, name, params, focus)
    }

    fn compile(&self, root: &Path) -> Compiled {
        let (folder, name) = parts(root);
        let Self { outside, disk, documents, params } = *self;
        compile(&Overlay { outside, disk, documents, folder, instead: &[] }, name, params)
    }

    /// The text of a file as its author sees it now.
    pub(crate) fn text(&self, path: &Path) -> Option<Arc<str>> {
        let open = self.documents.get(path).map(|document| Arc::clone(&document.text));
        open.or_else(|| self.outside.read(path).ok())
    }

    /// Whether a file says that it is a root: a line of it begins with `policy`.
    fn declares_policy(&self, path: &Path) -> bool {
        self.text(path)
            .is_some_and(|text| text.lines().any(|line| line.split_whitespace().next() == Some("policy")))
    }
}

/// The folder and the name of a root file.
fn parts(root: &Path) -> (&Path, &str) {
    let name = root.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    (root.parent().unwrap_or(Path::new("")), name)
}

/// A file as the compiler calls it, seen from the folder of the root.
pub(crate) fn relative(folder: &Path, path: &Path) -> String {
    let mut up = String::new();
    for above in folder.ancestors() {
        if let Ok(rest) = path.strip_prefix(above) {
            let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            return format!("{up}{}", parts.join("/"));
        }
        up += "../";
    }
    path.to_string_lossy().into_owned()
}

/// The path of a file that a policy knows by this name.
pub(crate) fn absolute(root: &Path, name: &str) -> PathBuf {
    clean(&parts(root).0.join(name))
}

impl Projects {
    /// Everything may have changed: files appeared, vanished, or have other texts.
    pub(crate) fn forget(&mut self) {
        self.alone.clear();
        self.known.values_mut().for_each(Project::forget);
    }

    /// The text of one file has changed.
    pub(crate) fn touch(&mut self, path: &Path) {
        self.alone.clear();
        let touched = self.known.iter_mut().filter(|(root, it)| *root == path || it.uses(path));
        touched.for_each(|(_, project)| project.forget());
    }

    /// The root of the policy that a file belongs to, found as the command line finds it: the file itself where it
    /// declares a policy, else the nearest root above it that uses it, else any policy of the workspace that does.
    pub(crate) fn root_of(&mut self, path: &Path, reader: &Reader<'_>) -> PathBuf {
        if reader.declares_policy(path) || self.alone.contains_key(path) {
            return path.to_path_buf();
        }
        if let Some(root) = self.known_user(path) {
            return root;
        }
        let nearest = path.parent().and_then(|folder| reader.outside.nearest_root(folder));
        let others = self.folders.iter().flat_map(|folder| reader.outside.policies_below(folder));
        let others = others.filter(|other| reader.declares_policy(other)).take(MOST_LOOKED_THROUGH);
        let candidates: Vec<PathBuf> = nearest.into_iter().chain(others).collect();
        for root in candidates {
            self.analysis(&root, reader);
            if self.known.get(&root).is_some_and(|project| project.uses(path)) {
                return root;
            }
        }
        self.alone.insert(path.to_path_buf(), ());
        path.to_path_buf()
    }

    fn known_user(&self, path: &Path) -> Option<PathBuf> {
        let users = self.known.iter().filter(|(_, project)| project.uses(path));
        users.map(|(root, _)| root.clone()).min()
    }

    /// The roots of all known policies that use a file.
    pub(crate) fn users_of(&self, path: &Path) -> Vec<PathBuf> {
        let users = self.known.iter().filter(|(root, project)| *root == path || project.uses(path));
        let mut roots: Vec<PathBuf> = users.map(|(root, _)| root.clone()).collect();
        roots.sort();
        roots
    }

    /// All policies of the workspace and of the open files.
    pub(crate) fn all_roots(&mut self, reader: &Reader<'_>) -> Vec<PathBuf> {
        let below = self.folders.iter().flat_map(|folder| reader.outside.policies_below(folder));
        let mut roots: Vec<PathBuf> =
            below.filter(|path| reader.declares_policy(path)).take(MOST_LOOKED_THROUGH).collect();
        for open in reader.documents.paths().cloned().collect::<Vec<_>>() {
            roots.push(self.root_of(&open, reader));
        }
        roots.sort();
        roots.dedup();
        roots
    }

    /// What the checker knows of a policy.
    pub(crate) fn analysis(&mut self, root: &Path, reader: &Reader<'_>) -> Rc<Analysis> {
        let project = self.known.entry(root.to_path_buf()).or_default();
        if let Some(known) = &project.analysis {
            return Rc::clone(known);
        }
        let fresh = Rc::new(reader.analyse(root, &[], None));
        project.files = fresh.files().iter().map(|name| absolute(root, name)).collect();
        project.analysis = Some(Rc::clone(&fresh));
        fresh
    }

    /// What the whole compiler says of a policy, proofs and lints included.
    pub(crate) fn compiled(&mut self, root: &Path, reader: &Reader<'_>) -> Rc<Compiled> {
        let project = self.known.entry(root.to_path_buf()).or_default();
        if let Some(known) = &project.compiled {
            return Rc::clone(known);
        }
        let fresh = Rc::new(reader.compile(root));
        project.compiled = Some(Rc::clone(&fresh));
        if fresh.ir.is_some() {
            project.good = Some(Rc::clone(&fresh));
        }
        let own = fresh.map.files().iter().filter(|file| !file.name.starts_with("std/"));
        project.files = own.map(|file| absolute(root, &file.name)).collect();
        fresh
    }

    /// The last compilation that gave an IR.
    pub(crate) fn good(&mut self, root: &Path, reader: &Reader<'_>) -> Option<Rc<Compiled>> {
        self.compiled(root, reader);
        self.known.get(root)?.good.clone()
    }
}

impl Project {
    fn forget(&mut self) {
        self.analysis = None;
        self.compiled = None;
    }

    fn uses(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file == path)
    }
}
