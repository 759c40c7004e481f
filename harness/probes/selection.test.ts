import { expect, test } from 'vitest'
import { fields } from '../config.ts'
import { noPodText } from './no-pod-text.ts'
import { type SelectionInput, selectionOf, selectionShape, selectionText, selects } from './selection.ts'

const schema = fields(selectionShape)
const selection = (input: SelectionInput) => selectionOf(schema.parse(input))

test('pods of a namespace, with labels, both, or all', () => {
  const pod = { namespace: 'shop', labels: { app: 'web', tier: 'front' } }
  const selected = (input: SelectionInput) => selects(selection(input), pod)
  expect([{}, { namespace: 'shop' }, { selector: 'app=web,tier in (front,back),!old' }].every(selected)).toBe(true)
  expect(
    [{ namespace: 'other' }, { selector: 'app=db' }, { namespace: 'other', selector: 'app=web' }].some(selected),
  ).toBe(false)
  expect(selectionText('shop', 'app=web')).toBe('pods with app=web in namespace shop')
  expect(selectionText(null, null)).toBe('all pods')
})

test.for([
  ...["app='web'", 'app="web"', 'app;reboot', 'app=$(id)', 'app=`id`', 'app|cat', 'app in (a', '', '  ', 'a=b\nc=d'],
])('selector %j is refused', (selector) => {
  const { error } = schema.safeParse({ selector })
  expect(error?.issues).toMatchObject([{ path: ['selector'] }])
})

test.for(['', '-a', '../x', 'a b', '$(id)', "a'"])('namespace %j is refused', (namespace) => {
  expect(schema.safeParse({ namespace }).error?.issues).toMatchObject([{ path: ['namespace'] }])
})

test('neither is read at any length', () => {
  const wrong = schema.safeParse({ selector: 'x'.repeat(3000), namespace: 'x'.repeat(300) }).error?.issues
  expect(wrong?.map(({ path }) => path[0])).toEqual(['namespace', 'selector'])
})

test('where no pod is selected, what there is instead', () => {
  const pods = ['web-1', 'web-2'].map((name) => ({
    namespace: 'shop',
    name,
    labels: { app: 'web', v: name },
    hostNetwork: false,
  }))
  const all = [...pods, { namespace: 'kube-system', name: 'etcd', labels: {}, hostNetwork: true }]
  const text = (input: SelectionInput, of = all) => noPodText(of, selection(input), 'kind-dev').split('\n')
  expect(text({ selector: 'app=db', namespace: 'shop' })).toEqual([
    'cluster kind-dev has no pods with app=db in namespace shop; pods:',
    '  shop/web-1  app=web,v=web-1',
    '  shop/web-2  app=web,v=web-2',
  ])
  expect(text({ selector: 'app=db' })).toContain('  kube-system/etcd')
  expect(text({ namespace: 'shpo' })).toEqual([
    'cluster kind-dev has no pods in namespace shpo; namespaces with pods:',
    '  kube-system (1)',
    '  shop (2)',
  ])
  expect(text({ namespace: 'shop' }, [])).toEqual(['cluster kind-dev has no pods in namespace shop, nor any others'])
  const many = Array.from({ length: 500 }, (_, i) => ({
    namespace: 'a',
    name: `${i}`,
    labels: { x: 'y'.repeat(63) },
    hostNetwork: false,
  }))
  expect(text({ selector: 'z' }, many)).toHaveLength(14)
  expect(text({ selector: 'z' }, many).at(-1)).toBe('  and 488 more')
})
