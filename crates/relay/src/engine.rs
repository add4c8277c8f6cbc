//! Runs a neutral request against 1min.ai, and answers with a stream of events.
//!
//! There are two ways to run. *Attached* (text): the event stream owns the call; dropping it cancels the call upstream,
//! and there is no other way to cancel. *Detached* (what is paid for and kept): a supervised task owns the call and the
//! ticket, and the client only watches; see [`Supervisor::spawn_detached`](crate::task::Supervisor::spawn_detached). This
//! room must never know the wire formats of clients.

mod attachment;
mod calibration;
mod chat;
mod choices;
mod count;
pub(crate) mod detached;
mod errand;
mod extra;
mod finish;
mod model;
mod picture;
pub(crate) mod results;
mod retry;
pub(crate) mod speech;
pub(crate) mod transcript;

use std::pin::Pin;

use futures_util::Stream;

use crate::{conversation::Event, error::Error};

pub(crate) use attachment::Uploads;
pub(crate) use calibration::Calibration;
pub(crate) use choices::{MOST_CHOICES, run, run_choices};
pub(crate) use count::count;
pub(crate) use detached::Running;
pub(crate) use model::{Chosen, choose};
pub(crate) use picture::{draw, not_drawn};

/// What happens while a request is answered. It ends after `Done` or the first error.
pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>>;
