// A task: all there is to know of one take.

import { TaskView } from './tasks/view.js'

/** @param {{ params: Record<string, string> }} props */
export default function Task({ params }) {
  return TaskView({ id: params.id })
}
