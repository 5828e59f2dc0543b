package qovery

import "qovery-key-rotation/internal/rotation"

// helmRepositories are where charts are read from.
var helmRepositories = registryKind{
	kind:     rotation.HelmRepository,
	called:   "Helm repository",
	ecr:      "OCI_ECR",
	public:   "OCI_PUBLIC_ECR",
	list:     listHelmRepositories,
	put:      putHelmRepository,
	needsTLS: true,
}
