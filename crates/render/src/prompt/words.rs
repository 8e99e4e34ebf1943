//! The table of words, Chinese and English, and what each of them does.
//!
//! Later rows lose where only one can be: the first weather, hour, move, landmark and colour that is found
//! stays. Points of scenes are added up.

use super::{Hour, Landmark, Move, SceneKind, Weather};

#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    Scene(SceneKind, u32),
    Weather(Weather),
    Hour(Hour),
    Move(Move),
    Water,
    Landmark(Landmark),
    Accent(u32),
}

use Effect::{Accent, Water};

const fn scene(kind: SceneKind) -> Effect {
    Effect::Scene(kind, 4)
}

/// Words that only hint at a scene lose against words that name one.
const fn hint(kind: SceneKind) -> Effect {
    Effect::Scene(kind, 1)
}

/// A land by which the rest is seen: stars over it, travellers in it, hills behind it.
const fn strong(kind: SceneKind) -> Effect {
    Effect::Scene(kind, 12)
}

/// The table: words of one meaning, separated by spaces, and what they do.
pub(super) const WORDS: &[(&str, Effect)] = &[
    (
        "city neon cyberpunk street skyline downtown metropolis skyscraper tokyo shanghai bund lujiazui \
         hongkong traffic building tower urban alley 城 城市 霓虹 赛博 賽博 朋克 街 街道 街头 高楼 \
         高樓 摩天 都市 大厦 大廈 外滩 外灘 陆家嘴 陸家嘴 香港 东京 東京 重庆 夜市 车流 巷",
        scene(SceneKind::City),
    ),
    (
        "cosmos space galaxy galaxies andromeda nebula planet universe astronaut orbit star starship spaceship \
         spacecraft rocket comet meteor saturn jupiter mars moon cosmic galactic interstellar supernova \
         宇宙 太空 星系 仙女座 星云 星雲 行星 星球 星空 星 宇航 飞船 飛船 火箭 彗星 流星 土星 \
         木星 火星 月球 黑洞 航天",
        scene(SceneKind::Cosmos),
    ),
    (
        "desert dune sahara gobi camel caravan oasis oases sandstorm mesa 沙漠 沙丘 戈壁 大漠 骆驼 \
         駱駝 商队 商隊 撒哈拉 敦煌 黄沙 黃沙 沙尘暴 沙塵暴",
        strong(SceneKind::Desert),
    ),
    (
        "forest woods woodland woodlands jungle rainforest grove thicket redwood birch 森林 树林 \
         樹林 松林 竹林 丛林 叢林 密林 林间 林間 林中 林海 雨林 白桦",
        scene(SceneKind::Forest),
    ),
    (
        "mountain mountains peak alps alpine himalaya hill valley summit ridge cliff landscape \
         lake fjord glacier traveler hiker wilderness 山 雪山 峰 山脉 山谷 岭 峡谷 湖 风景 風景 \
         草原 悬崖 冰川 旅人 原野",
        scene(SceneKind::Mountains),
    ),
    (
        "ocean oceanic sea seaside seascape wave surf swell tide lighthouse sailboat sailing sail ship \
         boat yacht whale dolphin seagull gull beach coast shore marine nautical horizon pacific \
         atlantic tsunami 海 大海 海洋 海面 海浪 波浪 浪 浪花 潮 灯塔 燈塔 帆 帆船 船 轮船 鲸 鯨 海豚 \
         海鸥 海鷗 沙滩 沙灘 海滩 海灘 海岸 海边 海邊 礁石 太平洋 大西洋",
        scene(SceneKind::Ocean),
    ),
    (
        "underwater undersea subaquatic reef coral jellyfish submarine diver diving scuba seabed \
         seafloor aquarium kelp seaweed mermaid octopus squid turtle shark fish clownfish atlantis \
         bioluminescent bioluminescence 水下 海底 水底 深海 珊瑚 珊瑚礁 水母 潜水 潛水 潜艇 潛艇 \
         海藻 海草 鱼 魚 鱼群 魚群 海龟 海龜 章鱼 鲨 鯊 美人鱼 水族",
        Effect::Scene(SceneKind::Underwater, 6),
    ),
    ("abstract silk ribbon fluid 抽象 丝绸 絲綢 流体", scene(SceneKind::Silk)),
    ("car cars robot hologram bar cafe 汽车 机器人 咖啡 酒吧", hint(SceneKind::City)),
    (
        "tree trees pine fern deer fox owl firefly fireflies mushroom leaf leaves autumn maple oak \
         树 樹 松 鹿 萤火虫 螢火蟲 蘑菇 落叶 落葉 秋 枫 楓",
        hint(SceneKind::Forest),
    ),
    (
        "snow snowy bird eagle horse nature river sunrise sunset cloud sky wolf 雪 鸟 鹰 马 自然 \
         河 日出 日落 云 天空 狼",
        hint(SceneKind::Mountains),
    ),
    (
        "rain rainy raining storm drizzle thunderstorm downpour 雨 暴雨 雷 湿漉漉",
        Effect::Weather(Weather::Rain),
    ),
    ("snow snowy snowing blizzard winter snowfall 雪 冬 暴风雪", Effect::Weather(Weather::Snow)),
    (
        "petal blossom sakura cherry leaves autumn 花瓣 樱花 櫻花 落叶 秋",
        Effect::Weather(Weather::Petals),
    ),
    (
        "fire ember spark flame lava volcano burning 火焰 火山 余烬 燃烧 篝火 火",
        Effect::Weather(Weather::Embers),
    ),
    ("fog foggy mist misty haze sandstorm 雾 霧 薄雾 沙尘暴 沙塵暴", Effect::Weather(Weather::Fog)),
    (
        "bokeh blurry dreamy lantern lanterns fairylight 虚化 光斑 散景 梦幻 夢幻 灯笼 燈籠",
        Effect::Weather(Weather::Bokeh),
    ),
    (
        "sparkle sparkles glitter glittering twinkle twinkling magic magical 闪烁 閃爍 闪耀 星光 魔法",
        Effect::Weather(Weather::Glints),
    ),
    ("dawn sunrise morning daybreak 清晨 黎明 日出 早晨 晨", Effect::Hour(Hour::Dawn)),
    (
        "day noon sunny sun sunlight sunshine sunbeam daylight afternoon 白天 中午 正午 晴 阳光 陽光 烈日",
        Effect::Hour(Hour::Day),
    ),
    (
        "dusk sunset evening twilight golden 日落 黄昏 黃昏 傍晚 夕阳 夕陽 晚霞",
        Effect::Hour(Hour::Dusk),
    ),
    (
        "night midnight moonlight nighttime dark aurora neon cyberpunk 霓虹 赛博 賽博 夜 夜晚 午夜 月光 深夜 极光",
        Effect::Hour(Hour::Night),
    ),
    ("star starry stars stargazing galactic 星空 繁星 星星", Effect::Hour(Hour::Night)),
    (
        "zoom push dolly dollies forward toward towards closer 推进 推近 靠近 前进 拉近",
        Effect::Move(Move::PushIn),
    ),
    ("pullback retreat backward away reveal 拉远 后退 远离", Effect::Move(Move::PullOut)),
    ("left 向左 左移", Effect::Move(Move::TruckLeft)),
    (
        "pan right truck tracking drifting drift walk walks crosses 平移 向右 右移 横移 走过 驶过",
        Effect::Move(Move::TruckRight),
    ),
    (
        "rise rising ascend up fly flying aerial drone 上升 升起 航拍 飞 飞翔",
        Effect::Move(Move::Rise),
    ),
    ("descend fall falling down landing 下降 落下 降落", Effect::Move(Move::Descend)),
    ("around rotate rotating spin circling 环绕 旋转 围绕", Effect::Move(Move::Orbit)),
    (
        "static motionless stationary tripod 静止 不动 固定镜头 固定机位 固定鏡頭",
        Effect::Move(Move::Still),
    ),
    (
        "lake sea ocean river water reflection fjord stream creek brook pond waterfall 湖 海 河 水 \
         倒影 溪 池塘 瀑布 oasis oases",
        Water,
    ),
    ("lighthouse 灯塔 燈塔", Effect::Landmark(Landmark::Lighthouse)),
    (
        "car cars sportscar supercar automobile roadster 汽车 汽車 跑车 跑車 轿车 赛车",
        Effect::Landmark(Landmark::Car),
    ),
    ("shanghai bund lujiazui 外滩 外灘 陆家嘴 陸家嘴", Effect::Landmark(Landmark::Shanghai)),
    ("caravan camel 骆驼 駱駝 商队 商隊", Effect::Landmark(Landmark::Caravan)),
    (
        "ship boat rowboat canoe sailboat sailing sail yacht frigate 帆 船 舟 舰 艦",
        Effect::Landmark(Landmark::Ship),
    ),
    ("galaxy galaxies andromeda 星系 仙女座", Effect::Landmark(Landmark::Galaxy)),
    ("rock rocky cliff 礁 岩 悬崖 懸崖", Effect::Landmark(Landmark::Rocks)),
    ("red crimson scarlet 红 紅", Accent(0x00ff_4438)),
    ("orange amber golden gold 橙 金", Accent(0x00ff_a02c)),
    ("green emerald jade 绿 綠 翡翠", Accent(0x0038_e08a)),
    ("cyan teal turquoise 青", Accent(0x002c_e0e8)),
    ("blue azure sapphire 蓝 藍", Accent(0x0038_78ff)),
    ("purple violet magenta 紫", Accent(0x00a8_4cff)),
    ("pink rose 粉", Accent(0x00ff_5cb0)),
    ("sakura cherry 樱花 櫻花 桃花", Accent(0x00ff_8cc0)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::direct;

    /// Words that mean something else where they are part of another: `gold` is no hour.
    #[test]
    fn every_word_matters_by_itself() {
        let mut count = 0;
        for (list, effect) in WORDS {
            for word in list.split_ascii_whitespace() {
                count += 1;
                let found = direct(word, 7);
                let fits = match *effect {
                    Effect::Scene(kind, points) => points == 1 || found.scene == kind,
                    Effect::Weather(kind) => found.weather == kind,
                    Effect::Hour(kind) => found.hour == kind,
                    Effect::Move(kind) => found.movement == kind,
                    Effect::Landmark(kind) => found.landmark == Some(kind),
                    Effect::Water => found.water,
                    Effect::Accent(hex) => found.accent == Some(crate::math::rgb(hex)),
                };
                assert!(fits, "{word} should do {effect:?}, but it is {found:?}");
            }
        }
        assert!(count >= 150, "{count} words");
    }
}
