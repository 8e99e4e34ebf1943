use rushes_domain::directive::{Directives, without_directives};

#[test]
fn every_directive_is_read_anywhere_in_a_prompt() {
    let prompt = "[[fail: no luck: today]] a [[fail_image: 404]] kite[[moderated]] \
                  [[delay: 30s]] [[stall]] [[deadline: 500ms]] 风筝 [[expire]]";
    let directives = Directives::parse(prompt);
    assert_eq!(directives.fail.as_deref(), Some("no luck: today"));
    assert_eq!(directives.fail_image, Some(404));
    assert_eq!((directives.delay_ms, directives.deadline_ms), (Some(30_000), Some(500)));
    assert!(directives.moderated && directives.stall && directives.expire);
    assert!(!directives.is_empty());
    assert_eq!(without_directives(prompt), "a kite 风筝");
}

#[test]
fn times_have_units() {
    for (text, time) in
        [("7", 7_000), ("7s", 7_000), ("2m", 120_000), ("1h", 3_600_000), ("0 ms", 0)]
    {
        let directives = Directives::parse(&format!("[[delay: {text}]]"));
        assert_eq!(directives.delay_ms, Some(time), "{text}");
    }
}

#[test]
fn text_that_is_no_directive_means_nothing() {
    let harmless = [
        "",
        "[[",
        "]]",
        "]][[",
        "[[]]",
        "[[unknown]]",
        "[fail: x]",
        "[[fail:]]",
        "[[fail]]",
        "[[fail_image: 99]]",
        "[[fail_image: x]]",
        "[[delay]]",
        "[[delay: -1s]]",
        "[[delay: 1.5s]]",
        "[[delay: 25h]]",
        "[[delay: 99999999999999999999h]]",
        "[[stall: now]]",
        "[[FAIL: x]]",
        "[[delay: 3é]]",
    ];
    for prompt in harmless {
        assert!(Directives::parse(prompt).is_empty(), "{prompt}");
        assert_eq!(without_directives(prompt), prompt);
    }
}

#[test]
fn stray_brackets_hide_nothing_and_the_last_one_wins() {
    assert!(Directives::parse("]] a [[ b [[stall]] ]]").stall);
    assert_eq!(Directives::parse("[[delay: 1s]] [[delay: 2s]]").delay_ms, Some(2_000));
    assert!(!Directives::parse(&("[[x]]".repeat(16) + "[[stall]]")).stall);
}

#[test]
fn directives_are_kept_as_json() {
    let directives = Directives::parse("[[fail: x]] [[deadline: 5s]]");
    let text = serde_json::to_string(&directives).unwrap();
    assert_eq!(serde_json::from_str::<Directives>(&text).unwrap(), directives);
    assert_eq!(serde_json::from_str::<Directives>("{}").unwrap(), Directives::default());
}
