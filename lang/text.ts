/// <reference lib="es2024.string" />

/** Whether a text is made of characters: no surrogate in it is without the other half of its pair. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed()
}
