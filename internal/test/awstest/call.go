package awstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Call is a call of AWS.
type Call struct {
	Caller string // the id of the access key that signed it
	Region string
	Action string // "iam:ListAccessKeys", as the API names it
	N      int    // it is the caller's n-th of this action
	// Needs are the permissions that it takes, none for GetCallerIdentity.
	Needs  []Need
	Fields map[string]any // of a request in JSON
	Form   url.Values     // of another one
	Path   string         // what a request of EventBridge Scheduler is about
}

// Need is a permission.
type Need struct {
	Action, Resource string
	Key              string // the partition key of the item that it is about, if one is
}

var signature = regexp.MustCompile(`Credential=([^/]+)/\d+/([^/]+)/([^/]+)/`)

// read reads who calls what.
func (g *Gateway) read(r *http.Request, body []byte) Call {
	var call Call
	service := ""
	if parts := signature.FindStringSubmatch(r.Header.Get("Authorization")); parts != nil {
		call.Caller, call.Region, service = parts[1], parts[2], parts[3]
	}
	_, operation, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch {
	case service == "scheduler": // names operations by method and path
		call.Path = strings.TrimPrefix(r.URL.Path, "/schedules/")
		call.Form = r.URL.Query()
		operation = map[string]string{"GET": "GetSchedule"}[r.Method]
	case isJSON:
		if i := strings.LastIndex(operation, "."); i >= 0 {
			operation = operation[i+1:] // CloudTrail's are prefixed with its package
		}
		_ = json.Unmarshal(body, &call.Fields) // what cannot be read is moto's to refuse
	default:
		call.Form, _ = url.ParseQuery(string(body)) // the same
		operation = call.Form.Get("Action")
	}
	call.Action = service + ":" + operation
	call.Needs = g.needs(call, service, operation)
	return call
}

// needs are the permissions for a call. IAM knows no action for DynamoDB's
// transactions: what is in one needs its own.
func (g *Gateway) needs(call Call, service, operation string) []Need {
	one := func(resource string) []Need { return []Need{{Action: call.Action, Resource: resource}} }
	text := func(field string) string { value, _ := call.Fields[field].(string); return value }
	region := call.Region + ":" + Account
	switch service {
	case "sts":
		return nil
	case "iam":
		return one(g.Users(call.Form.Get("UserName"), call.Form.Get("AccessKeyId")))
	case "ssm":
		return one("arn:aws:ssm:" + region + ":parameter" + text("Name"))
	case "sns":
		return one(call.Form.Get("TopicArn"))
	case "states":
		return one(text("executionArn") + text("stateMachineArn")) // one of the two
	case "cloudtrail":
		return one("*")
	case "events":
		return one("arn:aws:events:" + region + ":event-bus/" + busOf(call.Fields))
	case "scheduler":
		return one("arn:aws:scheduler:" + region + ":schedule/" + call.Form.Get("groupName") + "/" + call.Path)
	case "dynamodb":
		table := "arn:aws:dynamodb:" + region + ":table/"
		if operation == "TransactWriteItems" {
			return transaction(call, table)
		}
		return []Need{{call.Action, table + text("TableName"), partitionKey(call.Fields)}}
	}
	return one("?")
}

// busOf is the bus that the events are for.
func busOf(fields map[string]any) string {
	entries, _ := fields["Entries"].([]any)
	for _, entry := range entries {
		event, _ := entry.(map[string]any)
		if name, named := event["EventBusName"].(string); named {
			return name
		}
	}
	return "default"
}

// Account is moto's.
const Account = "123456789012"

func transaction(call Call, table string) []Need {
	var needs []Need
	items, _ := call.Fields["TransactItems"].([]any)
	for _, item := range items {
		parts, _ := item.(map[string]any)
		for kind, part := range parts {
			fields, _ := part.(map[string]any)
			name, _ := fields["TableName"].(string)
			action := "dynamodb:" + kind + "Item"
			if kind == "ConditionCheck" {
				action = "dynamodb:ConditionCheckItem"
			}
			needs = append(needs, Need{action, table + name, partitionKey(fields)})
		}
	}
	return needs
}

// partitionKey is the journal's, of the item that a request reads or writes.
func partitionKey(request map[string]any) string {
	for _, field := range []string{"Key", "Item"} {
		item, _ := request[field].(map[string]any)
		attribute, _ := item["iamUser"].(map[string]any)
		if key, ok := attribute["S"].(string); ok {
			return key
		}
	}
	return ""
}
