// Tasks: find a take, and what became of it.

import { TaskList } from './tasks/list.js'

/** @param {{ query: URLSearchParams }} props */
export default function Tasks({ query }) {
  return TaskList({ query })
}
