//! A whole answer: where pictures are, or the pictures themselves, which pass from the store into the answer without being
//! held.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::{HeaderValue, header};
use serde::Serialize;

use super::{
    Piece,
    base64::Base64,
    object::{Fields, Wish, begin},
    pieces,
};
use crate::{
    dialect::cost::Cost,
    engine::{detached::Made, results},
    error::Error,
    guard::Call,
    shared::Shared,
};

/// All but the pictures.
#[derive(Serialize)]
struct Head {
    created: u64,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Serialize)]
struct Addresses {
    #[serde(flatten)]
    head: Head,
    data: Vec<Address>,
}

#[derive(Serialize)]
struct Address {
    url: String,
}

impl Head {
    fn new(wish: &Wish, made: &Made) -> Self {
        let media_type = made.files.first().map_or("image/png", |file| file.media_type.as_str());
        Self { created: wish.created, fields: wish.fields(media_type, wish.usage(made.usage)) }
    }
}

/// Where the pictures are.
pub(super) fn with_addresses(call: &Call, wish: &Wish, made: &Made) -> Response {
    let data = made.files.iter().map(|file| Address { url: results::url(call, file) }).collect();
    with_cost(Json(Addresses { head: Head::new(wish, made), data }).into_response(), made)
}

/// The pictures themselves. What can't be read before the answer begins is an error like any other; later it cuts the answer off.
pub(super) async fn with_bytes(shared: Arc<Shared>, wish: &Wish, made: Made) -> Result<Response, Error> {
    let head = begin(&Head::new(wish, &made), ",\"data\":[");
    let mut pieces = Box::pin(pieces(shared, made.files.clone()).peekable());
    if let Some(Err(error)) = pieces.as_mut().peek().await {
        return Err(error.clone());
    }
    let mut writer = Writer::default();
    let pictures = pieces.map(move |piece| Ok::<Bytes, Error>(writer.write(piece?)));
    let body = stream::iter([Ok(Bytes::from(head))]).chain(pictures).chain(stream::iter([Ok("]}".into())]));
    let mut response = Body::from_stream(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(with_cost(response, &made))
}

fn with_cost(mut response: Response, made: &Made) -> Response {
    let mut cost = Cost::default();
    made.usage.into_iter().for_each(|usage| cost.add(usage));
    cost.write_headers(&mut response);
    response
}

/// Writes the entries of `data`.
#[derive(Debug, Default)]
struct Writer {
    has_begun: bool,
    base64: Base64,
}

impl Writer {
    fn write(&mut self, piece: Piece) -> Bytes {
        let mut out = BytesMut::new();
        match piece {
            Piece::Made(_) => {}
            Piece::Begin(_) => {
                let comma = if std::mem::replace(&mut self.has_begun, true) { "," } else { "" };
                out.extend_from_slice(comma.as_bytes());
                out.extend_from_slice(b"{\"b64_json\":\"");
            }
            Piece::Bytes(bytes) => self.base64.push(&bytes, &mut out),
            Piece::End => {
                self.base64.finish(&mut out);
                out.extend_from_slice(b"\"}");
            }
        }
        out.freeze()
    }
}
