package qovery

import (
	"cmp"
	"context"
	"errors"
)

// organizationAnswer is as much of an organization as matters here. The API's description
// requires neither, but an answer without an id is of something else.
type organizationAnswer struct {
	ID string `json:"id"`
	// Restriction is null, or says why nothing can be deployed: NO_CREDIT_CARD, of managed
	// clusters, or what Qovery's staff wrote when they blocked the organization.
	// https://github.com/Qovery/qovery-openapi-spec, Organization (since bbc5492)
	// https://github.com/Qovery/qovery-cli, cmd/admin_organization_deployment_restriction.go
	Restriction *string `json:"billing_deployment_restriction"`
}

// Restriction returns why the organization may deploy nothing, or "".
func (o *organization) Restriction(ctx context.Context) (string, error) {
	body, err := o.ask(ctx, readOrganization, o.id)
	if err != nil {
		return "", err
	}
	var read organizationAnswer
	if err = decode(body, &read); err == nil && read.ID == "" {
		err = errors.New("an organization has no id")
	}
	switch {
	case err != nil:
		return "", malformed(readOrganization, err)
	case read.Restriction == nil:
		return "", nil
	}
	return cmp.Or(o.foreign(*read.Restriction, maxDetail), "no reason given"), nil
}
