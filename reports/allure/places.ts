/** Where Allure's results, its page and its configuration are in the folder of a run. */
export const resultsFolder = 'allure-results'
export const pageFolder = 'allure-report'
export const configFile = 'allurerc.json'
