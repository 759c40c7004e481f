/** The number that a flag was given. What is none stays as it was written, for the message about it. */
export const number = (text: string): number | string =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
