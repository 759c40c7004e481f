import { expect, test } from 'vitest'
import { executableOf, replacedByFolders } from './go.ts'

test('modules that a go.mod takes from folders are found, those it takes from others are not', () => {
  const goMod = `module k8s.io/kubernetes

require k8s.io/api v0.0.0

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.com/fork => example.com/other v1.2.3
)

replace example.com/one => ../one
`
  expect(replacedByFolders(goMod)).toEqual(['k8s.io/api', 'k8s.io/client-go', 'example.com/one'])
})

test('a program is named after the last part of its package that is no version', () => {
  expect(executableOf('go.etcd.io/etcd/server/v3')).toBe('server')
  expect(executableOf('helm.sh/helm/v3/cmd/helm')).toBe('helm')
})
