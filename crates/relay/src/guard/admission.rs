//! Lets in what asks 1min.ai as often, and as many at a time, as the limits allow, and says in headers how much of them is left.
//! What only fills the store is let in from keys that 1min.ai accepts. This room must never know how requests are counted.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use onemin::{KeyCheck, Reason, Refusal};

use super::{
    Caller,
    ahead::{Ahead, Left},
    body,
};
use crate::{
    clock::Clock,
    error::Error,
    limit::{Asking, Crowded, Entry, Exceeded, Probation, Quota},
    listen::Peer,
    request::Ticket,
    shared::{Shared, Snapshot},
};

/// What the layer needs: the live state, and in which words the clients of its routes are told.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pub(crate) shared: Arc<Shared>,
    pub(crate) told: &'static Told,
}

/// The headers by which a client is told of its limit, and what the last one holds.
#[derive(Debug)]
pub(crate) struct Told {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
    write_reset: fn(Clock, Duration) -> String,
}

/// As OpenAI tells (<https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers>): the time until all
/// requests are left again.
pub(crate) static AS_OPENAI: Told = Told {
    limit: HeaderName::from_static("x-ratelimit-limit-requests"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-requests"),
    reset: HeaderName::from_static("x-ratelimit-reset-requests"),
    write_reset: |_, reset| span(reset),
};

/// As Anthropic tells (<https://docs.anthropic.com/en/api/rate-limits#response-headers>): the date when they are, in the form of
/// RFC 3339.
pub(crate) static AS_ANTHROPIC: Told = Told {
    limit: HeaderName::from_static("anthropic-ratelimit-requests-limit"),
    remaining: HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
    reset: HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    write_reset: date,
};

/// When to come again where too many are answered at the same time: nobody knows when one of them ends.
const CROWDED: Duration = Duration::from_secs(1);

/// The layer.
pub(crate) async fn layer(State(admission): State<Admission>, request: Request, next: Next) -> Result<Response, Error> {
    let Admission { shared, told } = admission;
    let arrival = Arrival::of(&request).ok_or(Error::Internal)?;
    // What can't be paid for counts for nothing else.
    shared.budgets.begun().await;
    if !super::is_retry(request.headers()) {
        // Who asks once more may be given what was paid for already; anything else is stopped where it is reserved.
        shared.budgets.check(&arrival.caller, &arrival.snapshot)?;
    }
    let memcached = arrival.snapshot.memcached.as_ref();
    let (quota, mut response) = match shared.limiter.admit(&arrival.asking(), memcached).await {
        Ok(reserved) => {
            let quota = reserved.quota();
            // Who is not let in, or leaves before, gives back what was reserved.
            let response = match arrival.enter(request, &shared).await {
                Ok(request) => {
                    if let Some(further) = shared.limiter.further(&reserved, memcached) {
                        arrival.ticket.counts_further(further);
                    }
                    if let Some(probation) = reserved.keep() {
                        arrival.ticket.on_probation(probation);
                    }
                    next.run(request).await
                }
                Err(refused) => refused.into_response(),
            };
            (quota, response)
        }
        Err(exceeded) => return Ok(told.exceeded(request, exceeded, shared.clock).await),
    };
    if let Some(quota) = quota {
        told.write(response.headers_mut(), quota, shared.clock);
    }
    Ok(response)
}

/// The layer of what is kept and asks nothing of 1min.ai. Anybody can invent any number of keys, and fill the disk with them: a
/// key that is new here has to be accepted first, which costs nothing, and counts as a request.
pub(crate) async fn keeping(
    State(admission): State<Admission>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let Admission { shared, told } = admission;
    let arrival = Arrival::of(&request).ok_or(Error::Internal)?;
    if !shared.limiter.is_new(&arrival.asking()) {
        return Ok(next.run(request).await);
    }
    match shared.limiter.admit(&arrival.asking(), arrival.snapshot.memcached.as_ref()).await {
        Ok(reserved) => {
            let probation = reserved.keep();
            match arrival.check_key().await {
                Ok(()) => probation.into_iter().for_each(Probation::end),
                Err(error) => return Err(refuse(request, error).await),
            }
            Ok(next.run(request).await)
        }
        Err(exceeded) => Ok(told.exceeded(request, exceeded, shared.clock).await),
    }
}

/// Who has come, and what holds for it.
struct Arrival {
    snapshot: Arc<Snapshot>,
    caller: Caller,
    ticket: Ticket,
    peer: IpAddr,
}

impl Arrival {
    fn of(request: &Request) -> Option<Self> {
        let extensions = request.extensions();
        Some(Self {
            snapshot: Arc::clone(extensions.get()?),
            caller: extensions.get::<Caller>()?.clone(),
            ticket: extensions.get::<Ticket>()?.clone(),
            peer: extensions.get::<Peer>()?.0,
        })
    }

    fn asking(&self) -> Asking<'_> {
        Asking {
            account: &self.caller.account,
            owner: &self.caller.owner,
            policy: &self.caller.policy,
            limits: &self.snapshot.settings.limits,
            brings_key_from: self.snapshot.key.is_none().then_some(self.peer),
        }
    }

    /// Whether 1min.ai accepts the key.
    async fn check_key(&self) -> Result<(), Error> {
        match self.snapshot.upstream.check_key(&self.caller.key).await {
            KeyCheck::Taken => Ok(()),
            KeyCheck::Refused(message) => {
                let refusal = Refusal { reason: Reason::Key, code: None, message, field: None };
                Err(Error::Upstream(onemin::Error::Refused(refusal)))
            }
            KeyCheck::Unknown(why) => Err(Error::KeyNotChecked { why }),
        }
    }

    /// Gives the ticket its permit to be answered, at once or after a wait; the request is given back for that.
    async fn enter(&self, request: Request, shared: &Shared) -> Result<Request, Error> {
        let crowded = |Crowded { whose, limit }| Error::TooManyAtOnce { whose, limit, wait: CROWDED };
        let (permit, request) = match shared.limiter.enter(&self.asking()) {
            Ok(Entry::Permit(permit)) => (permit, request),
            Err(full) => return Err(refuse(request, crowded(full)).await),
            Ok(Entry::Waiting(mut waiting)) => {
                let began = shared.clock.instant();
                let mut ahead = Ahead::new(request, shared);
                let entered = tokio::select! {
                    entered = waiting.permit(&self.caller.policy, &self.snapshot.settings.limits) => entered,
                    Left = ahead.read() => return Err(Error::BodyCut),
                };
                // Whoever is refused now must not be let in while it is told so.
                drop(waiting);
                self.ticket.queued(shared.clock.instant() - began);
                match entered {
                    Ok(permit) => (permit, ahead.into_request()),
                    Err(full) => return Err(refuse(ahead.into_request(), crowded(full)).await),
                }
            }
        };
        self.ticket.admit(permit);
        Ok(request)
    }
}

/// Refuses a request whose body was not read. One that may come again is heard to its end: a client that is still sending would
/// lose the answer with its connection, and not learn when to come.
async fn refuse(request: Request, error: Error) -> Error {
    let is_waiting = request.headers().contains_key(header::EXPECT);
    if !is_waiting {
        body::discard(&mut request.into_body()).await;
    }
    error
}

impl Told {
    async fn exceeded(&self, request: Request, exceeded: Exceeded, clock: Clock) -> Response {
        let Exceeded { whose, quota, wait } = exceeded;
        let error = Error::RateLimited { whose, limit: quota.limit, wait };
        let mut response = refuse(request, error).await.into_response();
        self.write(response.headers_mut(), quota, clock);
        response
    }

    fn write(&self, headers: &mut HeaderMap, quota: Quota, clock: Clock) {
        headers.insert(&self.limit, HeaderValue::from(quota.limit));
        headers.insert(&self.remaining, HeaderValue::from(quota.remaining));
        if let Ok(reset) = HeaderValue::try_from((self.write_reset)(clock, quota.reset)) {
            headers.insert(&self.reset, reset);
        }
    }
}

/// A span of time as OpenAI writes it, such as `6m0s`, `1.5s` or `20ms`; rounded up to milliseconds.
fn span(span: Duration) -> String {
    let milliseconds = span.as_nanos().div_ceil(1_000_000);
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    if (1..1_000).contains(&milliseconds) {
        return format!("{milliseconds}ms");
    }
    let fraction = format!("{:03}", rest % 1_000);
    let seconds = format!("{}.{fraction}", rest / 1_000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") }
}

/// The date after a span of time, rounded up to seconds.
fn date(clock: Clock, span: Duration) -> String {
    let span_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let seconds = clock.unix_ms().saturating_add(span_ms).div_ceil(1_000);
    let date = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    date.map(|date| date.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_dates_are_written_as_those_write_them_who_said_so_first() {
        let written = |milliseconds| span(Duration::from_millis(milliseconds));
        assert_eq!([0, 20, 999, 1_000, 1_500].map(written), ["0s", "20ms", "999ms", "1s", "1.5s"]);
        assert_eq!([60_000, 60_050, 360_000].map(written), ["1m0s", "1m0.05s", "6m0s"]);
        assert_eq!([20_000, 10_010].map(written), ["20s", "10.01s"]);
        assert_eq!(span(Duration::from_nanos(1)), "1ms");
        assert_eq!(date(Clock::fixed(1_800_000_000), Duration::from_millis(1_200)), "2027-01-15T08:00:02Z");
    }
}
