/** Dates and times in the language of the page. */

const language = document.documentElement.lang || undefined;

/** `{format(moment)}`. What it takes, which is much, is made when it is first needed. */
export function dates(options) {
  let format = null;
  return { format: (moment) => (format ??= new Intl.DateTimeFormat(language, options)).format(moment) };
}
