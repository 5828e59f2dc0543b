package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// draft is a configuration as init writes it: what is at its default is left out.
type draft struct {
	Schema      string        `json:"$schema"`
	AlertEmails []string      `json:"alertEmails"`
	Targets     []draftTarget `json:"targets"`
}

type draftTarget struct {
	Name           string        `json:"name"`
	IAMUserName    string        `json:"iamUserName"`
	IAMUserPath    string        `json:"iamUserPath"`
	OrganizationID string        `json:"organizationId"`
	Schedule       draftSchedule `json:"schedule"`
}

type draftSchedule struct {
	StartAt  string `json:"startAt"`
	RateDays int    `json:"rateDays,omitempty"`
}

// newDraft has right values, so that what is wrong in it is the last answer.
func newDraft() draft {
	right := target.Example()
	return draft{"infra/config/rotation.schema.json", []string{"platform@example.com"}, []draftTarget{{right.Name,
		right.IAMUserName, "/", right.OrganizationID, draftSchedule{StartAt: right.Schedule.StartAt}}}}
}

func (d draft) parse(region string, now time.Time) (config.Config, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return config.Config{}, err
	}
	return config.Parse(text, config.Environment{Region: region}, now)
}

// tries is how often a question is asked.
const tries = 3

// accept asks until the configuration takes the answer.
func (w *wizard) accept(ctx context.Context, question, fallback string, set func(*draft, string)) error {
	if fallback != "" {
		question += " [" + fallback + "]"
	}
	for range tries {
		answer, err := w.ask(ctx, question+": ")
		if err != nil {
			return err
		}
		with := w.draft
		with.Targets = slices.Clone(with.Targets)
		set(&with, cmp.Or(answer, fallback))
		_, err = with.parse(w.region, w.Clock.Now())
		var found config.Mistakes
		switch {
		case answer == "" && fallback == "":
			fmt.Fprintln(w.Err, "An answer is needed.")
		case errors.As(err, &found):
			fmt.Fprintf(w.Err, "That %s (for example %s).\n", withoutSubject(found[0].Problem), found[0].Example)
		case err != nil:
			return err
		default:
			w.draft = with
			return nil
		}
	}
	return &problem{"No answer could be used", "Nothing was written; try again", ExitUsage}
}

// withoutSubject leaves out the answer that the problem quotes.
func withoutSubject(problem string) string {
	if at := strings.Index(problem, `" `); strings.HasPrefix(problem, `"`) && at > 0 {
		return problem[at+len(`" `):]
	}
	return problem
}

// askYes asks what is answered with yes or no.
func (w *wizard) askYes(ctx context.Context, question string) (bool, error) {
	for range tries {
		answer, err := w.ask(ctx, question+" [y/n] ")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		fmt.Fprintln(w.Err, "Answer y or n.")
	}
	return false, &problem{"No answer could be used", "Nothing was written; try again", ExitUsage}
}
