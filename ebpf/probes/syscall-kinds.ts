/**
 * What the system calls of a server are for, by their numbers: `arch/x86/entry/syscalls/syscall_64.tbl` of Linux, and
 * `include/uapi/asm-generic/unistd.h` for arm64, which has no older forms (poll, select, epoll_wait).
 */
const numbers: Record<string, Record<string, readonly number[]>> = {
  x64: {
    // read pread64 readv recvfrom recvmsg preadv recvmmsg preadv2
    read: [0, 17, 19, 45, 47, 295, 299, 327],
    // write pwrite64 writev sendfile sendto sendmsg splice pwritev sendmmsg pwritev2
    write: [1, 18, 20, 40, 44, 46, 275, 296, 307, 328],
    // poll select nanosleep epoll_wait clock_nanosleep pselect6 ppoll epoll_pwait io_uring_enter epoll_pwait2
    wait: [7, 23, 35, 230, 232, 270, 271, 281, 426, 441],
    // futex futex_waitv futex_wake futex_wait
    lock: [202, 449, 454, 455],
    connect: [42],
    // accept accept4
    accept: [43, 288],
  },
  arm64: {
    // read readv pread64 preadv recvfrom recvmsg recvmmsg preadv2
    read: [63, 65, 67, 69, 207, 212, 243, 286],
    // write writev pwrite64 pwritev sendfile splice sendto sendmsg sendmmsg pwritev2
    write: [64, 66, 68, 70, 71, 76, 206, 211, 269, 287],
    // epoll_pwait pselect6 ppoll nanosleep clock_nanosleep io_uring_enter epoll_pwait2
    wait: [22, 72, 73, 101, 115, 426, 441],
    lock: [98, 449, 454, 455],
    connect: [203],
    accept: [202, 242],
  },
}

/** "read", "write", "wait", "lock", "connect", "accept", or "other". On an architecture without a table, its number. */
export function syscallKind(number: number, architecture: string): string {
  const table = numbers[architecture]
  if (!table) return `call ${number}`
  return Object.entries(table).find(([, of]) => of.includes(number))?.[0] ?? 'other'
}
