//! Server-sent events, from bytes to events (WHATWG HTML, section 9.2.6).
//!
//! Guarantees: how the bytes are cut into pieces changes nothing; memory is bounded by
//! [`EVENT_BYTES_MAX`], [`ID_BYTES_MAX`] and [`MESSAGES_MAX`], also where a line or an event never
//! ends, or a few bytes make an event. Pure: no connection, no clock.
//! What breaks off in the middle of an event is no event, and its id does not count.
//! Written here because it is small, and because neither of the crates that were looked at
//! (`sse-stream` 0.3, `eventsource-stream` 0.2) bounds what it keeps.

use std::time::Duration;

/// Most bytes of a line, and of all data of an event: the end of a task with the longest metadata
/// that is allowed has a tenth of it.
pub(crate) const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Longest id that is kept, in bytes: each event carries it, and so does the request that opens a
/// stream again. A longer one counts as absent.
pub(crate) const ID_BYTES_MAX: usize = 1024;
/// Most events that one push gives.
pub(crate) const MESSAGES_MAX: usize = 64;
/// U+FEFF in UTF-8; counts for nothing at the start of a stream.
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// `message` unless the stream says something else.
    pub(crate) name: String,
    /// Its lines of data, with line feeds between them.
    pub(crate) data: String,
    /// The newest id of the stream, which may be an earlier event's; empty if there was none.
    pub(crate) id: String,
}

/// More than [`EVENT_BYTES_MAX`] without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// The state between two pieces of one stream.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    is_past_first_line: bool,
    is_after_carriage_return: bool,
    name: String,
    /// Each line of data with a line feed behind it.
    data: String,
    id: String,
    retry: Option<Duration>,
}

impl Parser {
    /// Takes of the next bytes as many as complete [`MESSAGES_MAX`] events, else all of them; adds
    /// the events to `messages` and gives the number of bytes that were taken.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        messages: &mut Vec<Message>,
    ) -> Result<usize, TooLong> {
        let messages_max = messages.len() + MESSAGES_MAX;
        for (index, &byte) in bytes.iter().enumerate() {
            if messages.len() >= messages_max {
                return Ok(index);
            }
            let is_second_half = byte == b'\n' && self.is_after_carriage_return;
            self.is_after_carriage_return = byte == b'\r';
            match byte {
                b'\n' if is_second_half => {}
                b'\n' | b'\r' => messages.extend(self.end_line()?),
                _ if self.line.len() >= EVENT_BYTES_MAX => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(bytes.len())
    }

    /// After which time the stream wants to be opened again, once it has said so.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn end_line(&mut self) -> Result<Option<Message>, TooLong> {
        let bytes = std::mem::take(&mut self.line);
        let is_first = !std::mem::replace(&mut self.is_past_first_line, true);
        let bytes = match bytes.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if is_first => rest,
            _ => &bytes[..],
        };
        if bytes.is_empty() {
            return Ok(self.dispatch());
        }
        let line = String::from_utf8_lossy(bytes);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" if self.data.len() + value.len() >= EVENT_BYTES_MAX => return Err(TooLong),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') && value.len() <= ID_BYTES_MAX => {
                value.clone_into(&mut self.id);
            }
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().map(Duration::from_millis).ok().or(self.retry);
            }
            // A comment, or a field of a later version.
            _ => {}
        }
        Ok(None)
    }

    /// The event that an empty line completes; nothing if it has no data.
    fn dispatch(&mut self) -> Option<Message> {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        data.pop()?;
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Message { name, data, id: self.id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<Message> {
        let (mut parser, mut messages) = (Parser::default(), Vec::new());
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                piece = &piece[parser.push(piece, &mut messages).unwrap()..];
            }
        }
        messages
    }

    fn message(name: &str, data: &str, id: &str) -> Message {
        Message { name: name.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    /// A bit of everything: a byte order mark, a retry, comments, characters of several bytes.
    const EVERYTHING: &str = "\u{FEFF}retry: 2000\n\n: still there\n\nid: 4\nevent: status\n\
                              data: {\"a\":\ndata: \"雨 🎬\"}\n\nunknown: x\ndata:  two\n\nid\ndata\n\n";

    #[test]
    fn fields_comments_and_empty_events_are_read_as_the_standard_says() {
        let expected = [
            message("status", "{\"a\":\n\"雨 🎬\"}", "4"),
            message("message", " two", "4"),
            message("message", "", ""),
        ];
        assert_eq!(parse(&[EVERYTHING.as_bytes()]), expected);
        assert_eq!(parse(&[b"event: none\n\ndata: x\n\n"]), [message("message", "x", "")]);
    }

    #[test]
    fn every_line_end_means_the_same_wherever_the_bytes_are_cut() {
        let expected = parse(&[EVERYTHING.as_bytes()]);
        for line_end in ["\n", "\r\n", "\r"] {
            let text = EVERYTHING.replace('\n', line_end);
            let bytes = text.as_bytes();
            for first in 0..=bytes.len() {
                let (head, rest) = bytes.split_at(first);
                assert_eq!(parse(&[head, rest]), expected, "{line_end:?} cut at {first}");
                for second in [1, 2, 3, rest.len() / 2] {
                    let (middle, tail) = rest.split_at(second.min(rest.len()));
                    assert_eq!(parse(&[head, middle, tail]), expected, "{first} and {second}");
                }
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(parse(&single), expected, "{line_end:?} byte by byte");
        }
    }

    #[test]
    fn a_byte_order_mark_counts_for_nothing_at_the_start_only() {
        assert_eq!(parse(&["\u{FEFF}data: x\n\n".as_bytes()]).len(), 1);
        assert_eq!(parse(&["\n\u{FEFF}data: x\n\n".as_bytes()]).len(), 0);
        assert_eq!(parse(&["\u{FEFF}\u{FEFF}data: x\n\n".as_bytes()]).len(), 0);
    }

    #[test]
    fn ids_stay_until_another_comes_and_never_hold_a_null() {
        let text = b"id: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\nid: 3\ndata: d\n";
        let expected = [message("message", "a", "1"), message("message", "b", "1")];
        let all = parse(&[text]);
        assert_eq!(all[..2], expected);
        assert_eq!(all[2..], [message("message", "c", "1")], "the last one never ended");
    }

    #[test]
    fn retry_is_a_whole_number_of_milliseconds_or_nothing() {
        for (text, expected) in [
            ("retry: 2000\n", Some(2000)),
            ("retry:7\n", Some(7)),
            ("retry: 7\nretry: soon\n", Some(7)),
            ("retry: -1\n", None),
            ("retry: 1.5\n", None),
            ("retry\n", None),
            ("retry: 99999999999999999999999999\n", None),
        ] {
            let mut parser = Parser::default();
            parser.push(text.as_bytes(), &mut Vec::new()).unwrap();
            assert_eq!(parser.retry(), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn an_id_that_is_too_long_counts_as_absent() {
        let longest = "i".repeat(ID_BYTES_MAX);
        let text = format!("id: {longest}\ndata: a\n\nid: {longest}i\ndata: b\n\n");
        let expected = [message("message", "a", &longest), message("message", "b", &longest)];
        assert_eq!(parse(&[text.as_bytes()]), expected);
    }

    #[test]
    fn one_push_gives_a_bounded_number_of_events_and_none_is_lost() {
        let text = "data\n\n".repeat(MESSAGES_MAX * 2 + 1);
        let (mut parser, mut rest, mut counts) = (Parser::default(), text.as_bytes(), Vec::new());
        while !rest.is_empty() {
            let mut messages = Vec::new();
            rest = &rest[parser.push(rest, &mut messages).unwrap()..];
            counts.push(messages.len());
        }
        assert_eq!(counts, [MESSAGES_MAX, MESSAGES_MAX, 1]);
    }

    #[test]
    fn bytes_that_are_no_utf8_do_no_harm() {
        assert_eq!(parse(&[b"data: a\xFFb\n\n"]), [message("message", "a\u{FFFD}b", "")]);
    }

    #[test]
    fn a_line_and_an_event_without_an_end_are_given_up() {
        let piece = vec![b'x'; 64 * 1024];
        let (mut parser, mut messages) = (Parser::default(), Vec::new());
        let outcomes = (0..=EVENT_BYTES_MAX / piece.len())
            .map(|_| parser.push(&piece, &mut messages))
            .collect::<Vec<_>>();
        assert_eq!(outcomes.last(), Some(&Err(TooLong)));
        assert!(outcomes[..outcomes.len() - 1].iter().all(Result::is_ok));
        assert!(parser.line.len() <= EVENT_BYTES_MAX);

        let mut parser = Parser::default();
        let line = [b"data: ", &vec![b'x'; 512 * 1024][..], b"\n"].concat();
        assert_eq!(parser.push(&line, &mut messages), Ok(line.len()));
        assert_eq!(parser.push(&line, &mut messages), Err(TooLong));
        assert_eq!(messages, []);
    }
}
