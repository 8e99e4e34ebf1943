//! What a backup asks of a snapshot, and how a snapshot lets go of files.

use rushes_domain::State;
use rushes_store::{
    Happening, counts, kept_images, kept_paths, kept_videos, schema_version, withdraw_all_results,
    withdraw_image, withdraw_result,
};

use crate::harness::{TestStore, at, created, inline_image, stored, task_id};

/// Two videos and a task with two pictures.
fn filled() -> TestStore {
    let test = TestStore::new();
    for number in [1, 2] {
        let (_, lease) = test.brought_to(number, State::Finalizing);
        test.step(lease, Happening::Stored(stored(task_id(number))), 1).unwrap();
    }
    let mut new = test.new_task(3);
    new.images = vec![inline_image(new.id, 0), inline_image(new.id, 1)];
    created(test.create(new));
    test
}

#[test]
fn files_are_told_in_pages() {
    let test = filled();
    let results = test.read(|tx| kept_videos(tx, None));
    let ids: Vec<_> = results.iter().map(|result| result.task_id).collect();
    assert_eq!(ids, [task_id(1), task_id(2)]);
    let rest = test.read(|tx| kept_videos(tx, Some(task_id(1))));
    assert_eq!(rest, results[1..]);
    let images = test.read(|tx| kept_images(tx, ""));
    let first = images[0].path.clone();
    assert_eq!(test.read(move |tx| kept_images(tx, &first)), images[1..]);
    let all = results.iter().flat_map(|video| video.poster_path.iter().chain([&video.path]));
    let all = all.chain(images.iter().map(|image| &image.path)).cloned().collect();
    assert_eq!(test.read(kept_paths), all);
}

#[test]
fn a_withdrawn_video_breaks_no_invariant() {
    let test = filled();
    assert!(test.write(|tx| withdraw_result(tx, task_id(1), at(5))));
    assert!(!test.write(|tx| withdraw_result(tx, task_id(1), at(6))), "there is none any more");
    assert!(!test.write(|tx| withdraw_result(tx, task_id(3), at(6))), "there never was one");
    let row = test.task(task_id(1));
    let result = row.result.expect("its facts stay");
    assert_eq!((result.removed_at, result.expires_at), (Some(at(5)), at(5)));
    assert_eq!(row.state, State::Succeeded);
    test.assert_sound();

    assert_eq!(test.write(|tx| withdraw_all_results(tx, at(90_000))), 1);
    let result = test.task(task_id(2)).result.expect("its facts stay");
    assert_eq!(result.expires_at, at(86_400), "its time was over before");
    assert_eq!(test.read(|tx| kept_videos(tx, None)), []);
    test.assert_sound();
}

#[test]
fn a_withdrawn_picture_is_no_longer_named_and_the_others_are() {
    let test = filled();
    let images = test.read(|tx| kept_images(tx, ""));
    let gone = images[0].path.clone();
    let path = gone.clone();
    assert!(test.write(move |tx| withdraw_image(tx, &path)));
    assert!(!test.write(move |tx| withdraw_image(tx, &gone)), "it is withdrawn already");
    assert_eq!(test.read(|tx| kept_images(tx, "")), images[1..]);
    test.assert_sound();
}

#[test]
fn counts_are_those_of_the_tables() {
    let test = filled();
    let found = test.read(counts);
    assert_eq!((found.accounts, found.tasks), (1, 3));
    assert_eq!((found.unfinished_tasks, found.videos), (1, 2));
    let newest = rushes_store::embedded_migrations().last().expect("a schema").version;
    assert_eq!(test.read(schema_version), newest);
}
