use rushes_render::prompt::{Hour, Landmark, Move, SceneKind, Weather, direct};

#[test]
fn words_choose_the_scene() {
    for (prompt, scene) in [
        ("a neon city at night", SceneKind::City),
        ("赛博朋克城市的雨夜，霓虹灯倒映在湿漉漉的街道上", SceneKind::City),
        ("cars in tokyo, neon streets", SceneKind::City),
        ("Drifting past a glowing giant planet in a bright nebula", SceneKind::Cosmos),
        ("宇航员漂浮在银河中", SceneKind::Cosmos),
        ("A lone traveler crosses snowy mountains at dawn", SceneKind::Mountains),
        ("清晨的雪山，一个人慢慢走过松林", SceneKind::Mountains),
        ("snow falling", SceneKind::Mountains),
        ("Waves of the ocean at sunset, seagulls in the sky", SceneKind::Ocean),
        ("大海上的日落", SceneKind::Ocean),
        ("a lighthouse in a storm", SceneKind::Ocean),
        ("上海的街道", SceneKind::City),
        ("早上海边的日出", SceneKind::Ocean),
        ("海上海鸥飞翔", SceneKind::Ocean),
        ("a spaceship, 飞船", SceneKind::Cosmos),
        ("fish over a coral reef in the sea", SceneKind::Underwater),
        ("海底世界，鱼群和水母", SceneKind::Underwater),
        ("a traveler in the desert under the stars", SceneKind::Desert),
        ("沙漠里的星空，银河", SceneKind::Desert),
        ("骆驼商队走过沙丘", SceneKind::Desert),
        ("a path through the forest in autumn", SceneKind::Forest),
        ("a lake in the woods", SceneKind::Forest),
        ("秋天的森林，落叶", SceneKind::Forest),
        ("萤火虫在夜里飞舞", SceneKind::Forest),
        ("a feeling of joy", SceneKind::Silk),
        ("开心的感觉", SceneKind::Silk),
        ("", SceneKind::Silk),
        // Whole words only: a mountaineer is none, nor is a starfish a star.
        ("publicity for starfish", SceneKind::Silk),
    ] {
        assert_eq!(direct(prompt, 1).scene, scene, "{prompt}");
    }
}

#[test]
fn words_choose_weather_hour_and_move() {
    let of = |prompt| direct(prompt, 3);
    assert_eq!(of("rain over the city").weather, Weather::Rain);
    assert_eq!(of("城市里下着雨").weather, Weather::Rain);
    assert_eq!(of("雪山").weather, Weather::Snow);
    assert_eq!(of("sakura petals, 樱花").weather, Weather::Petals);
    assert_eq!(of("embers of a campfire").weather, Weather::Embers);
    assert_eq!(of("foggy valley").weather, Weather::Fog);
    assert_eq!(of("quiet valley").weather, Weather::Clear);
    assert_eq!(of("黄昏的山").hour, Hour::Dusk);
    assert_eq!(of("mountains at night").hour, Hour::Night);
    assert_eq!(of("sunrise over peaks").hour, Hour::Dawn);
    assert_eq!(of("a sunny day").hour, Hour::Day);
    assert_eq!(of("zoom in on the peak").movement, Move::PushIn);
    assert_eq!(of("镜头向左").movement, Move::TruckLeft);
    assert_eq!(of("pan over the hills").movement, Move::TruckRight);
    assert_eq!(of("镜头环绕山峰").movement, Move::Orbit);
    assert_eq!(of("灯塔").landmark, Some(Landmark::Lighthouse));
    assert_eq!(of("a ship at sea").landmark, Some(Landmark::Ship));
    assert_eq!(of("waves on a rocky coast").landmark, Some(Landmark::Rocks));
    assert_eq!(of("the open sea").landmark, None);
    assert_eq!(of("红蓝星系").landmark, Some(Landmark::Galaxy));
    assert_eq!(of("上海的夜").landmark, Some(Landmark::Shanghai));
    assert_eq!(of("我爱上海，上海滩").landmark, Some(Landmark::Shanghai));
    assert_eq!(of("山上海拔很高的雪").landmark, None);
    // What the scene can show goes before what is named elsewhere.
    let ship = of("a sailing ship leaves Shanghai for the open ocean, waves");
    assert_eq!((ship.scene, ship.landmark), (SceneKind::Ocean, Some(Landmark::Ship)));
    assert_eq!(of("slow dolly in").movement, Move::PushIn);
    assert_eq!(of("dolly out").movement, Move::PullOut);
    assert_eq!(of("static shot, camera does not move").movement, Move::Still);
    assert_eq!(of("镜头静止不动").movement, Move::Still);
    assert_eq!(of("一叶小舟").landmark, Some(Landmark::Ship));
    for seed in 0..20 {
        let hour = direct("雾中的山湖", seed).hour;
        assert!(matches!(hour, Hour::Dawn | Hour::Day), "{hour:?}");
    }
    assert_eq!(of("foggy mountains at night").hour, Hour::Night);
    let boat = of("a red car and a boat by a mountain lake");
    assert_eq!((boat.scene, boat.landmark), (SceneKind::Mountains, Some(Landmark::Ship)));
    assert_eq!(of("zoom out from the peak").movement, Move::PullOut);
    assert!(of("湖边").water);
    assert!(of("林中小溪").water);
    assert!(of("沙漠绿洲").water);
    assert!(!of("沙漠里的星空，银河").water);
    assert_eq!(of("银河").hour, Hour::Night);
    assert!(of("沙漠绿洲").accent.is_none());
    assert_eq!(of("stars over the dunes").hour, Hour::Night);
    assert_eq!(of("沙尘暴").weather, Weather::Fog);
    assert!(of("a blue nebula").accent.is_some());
    assert!(of("a nebula").accent.is_none());
    assert_eq!(of("红蓝星系").accent, of("a red galaxy").accent);
    assert_eq!(of("红蓝星系").second_accent, of("a blue galaxy").accent);
    assert_eq!(of("a red galaxy").second_accent, None);
}

#[test]
fn a_direction_depends_on_prompt_and_seed_alone() {
    assert_eq!(direct("山", 1), direct("山", 1));
    assert_ne!(direct("山", 1).seed, direct("山", 2).seed);
    assert_ne!(direct("山", 1).seed, direct("山 ", 1).seed);
}
