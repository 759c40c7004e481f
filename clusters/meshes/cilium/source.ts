import type { GoSource } from '../../images/build/go.ts'
import { ciliumReplacements, helmKubernetes, versions } from './versions.ts'

/** The programs of Cilium's images, and Hubble's. */
export function ciliumSource(version: string): GoSource {
  const module = 'github.com/cilium/cilium'
  const packages = {
    'cilium-agent': 'daemon',
    'cilium-operator-generic': 'operator',
    'cilium-cni': 'plugins/cilium-cni',
    'cilium-dbg': 'cilium-dbg',
    'cilium-health': 'cilium-health',
    'cilium-health-responder': 'cilium-health/responder',
    'cilium-mount': 'tools/mount',
    'cilium-sysctlfix': 'tools/sysctlfix',
    hubble: 'hubble',
    'hubble-relay': 'hubble-relay',
  }
  return {
    module,
    version,
    programs: Object.fromEntries(Object.entries(packages).map(([name, path]) => [name, `${module}/${path}`])),
    tags: ['osusergo', 'ipam_provider_operator'],
    stamps: {
      // As Cilium's own builds write it: the version, a commit and its time, which a module does not have.
      [`${module}/pkg/version.ciliumVersion`]: `${version.slice(1)} source 1970-01-01T00:00:00+00:00`,
      [`${module}/hubble/pkg.Version`]: version,
    },
    replaced: { ...(version === versions.cilium ? ciliumReplacements : {}), ...mcsControllers },
  }
}

/** One constant is used of this module, which not every module mirror has. */
const mcsControllers = {
  'sigs.k8s.io/mcs-api/controllers': {
    'go.mod': 'module sigs.k8s.io/mcs-api/controllers\n\ngo 1.24\n',
    'controllers.go':
      'package controllers\n\nconst DerivedServiceAnnotation = "multicluster.kubernetes.io/derived-service"\n',
  },
}

export const helmSource: GoSource = {
  module: 'helm.sh/helm/v3',
  version: versions.helm,
  programs: { helm: 'helm.sh/helm/v3/cmd/helm' },
  stamps: {
    'helm.sh/helm/v3/internal/version.version': versions.helm,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': helmKubernetes.major,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': helmKubernetes.minor,
  },
}
