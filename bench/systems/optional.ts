/**
 * A package that this project does not depend on, for those who have it. Throws an Error that says how to get it.
 * What it is like is for the caller to know: nothing of it is here when types are checked.
 */
export async function optionalPackage<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (cause) {
    throw new Error(missing(name), { cause })
  }
}

/** Whether it is here, in a sentence if not; null if it is. */
export async function whyNoPackage(name: string): Promise<string | null> {
  return optionalPackage(name).then(
    () => null,
    () => missing(name),
  )
}

function missing(name: string): string {
  return `The package ${name} is not installed (npm install --no-save ${name}).`
}
