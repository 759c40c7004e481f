/** Names the file in which a copy of a job finds the line it begins at. The line ends with a line feed. */
export const beginVariable = 'MESHMARK_BEGIN'
