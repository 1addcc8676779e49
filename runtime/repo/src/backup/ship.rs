//! The thread that writes packs into the store.
//!
//! It stages each as it comes and makes them durable together: every so many bytes, and at a barrier. Nothing
//! names a pack before its barrier has been answered.

use mainstay_store::{ObjectName, Staged, Store};

use super::line::{Alarm, Line, Outgoing, WriteError, WrittenPack};
use crate::format::segment::SegmentPack;
use crate::pack::{ClosedPack, Packer};

/// Staged packs are made durable at least this often, so that the last barrier has little left to wait for.
const PUBLISH_BYTES: u64 = 32 << 20;

struct Shipper<'a> {
    store: &'a dyn Store,
    packer: &'a Packer,
    staged: Vec<Staged>,
    staged_bytes: u64,
    written: Vec<WrittenPack>,
}

/// Writes packs until the queue is closed.
pub(super) fn ship(line: &Line<'_>, store: &dyn Store) {
    let _alarm = Alarm { line, reports: None };
    let mut shipper =
        Shipper { store, packer: &line.packer, staged: Vec::new(), staged_bytes: 0, written: Vec::new() };
    while let Some(outgoing) = line.packs.pop() {
        if let Err(error) = shipper.take(outgoing) {
            line.fail(error);
            return;
        }
    }
}

impl Shipper<'_> {
    fn take(&mut self, outgoing: Outgoing) -> Result<(), WriteError> {
        match outgoing {
            Outgoing::Pack(pack) => {
                self.stage(pack)?;
                if self.staged_bytes >= PUBLISH_BYTES { self.publish() } else { Ok(()) }
            }
            Outgoing::Barrier(answer) => {
                self.publish()?;
                // Who asked may have given up.
                let _gone = answer.send(std::mem::take(&mut self.written));
                Ok(())
            }
        }
    }

    fn stage(&mut self, pack: ClosedPack) -> Result<(), WriteError> {
        let name = ObjectName::new(format!("p/{}", pack.id))?;
        let bytes = pack.bytes.len() as u64;
        self.staged.push(self.store.stage_borrowed(&name, &pack.bytes)?);
        self.packer.give_back(pack.bytes);
        self.staged_bytes += bytes;
        self.written.push(WrittenPack { pack: SegmentPack { id: pack.id, bytes }, entries: pack.entries });
        Ok(())
    }

    fn publish(&mut self) -> Result<(), WriteError> {
        super::phase::begins("pack");
        self.staged_bytes = 0;
        if !self.staged.is_empty() {
            self.store.publish(std::mem::take(&mut self.staged))?;
        }
        Ok(())
    }
}
