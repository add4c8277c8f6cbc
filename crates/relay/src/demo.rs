//! The demo: a stand-in for 1min.ai on a loopback port of its own, and a key that opens nothing. No key is read for it, and
//! nothing it says is kept.

use std::io;

use mock_onemin::Mock;
use onemin::ApiKey;

use crate::settings::Settings;

/// A running stand-in; dropping it ends it.
#[derive(Debug)]
pub struct Demo(Mock);

impl Demo {
    /// Starts the stand-in.
    ///
    /// # Errors
    /// The system's error when no port can be had.
    pub async fn start() -> io::Result<Self> {
        Mock::start(0).await.map(Self)
    }

    /// `settings`, but that the stand-in takes 1min.ai's place.
    ///
    /// # Errors
    /// Never in practice: the stand-in's address is one.
    pub fn settings(&self, settings: Settings) -> io::Result<Settings> {
        let api_url = self.0.url().parse().map_err(|_| io::Error::other("the demo has no address"))?;
        Ok(Settings { api_url, proxy: None, ..settings })
    }

    /// The demo's key.
    ///
    /// # Errors
    /// Never in practice: the text is a key.
    pub fn key() -> io::Result<ApiKey> {
        ApiKey::new("the-demo-has-no-key").map_err(|_| io::Error::other("the demo has no key"))
    }
}
