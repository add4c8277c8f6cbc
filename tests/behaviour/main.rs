//! Behaviours of the relay, each from outside: a real relay, a scripted stand-in for 1min.ai, and what the client, the
//! stand-in's ledger and the relay's journal say afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what goes wrong here fails the test")]

mod audio;
mod blocked;
mod budget;
mod cancel;
mod catalog;
mod chat;
mod command;
mod completions;
mod cors;
mod demand;
mod detached;
mod doctor;
mod failure;
mod fault;
mod files;
mod guard;
mod health;
mod images;
mod lifecycle;
mod limit;
mod memcached;
mod messages;
mod metrics;
mod open_question;
mod program;
mod proxy;
mod queue;
mod reload;
mod replicas;
mod responses;
mod retry;
mod secret;
mod ticket;
mod token;
mod tool;
mod trap;
mod usage;
mod vision;
mod wall;
