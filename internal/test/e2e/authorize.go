package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"qovery-key-rotation/internal/test/awstest"
)

// authorize judges a call of a function by the policy of its role.
func (w *world) authorize(call awstest.Call) *awstest.Reply {
	name, isFunction := functionOf(call.Caller)
	if !isFunction || shipped.policies == nil {
		return nil
	}
	f := shipped.template.Functions[name]
	session := strings.NewReplacer(":iam:", ":sts:", ":role/", ":assumed-role/").Replace(f.Role) + "/" + f.Name
	for _, need := range call.Needs {
		if !strings.HasPrefix(need.Resource, "arn:") && need.Resource != "*" {
			return denied(call, session, need) // IAM finds no user, and no policy can name what it has instead
		}
		allowed, err := shipped.policies.Allow(session, w.statements(name), need)
		if err != nil {
			w.Errorf("%v", err)
		}
		if !allowed {
			w.set(func() { w.refused[name]++ })
			return denied(call, session, need)
		}
	}
	return nil
}

// statements are those of a function's role, in this world.
func (w *world) statements(function string) []any {
	return slices.DeleteFunc(slices.Clone(shipped.template.Functions[function].Statements), func(s any) bool {
		return w.without != nil && w.without(function, s.(map[string]any))
	})
}

func functionOf(caller string) (name string, isFunction bool) {
	for name := range shipped.template.Functions {
		if callerOf(name) == caller {
			return name, true
		}
	}
	return "", false
}

// denied is how AWS refuses, in the words of each protocol.
func denied(call awstest.Call, who string, need awstest.Need) *awstest.Reply {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because no identity-based policy "+
		"allows the %s action", who, need.Action, need.Resource, need.Action)
	service, _, _ := strings.Cut(call.Action, ":")
	switch {
	case service == "scheduler":
		answer := jsonAnswer(http.StatusForbidden, map[string]any{"Message": text})
		answer.Header.Set("X-Amzn-Errortype", "AccessDeniedException")
		return answer
	case call.Fields != nil:
		return jsonAnswer(http.StatusBadRequest, map[string]any{"__type": "AccessDeniedException", "message": text})
	}
	code := "AccessDenied"
	if service == "sns" {
		code = "AuthorizationError"
	}
	return xmlAnswer(http.StatusForbidden, "<ErrorResponse><Error><Type>Sender</Type><Code>"+code+"</Code><Message>"+text+
		"</Message></Error></ErrorResponse>")
}
