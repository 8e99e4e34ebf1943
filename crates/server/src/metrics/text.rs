//! The text format of Prometheus, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
//!
//! Guarantees: label values are escaped; a family's lines stand together under its `HELP` and
//! `TYPE`.

use std::fmt::{Display, Write as _};

use super::histogram::Reading;

/// The media type of [`Text`].
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Microseconds in a second.
const SECOND_US: u64 = 1_000_000;

/// What a family's numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations in buckets.
    Histogram,
}

/// A label's name and value.
pub type Label<'l> = (&'static str, &'l str);

/// A text under construction.
#[derive(Debug, Default)]
pub struct Text {
    out: String,
    name: &'static str,
}

impl Text {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> &mut Self {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        self.name = name;
        self
    }

    /// One number of the family.
    pub fn sample(&mut self, labels: &[Label<'_>], value: impl Display) -> &mut Self {
        self.line("", labels, None, value);
        self
    }

    /// One histogram of the family, in seconds.
    pub fn histogram(&mut self, labels: &[Label<'_>], reading: &Reading) -> &mut Self {
        for (bound, count) in &reading.buckets {
            self.line("_bucket", labels, Some(("le", bound)), count);
        }
        let (seconds, rest_us) = (reading.sum_us / SECOND_US, reading.sum_us % SECOND_US);
        self.line("_sum", labels, None, format_args!("{seconds}.{rest_us:06}"));
        self.line("_count", labels, None, reading.count());
        self
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.out
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: &[Label<'_>],
        more: Option<Label<'_>>,
        value: impl Display,
    ) {
        let _ = write!(self.out, "{}{suffix}", self.name);
        let mut opening = '{';
        for (name, text) in labels.iter().copied().chain(more) {
            let _ = write!(self.out, "{opening}{name}=\"");
            opening = ',';
            self.escape(text);
            self.out.push('"');
        }
        if opening == ',' {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\\' => self.out.push_str("\\\\"),
                '"' => self.out.push_str("\\\""),
                '\n' => self.out.push_str("\\n"),
                other => self.out.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::metrics::histogram::Histogram;

    #[test]
    fn labels_are_escaped() {
        let mut text = Text::default();
        text.family("a_total", Kind::Counter, "Things.").sample(&[], 1);
        text.sample(&[("x", "a\"b\\c\nd"), ("y", "雨")], 2);
        let expected = "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n\
                        a_total{x=\"a\\\"b\\\\c\\nd\",y=\"雨\"} 2\n";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn a_histogram_has_its_sum_in_seconds() {
        let histogram = Histogram::default();
        histogram.record(Duration::from_micros(2_000_070));
        let mut text = Text::default();
        text.family("b_seconds", Kind::Histogram, "Times.");
        text.histogram(&[("x", "1")], &histogram.read());
        let text = text.finish();
        assert!(text.contains("b_seconds_bucket{x=\"1\",le=\"1\"} 0\n"), "{text}");
        assert!(text.contains("b_seconds_bucket{x=\"1\",le=\"5\"} 1\n"), "{text}");
        assert!(text.ends_with("b_seconds_sum{x=\"1\"} 2.000070\nb_seconds_count{x=\"1\"} 1\n"));
    }
}
