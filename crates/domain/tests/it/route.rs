//! Which channel gets a task.

use pretty_assertions::assert_eq;
use rushes_domain::route::{Lane, RouteChannel, Routes};
use rushes_domain::{ChannelId, GroupId};

const GROUP: GroupId = GroupId(1);

fn channel(id: i64) -> RouteChannel {
    RouteChannel {
        id: ChannelId(id),
        models: vec!["m".to_owned()],
        groups: None,
        priority: 0,
        weight: 1,
        concurrency_max: 2,
        sendable: u32::MAX,
        takes_new: true,
        passes_image_urls: false,
    }
}

fn lane() -> Lane {
    Lane::Model("m".to_owned())
}

fn chosen(routes: &Routes) -> Option<i64> {
    routes.choose(&lane(), GROUP, &[], 0).map(|id| id.0)
}

#[test]
fn lanes_are_read_as_they_are_written() {
    for lane in [Lane::Preview, Lane::Model("a/b".to_owned()), Lane::Channel(ChannelId(7))] {
        assert_eq!(lane.to_string().parse(), Ok(lane));
    }
    for text in ["", "model", "channel/x", "previews"] {
        assert!(text.parse::<Lane>().is_err(), "{text}");
    }
}

#[test]
fn the_highest_priority_with_room_is_asked() {
    let high = RouteChannel { priority: 9, ..channel(1) };
    let mut routes = Routes::new(0, vec![channel(2), high]);
    assert_eq!(chosen(&routes), Some(1));
    routes.take(ChannelId(1));
    assert_eq!(chosen(&routes), Some(1), "it may have two jobs");
    routes.take(ChannelId(1));
    assert_eq!(chosen(&routes), Some(2));
    routes.occupy(ChannelId(2), 2);
    assert_eq!(chosen(&routes), None);
    routes.occupy(ChannelId(1), 1);
    assert_eq!(chosen(&routes), Some(1));
}

#[test]
fn equals_share_by_their_weights() {
    let weights = [(1, 3), (2, 1), (3, 0)];
    let channels = weights.map(|(id, weight)| RouteChannel { weight, ..channel(id) });
    let routes = Routes::new(0, channels.to_vec());
    let draws = (0..400).filter_map(|draw| routes.choose(&lane(), GROUP, &[], draw));
    let mut counts = [0; 4];
    for id in draws {
        counts[usize::try_from(id.0).unwrap()] += 1;
    }
    assert_eq!(counts, [0, 300, 100, 0]);
}

#[test]
fn a_channel_that_takes_nothing_new_still_gets_what_it_may_have_already() {
    let off = RouteChannel { takes_new: false, ..channel(1) };
    let routes = Routes::new(0, vec![off]);
    assert_eq!(chosen(&routes), None);
    let own = Lane::Channel(ChannelId(1));
    assert_eq!(routes.choose(&own, GROUP, &[], 0), Some(ChannelId(1)));
    let lanes: Vec<Lane> = routes.open_lanes().into_iter().map(|open| open.lane).collect();
    assert_eq!(lanes, vec![own.clone()]);
    let shut = Routes::new(0, vec![RouteChannel { sendable: 0, ..channel(1) }]);
    assert_eq!(shut.choose(&own, GROUP, &[], 0), None, "its breaker is open");
    assert_eq!(shut.open_lanes(), []);
}

#[test]
fn who_refused_is_asked_last() {
    let first = RouteChannel { priority: 9, ..channel(1) };
    let routes = Routes::new(0, vec![first, channel(2)]);
    let refused = |ids: &[i64]| {
        let ids: Vec<ChannelId> = ids.iter().map(|&id| ChannelId(id)).collect();
        let other = routes.has_other("m", GROUP, &ids);
        (routes.choose(&lane(), GROUP, &ids, 0).map(|id| id.0), other)
    };
    assert_eq!(refused(&[]), (Some(1), true));
    assert_eq!(refused(&[1]), (Some(2), true));
    assert_eq!(refused(&[1, 2]), (Some(1), false));
}

#[test]
fn groups_have_channels_of_their_own() {
    let own = RouteChannel { groups: Some(vec![GroupId(5)]), ..channel(1) };
    let routes = Routes::new(1, vec![own]);
    assert_eq!(chosen(&routes), None);
    assert_eq!(routes.choose(&lane(), GroupId(5), &[], 0), Some(ChannelId(1)));
    assert!(routes.serves("m", GroupId(5)) && !routes.serves("m", GROUP));
    let open = routes.open_lanes();
    let model = open.iter().find(|open| open.lane == lane()).unwrap();
    assert!(model.serves_group(GroupId(5)) && !model.serves_group(GROUP));
    assert!(open.iter().any(|open| open.lane == Lane::Preview));
    let both = Routes::new(
        0,
        vec![RouteChannel { groups: Some(vec![GroupId(5)]), ..channel(1) }, channel(2)],
    );
    let open = both.open_lanes();
    let model = open.iter().find(|open| open.lane == lane()).unwrap();
    assert!(model.serves_group(GROUP), "the other one serves everybody");
}

#[test]
fn previews_have_their_own_room() {
    let mut routes = Routes::new(1, Vec::new());
    assert_eq!(routes.choose(&Lane::Preview, GROUP, &[], 0), Some(ChannelId::PREVIEW));
    routes.take(ChannelId::PREVIEW);
    assert_eq!(routes.choose(&Lane::Preview, GROUP, &[], 0), None);
}
