/** The release that is fetched: it comes as a program only. */
export const linkerdVersion = 'edge-26.9.1'
