import type { RunRecord } from '../record.ts'
import { isOfUnits } from '../units.ts'
import { html, type Markup } from './markup.ts'

interface Entry {
  id: string
  term: string
  meaning: string
  /** Only where an experiment counts such. Absent: always. */
  of?: 'units' | 'trials' | 'probes'
}

const entries: Entry[] = [
  {
    id: 'latency',
    term: 'Latency',
    meaning:
      'From the moment a request was meant to start, by the schedule, to the end of its reply. A stalled server therefore shows up in every request that should have been sent meanwhile.',
  },
  {
    id: 'service-time',
    term: 'Service time',
    meaning:
      'From the moment a request was really sent to the end of its reply. Under a stall it looks better than what users saw.',
  },
  {
    id: 'connection-wait',
    term: 'Connection wait',
    meaning:
      'From the intended start to the moment a connection was free. It is the system’s doing and part of the latency.',
  },
  { id: 'send-lag', term: 'Send lag', meaning: 'How late the load generator itself was.' },
  {
    id: 'unit',
    term: 'Unit',
    meaning:
      'A second, or half of one in the profile smoke, in which all arms are loaded, or take short turns. Statistics count units, never single requests.',
    of: 'units',
  },
  {
    id: 'difference',
    term: 'Difference',
    meaning:
      'The median over units of what an arm has more than another within a unit. Its interval holds at whatever moment one looks, so that a run may end as soon as it is clear.',
    of: 'units',
  },
  {
    id: 'noise-floor',
    term: 'Noise floor',
    meaning: 'What the same statistic says of the control’s requests against each other.',
    of: 'units',
  },
  {
    id: 'calmer-half',
    term: 'Calmer half',
    meaning:
      'The same estimate from those units in which the machine took least away: a second look, never a replacement.',
    of: 'units',
  },
  {
    id: 'trial',
    term: 'Trial',
    meaning:
      'One measured execution of load on one arm. Trials of all arms alternate in seeded random order, and statistics count trials, never single requests.',
    of: 'trials',
  },
  {
    id: 'station',
    term: 'Station',
    meaning:
      'Where on a request’s way an event happened: client, client proxy, server proxy, app. The network lies between them.',
    of: 'probes',
  },
  {
    id: 'unread',
    term: 'Unread',
    meaning:
      'Requests or replies that had arrived at a socket and that the program had not read yet; part of that time it waited for a CPU.',
    of: 'probes',
  },
  {
    id: 'unattributed',
    term: 'Unattributed',
    meaning: 'What is left of the mean service time when all that the kernel saw is taken from it.',
    of: 'probes',
  },
  {
    id: 'budget',
    term: 'Budget',
    meaning: 'A limit on what an arm adds to another.',
  },
  {
    id: 'inconclusive',
    term: 'Inconclusive',
    meaning: 'The interval lies on both sides of the limit: more time or a quieter machine is needed.',
  },
  {
    id: 'invalid',
    term: 'Invalid',
    meaning: 'What was measured is not what was asked; the reasons stand beside each.',
  },
]

/** What the page's words mean, as far as its experiments need them. */
export function glossary({ experiments }: RunRecord): Markup {
  const of = {
    units: experiments.some(isOfUnits),
    trials: experiments.some((experiment) => !isOfUnits(experiment)),
    probes: experiments.some(({ probes }) => probes),
  }
  const shown = entries.filter((entry) => entry.of === undefined || of[entry.of])
  return html`<dl class="glossary">${shown.map(({ id, term, meaning }) => html`<dt id="${id}">${term}</dt><dd>${meaning}</dd>`)}</dl>`
}
