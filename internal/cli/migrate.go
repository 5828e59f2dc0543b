package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

type migrateFlags struct {
	startFlags      // none of which is a timing
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
		Args: oneTarget,
		RunE: func(cmd *cobra.Command, args []string) error { return p.migrate(cmd, f, args[0]) },
	}
	f.stackFlags = addStackFlags(cmd, "text")
	cmd.Flags().BoolVar(&f.watch, "watch", false, "watch it to its end")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show which clusters would be moved, and change nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().StringVar(&f.to, "to", "", "id or name of the role's credentials in Qovery")
	cmd.Flags().StringVar(&f.first, "first", "", "id or name of the cluster to move first, if all are of production")
	cmd.Flags().StringVar(&f.soak, "soak", target.Soak.String(), "how long each wave runs before the next (1h to 168h)")
	f.addFull(cmd)
	cmd.ValidArgsFunction = p.completeTargets(f.stackFlags)
	return cmd
}

func (p Program) migrate(cmd *cobra.Command, f migrateFlags, name string) error {
	ctx := cmd.Context()
	s, configured, err := p.openFor(ctx, f.stackFlags, name)
	if err != nil {
		return err
	}
	record, err := s.journal.Load(ctx, configured.IAMUserName)
	if err != nil {
		return err
	}
	input, err := f.input(configured)
	if err != nil {
		return err
	}
	if f.dryRun {
		return s.showDryRun(cmd, f.startFlags, configured, input)
	}
	if err := s.requireNoneAtWork(ctx, name, record); err != nil {
		return err
	}
	if err := p.mayMigrate(cmd, f, name); err != nil {
		return err
	}
	return s.begin(cmd, f.startFlags, "migrate", input, ofKind(record, rotation.Migrate))
}

// mayMigrate asks a person, who types the target's name.
func (p Program) mayMigrate(cmd *cobra.Command, f migrateFlags, name string) error {
	if f.yes {
		return nil
	}
	return p.confirm(cmd.Context(), question{whether: "move the clusters of " + name + " to " + f.to,
		text: fmt.Sprintf("This points every cluster of %s that uses the key at the credentials %s, and deploys it. While a "+
			"cluster is deployed, deployments of its applications can fail. Until the end 'rotate abort' takes the clusters "+
			"back. Last, registries and Helm repositories that hold the key are given the role: they have no way back.\nTo "+
			"move them, type the target's name:", name, f.to),
		yes: "move them", answer: name})
}

// input is the execution's, checked here as Preflight checks it.
func (f migrateFlags) input(configured target.Target) (target.Input, error) {
	if f.to == "" {
		return target.Input{}, usageError{errors.New("--to must name the role's credentials in Qovery, by id or name")}
	}
	input := map[string]any{"target": configured.Name, "migrateTo": f.to, "soak": f.soak}
	if f.first != "" {
		input["first"] = f.first
	}
	if f.dryRun {
		input["dryRun"] = true
	}
	return checkedInput(input, configured)
}
