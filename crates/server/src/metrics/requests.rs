//! Requests by route, method and class of status.
//!
//! Guarantees: counting takes a shared lock and a few atomic additions, and allocates at a route's
//! first request only. Labels are the router's own patterns, never what a client sent: an unknown
//! path, and a method that no route takes, have one label each.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};

use super::histogram::Histogram;
use super::text::{Kind, Text};

/// The label of requests that no route matched.
pub const NO_ROUTE: &str = "(none)";
/// Methods with a label of their own; all others are the last.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "(other)"];
/// Classes of status: of 100, 200, 300, 400 and 500.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// Routes that are told apart. The router has far fewer; this bounds the memory whatever it does.
const ROUTES_MAX: usize = 512;

/// The requests of one route.
#[derive(Debug, Default)]
struct Route {
    methods: [ByMethod; METHODS.len()],
}

#[derive(Debug, Default)]
struct ByMethod {
    answers: [AtomicU64; CLASSES.len()],
    durations: Histogram,
}

/// All requests.
#[derive(Debug, Default)]
pub struct Requests {
    routes: RwLock<BTreeMap<Box<str>, Route>>,
}

impl Requests {
    /// Counts one answer. `route` is the pattern that matched.
    pub fn record(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = routes.get(route) {
                return known.record(method, status, took);
            }
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let name = if routes.len() < ROUTES_MAX { route } else { NO_ROUTE };
        routes.entry(name.into()).or_default().record(method, status, took);
    }

    /// Writes both families; what never happened is left out.
    pub fn write(&self, text: &mut Text) {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let each = || {
            routes.iter().flat_map(|(route, counted)| {
                METHODS.into_iter().zip(&counted.methods).map(move |it| (&**route, it.0, it.1))
            })
        };
        text.family("rushes_http_requests_total", Kind::Counter, "Requests that were answered.");
        for (route, method, counted) in each() {
            for (class, answers) in CLASSES.into_iter().zip(&counted.answers) {
                let count = answers.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = [("route", route), ("method", method), ("status", class)];
                    text.sample(&labels, count);
                }
            }
        }
        text.family(
            "rushes_http_request_duration_seconds",
            Kind::Histogram,
            "Time until an answer began, with the time that Prefer: wait asked for.",
        );
        for (route, method, counted) in each() {
            let reading = counted.durations.read();
            if reading.count() > 0 {
                text.histogram(&[("route", route), ("method", method)], &reading);
            }
        }
    }
}

impl Route {
    fn record(&self, method: &Method, status: StatusCode, took: Duration) {
        let known = METHODS.iter().position(|name| *name == method.as_str());
        let Some(counted) = self.methods.get(known.unwrap_or(METHODS.len() - 1)) else { return };
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(answers) = counted.answers.get(class) {
            answers.fetch_add(1, Ordering::Relaxed);
        }
        counted.durations.record(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(requests: &Requests) -> String {
        let mut text = Text::default();
        requests.write(&mut text);
        text.finish()
    }

    #[test]
    fn answers_are_counted_by_route_method_and_class() {
        let requests = Requests::default();
        let took = Duration::from_millis(3);
        for status in [200, 204, 404, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            requests.record("/a/{id}", &Method::GET, status, took);
        }
        let strange = Method::from_bytes(b"BREW").unwrap();
        requests.record(NO_ROUTE, &strange, StatusCode::METHOD_NOT_ALLOWED, took);
        let text = written(&requests);
        for line in [
            "rushes_http_requests_total{route=\"/a/{id}\",method=\"GET\",status=\"2xx\"} 2\n",
            "rushes_http_requests_total{route=\"/a/{id}\",method=\"GET\",status=\"5xx\"} 1\n",
            "rushes_http_requests_total{route=\"(none)\",method=\"(other)\",status=\"4xx\"} 1\n",
            "rushes_http_request_duration_seconds_count{route=\"/a/{id}\",method=\"GET\"} 4\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        assert!(!text.contains("BREW") && !text.contains("POST"), "{text}");
    }

    #[test]
    fn routes_without_end_do_not_take_memory_without_end() {
        let requests = Requests::default();
        for number in 0..ROUTES_MAX * 2 {
            let route = format!("/{number}");
            requests.record(&route, &Method::GET, StatusCode::OK, Duration::ZERO);
        }
        let routes = requests.routes.read().unwrap();
        assert!(routes.len() <= ROUTES_MAX + 1);
    }
}
