// Texts of the choice of pictures.

/** @type {Record<string, import('../../core/i18n.js').Text>} */
export default {
  images: 'Reference images',
  imagesOptional: (count) => (count === 0 ? 'not with this model' : `optional, up to ${count}`),
  imagesNeeded: (count) => (count === 1 ? 'exactly one' : `at least one, up to ${count}`),
  addImage: 'Choose image files',
  drop: 'Drop, paste or choose files, or',
  byAddress: 'give an address',
  address: 'Address of an image',
  addressHint: 'The gateway fetches it when the take starts; it must be public.',
  addressWrong: 'An address begins with https:// or http://.',
  add: 'Add',
  pasted: 'pasted image',
  imageType: (name) => `${name} is no PNG, JPEG, WebP or GIF picture.`,
  imageSize: (name, size) => `${name} has ${size}; a picture may have 20 MB.`,
  imageAt: (number, name) => `Image ${number}: ${name}. Alt with the arrow keys moves it, Delete removes it.`,
  imageUnused: (number, name) => `Image ${number}, not used: ${name}. Alt with the arrow keys moves it, Delete removes it.`,
  removeImage: (number) => `Remove image ${number}`,
  earlier: (number) => `Move image ${number} one place forward`,
}
