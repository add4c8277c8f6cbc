//! The party to compare with: takes a request and sends it on as it is, streamed both ways, with hyper and nothing
//! else. What it costs, any program in the relay's place would cost.

use std::net::SocketAddr;

use http::{Request, Uri, uri::Scheme};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{failure::Failure, serve};

/// Serves in front of `upstream` until the process is ended.
pub(crate) async fn run(upstream: SocketAddr) -> Result<(), Failure> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let authority: http::uri::Authority =
        upstream.to_string().parse().map_err(|_| Failure::Form(upstream.to_string()))?;
    serve::serve(move |mut request: Request<hyper::body::Incoming>| {
        let (client, authority) = (client.clone(), authority.clone());
        async move {
            let mut parts = std::mem::take(request.uri_mut()).into_parts();
            parts.scheme = Some(Scheme::HTTP);
            parts.authority = Some(authority);
            *request.uri_mut() = Uri::from_parts(parts).map_err(|error| Failure::Form(error.to_string()))?;
            Ok(client.request(request).await?)
        }
    })
    .await
}
