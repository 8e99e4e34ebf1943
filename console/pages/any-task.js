// A task of any account, for operators.

import { TaskView } from './tasks/view.js'

/** @param {{ params: Record<string, string> }} props */
export default function AnyTask({ params }) {
  return TaskView({ id: params.id, forOperators: true })
}
