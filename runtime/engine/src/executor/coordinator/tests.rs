//! Whole runs on a virtual clock, with scripted acts and a journal that can be cut at any event.

mod laws;
mod scenes;
mod sim;
