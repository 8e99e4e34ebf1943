// Says at the foot of the page what failed, in the person's language where there are words for it.

import { toast } from '../core/announce.js'
import { tOr } from '../core/i18n.js'
import { failure } from '../core/resource.js'

/** @param {unknown} problem */
export function tell(problem) {
  const error = failure(problem)
  toast(tOr(`errors.${error.code}`, error.message), { tone: 'bad' })
}
