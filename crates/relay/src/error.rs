//! The one error of the relay, and the one table from it to what a client is told.
//!
//! Every answer that is not a success comes from here: refusals of extractors and routes, failures of 1min.ai before and
//! in the middle of a stream. Three rules hold (see [`onemin::Class`]): what may have been billed is never retried because
//! of us, what can't succeed is never a 5xx, and the true cause reaches the user in words.

mod envelope;
mod hint;
mod responses;
mod table;
mod upstream;

use std::time::Duration;

use http::{Method, StatusCode};
use onemin::Class;

use hint::{hint, short_message, whole_seconds};
pub(crate) use responses::ForResponses;
use upstream::{partly_message, upload_message, upstream_message};

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is no JSON.
    #[error("We could not parse the JSON body of your request: {detail}. Send one JSON object.")]
    MalformedJson {
        /// What is wrong and where.
        detail: String,
    },
    /// A field has a value it can't have.
    #[error("{message}")]
    InvalidField {
        /// The field, such as `messages[0].role`.
        param: String,
        /// What kind of wrong it is.
        fault: Fault,
        /// What is wrong, and what to send instead.
        message: String,
    },
    /// The body is larger than the setting allows.
    #[error(
        "The request is larger than {limit_mb} MiB. Send less, or raise RELAY_BODY_MAX_MB and RELAY_BODIES_MAX_MB."
    )]
    BodyTooLarge {
        /// The limit.
        limit_mb: u64,
    },
    /// The bodies of all requests together are too large right now.
    #[error(
        "The relay is holding as many requests as RELAY_BODIES_MAX_MB allows. Nothing was sent to 1min.ai; try again in a moment."
    )]
    Busy,
    /// The body is packed in a way the relay can't unpack.
    #[error("The content encoding `{encoding}` is not supported. Send the body as it is, or with gzip or deflate.")]
    UnsupportedEncoding {
        /// What `Content-Encoding` says.
        encoding: String,
    },
    /// The body is no form, or one that can't be read.
    #[error("We could not read the form in your request: {detail}. Send multipart/form-data.")]
    MalformedForm {
        /// What is wrong.
        detail: String,
    },
    /// A file in the body is larger than the setting allows.
    #[error("The file in '{param}' is larger than {limit_mb} MiB. Send a smaller one, or raise RELAY_FILE_MAX_MB.")]
    FileTooLarge {
        /// The field that holds it.
        param: String,
        /// The limit.
        limit_mb: u64,
    },
    /// The body is something else than JSON, and says so.
    #[error(
        "The body is {media_type}, and this route takes JSON. Send one JSON object with Content-Type: application/json."
    )]
    UnsupportedMediaType {
        /// What `Content-Type` says.
        media_type: String,
    },
    /// The body ended before it was complete.
    #[error("The request's body could not be read to its end. Send it again.")]
    BodyCut,
    /// No key came and none is stored.
    #[error(
        "No 1min.ai key. Give the relay one (ONE_MIN_API_KEY), or send yours as the API key of your app \
         (Authorization: Bearer <key>)."
    )]
    MissingKey,
    /// What came as a key can't be one.
    #[error("{0}. Send your 1min.ai key as the API key of your app.")]
    InvalidKey(onemin::InvalidKey),
    /// What came looks like a token of the relay, and is none, or was revoked.
    #[error(
        "This access token is unknown or was revoked. Ask whoever runs the relay for another (1min-relay token add NAME)."
    )]
    UnknownToken,
    /// The token's time is over.
    #[error("This access token has expired. Ask whoever runs the relay for another (1min-relay token add NAME).")]
    ExpiredToken,
    /// The token is good, but there is no key that it could use.
    #[error(
        "This access token is good, but the relay has no 1min.ai key stored that it could use. Store one with \
         1min-relay key set."
    )]
    TokenWithoutKey,
    /// Something is to be kept for a key that 1min.ai has not accepted, and it could not be asked.
    #[error(
        "Files are kept for keys that 1min.ai accepts, and it did not say whether it accepts yours: {why}. Ask a model something with \
         this key first, then upload again."
    )]
    KeyNotChecked {
        /// What came of asking.
        why: String,
    },
    /// There were too many requests in the last minute.
    #[error("Too many requests: {whose} may make {limit} a minute. Try again in {} s.", whole_seconds(*wait))]
    RateLimited {
        /// Whose limit it is, such as "this relay" or "your access token".
        whose: &'static str,
        /// Requests a minute.
        limit: u64,
        /// When the next one is let through.
        wait: Duration,
    },
    /// Too many requests are being answered, and too many wait, or this one has waited long enough.
    #[error(
        "Too many requests at the same time: {whose} may make {limit}, and the queue is full or took too long. Try again in \
         {} s.",
        whole_seconds(*wait)
    )]
    TooManyAtOnce {
        /// Whose limit it is, such as "this relay" or "your access token".
        whose: &'static str,
        /// Requests at the same time.
        limit: u64,
        /// When to try again.
        wait: Duration,
    },
    /// The credits of a day or a month are spent.
    #[error(
        "The budget of {whose} is spent: {limit} credits a {period}. It begins anew at {until}. Whoever runs the relay can \
         raise it."
    )]
    BudgetSpent {
        /// Whose budget it is, such as "this relay" or "your access token".
        whose: &'static str,
        /// Credits.
        limit: u64,
        /// `day` or `month`.
        period: &'static str,
        /// When the next one begins, such as `2026-12-01 00:00 Europe/Berlin`.
        until: String,
    },
    /// Less is left of a budget than a request should cost.
    #[error("{}", short_message(self))]
    BudgetShort {
        /// Whose budget it is, such as "this relay" or "your access token".
        whose: &'static str,
        /// Credits.
        limit: u64,
        /// `day` or `month`.
        period: &'static str,
        /// When the next one begins, such as `2026-12-01 00:00 Europe/Berlin`.
        until: String,
        /// Credits that are not spent.
        left: u64,
        /// Credits that the request should cost.
        reckoned: u64,
        /// Whether what is left would do, were it not reserved for requests that are running.
        is_held: bool,
    },
    /// Several relays serve as one, and what is kept here would not be found by the others.
    #[error(
        "{what} can't be used: several relays share memcached, but each keeps its own. Set RELAY_STORE_URL to a folder or a \
         bucket that all of them share{more}."
    )]
    NotShared {
        /// What is not shared, such as "Files".
        what: &'static str,
        /// What else must be set, such as ", and `RELAY_KEEP_RESPONSES` to disk".
        more: &'static str,
    },
    /// The stored key may only be used with a token.
    #[error(
        "This relay wants an access token (1mr-...) from every caller. Make one with 1min-relay token add NAME, and enter it \
         as the API key of your app."
    )]
    MissingToken,
    /// The request came under a name that is not this machine's.
    #[error(
        "This relay does not answer to that host name. Use http://127.0.0.1 or http://localhost, or add the name to RELAY_ALLOWED_HOSTS."
    )]
    HostNotAllowed,
    /// A web page asked.
    #[error(
        "Web pages may not use this relay, because every page could spend your credits. Use an app, or add the page's \
         origin to RELAY_ALLOWED_ORIGINS."
    )]
    OriginNotAllowed,
    /// A web page that is allowed asked, but without a credential.
    #[error("A web page must send an API key, even where the relay has one stored: enter any in its settings.")]
    OriginWithoutCredential,
    /// There is no such route.
    #[error(
        "Unknown request URL: {method} {path}. There are /v1/chat/completions, /v1/completions, /v1/responses, /v1/messages, /v1/images/generations, /v1/audio/speech, /v1/audio/transcriptions, /v1/files and /v1/models."
    )]
    UnknownRoute {
        /// The method that was used.
        method: Method,
        /// The path that was asked for.
        path: String,
    },
    /// The route is there, but not for this method.
    #[error("{method} is not allowed here. The Allow header names the methods that are.")]
    MethodNotAllowed {
        /// The method that was used.
        method: Method,
    },
    /// 1min.ai has nothing of a whole kind of models.
    #[error(
        "1min.ai has no models for {purpose}, so this relay has none. Let your app use another service for {purpose}."
    )]
    NoSuchModels {
        /// What they would be for.
        purpose: &'static str,
    },
    /// There is no such model, or it may not be asked.
    #[error("The model `{model}` does not exist or you do not have access to it.{} GET /v1/models lists those that do.", hint(.nearest, .words))]
    ModelNotFound {
        /// The model that was asked for.
        model: String,
        /// Models whose names are like it, the likest first.
        nearest: Vec<String>,
        /// 1min.ai's own words, if it was asked.
        words: Option<String>,
    },
    /// A response that was asked for is not kept, or is another owner's.
    #[error(
        "Response with id '{id}' not found. Responses are kept for a while only (RELAY_KEEP_RESPONSES), for the key that \
         made them, and never with 'store': false."
    )]
    ResponseNotFound {
        /// Its id.
        id: String,
    },
    /// The same of a response that a request wants to go on from.
    #[error(
        "Previous response with id '{id}' not found. Responses are kept for a while only (RELAY_KEEP_RESPONSES), for the \
         key that made them, and never with 'store': false. Send the whole conversation as 'input' instead."
    )]
    PreviousResponseNotFound {
        /// Its id.
        id: String,
    },
    /// A file that was asked for is not there, or is another owner's.
    #[error(
        "No such File object: {id}. It was never uploaded to this relay with your key, was deleted, or has expired. GET /v1/files lists those there are."
    )]
    FileNotFound {
        /// Its id.
        id: String,
        /// The field that names it.
        param: String,
    },
    /// A result that was asked for is not kept.
    #[error("There is no such result. Results are kept for a while only (RELAY_RESULTS_DAYS, RELAY_RESULTS_MAX_MB).")]
    ResultNotFound,
    /// Nothing more can be written where files and results are kept.
    #[error("{what} can't be kept: no room is left where the relay keeps its data. {advice} Make room there.")]
    StorageFull {
        /// What can't be kept.
        what: &'static str,
        /// What has become of it.
        advice: &'static str,
    },
    /// The figures are served to nobody.
    #[error("The figures are not served here. RELAY_METRICS=loopback serves them to programs of this machine.")]
    MetricsOff,
    /// The figures are served, but not to whoever asked from elsewhere.
    #[error(
        "The figures are for programs of the relay's own machine, asked without a proxy. RELAY_METRICS=network serves them to \
         whoever reaches the relay."
    )]
    MetricsNotAllowed,
    /// What is kept can't be written or read.
    #[error("{what} can't be kept or read: {cause}. {advice} Look at the relay's data folder.")]
    StorageFailed {
        /// What can't be kept or read.
        what: &'static str,
        /// What the disk says, without paths.
        cause: String,
        /// What has become of it.
        advice: &'static str,
    },
    /// What 1min.ai made and billed can't be had.
    #[error(
        "1min.ai made what you asked for and billed it, but it could not be fetched: {cause}. `1min-relay results` tries again."
    )]
    NotFetched {
        /// What went wrong.
        cause: onemin::Error,
    },
    /// One of several pictures failed, and others were made.
    #[error("{}", partly_message(*.made, .cause))]
    PartlyMade {
        /// How many were made.
        made: usize,
        /// Why the one failed.
        cause: Box<Self>,
    },
    /// The sounds of a long text can't be put together.
    #[error(
        "1min.ai spoke the text in {parts} parts and billed them, but they are not of one kind and can't be joined. They are \
         kept: `1min-relay results` lists them. Send less text at a time."
    )]
    SpeechNotJoined {
        /// How many parts there are.
        parts: usize,
    },
    /// The same request failed before, and may have been billed.
    #[error("The same request failed before: {why} It was not sent again; ask anew if you want it all the same.")]
    FailedBefore {
        /// Why, in the words of then.
        why: String,
    },
    /// 1min.ai failed or refused.
    #[error("{}", upstream_message(.0))]
    Upstream(#[from] onemin::Error),
    /// 1min.ai did not take a picture or document.
    #[error("{}", upload_message(.param, .cause))]
    Upload {
        /// The field that holds it.
        param: String,
        /// What went wrong at 1min.ai.
        cause: onemin::Error,
    },
    /// The relay was stopped, and the time to finish is over.
    #[error(
        "The relay was stopped before the answer was complete. The call may have been billed; ask again if you want to."
    )]
    Stopped,
    /// A bug of the relay.
    #[error("The relay failed on this request. Its log says why; please report it.")]
    Internal,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is missing.
    Missing,
    /// Its value is not one of those allowed.
    Invalid,
    /// Its value is fine for OpenAI, but can't be done here.
    UnsupportedValue,
    /// The whole field can't be honoured here.
    Unsupported,
    /// It is the address of a picture, which can't be had.
    ImageUrl,
}

impl Error {
    /// A field whose value is wrong.
    #[must_use]
    pub fn field(param: impl Into<String>, fault: Fault, message: impl Into<String>) -> Self {
        Self::InvalidField { param: param.into(), fault, message: message.into() }
    }

    /// Whether 1min.ai may have billed what failed so.
    #[must_use]
    pub fn is_perhaps_billed(&self) -> bool {
        match self {
            Self::Upstream(cause) => cause.class() == Class::PerhapsCarriedOut,
            Self::NotFetched { .. }
            | Self::FailedBefore { .. }
            | Self::StorageFull { .. }
            | Self::StorageFailed { .. } => true,
            Self::PartlyMade { .. } | Self::SpeechNotJoined { .. } | Self::Stopped | Self::Internal => true,
            _ => false,
        }
    }

    /// The HTTP status of this error.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.row().status
    }

    /// Anthropic's type for this error; the rest of its envelope is the message.
    #[must_use]
    pub fn anthropic_kind(&self) -> &'static str {
        self.row().anthropic
    }
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing_required_parameter",
            Self::Invalid => "invalid_value",
            Self::UnsupportedValue => "unsupported_value",
            Self::Unsupported => "unsupported_parameter",
            Self::ImageUrl => "invalid_image_url",
        }
    }
}

#[cfg(test)]
mod tests;
