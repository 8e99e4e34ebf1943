use proptest::prelude::*;
use rushes_domain::Ticks;
use rushes_domain::money::{CostState, MoneyError, TICKS_PER_DOLLAR};

#[test]
fn amounts_have_two_to_ten_decimals() {
    let cases = [
        (0, "0.00"),
        (1, "0.0000000001"),
        (50_000_000, "0.005"),
        (5_400_000_000, "0.54"),
        (10_000_000_000, "1.00"),
        (-30_000_000_000, "-3.00"),
        (-1, "-0.0000000001"),
        (i64::MAX, "922337203.6854775807"),
        (i64::MIN, "-922337203.6854775808"),
    ];
    for (ticks, text) in cases {
        assert_eq!(Ticks(ticks).to_string(), text);
    }
    assert_eq!(format!("{:?}", Ticks(5_400_000_000)), "$0.54");
}

#[test]
fn only_plain_decimals_are_amounts() {
    assert_eq!(Ticks::parse_dollars("100"), Ok(Ticks(100 * TICKS_PER_DOLLAR)));
    assert_eq!(Ticks::parse_dollars("-0.5"), Ok(Ticks(-TICKS_PER_DOLLAR / 2)));
    assert_eq!(Ticks::parse_dollars("0.0000000001"), Ok(Ticks(1)));
    for bad in
        ["", "-", ".", "1.", ".5", "+1", "1e3", "1,5", " 1", "1.00000000001", "--1", "0x1", "٣"]
    {
        assert_eq!(Ticks::parse_dollars(bad), Err(MoneyError::Malformed), "{bad:?}");
    }
    for big in ["922337203.6854775808", "99999999999999999999"] {
        assert_eq!(Ticks::parse_dollars(big), Err(MoneyError::Overflow), "{big:?}");
    }
}

#[test]
fn an_overflow_is_an_error_and_never_a_bill() {
    let most = Ticks(i64::MAX);
    assert_eq!(most.checked_add(Ticks(1)), Err(MoneyError::Overflow));
    assert_eq!(Ticks(i64::MIN).checked_sub(Ticks(1)), Err(MoneyError::Overflow));
    assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
    assert_eq!(most.scale_millionths(1_000_001), Err(MoneyError::Overflow));
    assert_eq!(most.scale_millionths(1_000_000), Ok(most));
}

#[test]
fn scaling_rounds_half_up() {
    assert_eq!(Ticks(3).scale_millionths(500_000), Ok(Ticks(2)));
    assert_eq!(Ticks(1).scale_millionths(499_999), Ok(Ticks(0)));
    assert_eq!(Ticks(5_400_000_000).scale_millionths(1_500_000), Ok(Ticks(8_100_000_000)));
    assert_eq!(Ticks(5_400_000_000).scale_millionths(0), Ok(Ticks::ZERO));
}

#[test]
fn cost_states_read_as_in_the_contract() {
    let states = [CostState::Estimated, CostState::Held, CostState::Posted, CostState::Voided];
    for (state, word) in states.into_iter().zip(["estimated", "held", "posted", "voided"]) {
        assert_eq!(state.as_str(), word);
        assert_eq!(serde_json::to_value(state).unwrap(), word);
    }
}

proptest! {
    #[test]
    fn every_amount_reads_back(ticks in (i64::MIN + 1)..=i64::MAX) {
        prop_assert_eq!(Ticks::parse_dollars(&Ticks(ticks).to_string()), Ok(Ticks(ticks)));
    }
}
