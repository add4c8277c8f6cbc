//! A typed, asynchronous client of the 1min.ai API.
//!
//! This crate speaks 1min.ai's own words and nothing else: requests as its endpoints take them, answers as *records*,
//! streams as *frames*, failures as an [`Error`] that says whether the call was carried out (and therefore billed).
//! It knows nothing of OpenAI, Anthropic, relays, settings files or keyrings.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use onemin::{ApiKey, ChatRequest, Client, ClientOptions};
//!
//! let client = Client::new(&ClientOptions::default())?;
//! let key = ApiKey::new("your 1min.ai key")?;
//! let record = client.chat(&key, &ChatRequest::new("gpt-4o-mini", "Say ok.")).await?;
//! println!("{}", record.text);
//! # Ok(())
//! # }
//! ```
//!
//! What is known of 1min.ai is marked in the docs of each item: *docs* is what its own pages state, *live* is what
//! somebody recorded from the running service, *code* is what a published client does, *guess* is our inference.

mod answer;
mod asset;
mod chat;
mod client;
mod crawl;
mod download;
mod endpoint;
mod error;
mod failure;
mod feature;
mod frame;
mod key;
mod model;
mod proxy;
mod record;
mod sse;
mod stream;
mod surrogate;
mod transport;

pub use answer::{Answer, Metadata};
pub use asset::{Asset, Content, Upload};
pub use chat::{Attachments, ChatRequest, ChatSettings, PromptObject, WebSearchSettings};
pub use client::{Client, ClientOptions, DEFAULT_API_URL, DEFAULT_ASSET_URL, KeyCheck, Knock, SetupError, Timeouts};
pub use download::Download;
pub use error::{Class, Error, Reason, Refusal, TimeoutPhase};
pub use feature::{FeatureAnswer, FeatureRequest, FieldValue, Fields};
pub use key::{ApiKey, InvalidKey};
pub use model::{Feature, Model, ModelList};
pub use proxy::{InvalidProxy, ProxyUrl};
pub use stream::{ChatStream, Delta};
pub use surrogate::mend as mend_half_characters;
