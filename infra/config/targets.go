package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"qovery-key-rotation/internal/rotation/target"
)

// checkDuplicates wants names once in the whole configuration, so that a notice
// says which target it is about, and IAM users once in an account: two rotations
// of one user would take each other's keys for strangers. IAM tells users apart
// by their names alone, whatever the path and the case.
func (c Config) checkDuplicates(found *Mistakes) {
	names, users := map[string]int{}, map[string]int{}
	for i, target := range c.Targets {
		path := fmt.Sprintf("targets[%d]", i)
		if first, twice := names[target.Name]; twice && target.Name != "" {
			found.add(path+".name", fmt.Sprintf("%q is the name of targets[%d] already", target.Name, first), `"`+target.Name+
				`-2"`)
		} else {
			names[target.Name] = i
		}
		user := target.Account + " " + strings.ToLower(target.IAMUserName)
		if first, twice := users[user]; twice && target.IAMUserName != "" {
			found.add(path+".iamUserName",
				fmt.Sprintf("%q is rotated by targets[%d] already%s", target.IAMUserName, first, inAccount(target.Account)),
				"one target for each IAM user")
		} else {
			users[user] = i
		}
	}
}

func inAccount(account string) string {
	if account == "" {
		return ""
	}
	return ", in the account " + account
}

// maxParameter is how long the value of a standard parameter may be.
const maxParameter = 4096

// checkSize makes sure that the target fits into its parameter, with the account
// and the region that CloudFormation may have to fill in.
func checkSize(path string, target target.Target, found *Mistakes) {
	target.Account = cmp.Or(target.Account, "123456789012")
	target.Region = cmp.Or(target.Region, "ap-southeast-2")
	if size := len(JSON(target)); size > maxParameter {
		found.add(path+".handledElsewhere", fmt.Sprintf("with %d locations the target takes %d bytes, and a parameter "+
			"holds %d",
			len(target.HandledElsewhere), size, maxParameter), "fewer than 80 locations")
	}
}

// JSON is what the stack has of a value, such as a target's parameter, which Preflight parses.
// It leaves < and > as they are: Scheduler looks for them.
func JSON(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("config: a value cannot be encoded: " + err.Error())
	}
	return strings.TrimSpace(text.String())
}
