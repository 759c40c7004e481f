import { notYet, type Section } from './section.ts'

/** To come: no loss at 1 Gbit/s in datagrams of 512 and of 1472 bytes, at most 0.5 % at 10 Gbit/s in 8900; half of iperf3's best at 1472. */
export const udp: Section = { title: 'UDP, datagrams from one core to another', run: async () => notYet('UDP') }
