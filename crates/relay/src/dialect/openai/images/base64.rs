//! Base64 of what comes piece by piece.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::BytesMut;

/// How many bytes become whole characters together.
const GROUP: usize = 3;

/// An encoder; holds what does not fill a group yet.
#[derive(Debug, Default)]
pub(super) struct Base64(Vec<u8>);

impl Base64 {
    /// Encodes some more.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut BytesMut) {
        if !self.0.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(GROUP - self.0.len()));
            self.0.extend_from_slice(head);
            bytes = rest;
            if self.0.len() < GROUP {
                return;
            }
            self.finish(out);
        }
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % GROUP);
        write(whole, out);
        self.0.extend_from_slice(rest);
    }

    /// That was all.
    pub(super) fn finish(&mut self, out: &mut BytesMut) {
        write(&std::mem::take(&mut self.0), out);
    }
}

fn write(bytes: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_it_is_cut_the_text_is_the_same() {
        let bytes: Vec<u8> = (0..=255).collect();
        for size in 1..=10 {
            for length in [0, 1, 2, 3, 255, 256] {
                let (mut base64, mut out) = (Base64::default(), BytesMut::new());
                bytes[..length].chunks(size).for_each(|piece| base64.push(piece, &mut out));
                base64.finish(&mut out);
                assert_eq!(out, BASE64_STANDARD.encode(&bytes[..length]), "{length} in pieces of {size}");
            }
        }
    }
}
