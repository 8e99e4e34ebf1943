//! In what a video is not what was asked for.

use rushes_domain::difference::{Difference, Measures, differences};

const fn measures(width: u32, height: u32, duration_ms: u64) -> Measures {
    Measures { width, height, duration_ms }
}

#[test]
fn what_encoders_round_is_no_difference() {
    let asked = measures(1280, 720, 6_000);
    for (width, height, duration_ms) in
        [(1280, 720, 6_000), (1280, 704, 6_041), (1264, 720, 5_958), (1248, 704, 6_500)]
    {
        let found = measures(width, height, duration_ms);
        assert_eq!(differences(asked, found), [], "{found:?}");
    }
    assert_eq!(differences(measures(854, 480, 4_000), measures(848, 480, 4_000)), []);
    assert_eq!(differences(measures(480, 854, 4_000), measures(464, 832, 4_000)), []);
}

#[test]
fn each_is_told_by_itself() {
    use Difference::{Duration, Ratio, Resolution};
    let asked = measures(1280, 720, 6_000);
    for (found, expected) in [
        (measures(1280, 720, 5_499), &[Duration][..]),
        (measures(1280, 720, 8_000), &[Duration]),
        (measures(960, 720, 6_000), &[Ratio]),
        (measures(720, 1280, 6_000), &[Ratio]),
        (measures(854, 480, 6_000), &[Resolution]),
        (measures(1920, 1080, 6_000), &[Resolution]),
        (measures(640, 640, 1_000), &[Duration, Ratio, Resolution]),
        (measures(0, 0, 0), &[Duration, Resolution]),
        (measures(u32::MAX, 1, u64::MAX), &[Duration, Ratio, Resolution]),
    ] {
        assert_eq!(differences(asked, found), expected, "{found:?}");
    }
}
