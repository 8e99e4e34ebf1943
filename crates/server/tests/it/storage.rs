//! Files that are written piece by piece.

use std::future::{Future as _, poll_fn};
use std::task::Poll;

use bytes::Bytes;
use rushes_domain::TaskId;
use rushes_server::storage::{Storage, video_path};

/// Names in the folder of videos, unfinished ones included.
fn names(root: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("files")).expect("the folder");
    entries.map(|entry| entry.expect("a name").file_name().into_string().expect("text")).collect()
}

#[tokio::test]
async fn what_is_written_in_pieces_is_read_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let path = video_path(TaskId::new(7));
    let pieces: Vec<Bytes> = [0, 1, 7, 100_000, 200_000, 0, 300_000, 3]
        .into_iter()
        .enumerate()
        .map(|(index, length)| Bytes::from(vec![u8::try_from(index).expect("small"); length]))
        .collect();
    let mut writer = storage.part_writer(&path).await.expect("a file");
    for piece in &pieces {
        writer.write(piece).await.expect("room");
    }
    assert_eq!(writer.bytes_len(), 600_011);
    let part = writer.finish().await.expect("a part");
    // Not yet under its name.
    assert!(storage.read(&path).await.is_err() && storage.list("files").await.unwrap().is_empty());
    part.publish().await.expect("a name");
    assert_eq!(storage.read(&path).await.expect("the file"), pieces.concat());
    assert_eq!(names(folder.path()).len(), 1);
}

#[tokio::test]
async fn what_is_not_finished_or_published_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let path = video_path(TaskId::new(7));
    storage.write(&path, Bytes::from_static(b"kept")).await.expect("a file");

    let mut writer = storage.part_writer(&path).await.expect("a file");
    writer.write(&Bytes::from(vec![1; 500_000])).await.expect("room");
    assert_eq!(names(folder.path()).len(), 2);
    drop(writer);
    assert_eq!(names(folder.path()).len(), 1);

    let mut writer = storage.part_writer(&path).await.expect("a file");
    writer.write(&Bytes::from_static(b"late")).await.expect("room");
    drop(writer.finish().await.expect("a part"));
    assert_eq!(names(folder.path()).len(), 1);
    assert_eq!(storage.read(&path).await.expect("the file"), "kept");
}

#[tokio::test]
async fn two_writers_of_one_file_never_mix_their_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let path = video_path(TaskId::new(7));
    let mut one = storage.part_writer(&path).await.expect("a file");
    let mut other = storage.part_writer(&path).await.expect("a file");
    for _ in 0..4 {
        one.write(&Bytes::from(vec![1; 200_000])).await.expect("room");
        other.write(&Bytes::from(vec![2; 200_000])).await.expect("room");
    }
    one.finish().await.expect("a part").publish().await.expect("a name");
    other.finish().await.expect("a part").publish().await.expect("a name");
    assert_eq!(storage.read(&path).await.expect("the file"), vec![2; 800_000]);
}

#[tokio::test]
async fn after_a_write_that_was_given_up_no_more_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let mut writer = storage.part_writer(&video_path(TaskId::new(7))).await.expect("a file");
    let piece = Bytes::from(vec![1; 20_000_000]);
    // The first poll hands the bytes to another thread, and no second one follows.
    let mut write = Box::pin(writer.write(&piece));
    let is_pending = poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending()));
    assert!(is_pending.await);
    drop(write);
    assert!(writer.write(&piece).await.is_err());
    assert!(writer.finish().await.is_err());
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_path_that_is_none_of_the_storages_gets_no_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    for path in ["rushes.db", "files/../secret.key", "files/.x", "/etc/passwd"] {
        assert!(storage.part_writer(path).await.is_err(), "{path}");
    }
}
