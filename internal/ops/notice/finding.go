package notice

import (
	"strings"

	"qovery-key-rotation/internal/rotation/target"
	"qovery-key-rotation/internal/words"
)

// Finding is what an audit found, or found to be over.
type Finding struct {
	Target  target.Target // with nothing but its name where it could not be read
	Urgency Urgency
	Title   string   // what is so, in a few words: "a leftover key ****OLD1"
	Verdict string   // is anything broken?
	Found   []string // what is so, in sentences
	Advice  string   // what to do
	Command string   // what to type
	Details []Row
}

// Row is a name and a value, which is left out when empty.
type Row struct{ Name, Value string }

// Message is the whole message.
func (f Finding) Message() Message {
	var p page
	prefix := f.Urgency.Prefix()
	p.line("%s%s", strings.Replace(prefix, " ", ". ", 1), words.Dot(f.Verdict))
	p.section("WHAT THE AUDIT FOUND")
	for _, line := range f.Found {
		p.line("%s", words.Dot(quotable(line)))
	}
	p.section("WHAT TO DO")
	p.step(step{f.Advice, f.Command})
	p.section("DETAILS")
	p.field("target", f.Target.Name)
	p.field("IAM user", f.Target.IAMUserName)
	for _, d := range f.Details {
		p.field(d.Name, d.Value)
	}
	p.field("runbook", runbookPage("What the audit finds"))
	if f.Target.IAMUserName != "" && f.Target.Region != "" {
		p.field("keys", keysPage(arnIn(f.Target.Region), f.Target.IAMUserName))
	}
	return Message{
		Subject: subject(prefix + f.Target.Name + ": " + f.Title), Body: p.String(), Urgency: f.Urgency,
		Target: f.Target.Name,
	}
}

// arnIn is the beginning of an ARN in a region.
func arnIn(region string) string {
	partition := "aws"
	for prefix, other := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
		if strings.HasPrefix(region, prefix) {
			partition = other
		}
	}
	return "arn:" + partition + ":iam:" + region + "::"
}
