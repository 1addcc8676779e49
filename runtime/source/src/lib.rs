//! What is protected: files, and the output of commands.
