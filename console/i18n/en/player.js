// Texts of the player.

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  keys: (name) => `Video: ${name}. Space plays and pauses, left and right go one frame, L loops, M mutes, F fills the screen.`,
  play: 'Play',
  pause: 'Pause',
  back: 'One frame back (←)',
  on: 'One frame on (→)',
  loop: 'Loop (L)',
  mute: 'Mute (M)',
  full: 'Full screen (F)',
  download: 'Download MP4',
  position: 'Position',
  broken: 'The video could not be loaded',
  brokenWhy: 'Its link may have expired, or the file is no longer kept.',
  anew: 'Get a fresh link',
}
