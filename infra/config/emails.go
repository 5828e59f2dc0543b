package config

import (
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"qovery-key-rotation/internal/rotation/target"
)

// maxEmails leaves a stack of the most targets well under the 500 resources that
// CloudFormation takes: a subscription is one. SNS has room for 200 filters.
const maxEmails = 100

// checkEmails wants bare addresses, each once. No address at all is legal, since
// a topic may be listened to in other ways; the app warns of it.
func (c Config) checkEmails(found *Mistakes) {
	checkAddresses("alertEmails", c.AlertEmails, found)
	all := len(c.AlertEmails)
	for i, target := range c.Targets {
		checkAddresses(fmt.Sprintf("targets[%d].alertEmails", i), target.AlertEmails, found)
		all += len(target.AlertEmails)
	}
	if all > maxEmails {
		found.add("alertEmails", fmt.Sprintf("%d addresses, those of the targets included, are more than the %d that a "+
			"stack has room for", all, maxEmails), "the address of a mailing list")
	}
}

func checkAddresses(list string, emails []string, found *Mistakes) {
	seen := map[string]int{}
	for i, email := range emails {
		path := fmt.Sprintf("%s[%d]", list, i)
		if found.has(path) {
			continue
		}
		if problem := emailProblem(email); problem != "" {
			found.add(path, fmt.Sprintf("%q %s", email, problem), strconv.Quote(exampleEmail))
			continue
		}
		if first, twice := seen[strings.ToLower(email)]; twice {
			found.add(path, fmt.Sprintf("%q is there already, as %s[%d]", email, list, first), "an address once")
			continue
		}
		seen[strings.ToLower(email)] = i
	}
}

// Subscription is an address, and the targets that it is notified of: none are all.
type Subscription struct {
	Email   string
	Targets []string
}

// Subscriptions are the addresses of the configuration and of some targets. SNS knows each
// once in a topic.
func (c Config) Subscriptions(targets []target.Target) []Subscription {
	var all []Subscription
	at := map[string]int{}
	for _, email := range c.AlertEmails {
		at[strings.ToLower(email)] = len(all)
		all = append(all, Subscription{Email: email})
	}
	for _, target := range targets {
		for _, email := range target.AlertEmails {
			i, known := at[strings.ToLower(email)]
			switch {
			case !known:
				at[strings.ToLower(email)] = len(all)
				all = append(all, Subscription{email, []string{target.Name}})
			case len(all[i].Targets) > 0:
				all[i].Targets = append(all[i].Targets, target.Name)
			}
		}
	}
	return all
}

// emailProblem says why a mail from AWS would not arrive, or nothing.
// https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
func emailProblem(email string) string {
	const longestLocal, longest = 64, 254
	parsed, err := mail.ParseAddress(email)
	local, domain, _ := strings.Cut(email, "@")
	switch {
	case err != nil || parsed.Address != email || strings.ContainsAny(email, " \""):
		return "isn't an e-mail address"
	case strings.ContainsFunc(email, func(r rune) bool { return r > '~' }):
		return "is not in ASCII; a domain can be written in Punycode"
	case len(local) > longestLocal || len(email) > longest:
		return fmt.Sprintf("is too long: mail has room for %d characters before the @, and for %d in all", longestLocal,
			longest)
	case !publicDomain.MatchString(domain):
		return "has no public domain after the @"
	}
	return ""
}

// publicDomain is what has a dot in it, and a top level that isn't a number.
var publicDomain = regexp.MustCompile(`^(?i)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
