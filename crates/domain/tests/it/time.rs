use rushes_domain::Timestamp;

#[test]
fn moments_are_microseconds_and_never_overflow() {
    let moment = Timestamp::from_unix_seconds(1_780_000_000);
    assert_eq!(moment.0, 1_780_000_000_000_000);
    assert_eq!(moment.unix_seconds(), 1_780_000_000);
    assert_eq!(moment.plus_ms(1_500).ms_since(moment), 1_500);
    assert_eq!(moment.ms_since(moment.plus_ms(250)), -250);
    assert_eq!(Timestamp(-1).unix_seconds(), -1);
    assert_eq!(Timestamp(i64::MAX).plus_ms(i64::MAX), Timestamp(i64::MAX));
    assert_eq!(Timestamp::from_unix_seconds(i64::MIN), Timestamp(i64::MIN));
}
