//! A bug in a handler becomes an error of this one request; the relay lives on.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::error::Error;

/// What a client gets when a handler has panicked. The panic's message has gone to the log by the hook of the program.
pub(crate) fn respond(_panic: Box<dyn Any + Send>) -> Response {
    Error::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use http::Request;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use crate::{
        guard::ticket::{self, Tickets},
        journal::Outcome,
        shared::Shared,
        task::Supervisor,
    };

    #[tokio::test]
    async fn a_panic_is_an_error_with_an_id_and_a_record() {
        let shared = Shared::of_tests();
        let tickets = Tickets { shared: Arc::clone(&shared), tasks: Supervisor::default() };
        let router = Router::new()
            .route(
                "/bug",
                get(|| async {
                    if true {
                        panic!("a bug")
                    }
                }),
            )
            .layer(CatchPanicLayer::custom(super::respond))
            .layer(from_fn_with_state(tickets, ticket::layer));
        let response = router.oneshot(Request::get("/bug").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-request-id"));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"type\":\"server_error\"") && !text.contains("a bug"), "{text}");
        let record = Arc::clone(&shared.journal.recent()[0]);
        assert_eq!((record.outcome, record.error, record.status), (Outcome::Failed, Some("internal"), Some(500)));
    }
}
