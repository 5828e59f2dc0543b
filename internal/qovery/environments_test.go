package qovery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// placed is a service of an environment, in a project of the same number.
func placed(n int, cluster string) string {
	return fmt.Sprintf(`{"id":"5e41ce00-0000-4000-8000-%012d","service_type":"JOB","project_id":%q,"project_name":"shop",`+
		`"environment_id":%q,"environment_name":"main-%d","cluster_id":%q}`, n, projectOf(n), environmentOf(n), n, cluster)
}

func projectOf(n int) string     { return fmt.Sprintf("e0000000-0000-4000-8000-%012d", n) }
func environmentOf(n int) string { return fmt.Sprintf("e1000000-0000-4000-8000-%012d", n) }

func ended(n int, state, at string) string {
	return fmt.Sprintf(`{"id":%q,"state":"DEPLOYED","last_deployment_state":%q,"last_deployment_date":%s}`,
		environmentOf(n), state, at)
}

func environmentList(entries ...string) string {
	return `{"results":[` + strings.Join(entries, ",") + `]}`
}

// An environment is read once, however many services it has, and no project of which none is
// on one of the clusters.
func TestEnvironments(t *testing.T) {
	asked := answers(
		body(environmentList(placed(1, "c-1"), placed(1, "c-1"), placed(2, "c-2"), placed(3, "c-3"))),
		body(environmentList(ended(1, "DEPLOYMENT_ERROR", `"2026-05-04T09:02:00.123456Z"`), ended(9, "DEPLOYED", "null"))),
		body(environmentList(ended(3, "READY", "null"))))
	opened, clock := serve(t, asked)
	got, err := opened.Environments(t.Context(), []string{"c-1", "c-3"})
	want := []rotation.Environment{
		{Name: "shop/main-1", Cluster: "c-1", State: "DEPLOYMENT_ERROR",
			DeployedAt: time.Date(2026, 5, 4, 9, 2, 0, 123456000, time.UTC)},
		{Name: "shop/main-3", Cluster: "c-3", State: "READY"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if requests := asked.all(); !slices.Equal(requests, []string{"GET /organization/" + testOrganization + "/services",
		"GET /project/" + projectOf(1) + "/environment/status", "GET /project/" + projectOf(3) + "/environment/status"}) {
		t.Errorf("asked for %q", requests)
	}
	if !slices.Equal(clock.slept, []time.Duration{servicePause, servicePause}) {
		t.Errorf("slept %v", clock.slept)
	}
}

// What an answer doesn't say is an error, and never "healthy".
func TestEnvironmentsThatAreNotSaid(t *testing.T) {
	one := environmentList(placed(1, "c-1"))
	var many []string
	for n := range mostProjects + 1 {
		many = append(many, placed(n, "c-1"))
	}
	type said []func(http.ResponseWriter)
	for name, test := range map[string]struct {
		answers said
		want    fault.Code
	}{
		"no services":     {said{body(`{}`)}, fault.MalformedAnswer},
		"no project":      {said{body(environmentList(`{"cluster_id":"c-1"}`))}, fault.MalformedAnswer},
		"no cluster":      {said{body(environmentList(placed(1, "")))}, fault.MalformedAnswer},
		"no statuses":     {said{body(one), body(`{}`)}, fault.MalformedAnswer},
		"no status of it": {said{body(one), body(emptyList)}, fault.MalformedAnswer},
		"no state":        {said{body(one), body(environmentList(ended(1, "", "null")))}, fault.MalformedAnswer},
		"no id": {said{body(one), body(environmentList(`{"last_deployment_state":"READY"}`))},
			fault.MalformedAnswer},
		"another type":       {said{body(one), body(environmentList(ended(1, "READY", "5")))}, fault.MalformedAnswer},
		"a lack of rights":   {said{body(one), status(403, "")}, fault.TokenRefused},
		"too much":           {said{body(one), status(429, "")}, fault.Throttled},
		"too many projects":  {said{body(environmentList(many...))}, fault.TooManyClusters},
		"the lack of a list": {said{hangUp}, fault.Unreachable},
	} {
		opened, _ := serve(t, answers(test.answers...))
		if got, err := opened.Environments(t.Context(), []string{"c-1"}); !isCode(err, test.want) || got != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestEnvironmentsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	handler := answers(body(environmentList(placed(1, "c-1"))))
	opened, clock := serve(t, handler)
	opened.client.Clock = stopping{clock, cancel}
	if _, err := opened.Environments(ctx, []string{"c-1"}); !isCode(err, fault.Unreachable) || len(handler.all()) != 1 {
		t.Errorf("%v after %q", err, handler.all())
	}
}

// The fake's environment is made by the first deployment to it.
func TestEnvironmentsOfTheFake(t *testing.T) {
	opened, fake, clock := withFake(t, false)
	fake.DeployEnvironment("c-1", "DEPLOYED")
	failed := clock.now.Add(time.Hour)
	clock.now = failed
	fake.DeployEnvironment("c-1", "DEPLOYMENT_ERROR")
	fake.DeployEnvironment("c-2", "DEPLOYED")
	for _, state := range []string{"DEPLOYED", "DEPLOYMENT_ERROR"} {
		got, err := opened.Environments(t.Context(), []string{"c-1"})
		if err != nil || len(got) != 1 || got[0].Name != "shop/apps" || got[0].Cluster != "c-1" || got[0].State != state {
			t.Errorf("%+v, %v", got, err)
		}
		clock.now = clock.now.Add(time.Minute) // by then it is seen
	}
	if all := fake.Environments(); len(all) != 2 || !all[0].At.Equal(failed) || all[0].State != "DEPLOYMENT_ERROR" {
		t.Errorf("%+v", all)
	}
}
