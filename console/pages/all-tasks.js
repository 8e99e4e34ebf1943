// All tasks of all accounts, for operators.

import { TaskList } from './tasks/list.js'

/** @param {{ query: URLSearchParams }} props */
export default function AllTasks({ query }) {
  return TaskList({ query, forOperators: true })
}
