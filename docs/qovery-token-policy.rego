# The policy of an API policy token at Qovery for qovery-key-rotation: it allows the
# requests that the rotation makes, in the token's own organization, and no others.
# 'go test ./internal/qovery -run Policy -update' writes it from the table of requests.

default allow := false

# The body puts a static key into AWS credentials, and changes nothing else.
is_static(body) if {
	object.keys(body) == {"type", "name", "access_key_id", "secret_access_key"}
	body.type == "AWS_STATIC"
	is_string(body.name)
	holds_key(body)
}

# The body puts a static key into a registry or repository in ECR. What else it holds
# is repeated as it is.
is_in_ecr(body, kind) if {
	body.kind == kind
	object.get(body.config, "role_arn", null) in {null, ""}
	holds_key(body.config)
}

# The provider is Route 53 with a static key. What else it holds is repeated as it is.
is_route53(provider) if {
	provider.provider == "ROUTE53"
	provider.credentials.type == "STATIC"
	regex.match(`^AKIA[A-Z0-9]{12,124}$`, provider.credentials.aws_access_key_id)
	regex.match(`^.+$`, provider.credentials.aws_secret_access_key)
}

# It holds a key of an IAM user, with its secret.
holds_key(holder) if {
	regex.match(`^AKIA[A-Z0-9]{12,124}$`, holder.access_key_id)
	regex.match(`^.+$`, holder.secret_access_key)
}

# Listing the credentials at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "credentials"] = input.request.path
	input.request.body == null
}

# Putting the key into the AWS credentials at Qovery
allow if {
	input.request.method == "PUT"
	["api", "organization", input.qovery_metadata.organization_id, "aws", "credentials", _] = input.request.path
	is_static(input.request.body)
}

# Listing the clusters at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "cluster"] = input.request.path
	input.request.body == null
}

# Reading the clusters' status at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "cluster", "status"] = input.request.path
	input.request.body == null
}

# Starting a cluster's deployment at Qovery
allow if {
	input.request.method == "POST"
	["api", "organization", input.qovery_metadata.organization_id, "cluster", _, "deploy"] = input.request.path
	input.request.body == null
}

# Reading a cluster's logs at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "cluster", _, "logs"] = input.request.path
	input.request.body == null
}

# Listing the container registries at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "containerRegistry"] = input.request.path
	input.request.body == null
}

# Putting the key into the container registry at Qovery
allow if {
	input.request.method == "PUT"
	["api", "organization", input.qovery_metadata.organization_id, "containerRegistry", _] = input.request.path
	is_in_ecr(input.request.body, "ECR")
}

# Listing the Helm repositories at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "helmRepository"] = input.request.path
	input.request.body == null
}

# Putting the key into the Helm repository at Qovery
allow if {
	input.request.method == "PUT"
	["api", "organization", input.qovery_metadata.organization_id, "helmRepository", _] = input.request.path
	is_in_ecr(input.request.body, "OCI_ECR")
}

# Reading a cluster's DNS provider at Qovery
allow if {
	input.request.method == "GET"
	["api", "cluster", _, "dnsProvider"] = input.request.path
	input.request.body == null
}

# Putting the key into the DNS provider at Qovery
allow if {
	input.request.method == "PUT"
	["api", "cluster", _, "dnsProvider"] = input.request.path
	is_route53(input.request.body.dns_provider)
}

# Listing the services at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "services"] = input.request.path
	input.request.body == null
}

# Listing a service's variables at Qovery
allow if {
	input.request.method == "GET"
	["api", "variable"] = input.request.path
	input.request.body == null
}

# Reading a Terraform service at Qovery
allow if {
	input.request.method == "GET"
	["api", "terraform", _] = input.request.path
	input.request.body == null
}

# Reading a Helm service at Qovery
allow if {
	input.request.method == "GET"
	["api", "helm", _] = input.request.path
	input.request.body == null
}

# Listing the locked clusters at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id, "lock"] = input.request.path
	input.request.body == null
}

# Reading the organization at Qovery
allow if {
	input.request.method == "GET"
	["api", "organization", input.qovery_metadata.organization_id] = input.request.path
	input.request.body == null
}
