/** The image that `meshmark tool-image` makes: load tools, and the Node that runs the agent beside them. */
export const defaultToolImage = 'meshmark/load-tools:bookworm'

/** The label that tells which tools are in it, by their programs' names. */
export const toolsLabel = 'meshmark.tools'
