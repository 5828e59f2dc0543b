package qovery

import "qovery-key-rotation/internal/rotation"

// containerRegistries are where images are pushed to and pulled from. Qovery
// makes one with each cluster, which from then on has a key of its own.
var containerRegistries = registryKind{
	kind:   rotation.ContainerRegistry,
	called: "container registry",
	ecr:    "ECR",
	public: "PUBLIC_ECR",
	list:   listContainerRegistries,
	put:    putContainerRegistry,
}
