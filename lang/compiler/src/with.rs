//! A policy with declarations added to it.

use std::sync::Arc;

use crate::world::{World, WorldError};

/// The files of another world, with text added behind one of them: what `expect error` compiles.
pub struct Added<'w> {
    world: &'w dyn World,
    file: String,
    text: String,
}

impl<'w> Added<'w> {
    /// `text` behind the file that [`World::read`] knows by this name.
    pub fn new(world: &'w dyn World, file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { world, file: file.into(), text: text.into() }
    }
}

impl World for Added<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        let found = self.world.read(path)?;
        if path != self.file {
            return Ok(found);
        }
        Ok(format!("{}\n{}\n", found.trim_end(), self.text).into())
    }
}
