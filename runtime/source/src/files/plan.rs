//! Where the roots stand in the tree.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path};
use std::sync::Arc;

use rustix::io::Errno;

use super::settings::Root;

/// What is taken of a folder.
#[derive(Debug, Clone)]
pub(super) enum Branch {
    /// All of it: this root stands here.
    Whole {
        /// As it was written, without a `/` at the end, for patterns that are absolute.
        written: Vec<u8>,
    },
    /// These of its entries.
    Only(Arc<BTreeMap<CString, Branch>>),
}

/// Where the tree begins, and what is taken there: a single folder is the top itself; a single file stands in
/// its folder; several roots stand below `/`.
pub(super) fn top(roots: &[Root]) -> Result<(&Path, Branch), Errno> {
    if let [root] = roots {
        if root.is_folder {
            return Ok((&root.real, whole(root)));
        }
        if let (Some(parent), Some(name)) = (root.real.parent(), root.real.file_name()) {
            let name = c_name(name.as_bytes())?;
            return Ok((parent, Branch::Only(Arc::new(BTreeMap::from([(name, whole(root))])))));
        }
    }
    let mut all = Grown::default();
    for root in roots {
        all.plant(root)?;
    }
    Ok((Path::new("/"), all.branch()))
}

fn whole(root: &Root) -> Branch {
    let absolute = std::path::absolute(&root.written).unwrap_or_else(|_| root.real.clone());
    let mut written = absolute.into_os_string().into_vec();
    while written.last() == Some(&b'/') {
        written.pop();
    }
    Branch::Whole { written }
}

fn c_name(name: &[u8]) -> Result<CString, Errno> {
    CString::new(name).map_err(|_| Errno::INVAL)
}

#[derive(Default)]
struct Grown {
    children: BTreeMap<CString, Grown>,
    root: Option<Branch>,
}

impl Grown {
    fn plant(&mut self, root: &Root) -> Result<(), Errno> {
        let mut at = self;
        for component in root.real.components() {
            if let Component::Normal(name) = component {
                at = at.children.entry(c_name(name.as_bytes())?).or_default();
            }
        }
        at.root = Some(whole(root));
        Ok(())
    }

    /// As deep as the paths of the roots, which the kernel bounds to 4,096 bytes.
    fn branch(self) -> Branch {
        match self.root {
            Some(root) => root,
            None => Branch::Only(Arc::new(
                self.children.into_iter().map(|(name, child)| (name, child.branch())).collect(),
            )),
        }
    }
}
