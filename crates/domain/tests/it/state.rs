use rushes_domain::{Event, State, transition};

/// The whole table: a row a state, a column an event, `.` where the event is refused.
/// Letters: P parked, Q queued, S submitting, R running, F finalizing, + succeeded, ! failed,
/// x cancelled.
const TABLE: &str = "
state       Promoted SubmitStarted SubmitAccepted SubmitDeferred Polled Resubmitted UpstreamDone FinalizeDeferred Stored CancelRequested Cancelled Failed
parked      Q        .             .              .              .      .           .            .                .      .               x         !
queued      .        S             .              .              .      .           .            .                .      .               x         !
submitting  .        .             R              Q              .      Q           .            .                .      S               x         !
running     .        .             .              .              R      Q           F            .                .      R               x         !
finalizing  .        .             .              .              .      .           .            F                +      F               .         !
succeeded   .        .             .              .              .      .           .            .                .      .               .         .
failed      .        .             .              .              .      .           .            .                .      .               .         .
cancelled   .        .             .              .              .      .           .            .                .      .               .         .
";

fn letter(state: State) -> &'static str {
    match state {
        State::Parked => "P",
        State::Queued => "Q",
        State::Submitting => "S",
        State::Running => "R",
        State::Finalizing => "F",
        State::Succeeded => "+",
        State::Failed => "!",
        State::Cancelled => "x",
    }
}

#[test]
fn every_state_meets_every_event() {
    let mut lines = TABLE.trim().lines();
    let header: Vec<_> = lines.next().expect("a header").split_whitespace().skip(1).collect();
    let events: Vec<_> = Event::ALL.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(header, events);
    for (line, state) in lines.zip(State::ALL) {
        let mut cells = line.split_whitespace();
        assert_eq!(cells.next(), Some(state.as_str()));
        for (cell, event) in cells.zip(Event::ALL) {
            let found = transition(state, event).map_or(".", letter);
            assert_eq!(found, cell, "{state:?} × {event:?}");
        }
    }
}

#[test]
fn a_refused_event_says_what_and_where() {
    let error = transition(State::Succeeded, Event::Failed).expect_err("terminal");
    assert_eq!((error.state, error.event), (State::Succeeded, Event::Failed));
    assert_eq!(error.to_string(), "Failed cannot happen to a task that is succeeded");
}

#[test]
fn every_live_state_can_fail_and_so_reach_an_end() {
    for state in State::ALL {
        assert_eq!(transition(state, Event::Failed).is_ok(), !state.is_terminal(), "{state:?}");
        assert_eq!(State::from_word(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        let holds = !state.is_terminal() && state != State::Parked;
        assert_eq!(state.holds_slot(), holds, "{state:?}");
    }
    assert_eq!(State::from_word("nope"), None);
}
