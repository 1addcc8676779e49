//! Threads that take content through hash, look-up, compression, check and seal: as many as there are cores.

use std::sync::mpsc::Sender;

use super::blobs::BlobWriter;
use super::job::{ReadChunk, ReadFile, Report, Work};
use super::line::{Alarm, Line, WriteError};
use super::queue::Queue;

/// Works until nothing is left; the first failure is told and ends the line.
pub(super) fn work(line: &Line<'_>, queue: &Queue<Work>, reports: Sender<Report>) {
    let _alarm = Alarm { line, reports: Some(reports.clone()) };
    let done = BlobWriter::new(line).and_then(|mut blobs| {
        while let Some(work) = queue.pop() {
            // Who listened is gone when this fails, and closes the queue.
            let _gone = reports.send(take(&mut blobs, work)?);
        }
        Ok(())
    });
    if let Err(error) = done {
        line.fail(error);
        queue.abandon();
        let _gone = reports.send(Report::Failed);
    }
}

fn take(blobs: &mut BlobWriter<'_>, work: Work) -> Result<Report, WriteError> {
    match work {
        Work::Chunk(ReadChunk { ticket, attempt, number, buffer, range }) => {
            let content = buffer.get(range).unwrap_or_default();
            let ids = blobs.data(&[content])?;
            let id = ids.first().copied().ok_or(WriteError::Stopped)?;
            Ok(Report::Chunk { ticket, attempt, number, id })
        }
        Work::Batch { buffer, files } => {
            let contents: Vec<&[u8]> = (files.iter())
                .map(|file| buffer.get(file.range.clone()).unwrap_or_default())
                .filter(|content| !content.is_empty())
                .collect();
            let mut ids = blobs.data(&contents)?.into_iter();
            let report = |ReadFile { ticket, range, facts }: ReadFile| {
                let id = if range.is_empty() { None } else { ids.next() };
                (ticket, facts, id)
            };
            Ok(Report::Files(files.into_iter().map(report).collect()))
        }
    }
}
