package lambda_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"qovery-key-rotation/internal/lambda"
)

var at = time.UnixMilli(1785700000123)

func TestPutMetrics(t *testing.T) {
	two := []lambda.Metric{{Name: "KeyAge", Unit: lambda.NoUnit, Value: 12.5},
		{Name: "Keys", Unit: lambda.Count, Value: 2}}
	for name, test := range map[string]struct {
		target  string
		words   map[string]string
		metrics []lambda.Metric
		want    string
	}{
		"of a target": {"production", nil, two, `{"_aws":{"Timestamp":1785700000123,` +
			`"CloudWatchMetrics":[{"Namespace":"qovery-key-rotation",` +
			`"Dimensions":[["target"]],"Metrics":[{"Name":"KeyAge","Unit":"None"},{"Name":"Keys","Unit":"Count"}]}]},` +
			`"target":"production","KeyAge":12.5,"Keys":2}`},
		"of all": {"", nil, two[1:], `{"_aws":{"Timestamp":1785700000123,` +
			`"CloudWatchMetrics":[{"Namespace":"qovery-key-rotation",` +
			`"Dimensions":[[]],"Metrics":[{"Name":"Keys","Unit":"Count"}]}]},"Keys":2}`},
		"with words": {"production", map[string]string{"ending": "held"}, two[1:],
			`{"_aws":{"Timestamp":1785700000123,"CloudWatchMetrics":[{"Namespace":"qovery-key-rotation",` +
				`"Dimensions":[["target"]],"Metrics":[{"Name":"Keys","Unit":"Count"}]}]},"target":"production","Keys":2,` +
				`"ending":"held"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := lambda.MetricsTo(&out, true).Put(at, test.target, test.words, test.metrics...); err != nil {
				t.Fatal(err)
			}
			if strings.Count(out.String(), "\n") != 1 || !strings.HasSuffix(out.String(), "}\n") {
				t.Errorf("%q is not one line", out.String())
			}
			var got, want any
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s\nwant %s", out.String(), test.want)
			}
		})
	}
}

// What is not to be a metric is in the log all the same.
func TestOnlyWhatIsNeededIsAMetric(t *testing.T) {
	metrics := []lambda.Metric{{Name: "Keys", Unit: lambda.Count, Value: 2},
		{Name: "Audited", Unit: lambda.Count, Value: 1, Always: true}}
	for target, want := range map[string]string{
		"production": `{"Audited":1,"Keys":2,"target":"production"}`,
		"": `{"Audited":1,"Keys":2,"_aws":{"CloudWatchMetrics":[{"Namespace":"qovery-key-rotation","Dimensions":[[]],` +
			`"Metrics":[{"Name":"Audited","Unit":"Count"}]}],"Timestamp":1785700000123}}`,
	} {
		var out strings.Builder
		if err := lambda.MetricsTo(&out, false).Put(at, target, nil, metrics...); err != nil ||
			strings.TrimSpace(out.String()) != want {
			t.Errorf("%v, wrote %s", err, out.String())
		}
	}
}

func TestMetricThatIsNoNumber(t *testing.T) {
	var out strings.Builder
	noNumber := lambda.Metric{Name: "KeyAge", Value: math.NaN()}
	if err := lambda.MetricsTo(&out, true).Put(at, "", nil, noNumber); err == nil || out.Len() > 0 {
		t.Errorf("%v, wrote %q", err, out.String())
	}
}
