package docs_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"qovery-key-rotation/docs"
)

// The chapters are the whole runbook but for its introduction.
func TestChapters(t *testing.T) {
	var names []string
	var text strings.Builder
	for _, chapter := range docs.Chapters() {
		names = append(names, chapter.Name)
		text.WriteString("\n" + chapter.Text)
		if !strings.HasPrefix(chapter.Text, "## "+chapter.Title+"\n") {
			t.Errorf("%s does not begin with its heading %q", chapter.Name, chapter.Title)
		}
	}
	if !strings.HasSuffix(docs.Runbook, text.String()) {
		t.Error("the chapters together are not what stands in the runbook")
	}
	for _, name := range []string{"a-key-by-hand", "current-state", "rolling-back", "starting-again-or-redriving",
		"errors-that-are-not-this-systems-own"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no chapter %s in %q", name, names)
		}
	}
}

// Terraform leaves alone whatever a rotation changes. With every change of such a resource
// Qovery's provider sends the key that its state has, also where that attribute is ignored:
// Terraform then plans with the state's value, and the state never has a rotation's secret.
// https://github.com/Qovery/terraform-provider-qovery: toUpsertAwsRequest, toUpsertRequest, toQoveryRequest
func TestTerraformLeavesKeysAlone(t *testing.T) {
	page, err := os.ReadFile("terraform.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(page), "## If Terraform manages Qovery\n")
	for _, text := range []string{"lifecycle { ignore_changes = all }", "qovery_aws_credentials",
		"qovery_container_registry", "qovery_helm_repository", "qovery_cluster_dns_provider"} {
		if !strings.Contains(chapter, text) {
			t.Errorf("the chapter does not have %s", text)
		}
	}
	if strings.Contains(chapter, "ignore_changes = [") {
		t.Error("the chapter ignores single attributes, which keeps no key")
	}
}
