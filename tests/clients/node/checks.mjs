// Says for each check `ok NAME` or `not ok NAME: why`; the exit code is 1 if one failed.

export const check = async (name, work) => {
  try {
    const value = await work()
    console.log(`ok ${name}`)
    return value
  } catch (error) {
    const why = `${error.message} ${error.cause?.message ?? ''}`.trim().replaceAll('\n', ' ')
    console.log(`not ok ${name}: ${why}`)
    process.exitCode = 1
    return undefined
  }
}

export const equal = (actual, expected, what) => {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${what} is ${left}, expected ${right}`)
}
