// 登录页的文字。

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  title: '登录',
  about: '关于 Rushes',
  leader: '电影片头倒计时',
  motto: '当天拍，当天看样片。',
  what: '架在你所有视频模型前面的一道网关：一套 API、一份账单，每一条从打板到出片都看得清。',
  name: '用户名',
  password: '密码',
  submit: '登录',
  or: '或者',
  pasteLink: '粘贴一次性登录链接',
  link: '一次性登录链接',
  linkHint: '管理员可用 rushes users login-link NAME 生成。',
  linkWrong: '这不是一次性登录链接：它以 #t= 和令牌结尾。',
  usePassword: '用用户名和密码',
  register: '注册账户',
  registerTitle: '注册账户',
  displayName: '显示名称',
  optional: '可选',
  passwordHint: '至少 10 个字符。',
  haveAccount: '我已有账户',
  wait: (seconds) => `尝试过于频繁，请在 ${seconds} 秒后重试。`,
  foot: (version) => `自托管 · ${version} · 不向外发送任何遥测`,
}
