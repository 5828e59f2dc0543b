package stack

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"

	"qovery-key-rotation/infra/config"
	"qovery-key-rotation/internal/rotation/target"
)

// The CDK's list of regions is not ours: a target may be in those of the partition
// aws, and in no other.
func TestTargetsAreInThePartitionAWS(t *testing.T) {
	partitions := map[string]int{}
	for _, region := range *regioninfo.RegionInfo_Regions() {
		partition := *region.Partition()
		partitions[partition]++
		target := target.Default()
		target.Region = *region.Name()
		refused := strings.Contains(target.Check().Error(), "region: ") // other fields are missing, too
		if refused == (partition == "aws") {
			t.Errorf("%s of the partition %s: refused is %t", target.Region, partition, refused)
		}
	}
	if partitions["aws"] < 30 || len(partitions) < 5 {
		t.Errorf("the CDK knows the partitions %v", partitions)
	}
}

// A region that nobody knows is most likely a slip of the finger; it may also be
// new.
func TestUnknownRegionsAreWarnedOf(t *testing.T) {
	for region, want := range map[string]bool{"eu-wset-3": true, "eu-west-9": true, "eu-west-3": false} {
		file := `{"alertEmails": ["p@company.example"], "targets": [` + targetJSON("a", "b") + `]}`
		messages := strings.Join(synthesize(t, file, config.Environment{Account: "111111111111", Region: region},
			today).messages, "\n")
		if got := strings.Contains(messages, "The CDK knows no region "+region+"."); got != want || !want && messages != "" {
			t.Errorf("%s: %q", region, messages)
		}
	}
}
