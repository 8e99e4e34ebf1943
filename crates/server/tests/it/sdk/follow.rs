//! A task's way by the SDK: to its end, over a restart, without a stream, and after a delete.

use pretty_assertions::assert_eq;
use rushes_sdk::{Error, Follow, TaskEvent, TaskStatus};
use tokio::sync::mpsc::unbounded_channel;

use super::{client, client_at, small};
use crate::support::relay::Relay;
use crate::support::{Options, TestApp, eventually};

/// Reads on until the task is under way.
async fn under_way(follow: &mut Follow) {
    loop {
        let event = follow.next().await.expect("no error").expect("more");
        if event.progress().status == TaskStatus::InProgress {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_is_followed_to_its_end_and_fetched() {
    let app = TestApp::start().await;
    let client = client(&app);
    let created = client.generate(&small("a fox")).await.expect("accepted");
    let mut follow = client.follow(&created.id);
    let mut told = Vec::new();
    while let Some(event) = follow.next().await.expect("no error") {
        told.push(event);
    }
    let percents: Vec<_> = told.iter().map(|event| event.progress().percent).collect();
    assert!(percents.is_sorted(), "{told:?}");
    assert!(told.windows(2).all(|pair| pair[0].progress() != pair[1].progress()), "{told:?}");
    assert!(told.iter().all(|event| event.progress().task_id == created.id), "{told:?}");
    let Some(TaskEvent::End(task)) = told.last() else { panic!("{told:?}") };
    assert!(task.is_success());

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("v.mp4");
    let video = client.download(&task.result_url, &path, |_| {}).await.expect("a video");
    assert_eq!(video.bytes, std::fs::metadata(&path).expect("a file").len());
    // A wait for what has ended gives the same, as a query shows it.
    let waited = client.wait(&created.id).await.expect("a task");
    let shown = client.task(&created.id).await.expect("a task");
    assert_eq!((&waited.value, &waited.body), (&shown.value, &shown.body));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_given_up_leaves_the_task_alone() {
    let app = TestApp::start().await;
    let client = client(&app);
    let (sender, mut accepted) = unbounded_channel();
    let request = small("a fox");
    let wait = client.generate(&request).wait().on_progress(move |at| {
        let _ = sender.send(at.clone());
    });
    let first = tokio::select! {
        biased;
        first = accepted.recv() => first.expect("a first word"),
        ended = wait => panic!("it ended before it was given up: {ended:?}"),
    };
    assert_eq!((&first.status, first.percent), (&TaskStatus::Queued, 0));
    let task = client.wait(&first.task_id).await.expect("it went on");
    assert!(task.is_success());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_gateway_is_lived_through() {
    let relay = Relay::start();
    let app = TestApp::start().await;
    let client = client_at(&relay.url, &app);
    relay.lead_to(Some(app.app().config.listen));
    let created = client.generate(&small("[[stall]]")).await.expect("accepted");
    let mut follow = client.follow(&created.id);
    under_way(&mut follow).await;

    relay.lead_to(None);
    let folder = app.stop().await;
    // It notices, and comes back until somebody answers.
    tokio::select! {
        event = follow.next() => panic!("nobody was there to tell anything: {event:?}"),
        () = eventually("it came back", async || (relay.refused() > 0).then_some(())) => {}
    }
    let app = Options::default().start_in(folder).await;
    relay.lead_to(Some(app.app().config.listen));
    let (end, cancelled) = tokio::join!(
        async {
            loop {
                if let TaskEvent::End(task) = follow.next().await.expect("no error").expect("more")
                {
                    return task;
                }
            }
        },
        client.cancel(&created.id),
    );
    assert!(cancelled.is_ok(), "{cancelled:?}");
    assert_eq!(end.status, TaskStatus::Failure);
    assert_eq!(end.error.map(|error| error.code).as_deref(), Some("cancelled"));
    assert!(follow.next().await.expect("no error").is_none());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_too_many_streams_are_open_it_is_asked() {
    let app = Options::default().toml("[account]\nevent_streams_max = 1").start().await;
    let client = client(&app);
    let stalled = client.generate(&small("[[stall]]")).await.expect("accepted");
    let mut follow = client.follow(&stalled.id);
    under_way(&mut follow).await;
    let task = client.generate(&small("a fox")).wait().await.expect("a video");
    assert!(task.is_success());
    assert_eq!(app.app().config.account.event_streams_max, 1);
    client.cancel(&stalled.id).await.expect("called off");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_deleted_while_it_is_followed_is_gone() {
    let app = TestApp::start().await;
    let client = client(&app);
    let id = client.generate(&small("[[stall]]")).await.expect("accepted").value.id;
    let mut follow = client.follow(&id);
    under_way(&mut follow).await;
    let deleted = client.delete(&id).await.expect("deleted");
    assert!(deleted.deleted && deleted.id == id);
    let error = loop {
        match follow.next().await {
            Ok(Some(TaskEvent::End(task))) => panic!("it has no end to tell of: {task:?}"),
            Ok(event) => assert!(event.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Api { status: 404, .. }), "{error:?}");
    assert_eq!(client.delete(&id).await.expect_err("gone").code(), "task_not_exist");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_told_with_its_reason() {
    let app = TestApp::start().await;
    let error = client(&app).generate(&small("[[fail: out of film]]")).wait().await;
    let Err(Error::TaskFailed { task }) = &error else { panic!("{error:?}") };
    assert!(task.error.is_some() && !task.fail_reason.is_empty(), "{task:?}");
    app.finish().await;
}
