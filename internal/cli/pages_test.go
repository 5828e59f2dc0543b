package cli_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/rotation"
)

var screenshots = flag.String("screenshots", "", "the folder for pictures of the pages")

// views are how a phone and a desk show a page, by day and by night, and how it is printed.
var views = []view{
	{width: 400, scheme: "light", media: "screen"}, {width: 400, scheme: "dark", media: "screen"},
	{width: 1280, scheme: "light", media: "screen"}, {width: 1280, scheme: "dark", media: "screen"},
	{width: 320, scheme: "light", media: "screen"}, {width: 768, scheme: "light", media: "screen"},
	{width: 920, scheme: "light", media: "screen"}, {width: 688, scheme: "dark", media: "print"},
}

// TestPages opens every page in a browser, in each of the views: nothing has to be scrolled
// sideways, is cut off or lies on something else, and all can be read.
func TestPages(t *testing.T) {
	program, err := findChromium()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "\n*** %s: NOT TESTED: %v\n\n", t.Name(), err)
		t.Skip("NOT TESTED: ", err)
	}
	b, err := startChromium(program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.close() }()
	for name, page := range writtenPages(t) {
		for _, v := range views {
			if err := b.open(page, v); err != nil {
				t.Fatal(err)
			}
			title := fmt.Sprintf("%s-%d-%s", name, v.width, v.scheme)
			faults, err := b.faults()
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				t.Errorf("%s: %s", title, fault)
			}
			ground, err := b.ground()
			if night := v.scheme == "dark" && v.media == "screen"; err != nil || night != (ground == "rgb(18, 22, 29)") {
				t.Errorf("%s: on %s (%v)", title, ground, err)
			}
			takePicture(t, b, title)
		}
	}
}

func takePicture(t *testing.T, b *browser, title string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	picture, err := b.screenshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, title+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// writtenPages are the pages that the commands write, by name.
func writtenPages(t *testing.T) map[string]string {
	t.Helper()
	a, err := newAccount(lab.Setup{Clusters: 12, Production: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	written, dir := map[string]string{}, t.TempDir()
	write := func(name string, args ...string) {
		file := filepath.Join(dir, name)
		_, said := a.types(t, append(args, "--file", file)...)
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, said)
		}
		written[name] = string(page)
	}
	for _, scenario := range []string{"plain", "forty-clusters", "old-key-in-use-for-a-while", "aborted-in-grace",
		"verification-fails", "deployment-keeps-failing", "old-key-deleted-by-hand", "every-cluster-stopped"} {
		write("report-"+scenario, "report", "--simulation", scenario)
	}
	write("status", "status")
	write("plan", "start", "production", "--dry-run")
	a.types(t, "start", "production", "--yes", "--watch")
	write("report", "report", "production")
	a.world.IAM.SeedKey(lab.UserName, a.world.Timeline.Now(), rotation.Active)
	a.schedule, a.confirmed = "DISABLED", false
	write("plan-refused", "start", "production", "--dry-run")
	a.world.Sleep(100 * 24 * time.Hour)
	config := filepath.Join(dir, "rotation.json")
	if err := os.WriteFile(config, []byte(threeStacks), 0o600); err != nil {
		t.Fatal(err)
	}
	write("status-all", "status", "--all", "--config", config)
	return written
}

// threeStacks are two that the account answers for, and one of another account.
const threeStacks = `{"alertEmails": ["platform@corp.example"], "targets": [
	{"name": "production", "iamUserName": "qovery", "organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	 "account": "123456789012", "region": "eu-west-3", "schedule": {"startAt": "2026-01-12T09:00:00+01:00"}},
	{"name": "production-us", "iamUserName": "qovery-us", "organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	 "account": "123456789012", "region": "us-east-1", "schedule": {"startAt": "2026-01-12T09:00:00+01:00"}},
	{"name": "staging", "iamUserName": "qovery", "organizationId": "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90",
	 "account": "210987654321", "region": "eu-west-3", "schedule": {"startAt": "2026-01-12T09:00:00+01:00"}}]}`
