//! A stand-in for 1min.ai on a loopback port, speaking its protocol to the byte as far as it is known.
//!
//! Plain, it is the relay's demo: canned answers that say what they are, nothing recorded, no control from outside.
//! With the feature `script` it is the upstream of tests: every answer can be scripted, delayed, cut in pieces or made to
//! fail in any way 1min.ai is known or feared to fail; it records what it received and counts open, finished and
//! cancelled calls. It knows nothing of the relay.

mod asset;
mod demo;
mod feature;
mod file;
mod reply;
#[cfg(feature = "script")]
mod script;
mod server;
pub mod wire;

pub use asset::Uploaded;
pub use reply::{Reply, Step};
#[cfg(feature = "script")]
pub use script::{Act, Answer, Counts, Downloaded, Received, Rule, Script, Text, Turn};
pub use server::Mock;
