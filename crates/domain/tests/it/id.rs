use rushes_domain::{AccountId, TaskId};

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
