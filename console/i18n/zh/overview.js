// 概览页的文字。

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  title: '概览',
  text: '账户余额与最近的样片。',
  available: '可用',
  availableWhy: '现在可以使用',
  held: '冻结',
  heldWhy: '用于尚未结束的任务',
  account: '账户',
  latest: '最近的样片',
  prompt: '提示词',
  state: '状态',
  key: '密钥',
  took: '用时',
  cost: '费用',
  created: '创建时间',
  empty: '还没有任务',
  emptyText: '把下面的请求粘贴到终端，生成第一条。',
  first: '第一个请求',
  firstText: '把 API 密钥放进 RUSHES_API_KEY；网关第一次启动时已在 bootstrap.json 写入两个。',
}
