use bytes::Bytes;
use rushes_domain::TaskId;
use rushes_server::storage::{Storage, video_path};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_write_one_file_never_mix_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let path = video_path(TaskId::new(7));
    let films = [1_u8, 2, 3, 4].map(|byte| Bytes::from(vec![byte; 300_000 * usize::from(byte)]));
    for _ in 0..20 {
        let (a, b, c, d) = tokio::join!(
            storage.write(&path, films[0].clone()),
            storage.write(&path, films[1].clone()),
            storage.write(&path, films[2].clone()),
            storage.write(&path, films[3].clone()),
        );
        for outcome in [a, b, c, d] {
            outcome.unwrap();
        }
        let read = storage.read(&path).await.unwrap();
        assert!(films.contains(&read), "{} bytes", read.len());
    }
}

#[tokio::test]
async fn what_is_not_published_replaces_nothing_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let path = video_path(TaskId::new(7));
    storage.write(&path, Bytes::from_static(b"kept")).await.unwrap();
    let late = storage.write_part(&path, Bytes::from_static(b"late")).await.unwrap();
    assert_eq!(storage.list("files").await.unwrap(), [path.as_str()]);
    drop(late);
    assert_eq!(storage.read(&path).await.unwrap(), "kept");
    let names = std::fs::read_dir(folder.path().join("files")).unwrap();
    assert_eq!(names.count(), 1);
}
