/** What is built, and what is fetched where nothing has been built. */
export const consulVersion = '1.21.0'
