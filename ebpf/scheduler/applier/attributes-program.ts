/**
 * A Python program that reads and sets how threads are scheduled, over sched_getattr and sched_setattr: Node has neither, and `chrt`
 * of util-linux 2.38 refuses slices. It is a text, so that it is part of the package and nothing is compiled or looked for.
 *
 * A line of stdin: `[{pid, startTime, set: null | {to, threads, only}}]`. `to` is what threads get that `threads` does not name; a thread that has
 * none of `only` is left as it is, null: whatever it has. Attributes are `[policy, nice, slice]`, a slice of 0 the kernel's own.
 * The line of stdout that answers it: `{slices, processes: [{threads: {tid: attributes}} | {error}]}`, in the order of the input; threads as they were before.
 */
export const attributesProgram = `
import ctypes, json, os, struct, sys

calls = {'x86_64': (315, 314), 'aarch64': (275, 274), 'riscv64': (275, 274), 's390x': (346, 345), 'ppc64le': (356, 355)}
machine = os.uname().machine
if machine not in calls:
    sys.exit('the numbers of sched_setattr and sched_getattr are not known on ' + machine)
getattr_call, setattr_call = calls[machine]
libc = ctypes.CDLL(None, use_errno=True)
# Killed with its parent (PR_SET_PDEATHSIG): what it does later nobody would put back.
libc.prctl(1, 9, 0, 0, 0)
layout = '=IIQiIQQQ'
size = struct.calcsize(layout)

def call(*arguments):
    if libc.syscall(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def read(tid):
    buffer = ctypes.create_string_buffer(size)
    call(getattr_call, tid, buffer, size, 0)
    _, policy, flags, nice, _, runtime, _, _ = struct.unpack(layout, buffer.raw)
    return [policy, nice, runtime], flags & 1

def write(tid, values, flags):
    policy, nice, runtime = values
    call(setattr_call, tid, ctypes.create_string_buffer(struct.pack(layout, size, policy, flags, nice, 0, runtime, 0, 0), size), 0)

(policy, nice, usual_slice), own_flags = read(0)
try:
    write(0, [policy, nice, 0], own_flags)
    usual_slice = read(0)[0][2]
    write(0, [policy, nice, 3000000], own_flags)
    slices = read(0)[0][2] == 3000000
    write(0, [policy, nice, 0], own_flags)
except OSError:
    slices = False

def start_time(pid):
    with open('/proc/%d/stat' % pid) as file:
        return file.read().rpartition(')')[2].split()[19]

def usual(values):
    return [values[0], values[1], 0 if values[2] == usual_slice else values[2]]

def change(tid, wish):
    values, flags = read(tid)
    values = usual(values)
    if wish and values[0] in (0, 3) and (wish['only'] is None or values in wish['only']):
        wanted = wish['threads'].get(str(tid), wish['to'])
        if wanted != values:
            write(tid, wanted, flags)
    return values

def visit(entry):
    pid, wish, seen, failure = entry['pid'], entry['set'], {}, None
    while True:
        # A thread that was made meanwhile has what its maker had: look until there is no new one.
        fresh = [tid for tid in map(int, os.listdir('/proc/%d/task' % pid)) if tid not in seen]
        if start_time(pid) != entry['startTime']:
            return {'error': 'it has ended, and another process has its number'}
        for tid in fresh:
            try:
                seen[tid] = change(tid, wish)
            except ProcessLookupError:
                seen[tid] = None
            except OSError as error:
                seen[tid], failure = None, error.strerror
        if not fresh:
            break
    if failure:
        return {'error': failure}
    return {'threads': {tid: values for tid, values in seen.items() if values}}

def answer(entry):
    try:
        return visit(entry)
    except (FileNotFoundError, ProcessLookupError):
        return {'error': 'it has ended'}

for line in sys.stdin:
    print(json.dumps({'slices': slices, 'processes': [answer(entry) for entry in json.loads(line)]}), flush=True)
`
