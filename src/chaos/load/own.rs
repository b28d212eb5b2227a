//! An answer of the application's own kind, as it comes: JSON, plain text or events.

use serde_json::Value;

use crate::pipeline::policy::Failure;
use crate::provider::HttpTemplate;
use crate::wire::{ChatReply, Frame, FrameReader, Framing};

use super::exchange::Ending;

/// What ends a stream of events that says so; many just stop.
const DONE: &str = "[DONE]";

/// A body that is being read.
pub(super) struct OwnAnswer<'a> {
    template: &'a HttpTemplate,
    form: Form,
}

enum Form {
    /// All of it is the answer, or has it at the template's path.
    Whole(Vec<u8>),
    /// The bytes are the answer's text.
    Text(Vec<u8>),
    /// Each event has a piece of the text, at the template's path where it names one.
    Events { reader: FrameReader, text: String },
}

impl<'a> OwnAnswer<'a> {
    /// The beginning of a body of such a `content-type`.
    pub(super) fn new(template: &'a HttpTemplate, content_type: &str) -> Self {
        let form = if content_type.starts_with("text/event-stream") {
            Form::Events {
                reader: Framing::Sse.reader(),
                text: String::new(),
            }
        } else if content_type.starts_with("text/plain") && template.response.is_none() {
            Form::Text(Vec::new())
        } else {
            Form::Whole(Vec::new())
        };
        Self { template, form }
    }

    /// Takes more bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.form {
            Form::Whole(body) | Form::Text(body) => body.extend_from_slice(bytes),
            Form::Events { reader, text } => {
                let mut frames = Vec::new();
                reader.push(bytes, &mut frames).map_err(|_| Failure::Unreadable)?;
                add(self.template, &frames, text)?;
            }
        }
        Ok(())
    }

    /// Whether the user sees the first of the text: what is not streamed is seen when all of it is there.
    pub(super) fn has_begun(&self) -> bool {
        match &self.form {
            Form::Whole(_) => false,
            Form::Text(text) => !text.is_empty(),
            Form::Events { text, .. } => !text.is_empty(),
        }
    }

    /// The body has ended.
    pub(super) fn finish(mut self) -> Ending {
        let text = match &mut self.form {
            Form::Text(body) => Ok(String::from_utf8_lossy(body).into_owned()),
            Form::Whole(body) => (self.template.answer(body)).or_else(|_| without_answer(body)),
            Form::Events { reader, text } => {
                let mut frames = Vec::new();
                reader.finish(&mut frames);
                add(self.template, &frames, text).map(|()| std::mem::take(text))
            }
        };
        match text {
            Ok(text) => Ending::Answer {
                reply: ChatReply {
                    text,
                    ..ChatReply::default()
                },
                whole: true,
            },
            Err(failure) => Ending::Failed(failure),
        }
    }
}

/// What JSON says that has no answer where one should be: an error, or nothing.
fn without_answer(body: &[u8]) -> Result<String, Failure> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Failure::Unreadable)?;
    if is_error(&value) {
        return Err(Failure::ErrorBody);
    }
    Ok(String::new())
}

fn is_error(value: &Value) -> bool {
    value.get("error").is_some_and(|error| !error.is_null())
}

/// Adds the text of events. One that is called `error`, or whose JSON has an `error`, ends the answer; one without
/// anything at the template's path tells something else.
fn add(template: &HttpTemplate, frames: &[Frame], text: &mut String) -> Result<(), Failure> {
    for frame in frames.iter().filter(|frame| frame.data.trim() != DONE) {
        let value = || serde_json::from_str(&frame.data).is_ok_and(|value| is_error(&value));
        if frame.name == "error" || value() {
            return Err(Failure::ErrorEvent);
        }
        if template.response.is_none() {
            text.push_str(&frame.data);
        } else if let Ok(piece) = template.answer(frame.data.as_bytes()) {
            text.push_str(&piece);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether text had begun after each piece, and what came of all.
    fn read(response: Option<&str>, content_type: &str, pieces: &[&str]) -> (Vec<bool>, Result<String, Failure>) {
        let template = HttpTemplate {
            response: response.map(str::to_owned),
            ..HttpTemplate::default()
        };
        let mut answer = OwnAnswer::new(&template, content_type);
        let mut begun = Vec::new();
        for piece in pieces {
            if let Err(failure) = answer.push(piece.as_bytes()) {
                return (begun, Err(failure));
            }
            begun.push(answer.has_begun());
        }
        match answer.finish() {
            Ending::Answer { reply, .. } => (begun, Ok(reply.text)),
            Ending::Failed(failure) => (begun, Err(failure)),
        }
    }

    #[test]
    fn what_is_streamed_is_seen_as_it_comes() {
        let text = read(None, "text/plain; charset=utf-8", &["It ", "is so."]);
        assert_eq!(text, (vec![true, true], Ok("It is so.".to_owned())));
        let events = [
            "event: start\ndata: {\"id\": 1}\n\n",
            "data: {\"delta\": \"It \"}\n\ndata: {\"del",
            "ta\": \"is so.\"}\n\ndata: [DONE]\n\n",
        ];
        let events = read(Some("json.delta"), "text/event-stream", &events);
        assert_eq!(events, (vec![false, true, true], Ok("It is so.".to_owned())));
        let bare = read(None, "text/event-stream", &["data: It \n\n", "data: is so.\n\n"]);
        assert_eq!(bare.1, Ok("It is so.".to_owned()));
    }

    #[test]
    fn what_is_whole_is_seen_when_it_is_there() {
        let json = read(
            Some("json.answer"),
            "application/json",
            &["{\"answer\": ", "\"It is so.\"}"],
        );
        assert_eq!(json, (vec![false, false], Ok("It is so.".to_owned())));
        assert_eq!(
            read(Some("json.answer"), "text/html", &["<html>"]).1,
            Err(Failure::Unreadable)
        );
        let null = read(Some("json.answer"), "application/json", &["{\"answer\": null}"]);
        assert_eq!(null.1, Ok(String::new()));
        let error = read(Some("json.answer"), "application/json", &["{\"error\": \"no\"}"]);
        assert_eq!(error.1, Err(Failure::ErrorBody));
    }

    #[test]
    fn an_error_in_a_stream_is_one() {
        for event in [
            "event: error\ndata: no\n\n",
            "data: {\"error\": {\"message\": \"no\"}}\n\n",
        ] {
            let read = read(
                Some("json.delta"),
                "text/event-stream",
                &["data: {\"delta\": \"It\"}\n\n", event],
            );
            assert_eq!(read.1, Err(Failure::ErrorEvent));
        }
    }
}
