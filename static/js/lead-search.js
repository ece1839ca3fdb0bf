/** Leads by a name, an e-mail, a phone or a company, as options of a combobox. */
import { call } from "./api.js";

const MOST = 8;
const PAUSE = 150; // milliseconds that one types on within

let last = 0;

/** The leads that match, best-known name first; none for less than two letters, or when a later
 * call follows within the pause. */
export async function leadsCalled(words) {
  const mine = (last += 1);
  if (words.length < 2) return [];
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (mine !== last) return [];
  const query = new URLSearchParams({ search: words.slice(0, 200), pageSize: MOST });
  const { results } = await call("GET", `/api/leads/?${query}`);
  return results.map(asOption);
}

function asOption({ id, firstName, lastName, company, email, phone }) {
  const person = `${firstName} ${lastName}`.trim();
  const rest = [person && company, email || phone].filter(Boolean).join(" · ");
  return { id, label: person || company, detail: rest, href: `/leads/${id}/` };
}
