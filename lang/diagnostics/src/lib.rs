//! Source positions, diagnostics, their codes and pages, and the renderers.
//!
//! Nothing here knows the language: the parser and the compiler make [`Diagnostic`]s, the command line and
//! the editor show them. A label is a [`Span`] in the one offset space of a [`SourceMap`], so a mistake may
//! point at two files.

mod baseline;
mod code;
pub mod codes;
mod diagnostic;
mod fingerprint;
pub mod fix;
pub mod render;
mod source_map;

pub use baseline::{Baseline, BaselineError, Entry};
pub use code::{Code, CodeEntry};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, MOST_LABELS, Severity};
pub use fingerprint::fingerprint;
pub use source_map::{FileId, LineColumn, SourceFile, SourceMap, Span};
