//! What holds for any input.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use rushes_domain::account::KeyKind;
use rushes_domain::catalogue::{Catalogue, dimensions};
use rushes_domain::directive::{Directives, without_directives};
use rushes_domain::image_url::{check_image_url, is_public};
use rushes_domain::request::VideoRequest;

use crate::support::{job_of_bytes, nothing_allowed};

/// Spellings of an IPv4 address that a URL may hold.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let tail = u32::from(b) << 16 | u32::from(c) << 8 | u32::from(d);
    let short = u32::from(c) << 8 | u32::from(d);
    vec![
        format!("http://{address}/"),
        format!("http://{address}./"),
        format!("http://{number}/"),
        format!("http://0x{number:x}/"),
        format!("http://0{number:o}/"),
        format!("http://{a}.{tail}/"),
        format!("http://{a}.{b}.{short}/"),
        format!("http://0{a:o}.0x{b:x}.{c}.{d}/"),
        format!("http://[::ffff:{address}]/"),
        format!("http://[64:ff9b::{address}]/"),
        format!("http://[2002:{:x}:{:x}::1]/", number >> 16, number & 0xffff),
    ]
}

fn json_like() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"model\"",
        "\"grok-image-video\"",
        "\"prompt\"",
        "\"seconds\"",
        "1e400",
        "-0",
        "6.0",
        "NaN",
        "\"image_urls\"",
        "\"data:image/png;base64,AAAA\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "null",
        "true",
        " ",
        "\n",
        "\"size\"",
        "\"1280x720\"",
        "\"http://[::1]/\"",
        "\"metadata\"",
        "é",
        "\u{feff}",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

/// Objects of known names and odd values.
fn objects() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "model",
        "prompt",
        "seconds",
        "duration",
        "aspect_ratio",
        "ratio",
        "resolution",
        "size",
        "width",
        "height",
        "image_urls",
        "images",
        "image",
        "input_reference",
        "reference_images",
        "metadata",
        "n",
        "first_frame",
        "x",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "true",
        "0",
        "6",
        "6.5",
        "1e400",
        "\"\"",
        "\"6\"",
        "\"grok-image-video\"",
        "\"grok-video-1.5\"",
        "\"16:9\"",
        "\"720p\"",
        "\"1280x720\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "{\"url\":\"https://example.com/é\"}",
        "\"https://example.com/a\"",
        "\"data:image/png;base64,AAAA\"",
        "[\"https://example.com/a\",\"https://example.com/b\"]",
        "{\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}",
        "{\"a\":\"b\"}",
    ]);
    prop::collection::hash_map(name, value, 0..8).prop_map(|pairs| {
        let pairs: Vec<_> =
            pairs.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    })
}

/// A job that came out keeps the promises of its type.
fn check_job(body: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(request) = VideoRequest::parse_json(body) {
        prop_assert_eq!(request.fingerprint(), request.clone().fingerprint());
        if let Ok(job) = request.into_job(&Catalogue::embedded(), KeyKind::Test, &nothing_allowed) {
            prop_assert!((1..=15).contains(&job.seconds) && job.seconds <= job.seconds_requested);
            prop_assert_eq!(
                dimensions(&job.aspect_ratio, &job.resolution),
                Some((job.width, job.height))
            );
            prop_assert!(job.images.len() <= 7 && job.list_price.0 > 0);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics_on_any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = job_of_bytes(&body);
    }

    #[test]
    fn parsing_never_panics_on_near_json(body in json_like()) {
        check_job(body.as_bytes())?;
    }

    #[test]
    fn parsing_never_panics_on_any_text(body in ".*") {
        let _ = job_of_bytes(format!("{{\"seconds\":{body}").as_bytes());
    }

    #[test]
    fn what_comes_out_keeps_its_promises(body in objects()) {
        check_job(body.as_bytes())?;
    }

    #[test]
    fn looking_at_a_url_never_panics(text in ".*", rest in "[a-z0-9.:@/\\\\%\\[\\]#?-]{0,40}") {
        let _ = check_image_url(&text, &nothing_allowed);
        let _ = check_image_url(&format!("http://{text}"), &nothing_allowed);
        if let Ok(url) = check_image_url(&format!("http://{rest}"), &nothing_allowed) {
            let address = match url.host() {
                Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
                Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
                _ => None,
            };
            prop_assert!(address.is_none_or(is_public), "{}", url);
        }
    }

    #[test]
    fn no_spelling_of_a_private_ipv4_address_passes(bits in any::<u32>()) {
        let address = Ipv4Addr::from(bits);
        for url in spellings(address) {
            let passed = check_image_url(&url, &nothing_allowed).is_ok();
            prop_assert_eq!(passed, is_public(IpAddr::V4(address)), "{}", url);
        }
    }

    #[test]
    fn private_networks_pass_in_no_spelling(network in 0..6_usize, host in any::<u32>()) {
        let (base, length) = [
            (0x0A00_0000, 8), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0xE000_0000, 3),
        ][network];
        let address = Ipv4Addr::from(base | (host & (u32::MAX >> length)));
        for url in spellings(address) {
            prop_assert!(check_image_url(&url, &nothing_allowed).is_err(), "{}", url);
        }
    }

    #[test]
    fn ipv6_literals_pass_only_when_public(bits in any::<u128>(), mask in 0..128_u32) {
        for bits in [bits, bits >> mask, bits & (u128::MAX << mask), bits | (0x2002 << 112)] {
            let address = Ipv6Addr::from(bits);
            let passed = check_image_url(&format!("http://[{address}]/"), &nothing_allowed).is_ok();
            prop_assert_eq!(passed, is_public(IpAddr::V6(address)), "{}", address);
        }
    }

    #[test]
    fn directives_never_panic(prompt in "(\\[\\[|\\]\\]|delay:|fail|[a-zé: 0-9]){0,30}") {
        let _ = Directives::parse(&prompt);
        let _ = without_directives(&prompt);
    }
}
