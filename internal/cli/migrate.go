package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

type migrateFlags struct {
	startFlags
	to, first, soak string
}

func (p Program) newMigrate() *cobra.Command {
	var f migrateFlags
	cmd := &cobra.Command{
		Use:   "migrate TARGET --to CREDENTIALS",
		Short: "Move the clusters that use the key to role credentials, wave by wave",
		Long: `migrate points each cluster that uses the key at other credentials, which hold a role,
and deploys it: first one cluster that isn't of production, then the others that aren't,
then production. After each wave it waits, for an hour or longer, and pauses if the
deployment of an environment failed meanwhile. Last, registries and Helm repositories
that hold the key are given the role. CREDENTIALS is the id or the name of the role's
credentials in Qovery.

A cluster that doesn't deploy with the role is pointed back and deployed again, and the
migration pauses. 'rotate abort' takes every cluster back. Registries and Helm
repositories have no way back: no one has the key's secret. If it was interrupted, the
same command resumes it. It changes no key: the old credentials stay, with no cluster.

Between a cluster's pointing and the end of its deployment, deployments of its
applications can fail. It asks for the target's name, and wants --yes where no one can
be asked.`,
		Example: `  rotate migrate production --to aws-role --dry-run
  rotate migrate production --to aws-role --watch
  rotate migrate production --to aws-role --first production-1 --soak 24h --yes`,
	}
	run := func(ctx context.Context, s *stack, t target.Target) error { return s.migrate(ctx, f, t) }
	p.onTarget(cmd, run).addFull(cmd)
	f.add(cmd, "show which clusters would be moved, and change nothing")
	cmd.Flags().StringVar(&f.to, "to", "", "id or name of the role's credentials in Qovery")
	cmd.Flags().StringVar(&f.first, "first", "", "id or name of the cluster to move first, if all are of production")
	cmd.Flags().StringVar(&f.soak, "soak", target.Soak.String(), "how long each wave runs before the next (1h to 168h)")
	return cmd
}

func (s *stack) migrate(ctx context.Context, f migrateFlags, t target.Target) error {
	if f.to == "" {
		return misuse("--to must name the role's credentials in Qovery, by id or name")
	}
	input, err := inputFor(t, map[string]any{"migrateTo": f.to, "soak": f.soak, "first": f.first, "dryRun": f.dryRun})
	if err != nil {
		return err
	}
	return s.begin(ctx, f.startFlags, rotation.Migrate, t, input, func() error {
		return s.confirm(ctx, f.yes, question{whether: "to move the clusters of " + t.Name + " to " + f.to,
			text: fmt.Sprintf("This points every cluster of %s that uses the key at the credentials %s, and deploys it. While "+
				"a cluster is deployed, deployments of its applications can fail. Until the end 'rotate abort' takes the clusters "+
				"back. Last, registries and Helm repositories that hold the key are given the role: they have no way back.\nTo "+
				"move them, type the target's name:", t.Name, f.to),
			yes: "move them", answer: t.Name})
	})
}
