//! Takes the bodies of requests: none larger than the setting allows, and all together no more than another one does, so
//! that many large ones can't exhaust the machine.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;

use crate::{
    error::Error,
    request::Ticket,
    shared::{Shared, Snapshot},
};

/// How long the rest of a body that is too large is read and thrown away.
const DISCARD: Duration = Duration::from_secs(10);

/// How long a client may pause while it sends its body.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

/// How much room is made for a body by its own account, before it is here.
const MOST_RESERVED: usize = 1 << 20;

/// How many bytes are unpacked at a time.
const UNPACKED_PIECE: usize = 64 << 10;

/// The whole body of a request, unpacked. What it takes counts until the request is over.
///
/// # Errors
/// `BodyTooLarge`, `Busy`, `BodyCut`, `UnsupportedEncoding`.
pub(crate) async fn collect(request: Request, shared: &Shared) -> Result<Bytes, Error> {
    let (parts, mut body) = request.into_parts();
    let snapshot = parts.extensions.get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let packing = Packing::of(&parts.headers)?;
    let limit_mb = snapshot.settings.body_max_mb.min(snapshot.settings.bodies_max_mb);
    let mut room = Room {
        limit: usize::try_from(limit_mb << 20).unwrap_or(usize::MAX),
        limit_mb,
        all: snapshot.settings.bodies_max_mb << 20,
        share: shared.bodies.share(),
        is_untouched: true,
    };
    let collected = room.collect(&mut body).await;
    let is_refused = matches!(collected, Err(Error::BodyTooLarge { .. } | Error::Busy));
    // One that waits to be told to go on is not told, and sends nothing.
    let is_waiting = parts.headers.contains_key(header::EXPECT) && room.is_untouched;
    if is_refused && !is_waiting {
        // A client that is still sending would lose the answer with its connection, and send everything again.
        discard(&mut body).await;
    }
    let whole = room.unpack(collected?.freeze(), packing)?;
    if let Some(ticket) = parts.extensions.get::<Ticket>() {
        ticket.hold(room.share);
    }
    Ok(whole)
}

/// Reads the rest of a body and throws it away, for a while.
pub(super) async fn discard(body: &mut Body) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(DISCARD, rest).await;
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Deflate,
}

impl Packing {
    fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Ok(Self::Plain) };
        let name = String::from_utf8_lossy(encoding.as_bytes()).trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            _ => Err(Error::UnsupportedEncoding { encoding: name.chars().take(40).collect() }),
        }
    }
}

/// How much one body may take, and what it has taken.
struct Room {
    limit: usize,
    limit_mb: u64,
    /// The limit of all bodies, in bytes.
    all: u64,
    share: Share,
    /// Whether nothing of the body was asked for.
    is_untouched: bool,
}

impl Room {
    async fn collect(&mut self, body: &mut Body) -> Result<BytesMut, Error> {
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        // What is declared is checked before it is read, but takes nothing before it is here.
        if declared > self.limit {
            return Err(self.too_large());
        }
        self.is_untouched = false;
        let mut whole = BytesMut::new();
        loop {
            match tokio::time::timeout(PAUSE, body.frame()).await {
                Ok(None) => return Ok(whole),
                Ok(Some(Ok(frame))) => {
                    let bytes = frame.into_data().unwrap_or_default();
                    self.take(whole.len(), bytes.len())?;
                    if whole.is_empty() {
                        whole.reserve(declared.min(MOST_RESERVED));
                    }
                    whole.extend_from_slice(&bytes);
                }
                Ok(Some(Err(_))) | Err(_) => return Err(Error::BodyCut),
            }
        }
    }

    /// Unpacks a body; what comes out counts as well.
    fn unpack(&mut self, packed: Bytes, packing: Packing) -> Result<Bytes, Error> {
        if packing != Packing::Plain {
            // From here on what comes out counts: both together could exceed what one body may.
            self.share = self.share.anew();
        }
        match packing {
            Packing::Plain => Ok(packed),
            Packing::Gzip => self.read(MultiGzDecoder::new(packed.as_ref())),
            // What is called deflate is meant to be in zlib's format (RFC 9110).
            Packing::Deflate => self.read(ZlibDecoder::new(packed.as_ref())),
        }
    }

    fn read(&mut self, mut packed: impl Read) -> Result<Bytes, Error> {
        let (mut whole, mut piece) = (BytesMut::new(), vec![0; UNPACKED_PIECE]);
        loop {
            match packed.read(&mut piece) {
                Ok(0) => return Ok(whole.freeze()),
                Ok(length) => {
                    self.take(whole.len(), length)?;
                    whole.extend_from_slice(piece.get(..length).unwrap_or_default());
                }
                Err(_) => {
                    let detail = "it is not packed as Content-Encoding says".to_owned();
                    return Err(Error::MalformedJson { detail });
                }
            }
        }
    }

    /// Room for `bytes` more after the first `taken`.
    fn take(&mut self, taken: usize, bytes: usize) -> Result<(), Error> {
        if taken.saturating_add(bytes) > self.limit {
            return Err(self.too_large());
        }
        if self.share.grow(bytes, self.all) { Ok(()) } else { Err(Error::Busy) }
    }

    const fn too_large(&self) -> Error {
        Error::BodyTooLarge { limit_mb: self.limit_mb }
    }
}

/// The bytes of all bodies that are held now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bodies(Arc<AtomicU64>);

/// One body's share; dropping it gives the bytes back.
#[derive(Debug)]
pub(crate) struct Share {
    bodies: Bodies,
    bytes: u64,
}

impl Bodies {
    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { bodies: self.clone(), bytes: 0 }
    }

    /// How many bytes are held now.
    #[cfg(test)]
    pub(crate) fn held(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Share {
    /// A share of nothing, of the same whole.
    fn anew(&self) -> Self {
        self.bodies.share()
    }

    /// Takes `bytes` more; `false`, and nothing taken, when all bodies together would then exceed `limit`.
    pub(crate) fn grow(&mut self, bytes: usize, limit: u64) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let grown = |held: u64| held.checked_add(bytes).filter(|held| *held <= limit);
        let is_taken = self.bodies.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, grown).is_ok();
        if is_taken {
            self.bytes += bytes;
        }
        is_taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.bodies.0.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_stay_below_the_limit_and_give_back_what_they_took() {
        let bodies = Bodies::default();
        let (mut one, mut other) = (bodies.share(), bodies.share());
        assert!(one.grow(6, 10) && other.grow(4, 10));
        assert!(!other.grow(1, 10));
        assert_eq!(bodies.held(), 10);
        drop(one);
        assert!(other.grow(6, 10));
        drop(other);
        assert_eq!(bodies.held(), 0);
        assert!(!bodies.share().grow(usize::MAX, 10));
    }

    fn unpacked(packed: &[u8], packing: Packing, limit: usize) -> Result<String, Error> {
        let mut room = Room { limit, limit_mb: 1, all: 1 << 20, share: Bodies::default().share(), is_untouched: true };
        let whole = room.unpack(Bytes::copy_from_slice(packed), packing)?;
        Ok(String::from_utf8(whole.to_vec()).unwrap())
    }

    #[test]
    fn packed_bodies_are_unpacked_within_their_limit() {
        let mut gzip = flate2::read::GzEncoder::new(b"hello".as_slice(), flate2::Compression::fast());
        let mut packed = Vec::new();
        gzip.read_to_end(&mut packed).unwrap();
        assert_eq!(unpacked(&packed, Packing::Gzip, 5).unwrap(), "hello");
        assert_eq!(unpacked(&packed, Packing::Gzip, 4), Err(Error::BodyTooLarge { limit_mb: 1 }));
        assert!(matches!(unpacked(&packed[..packed.len() - 9], Packing::Gzip, 5), Err(Error::MalformedJson { .. })));
        let mut zlib = flate2::read::ZlibEncoder::new(b"hello".as_slice(), flate2::Compression::fast());
        packed.clear();
        zlib.read_to_end(&mut packed).unwrap();
        assert_eq!(unpacked(&packed, Packing::Deflate, 5).unwrap(), "hello");
    }

    #[test]
    fn what_can_not_be_unpacked_is_named() {
        let of = |value: &'static str| {
            let value = http::HeaderValue::from_static(value);
            Packing::of(&HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]))
        };
        assert_eq!(
            (of("GZip"), of("identity"), of("deflate")),
            (Ok(Packing::Gzip), Ok(Packing::Plain), Ok(Packing::Deflate))
        );
        assert_eq!(of("br"), Err(Error::UnsupportedEncoding { encoding: "br".into() }));
        assert_eq!(of("gzip, gzip"), Err(Error::UnsupportedEncoding { encoding: "gzip, gzip".into() }));
    }
}
