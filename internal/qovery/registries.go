package qovery

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"qovery-key-rotation/internal/rotation"
)

// registryKind is what container registries and Helm repositories differ in.
type registryKind struct {
	kind      rotation.LocationKind
	called    string
	ecr       string // the kind, in Qovery's words, of one in Amazon ECR
	public    string // and of one in Amazon ECR Public
	list, put endpoint
	needsTLS  bool // a PUT must say whether TLS certificates are verified
}

// registry is a container registry or a Helm repository as Qovery answers it,
// never with a secret.
type registry struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Cluster *clusterName    `json:"cluster"`
	Config  *registryConfig `json:"config"`
	SkipTLS *bool           `json:"skip_tls_verification"`
}

// ofAWS: the registry is in Amazon ECR: ECR, PUBLIC_ECR, OCI_ECR or OCI_PUBLIC_ECR, in
// Qovery's words. No other kinds hold a key of AWS.
func (r registry) ofAWS() bool { return strings.Contains(r.Kind, "ECR") }

// registryConfig of one in ECR holds either a static key or a role.
type registryConfig struct {
	AccessKeyID string `json:"access_key_id"`
	RoleARN     string `json:"role_arn"`
	Region      string `json:"region"`
}

// locations lists the registries of every kind: one that cannot be rotated may
// hold the key all the same.
func (k registryKind) locations(o *organization, ctx context.Context, _ []cluster) ([]rotation.Location, error) {
	return learn(ctx, o, k.list, k.decode, o.id)
}

func (k registryKind) decode(body []byte) ([]rotation.Location, error) {
	listed, err := decodeList[registry](body)
	if err != nil {
		return nil, err
	}
	locations := make([]rotation.Location, len(listed))
	seen := make(map[string]bool, len(listed))
	for i, read := range listed {
		if locations[i], err = k.location(read); err != nil {
			return nil, err
		}
		if seen[read.ID] {
			return nil, fmt.Errorf("%s%s is listed twice", k.called, shownID(read.ID))
		}
		seen[read.ID] = true
	}
	return locations, nil
}

// location requires what every later decision rests on: the id, the kind, of one
// in ECR the key or the role, and of one that can be changed all that the change
// must repeat, so that it is known before anything has begun.
func (k registryKind) location(r registry) (rotation.Location, error) {
	if r.ID == "" {
		return rotation.Location{}, errors.New("a " + k.called + " has no id")
	}
	lacks := func(what string) (rotation.Location, error) {
		return rotation.Location{}, fmt.Errorf("the %s%s has no %s", k.called, shownID(r.ID), what)
	}
	config := registryConfig{}
	if r.Config != nil {
		config = *r.Config
	}
	inECR := r.Kind == k.ecr
	// Which of the two is used if there were both is for a person to find out.
	rotatable := inECR && config.AccessKeyID != "" && config.RoleARN == ""
	switch {
	case r.Kind == "":
		return lacks(`"kind"`)
	case r.Cluster != nil && r.Cluster.ID == "":
		return lacks("id of its cluster")
	case inECR && config.AccessKeyID == "" && config.RoleARN == "":
		return lacks(`"access_key_id" and no "role_arn", though it is in ECR`)
	case rotatable && r.Name == "":
		return lacks(`"name", which a change must repeat`)
	case rotatable && config.Region == "":
		return lacks(`"region", which a change must repeat`)
	case rotatable && k.needsTLS && r.SkipTLS == nil:
		return lacks(`"skip_tls_verification", which a change must repeat`)
	}
	ref := rotation.LocationRef{Kind: k.kind, ID: r.ID, Name: r.Name}
	key, err := heldKey(config.AccessKeyID, r.ofAWS(), ref)
	location := rotation.Location{
		LocationRef: ref,
		Key:         key,
		Type:        r.Kind,
		Rotatable:   rotatable,
		Role:        config.AccessKeyID == "" && config.RoleARN != "",
		RoleARN:     config.RoleARN,
	}
	if inECR || r.Kind == k.public { // a region of another cloud is none of AWS's
		location.Region = config.Region
	}
	if r.Cluster != nil {
		location.Clusters = []string{r.Cluster.ID}
	}
	return location, err
}

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
