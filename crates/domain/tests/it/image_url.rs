use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rushes_domain::ErrorCode;
use rushes_domain::image_url::{check_image_url, is_public};

use crate::support::nothing_allowed;

fn code_of(url: &str) -> Option<ErrorCode> {
    check_image_url(url, &nothing_allowed).err().map(|error| error.code)
}

/// The lines of the security cases that the string alone shows.
#[test]
fn the_blocked_s_lines_are_blocked() {
    let lines = [
        ("S01", "http://127.0.0.1/a.png"),
        ("S02", "http://localhost/a.png"),
        ("S03", "http://LOCALHOST./a.png"),
        ("S04", "http://0.0.0.0:8080/"),
        ("S05", "http://127.1/"),
        ("S06", "http://2130706433/"),
        ("S07", "http://0x7f.0.0.1/"),
        ("S08", "http://0177.0.0.1/"),
        ("S09", "http://017700000001/"),
        ("S10", "http://[::1]/"),
        ("S11", "http://[::]/"),
        ("S12", "http://[::ffff:127.0.0.1]/"),
        ("S13", "http://[::ffff:a9fe:a9fe]/latest/meta-data/"),
        ("S14", "http://[0:0:0:0:0:ffff:a9fe:a9fe]/"),
        ("S15", "http://[::127.0.0.1]/"),
        ("S18", "http://[2002:7f00:1::]/"),
        ("S20", "http://[fe80::1%25eth0]/"),
        ("S21", "http://[fd00:ec2::254]/"),
        ("S22", "http://[ff02::1]/"),
        ("S23", "http://169.254.169.254/latest/meta-data/"),
        ("S24", "http://169.254.170.2/v2/credentials"),
        ("S25", "http://metadata.google.internal/"),
        ("S26", "http://100.100.100.200/"),
        ("S27", "http://168.63.129.16/"),
        ("S29", "http://10.0.0.1/"),
        ("S29", "http://172.31.255.255/"),
        ("S29", "http://192.168.1.1/"),
        ("S30", "http://100.64.0.1/"),
        ("S30", "http://198.18.0.1/"),
        ("S30", "http://240.0.0.1/"),
        ("S31", "http://255.255.255.255/"),
        ("S31", "http://224.0.0.1/"),
        ("S42", "file:///etc/passwd"),
        ("S43", "gopher://127.0.0.1:6379/_INFO"),
        ("S44", "ftp://example.com/a.png"),
        ("S44", "dict://example.com/"),
        ("S44", "ldap://example.com/"),
        ("S44", "jar:http://example.com/a!/b"),
        ("S44", "blob:https://example.com/a"),
        ("S46", "http://127.0.0.1#@good.com/"),
        ("S47", "http://good.com\\@127.0.0.1/"),
        ("S49", "http://good.com:22/"),
        ("S49", "http://good.com:25/"),
        ("S49", "http://good.com:6379/"),
        ("S49", "http://good.com:0/"),
        ("S49", "http://good.com:65536/"),
        ("S53", "unix:/var/run/docker.sock"),
    ];
    for (id, url) in lines {
        assert_eq!(code_of(url), Some(ErrorCode::ImageUrlBlocked), "{id} {url}");
    }
}

#[test]
fn other_spellings_of_the_class_are_blocked() {
    let spellings = "
        http://0x7f000001/ http://0x7F.1/ http://127.0.1/ http://0/ http://0000/ HTTP://127.0.0.1/
        http://00000177.0.0.1/ http://127.0.0.1./ https://127.0.0.1:8443/ http://%31%32%37.0.0.1/
        http://１２７.0.0.1/ http://①②⑦.0.0.1/ http://127。0。0。1/ http://ｌocalhost/ http://%6cocalhost/
        http://a.b.localhost:3000/ http://localhost../ http://printer.local/ http://db.internal/
        http://router.lan./ http://x.home.arpa/ http://metadata/ http://redis:8080/
        http://METADATA.GOOGLE.INTERNAL./ http:127.0.0.1/ http:/127.0.0.1/ http:///127.0.0.1/
        http:////127.0.0.1/ http://user@example.com/ http://user:pw@example.com/
        http://@example.com/ http://:@example.com/ http://[::ffff:7f00:1]/
        http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b::169.254.169.254]/
        http://[64:ff9b:1::1]/ http://[2002:a9fe:a9fe::1]/ http://[fec0::1]/ http://[2001:db8::1]/
        http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/ http://[3fff:fff::1]/ http://[100::1]/
        http://[fe80::1]/ http://[fc00::1]/ http://[2001:470:1f0b::5efe:10.0.0.1]/
        http://[::1%25lo]/ http://[zz]/ http://256.256.256.256/ http://1.2.3.4.5/
        http://example.com:1/ http://example.com:1023/ http://example.com:3306/
        http://example.com:5432/ http://example.com:9200/ http://example.com:11211/
        http://example.com:27017/ http://8.8.8.8:22/ javascript:alert(1) data:text/plain,x
        ws://example.com/ s3://bucket/key view-source:http://example.com/ http://example.com/\\..\\
    ";
    for url in spellings.split_ascii_whitespace() {
        assert_eq!(code_of(url), Some(ErrorCode::ImageUrlBlocked), "{url}");
    }
}

#[test]
fn what_is_no_absolute_url_is_invalid() {
    let long = format!("https://example.com/{}", "a".repeat(64 * 1024));
    let urls = [
        "//127.0.0.1/x",
        "/etc/passwd",
        "",
        "a.png",
        "example.com/a.png",
        "C:\\pictures\\a.png",
        " http://x",
        "http://x ",
        "java\tscript:",
        "http://exa\nmple.com/",
        "http://example.com/a b",
        "http://example.com/\u{200b}",
        "http://example.com/\0",
        "\u{feff}http://example.com/",
        "http://\u{202e}example.com/",
        "http://",
        "https://?",
        "http:example.com/a",
        "http:/example.com/",
        "https:///example.com/",
        "http://xn--a/",
        "http://xn--a.com/",
        "http://exa<mple.com/",
        "http://\u{430}pple.com/",
        "http://xn--pple-43d.com/",
        "http://g\u{3bf}\u{3bf}gle.com/",
        long.as_str(),
    ];
    for url in urls {
        assert_eq!(code_of(url), Some(ErrorCode::ImageUrlInvalid), "{url:.60}");
    }
}

#[test]
fn public_urls_pass_as_they_were_understood() {
    let urls = [
        ("https://example.com/a.png", "https://example.com/a.png"),
        ("HTTPS://Example.COM:443/a.png?x=1#y", "https://example.com/a.png?x=1#y"),
        ("http://example.com:8080", "http://example.com:8080/"),
        ("http://example.com:65535/", "http://example.com:65535/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
        ("http://[::ffff:8.8.8.8]/", "http://[::ffff:808:808]/"),
        ("https://例え.jp/図.png", "https://xn--r8jz45g.jp/%E5%9B%B3.png"),
        ("https://пример.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://example.com/a@b:c", "https://example.com/a@b:c"),
        ("https://localhost.example.com/", "https://localhost.example.com/"),
        ("https://not.locals/a", "https://not.locals/a"),
    ];
    for (text, understood) in urls {
        let url = check_image_url(text, &nothing_allowed);
        assert_eq!(url.map(String::from).as_deref(), Ok(understood), "{text}");
    }
}

#[test]
fn allowed_literals_pass_on_any_port_and_nothing_else_does() {
    let allows = |address: IpAddr| address == IpAddr::V4(Ipv4Addr::LOCALHOST);
    for url in [
        "http://127.0.0.1:22/",
        "http://127.1:6379/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://localhost:9/",
    ] {
        assert!(check_image_url(url, &allows).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://a@127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://x.internal/",
    ] {
        assert!(check_image_url(url, &allows).is_err(), "{url}");
    }
}

#[test]
fn messages_repeat_nothing_that_acts_on_a_terminal() {
    for url in ["x\u{1b}[31m://y", "http://\u{1b}[31m/", "http://\u{202e}.local/"] {
        let error = check_image_url(url, &nothing_allowed).expect_err(url);
        assert!(!error.message.contains(['\u{1b}', '\u{202e}']), "{error}");
    }
}

#[test]
fn the_first_and_last_address_of_each_special_network_is_not_public() {
    let networks = [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("168.63.129.16", "168.63.129.16"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "255.255.255.255"),
    ];
    for (first, last) in networks {
        let [first, last] = [first, last].map(|text| text.parse::<Ipv4Addr>().expect(text));
        for address in [first, last] {
            assert!(!is_public(IpAddr::V4(address)), "{address}");
            for wrapped in wrappings(address) {
                assert!(!is_public(IpAddr::V6(wrapped)), "{wrapped}");
            }
        }
        let neighbours = [u32::from(first).checked_sub(1), u32::from(last).checked_add(1)];
        for neighbour in neighbours.into_iter().flatten().map(Ipv4Addr::from) {
            let is_next_network =
                ["0.0.0.0", "223.255.255.255"].contains(&neighbour.to_string().as_str());
            assert!(is_public(IpAddr::V4(neighbour)) || is_next_network, "{neighbour}");
        }
    }
}

/// The address inside IPv6: mapped, compatible, NAT64, 6to4, ISATAP.
fn wrappings(address: Ipv4Addr) -> [Ipv6Addr; 5] {
    let bits = u32::from(address);
    let high = u16::try_from(bits >> 16).expect("16 bits");
    let low = u16::try_from(bits & 0xffff).expect("16 bits");
    [
        address.to_ipv6_mapped(),
        Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        Ipv6Addr::new(0x2a00, 1, 2, 3, 0, 0x5efe, high, low),
    ]
}

#[test]
fn ipv6_is_public_only_inside_global_unicast() {
    let private = [
        "::",
        "::1",
        "::8.8.8.8",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2001:db8:ffff::",
        "3fff::1",
        "3fff:fff::",
        "5f00::1",
        "4000::1",
        "1fff::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff00::1",
        "ff0e::1",
    ];
    for text in private {
        assert!(!is_public(text.parse().expect(text)), "{text}");
    }
    let public = [
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "3fff:1000::1",
        "3ffe::1",
        "2002:808:808::1",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
        "2a00:1:2:3:0:5efe:808:808",
    ];
    for text in public {
        assert!(is_public(text.parse().expect(text)), "{text}");
    }
}
