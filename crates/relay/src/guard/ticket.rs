//! Gives every request its ticket and its snapshot, every answer its headers, and ties the ticket to the answer's body.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body::{Body as _, Frame, SizeHint};

use crate::{error::Error, id, request::Ticket, shared::Shared, task::Supervisor};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const VERSION: HeaderName = HeaderName::from_static("openai-version");
/// The model that answers, where it is another than the name that was asked for.
const MODEL: HeaderName = HeaderName::from_static("x-relay-model");
/// That a budget is nearly spent, in words.
const BUDGET: HeaderName = HeaderName::from_static("x-relay-budget-warning");
const DEMO: HeaderName = HeaderName::from_static("x-relay-demo");

/// What the layer needs: the live state, and who runs its requests.
#[derive(Debug, Clone)]
pub(crate) struct Tickets {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tasks: Supervisor,
}

/// The layer.
pub(crate) async fn layer(State(tickets): State<Tickets>, mut request: Request, next: Next) -> Response {
    let Tickets { shared, tasks } = tickets;
    let route = request.extensions().get::<MatchedPath>().map_or("(unknown route)", MatchedPath::as_str);
    let route = format!("{} {route}", request.method());
    let ticket = Ticket::new(id::random("req_"), route, shared.journal.clone(), shared.clock, tasks.give_up());
    let snapshot = shared.snapshot.load_full();
    let is_demo = snapshot.is_demo;
    let is_head = request.method() == Method::HEAD;
    request.extensions_mut().insert(ticket.clone());
    request.extensions_mut().insert(snapshot);
    request.extensions_mut().insert(tasks);

    let mut response = next.run(request).await;

    if let Some(error) = response.extensions().get::<Error>() {
        ticket.failed(error.name());
    }
    ticket.answered(response.status().as_u16());
    if is_head {
        // Its body is thrown away unread.
        ticket.completed();
    }
    write_headers(response.headers_mut(), &ticket, is_demo);
    response.map(|body| Body::new(TicketBody::new(body, ticket)))
}

/// The headers of every answer, errors too; SDKs show the id to their users.
fn write_headers(headers: &mut HeaderMap, ticket: &Ticket, is_demo: bool) {
    if let Ok(id) = HeaderValue::from_str(ticket.id()) {
        headers.insert(REQUEST_ID, id);
    }
    let elapsed = u64::try_from(ticket.arrived().elapsed().as_millis()).unwrap_or(u64::MAX);
    headers.insert(PROCESSING_MS, HeaderValue::from(elapsed));
    headers.insert(VERSION, HeaderValue::from_static("2020-10-01"));
    if let Some(Ok(model)) = ticket.answering_model().map(HeaderValue::try_from) {
        headers.insert(MODEL, model);
    }
    if let Some(Ok(words)) = ticket.budget_warning().map(HeaderValue::try_from) {
        headers.insert(BUDGET, words);
    }
    if is_demo {
        headers.insert(DEMO, HeaderValue::from_static("true"));
    }
}

/// A body that holds the ticket, and marks it completed when its last byte has been handed over.
struct TicketBody {
    body: Body,
    ticket: Ticket,
}

impl TicketBody {
    fn new(body: Body, ticket: Ticket) -> Self {
        if body.is_end_stream() {
            ticket.completed();
        }
        Self { body, ticket }
    }
}

impl http_body::Body for TicketBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            // A server need not ask again after the last byte of a body whose length it knows.
            Poll::Ready(Some(Ok(_))) if self.body.is_end_stream() => self.ticket.completed(),
            Poll::Ready(None) => self.ticket.completed(),
            Poll::Ready(Some(Err(_))) => self.ticket.failed("body"),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
