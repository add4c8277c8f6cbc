//! The HTTP side of the stand-in: 1min.ai's routes and its refusals, on a loopback port.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Multipart, Path, Request, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, Method, Uri};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceExt, service_fn};

use crate::{
    asset, demo,
    feature::{self, Results},
    file,
    reply::{CutBeforeHeaders, Reply, play},
    wire,
};

/// A running stand-in; dropping it stops it.
#[derive(Debug)]
pub struct Mock {
    address: SocketAddr,
    stop: CancellationToken,
    #[cfg(feature = "script")]
    script: crate::Script,
}

/// What a handler needs. Without the feature `script` there is nothing to remember.
#[derive(Clone, Default)]
struct Stage {
    gate: Arc<Notify>,
    results: Results,
    #[cfg(feature = "script")]
    script: crate::Script,
}

impl Mock {
    /// Starts the stand-in on a port of its own (`port` 0) or the given one, loopback only.
    ///
    /// # Errors
    /// The system's error when the port can't be had.
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let stage = Stage::new();
        #[cfg(feature = "script")]
        let script = stage.script.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "this crate has no supervisor: dropping the stand-in ends the task"
        )]
        tokio::spawn(accept(listener, router(stage), stop.clone()));
        Ok(Self {
            address,
            stop,
            #[cfg(feature = "script")]
            script,
        })
    }

    /// The address for `ONE_MIN_API_URL`, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it answers, and what it has seen.
    #[cfg(feature = "script")]
    #[must_use]
    pub const fn script(&self) -> &crate::Script {
        &self.script
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Stage {
    /// Any key opens the stand-in, unless its script says otherwise.
    fn takes_key(&self, headers: &HeaderMap) -> bool {
        #[cfg(feature = "script")]
        if self.script.refuses_keys() {
            return false;
        }
        headers.contains_key("API-KEY")
    }

    fn new() -> Self {
        #[cfg(feature = "script")]
        {
            let script = crate::Script::default();
            Self { gate: script.gate(), results: script.results(), script }
        }
        #[cfg(not(feature = "script"))]
        Self::default()
    }
}

fn router(stage: Stage) -> Router {
    let router = Router::new()
        .route("/api/chat-with-ai", post(chat))
        .route("/api/assets", post(assets))
        .route("/api/features", post(features))
        .route("/api/results/{uuid}", get(results))
        .route("/models", get(models))
        .route("/images/{*key}", get(files))
        .route("/audios/{*key}", get(files))
        .route("/documents/{*key}", get(files))
        .route("/asset.1min.ai/{*key}", get(files))
        .fallback(not_found);
    #[cfg(feature = "script")]
    let router = router.merge(crate::script::control(&stage.script));
    router.layer(axum::extract::DefaultBodyLimit::disable()).with_state(stage)
}

/// Accepts until stopped. A hand-written loop, because a scripted cut must close a connection without an answer, which
/// a plain axum server can't do.
async fn accept(listener: TcpListener, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        // Frames are small and must leave at once, as 1min.ai's do.
        let _ = stream.set_nodelay(true);
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| serve(router.clone(), request));
            let builder = auto::Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            tokio::select! {
                () = stop.cancelled() => {}
                _ = connection => {}
            }
        });
    }
}

async fn serve(router: Router, request: Request<Incoming>) -> io::Result<Response> {
    let Ok(response) = router.oneshot(request).await;
    if response.extensions().get::<CutBeforeHeaders>().is_some() {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(response)
}

async fn chat(State(stage): State<Stage>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let is_streaming = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "isStreaming=true"));
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let act = || match check(stage.takes_key(&headers), body.as_ref()) {
        Ok((model, prompt)) => demo::reply(model, prompt, is_streaming),
        Err(refusal) => refusal,
    };
    #[cfg(feature = "script")]
    let (reply, witness) =
        stage.script.take_call(crate::Received::new(&method, &uri, &headers, body.clone()), is_streaming, act);
    #[cfg(not(feature = "script"))]
    let (reply, witness, _) = (act(), (), method);
    play(reply, stage.gate, witness).await
}

/// 1min.ai's own checks of a chat call: the key, then the prompt.
fn check(takes_key: bool, body: Option<&Value>) -> Result<(&str, &str), Reply> {
    if !takes_key {
        return Err(unauthorized());
    }
    let text = |pointer: &str| body.and_then(|body| body.pointer(pointer)?.as_str()).filter(|text| !text.is_empty());
    match (text("/model"), text("/promptObject/prompt")) {
        (Some(model), Some(prompt)) => Ok((model, prompt)),
        (None, _) => Err(Reply::json(400, wire::error_a("INVALID_REQUEST", "Invalid request"))),
        _ => Err(Reply::json(
            422,
            wire::error_a("PROMPT_OBJECT_VALIDATION_FAILED", "Prompt object validation failed: prompt is required"),
        )),
    }
}

fn unauthorized() -> Reply {
    Reply::json(401, wire::error_a("UNAUTHORIZED", "Invalid or missing API key"))
}

/// An upload: kept nowhere, and noted only in a script's ledger.
async fn assets(
    State(stage): State<Stage>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let upload = match form {
        Ok(form) => asset::read(form, &headers).await,
        Err(_) => None,
    };
    #[cfg(feature = "script")]
    let (scripted, witness) = stage.script.take_upload(upload.clone().unwrap_or_default());
    #[cfg(not(feature = "script"))]
    let (scripted, witness) = (None, ());
    let takes_key = stage.takes_key(&headers);
    let reply = scripted.unwrap_or_else(|| if takes_key { asset::reply(upload.as_ref()) } else { unauthorized() });
    play(reply, stage.gate, witness).await
}

async fn features(State(stage): State<Stage>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let act = |metadata: &Value| match &body {
        _ if !stage.takes_key(&headers) => unauthorized(),
        Some(body) => feature::reply(body, &base(&headers), &stage.results, metadata),
        None => Reply::json(400, wire::error_a("INVALID_REQUEST", "Invalid request")),
    };
    #[cfg(feature = "script")]
    let (reply, witness) = stage.script.take_feature(crate::Received::new(&method, &uri, &headers, body.clone()), act);
    #[cfg(not(feature = "script"))]
    let (reply, witness, ..) = (act(&serde_json::json!({})), (), method, uri);
    play(reply, stage.gate, witness).await
}

/// Where this stand-in was reached.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    format!("http://{host}")
}

/// An unknown result is HTTP 200 with null (docs), which makes this call a free check of a key.
async fn results(State(stage): State<Stage>, Path(uuid): Path<String>, headers: HeaderMap) -> Response {
    let reply = if stage.takes_key(&headers) { stage.results.ask(&uuid) } else { unauthorized() };
    #[cfg(feature = "script")]
    let reply = stage.script.take_result().unwrap_or(reply);
    play(reply, stage.gate, ()).await
}

/// Files that features made, which anybody may fetch who knows their names (live).
async fn files(State(stage): State<Stage>, uri: Uri, headers: HeaderMap) -> Response {
    let reply = file::reply(uri.path());
    #[cfg(feature = "script")]
    let (reply, witness) = stage.script.take_download(&uri, &headers, reply);
    #[cfg(not(feature = "script"))]
    let (witness, _) = ((), headers);
    play(reply, stage.gate, witness).await
}

/// The catalogue, which needs no key (live).
async fn models(State(stage): State<Stage>, uri: Uri) -> Response {
    let pairs = uri.query().unwrap_or_default().split('&');
    let feature = pairs.filter_map(|pair| pair.strip_prefix("feature=")).next().unwrap_or_default();
    #[cfg(feature = "script")]
    if let Some(scripted) = stage.script.take_models_call(feature) {
        return play(scripted, stage.gate, ()).await;
    }
    play(Reply::json(200, wire::model_list(feature)), stage.gate, ()).await
}

async fn not_found() -> Response {
    (http::StatusCode::NOT_FOUND, wire::error_b("NOT_FOUND", "Cannot find this route")).into_response()
}
