import { expect, test } from 'vitest'
import {
  libraryVersion,
  nodeImageName,
  sourceVersion,
  versionProblem,
  versionsFor,
  workloadImageName,
} from './versions.ts'

test('the images carry the names that kind and the official Node image have', () => {
  expect(nodeImageName(versionsFor('v1.34.1'))).toBe('kindest/node:v1.34.1')
  expect(workloadImageName({ node: '24.21.0', debian: 'bookworm' })).toBe('node:24-bookworm-slim')
})

test.for(['1.34.2', 'v1.34', 'latest', 'v1.34.2-rc.1', 'v2.0.0', 'v1.30.9', ''])('%s is refused', (version) => {
  expect(versionProblem(version)).toMatch(/^a release such as|or later$/)
})

test('a release is taken', () => {
  expect(versionProblem('v1.34.2')).toBeNull()
  expect(versionProblem('v1.31.0')).toBeNull()
})

test('versions of libraries and sources follow from those of releases and tags', () => {
  expect(libraryVersion('v1.34.2')).toBe('v0.34.2')
  expect(sourceVersion('3.6.5-0')).toBe('v3.6.5')
  expect(sourceVersion('v1.12.1')).toBe('v1.12.1')
})
