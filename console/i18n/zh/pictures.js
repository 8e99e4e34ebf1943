// 图片选择的文字。

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  images: '参考图',
  imagesOptional: (count) => (count === 0 ? '该模型不支持' : `可选，最多 ${count} 张`),
  imagesNeeded: (count) => (count === 1 ? '恰好一张' : `至少一张，最多 ${count} 张`),
  addImage: '选择图片文件',
  drop: '拖入、粘贴或选择文件，也可以',
  byAddress: '填写地址',
  address: '图片地址',
  addressHint: '任务开始时由网关下载，地址必须公开可访问。',
  addressWrong: '地址须以 https:// 或 http:// 开头。',
  add: '添加',
  pasted: '粘贴的图片',
  imageType: (name) => `${name} 不是 PNG、JPEG、WebP 或 GIF 图片。`,
  imageSize: (name, size) => `${name} 有 ${size}，单张图片最大 20 MB。`,
  imageAt: (number, name) => `第 ${number} 张图：${name}。按住 Alt 用方向键移动，按 Delete 移除。`,
  imageUnused: (number, name) => `第 ${number} 张图，未使用：${name}。按住 Alt 用方向键移动，按 Delete 移除。`,
  removeImage: (number) => `移除第 ${number} 张图`,
  earlier: (number) => `将第 ${number} 张图前移一位`,
}
