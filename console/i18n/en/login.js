// Texts of the sign-in page.

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  title: 'Sign in',
  about: 'About Rushes',
  leader: 'Film leader, counting down',
  motto: 'Every take, the same evening.',
  what: 'One gateway in front of your video models: one API, one bill, one place to see each take from slate to print.',
  name: 'User name',
  password: 'Password',
  submit: 'Sign in',
  or: 'or',
  pasteLink: 'Paste a one-time link',
  link: 'One-time link',
  linkHint: 'Operators make one with rushes users login-link NAME.',
  linkWrong: 'This is no one-time link: it ends with #t= and a token.',
  usePassword: 'With name and password',
  register: 'Make an account',
  registerTitle: 'Make an account',
  displayName: 'How you like to be called',
  optional: 'optional',
  passwordHint: 'At least 10 characters.',
  haveAccount: 'I have an account',
  wait: (seconds) => `Too many tries. Again in ${seconds} s.`,
  foot: (version) => `Self-hosted · ${version} · sends no telemetry`,
}
