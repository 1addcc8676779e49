//! The language server: what an editor asks of a policy, answered by the compiler.
//!
//! [`Server`] is a state machine: messages go in, messages come out. It neither waits nor reads by itself; whoever
//! owns the streams hands it what arrives, and says when nothing does ([`Server::idle`]), which is when mistakes
//! are looked for. Files come through [`Outside`], with the texts of the editor laid over them.

mod answers;
mod dispatch;
mod documents;
mod grammar;
mod lines;
mod outside;
mod overlay;
mod paths;
mod projects;
mod publish;
mod server;
mod settings;

pub use grammar::textmate;
pub use outside::Outside;
pub use server::Server;
