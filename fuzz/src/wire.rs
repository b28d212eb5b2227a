//! The model APIs' messages, as a server or a client that nobody knows may write them.

use aisys::wire::{Api, Assembly, Frame, FrameError, Framing};
use serde_json::Value;

/// Reads bytes as each API's request, answer and error, and writes what was read.
///
/// # Panics
/// When what was written of a request or an answer is not read again.
pub fn messages(bytes: &[u8]) {
    for api in Api::ALL {
        let _ = api.error_from_http(500, &http::HeaderMap::new(), bytes, 0.0).to_string();
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    for api in Api::ALL {
        if let Ok(request) = api.request_from_json(value.clone()) {
            let written = api.request_to_json(&request);
            let again = api.request_from_json(written.clone());
            assert!(again.is_ok(), "{}: {written} of {request:?}: {again:?}", api.name());
        }
        if let Ok(reply) = api.reply_from_json(&value) {
            let written = api.reply_to_json(&reply, 0);
            let again = api.reply_from_json(&written);
            assert!(again.is_ok(), "{}: {written} of {reply:?}: {again:?}", api.name());
        }
    }
}

/// Reads bytes as each API's stream, whole and in pieces of which the first byte says the length.
///
/// # Panics
/// When pieces give other events than the whole, or an event that was written is not read again.
pub fn streams(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let length = usize::from(*first) + 1;
    for framing in [Framing::Sse, Framing::Lines, Framing::EventStream] {
        let whole = frames(framing, [bytes]);
        assert_eq!(whole, frames(framing, bytes.chunks(length)));
        let written: Vec<u8> = whole.0.iter().flat_map(|frame| framing.write(frame)).collect();
        assert_eq!(frames(framing, [written.as_slice()]).0, whole.0, "{framing:?}");
        for api in Api::ALL.into_iter().filter(|api| api.framing() == framing) {
            let (mut decoder, mut assembly) = (api.decoder(), Assembly::default());
            for frame in &whole.0 {
                let Ok(chunks) = decoder.decode(frame) else { break };
                chunks.into_iter().for_each(|chunk| assembly.push(chunk));
            }
            let reply = assembly.finish();
            let mut encoder = api.encoder(0);
            for chunk in reply.chunks(3) {
                encoder.encode(&chunk);
            }
            encoder.end();
        }
    }
}

fn frames<'a>(framing: Framing, parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FrameError>) {
    let (mut reader, mut out) = (framing.reader(), Vec::new());
    for part in parts {
        if let Err(error) = reader.push(part, &mut out) {
            return (out, Some(error));
        }
    }
    reader.finish(&mut out);
    (out, None)
}
