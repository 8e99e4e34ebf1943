use rushes_domain::{AccountId, Dialect, Spelling, TaskId};

#[test]
fn a_task_id_has_one_spelling() {
    let id = TaskId::new(0x0199_0000_0000_7000_8000_0000_0000_00ff);
    assert_eq!(id.to_string(), "task_019900000000700080000000000000ff");
    assert_eq!(format!("{id:?}"), id.to_string());
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(TaskId::from_hex(&id.hex()), Ok(id));
    assert_eq!(TaskId::new(id.bits()), id);
}

#[test]
fn any_other_spelling_is_no_task_id() {
    let bad = [
        "",
        "task_",
        "task_019900000000700080000000000000f",
        "task_019900000000700080000000000000fff",
        "task_019900000000700080000000000000FF",
        "TASK_019900000000700080000000000000ff",
        "video_19900000000700080000000000000ff",
        "task_+19900000000700080000000000000ff",
        "task_01990000-0000-7000-8000-00000000",
        "task_' OR 1=1--0000000000000000000000",
        "task_%00900000000700080000000000000ff",
        "tasé_019900000000700080000000000000f",
    ];
    for text in bad {
        assert!(text.parse::<TaskId>().is_err(), "{text:?}");
    }
    assert!("9".repeat(10_240).parse::<TaskId>().is_err());
}

#[test]
fn ids_sort_by_time_and_row_ids_are_plain_numbers() {
    assert!(TaskId::new(1) < TaskId::new(2));
    assert_eq!(AccountId(7).to_string(), "7");
    assert_eq!(serde_json::to_string(&AccountId(7)).unwrap(), "7");
}

#[test]
fn each_dialect_spells_ids_its_own_way() {
    let id = TaskId::new(0x0199_0000_0000_7000_8000_0000_0000_00ff);
    for (dialect, text) in [
        (Dialect::Native, "task_019900000000700080000000000000ff"),
        (Dialect::Openai, "video_019900000000700080000000000000ff"),
        (Dialect::Xai, "01990000-0000-7000-8000-0000000000ff"),
    ] {
        let spelling = dialect.spelling();
        assert_eq!(spelling.spell(id), text);
        assert_eq!(Spelling::parse(text), Some((id, spelling)));
        assert_eq!(Dialect::from_word(dialect.as_str()), Some(dialect));
    }
    for text in [
        "",
        "019900000000700080000000000000ff",
        "01990000-0000-7000-8000-0000000000FF",
        "01990000-0000-7000-8000-0000000000f-",
        "01990000-0000-7000-80000-000000000ff",
        "{01990000-0000-7000-8000-0000000000ff}",
        "video_019900000000700080000000000000FF",
        "video_01990000-0000-7000-8000-0000000000ff",
        "task_01990000-0000-7000-8000-0000000000ff",
        "é1990000-0000-7000-8000-0000000000ff",
    ] {
        assert_eq!(Spelling::parse(text), None, "{text:?}");
    }
}
