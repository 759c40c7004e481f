import { expect, test } from 'vitest'
import { matches, requirement, selectorText } from './selector.ts'

const labels = { app: 'web', tier: 'front', 'app.kubernetes.io/name': 'shop', empty: '' }

// What `kubectl get pods -l` answers, by k8s.io/apimachinery's pkg/labels.
test.for([
  ...[
    'app=web',
    'app==web',
    'app = web',
    'app!=db',
    'missing!=db',
    'app in (web,db)',
    'app in ( web , db )',
    'app notin (db)',
  ],
  ...['missing notin (web)', 'tier', '!missing', '! missing', 'empty=', 'empty in (,x)', 'app.kubernetes.io/name=shop'],
  'app=web,tier in (front,back),!old,empty',
])('%s selects', (text) => {
  expect(matches(selectorText.parse(text), labels)).toBe(true)
})

test.for([
  ...[
    'app=db',
    'app!=web',
    'app notin (web)',
    'app in (db)',
    'missing',
    '!app',
    'missing=',
    'missing in (a)',
    'toString',
  ],
  'app=web,tier=back',
])('%s does not select', (text) => {
  expect(matches(selectorText.parse(text), labels)).toBe(false)
})

test.for([
  ...[
    'a=b=c',
    'app in web',
    'app in (a',
    'app in (a))',
    '=web',
    'app,',
    ',',
    ' ',
    'app=$(id)',
    "app='web'",
    'app;tier',
    'a b',
  ],
  ...['-app', `${'k'.repeat(64)}`, `app=${'v'.repeat(64)}`, 'UPPER/app=x', 'app>1', 'x'.repeat(2001)],
])('%j is refused', (text) => {
  expect(selectorText.safeParse(text).success).toBe(false)
})

test('requirements come as key and value, or as Kubernetes writes them', () => {
  expect(requirement.parse({ key: 'nf', value: 'upf' })).toEqual({ key: 'nf', operator: 'In', values: ['upf'] })
  expect(requirement.parse({ key: 'nf', operator: 'Exists' })).toEqual({ key: 'nf', operator: 'Exists', values: [] })
  const wrong = [
    { key: 'nf' },
    { key: 'nf', operator: 'In', values: [] },
    { key: 'nf', operator: 'Exists', values: ['x'] },
    'nf',
  ]
  for (const one of [...wrong, { key: 'nf', value: 'upf', values: [] }])
    expect(requirement.safeParse(one).success).toBe(false)
})
