// 播放器的文字。

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  keys: (name) => `视频：${name}。空格键播放或暂停，左右方向键逐帧移动，L 循环，M 静音，F 全屏。`,
  play: '播放',
  pause: '暂停',
  back: '后退一帧（←）',
  on: '前进一帧（→）',
  loop: '循环（L）',
  mute: '静音（M）',
  full: '全屏（F）',
  download: '下载 MP4',
  position: '播放位置',
  broken: '视频无法加载',
  brokenWhy: '链接可能已过期，或文件已不再保留。',
  anew: '获取新链接',
}
