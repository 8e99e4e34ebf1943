// Texts of the overview.

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  title: 'Overview',
  text: 'What the account has, and what it made last.',
  available: 'Available',
  availableWhy: 'can be spent now',
  held: 'Held',
  heldWhy: 'for tasks that have not ended',
  account: 'Account',
  latest: 'Latest takes',
  prompt: 'Prompt',
  state: 'State',
  key: 'Key',
  took: 'Took',
  cost: 'Cost',
  created: 'Created',
  empty: 'Nothing shot yet',
  emptyText: 'Paste the request below into a terminal to make the first take.',
  first: 'The first request',
  firstText: 'Put an API key into RUSHES_API_KEY; the first start of the gateway wrote two into bootstrap.json.',
}
