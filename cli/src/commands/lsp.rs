use std::time::Duration;

use clap::Args;
use lsp_server::{Connection, Message};
use mainstay_server::Server;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::world::EditorWorld;

/// Answer an editor's questions about policies: the language server
///
/// Speaks the Language Server Protocol over standard input and output; an editor starts it. Files are read, and never
/// written.
#[derive(Debug, Args)]
pub struct Lsp {
    /// The streams to speak over, as some editors say; there are no others
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Mistakes are looked for when nobody has typed for so long: far below what a person notices, and above the time
/// from a keystroke to the questions that an editor asks about it.
const QUIET: Duration = Duration::from_millis(40);

/// Runs it.
pub fn run(_: &Lsp, _: &Context) -> Result<Exit, Failure> {
    let (connection, threads) = Connection::stdio();
    let world = EditorWorld::default();
    let mut server = Server::new(&world);
    while server.ended().is_none() {
        let Some(out) = next(&connection, &mut server) else { break };
        if out.into_iter().any(|message| connection.sender.send(message).is_err()) {
            break;
        }
    }
    let exit = if server.ended() == Some(0) { Exit::Done } else { Exit::Failed };
    // The threads end when nobody can send any more; a client that is gone needs no farewell.
    drop(connection);
    let _ = threads.join();
    Ok(exit)
}

/// What is to be sent next; nothing when the client is gone.
fn next(connection: &Connection, server: &mut Server<'_>) -> Option<Vec<Message>> {
    let first = if server.has_work() {
        match connection.receiver.recv_timeout(QUIET) {
            Ok(message) => message,
            Err(error) if error.is_timeout() => return Some(server.idle()),
            Err(_) => return None,
        }
    } else {
        connection.receiver.recv().ok()?
    };
    let lot = std::iter::once(first).chain(connection.receiver.try_iter()).collect();
    Some(server.receive(lot))
}
