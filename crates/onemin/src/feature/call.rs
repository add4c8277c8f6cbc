//! The call of a feature, from the request to what was made, however long 1min.ai takes.

use std::{future::Future, time::Duration};

use bytes::BytesMut;
use http::header;
use tokio::time::Instant;

use crate::{
    client::Client,
    error::{Error, Reason},
    feature::{FeatureAnswer, FeatureRequest},
    key::ApiKey,
    record::{self, Progress},
    transport::{self, Deadline, Limits, key_header, unsent},
};

/// When the result of a call that goes on is first asked for: some are done at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How long it is left alone then, each time.
const PAUSE: Duration = Duration::from_secs(3);

/// How long one question for a result may take; there are more.
const QUESTION: Duration = Duration::from_secs(30);

/// How long a call that was begun may be unknown where its result is asked for.
const UNKNOWN: Duration = Duration::from_secs(60);

impl Client {
    /// `POST /api/features`: has something made and waits to its end, where 1min.ai says `PROCESSING` by asking
    /// `GET /api/results/{uuid}` every three seconds (docs). Nothing comes before all is done (live), so the only limit is
    /// [`Timeouts::total`](crate::Timeouts::total). Where 1min.ai refuses the field `async`, the same is asked without it;
    /// nothing was billed by then. Dropping the future ends the call.
    ///
    /// # Errors
    /// [`Error`]; its class says whether the call may have been billed. A success in which nothing was made is
    /// `Unreadable`.
    pub async fn feature(&self, key: &ApiKey, request: &FeatureRequest) -> Result<FeatureAnswer, Error> {
        self.feature_noted(key, request, |_| {}).await
    }

    /// The same, and `begun` is told the id of a call that goes on, by which [`Client::result`] has what it made even after
    /// this future was dropped.
    ///
    /// # Errors
    /// As [`Client::feature`].
    pub async fn feature_noted(
        &self,
        key: &ApiKey,
        request: &FeatureRequest,
        begun: impl FnOnce(&str) + Send,
    ) -> Result<FeatureAnswer, Error> {
        let limits = self.limits(Instant::now()).silent();
        let first = match self.begin(key, request, &limits).await {
            Err(error) if request.is_async && is_about_async(&error) => {
                let whole = FeatureRequest { is_async: false, ..request.clone() };
                self.begin(key, &whole, &limits).await?
            }
            first => first?,
        };
        match first {
            Progress::Done(answer) => Ok(answer),
            Progress::Processing(Some(uuid)) => {
                begun(&uuid);
                let ask = || self.progress(key, &uuid, limits.soon(QUESTION));
                wait_for_end(ask, limits.end()).await
            }
            Progress::Processing(None) => Err(unreadable("a record that is being processed and has no id")),
            Progress::Unknown => Err(unreadable("no record")),
        }
    }

    /// `GET /api/results/{uuid}`: what an earlier call made. It costs nothing. `None`: 1min.ai knows of none (docs), or it
    /// is not done yet.
    ///
    /// # Errors
    /// [`Error`]; what the call itself failed with, or the question.
    pub async fn result(&self, key: &ApiKey, uuid: &str) -> Result<Option<FeatureAnswer>, Error> {
        let body = self.ask_for_result(key, uuid, &self.limits(Instant::now()).soon(QUESTION)).await?;
        Ok(match record::read_feature(&body, key)? {
            Progress::Done(answer) => Some(answer),
            Progress::Processing(_) | Progress::Unknown => None,
        })
    }

    /// The body that answers a question for a result.
    pub(crate) async fn ask_for_result(&self, key: &ApiKey, uuid: &str, limits: &Limits) -> Result<BytesMut, Error> {
        let url = self.endpoints.result(uuid).ok_or_else(|| unsent("the id has no address"))?;
        let request = self.http.get(url).header("API-KEY", key_header(key)?);
        let response = transport::send(request, Some(key), limits).await?;
        transport::read(response, limits).await
    }

    async fn begin(&self, key: &ApiKey, request: &FeatureRequest, limits: &Limits) -> Result<Progress, Error> {
        let response = self.post(&self.endpoints.features, key, request, limits).await?;
        let media_type = media_type(response.headers());
        let body = transport::read(response, limits).await?;
        match media_type.filter(|media_type| media_type.starts_with("audio/")) {
            Some(_) if body.is_empty() => Err(unreadable("a sound of no length")),
            Some(media_type) => {
                let sound = Some((body.freeze(), media_type));
                Ok(Progress::Done(FeatureAnswer { sound, ..FeatureAnswer::default() }))
            }
            None => record::read_feature(&body, key),
        }
    }

    /// How far a call is. The outer error is of the question, the inner one of the call.
    async fn progress(&self, key: &ApiKey, uuid: &str, limits: Limits) -> Result<Result<Progress, Error>, Error> {
        let body = self.ask_for_result(key, uuid, &limits).await?;
        Ok(record::read_feature(&body, key))
    }
}

/// The media type of a body, in lower case and without parameters.
pub(crate) fn media_type(headers: &header::HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase();
    (!media_type.is_empty()).then_some(media_type)
}

fn unreadable(what: &str) -> Error {
    Error::Unreadable { what: what.to_owned() }
}

/// Whether it is the field `async` that was refused, and nothing else; which features take it is not known.
fn is_about_async(error: &Error) -> bool {
    let Error::Refused(refusal) = error else { return false };
    let names_it = |text: &str| text.to_ascii_lowercase().contains("async");
    refusal.reason == Reason::Request && (names_it(&refusal.message) || refusal.field.as_deref().is_some_and(names_it))
}

/// Asks until a call is over. Asking is free, so a question that fails in passing is asked again.
async fn wait_for_end<F>(mut ask: impl FnMut() -> F, end: Deadline) -> Result<FeatureAnswer, Error>
where
    F: Future<Output = Result<Result<Progress, Error>, Error>>,
{
    let (deadline, phase, limit) = end;
    let begun = Instant::now();
    let asking = async {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::time::sleep(pause).await;
            pause = PAUSE;
            match ask().await {
                Ok(Ok(Progress::Done(answer))) => return Ok(answer),
                Ok(Ok(Progress::Processing(_))) => {}
                Ok(Ok(Progress::Unknown)) if begun.elapsed() < UNKNOWN => {}
                Ok(Ok(Progress::Unknown)) => return Err(unreadable("no record of a call that it had begun")),
                Ok(Err(error)) => return Err(after_begun(error)),
                Err(error) => pause = pause.max(wait_after(error)?),
            }
        }
    };
    tokio::time::timeout_at(deadline, asking).await.unwrap_or(Err(Error::Timeout { phase, limit }))
}

/// Why a call failed that 1min.ai had begun: whatever it says now, something was carried out.
fn after_begun(error: Error) -> Error {
    match error {
        Error::RateLimited { message, .. } | Error::Unavailable { message, .. } => {
            Error::Failed { status: 200, message }
        }
        other => other,
    }
}

/// How long to wait after a question that failed. What won't pass ends the call, which may have been carried out all the
/// same: a refusal is of the question and not of the call.
fn wait_after(error: Error) -> Result<Duration, Error> {
    match error {
        Error::Connect { .. } | Error::RateLimited { .. } | Error::Unavailable { .. } => {
            Ok(error.retry_after().unwrap_or(PAUSE))
        }
        Error::Failed { .. } | Error::Timeout { .. } | Error::Cut { .. } => Ok(PAUSE),
        Error::Refused(refusal) => Err(Error::Failed {
            status: 200,
            message: format!("1min.ai began this and then refused to give the result: {}", refusal.message),
        }),
        Error::Unreadable { .. } => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::ready};

    use super::*;
    use crate::{Class, Refusal, TimeoutPhase};

    type Said = Result<Result<Progress, Error>, Error>;

    const END: Duration = Duration::from_secs(600);

    /// Asks one that says these in order and the last for ever: what came, and after how many seconds.
    async fn ask(said: Vec<Said>) -> (Result<FeatureAnswer, Error>, u64) {
        let (start, said) = (Instant::now(), RefCell::new(said));
        let ask = || {
            let mut said = said.borrow_mut();
            let next = if said.len() > 1 { said.remove(0) } else { copy(&said[0]) };
            ready(next)
        };
        let end = wait_for_end(ask, (start + END, TimeoutPhase::Total, END)).await;
        (end, start.elapsed().as_secs())
    }

    fn copy(said: &Said) -> Said {
        match said {
            Ok(Ok(Progress::Processing(uuid))) => Ok(Ok(Progress::Processing(uuid.clone()))),
            Ok(Ok(Progress::Unknown)) => Ok(Ok(Progress::Unknown)),
            Ok(Ok(Progress::Done(answer))) => done(&answer.results[0]),
            Ok(Err(error)) => Ok(Err(error.clone())),
            Err(error) => Err(error.clone()),
        }
    }

    fn done(result: &str) -> Said {
        Ok(Ok(Progress::Done(FeatureAnswer { results: vec![result.into()], ..FeatureAnswer::default() })))
    }

    fn processing() -> Said {
        Ok(Ok(Progress::Processing(None)))
    }

    fn unknown() -> Said {
        Ok(Ok(Progress::Unknown))
    }

    fn refused(reason: Reason, message: &str) -> Error {
        Error::Refused(Refusal { reason, code: None, message: message.into(), field: None })
    }

    #[tokio::test(start_paused = true)]
    async fn the_result_is_asked_for_after_a_second_and_then_every_three() {
        let (answer, seconds) = ask(vec![done("a")]).await;
        assert_eq!((answer.unwrap().results, seconds), (vec!["a".to_owned()], 1));
        let (answer, seconds) = ask(vec![unknown(), processing(), processing(), done("a")]).await;
        assert_eq!((answer.is_ok(), seconds), (true, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_fails_in_passing_is_asked_again() {
        let passing = vec![
            Err(Error::Connect { cause: "no route".into() }),
            Err(Error::Failed { status: 500, message: "broke".into() }),
            Err(Error::Cut { cause: "reset".into() }),
            Err(Error::Timeout { phase: TimeoutPhase::FirstByte, limit: QUESTION }),
            Err(Error::Unavailable { status: 503, message: "down".into(), retry_after: None }),
            Err(Error::RateLimited { message: "slow".into(), retry_after: Some(Duration::from_secs(20)) }),
            done("a"),
        ];
        let (answer, seconds) = ask(passing).await;
        assert_eq!((answer.is_ok(), seconds), (true, 1 + 5 * 3 + 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_is_over_at_once() {
        let failed = Error::Failed { status: 200, message: "the vendor broke".into() };
        let (answer, seconds) = ask(vec![processing(), Ok(Err(failed.clone()))]).await;
        assert_eq!((answer.unwrap_err(), seconds), (failed, 4));
        let (answer, _) = ask(vec![Err(refused(Reason::Key, "bad key"))]).await;
        let error = answer.unwrap_err();
        assert_eq!(error.class(), Class::PerhapsCarriedOut, "the call itself was not refused");
        assert!(error.to_string().ends_with("bad key"));
        let limited = Error::RateLimited { message: "slow down".into(), retry_after: None };
        let (answer, _) = ask(vec![processing(), Ok(Err(limited))]).await;
        assert_eq!(answer.unwrap_err().class(), Class::PerhapsCarriedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn no_call_is_waited_for_without_an_end() {
        let (answer, seconds) = ask(vec![processing()]).await;
        assert_eq!((answer.unwrap_err(), seconds), (Error::Timeout { phase: TimeoutPhase::Total, limit: END }, 600));
        let (answer, seconds) = ask(vec![unknown()]).await;
        assert!((60..64).contains(&seconds), "{seconds}");
        assert_eq!(answer.unwrap_err().class(), Class::PerhapsCarriedOut);
    }

    #[test]
    fn only_a_refusal_of_the_field_itself_is_about_async() {
        assert!(is_about_async(&refused(Reason::Request, "Async is not supported for IMAGE_GENERATOR")));
        let named = Refusal { reason: Reason::Request, code: None, message: "no".into(), field: Some("async".into()) };
        assert!(is_about_async(&Error::Refused(named)));
        assert!(!is_about_async(&refused(Reason::Request, "size is not allowed")));
        assert!(!is_about_async(&refused(Reason::Policy, "an async attack")));
        assert!(!is_about_async(&Error::Failed { status: 500, message: "async worker died".into() }));
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let of = |value: &'static str| {
            media_type(&[(header::CONTENT_TYPE, header::HeaderValue::from_static(value))].into_iter().collect())
        };
        assert_eq!(of("Audio/MPEG; rate=44100").as_deref(), Some("audio/mpeg"));
        assert_eq!(of(""), None);
    }
}
