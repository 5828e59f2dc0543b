package trail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	awstrail "qovery-key-rotation/internal/aws/trail"
	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/test/awstest"
)

const (
	id         = rotation.KeyID("AKIA0123456789ABCDEF")
	here       = "eu-west-3"
	there      = "us-east-1"
	createRole = "arn:aws:iam::123456789012:role/rotation/createkey"
)

var (
	now   = time.Date(2026, 1, 2, 12, 0, 0, 700_000_000, time.UTC)
	since = time.Date(2026, 1, 2, 9, 0, 0, 400_000_000, time.UTC)
	both  = []string{here, there}
)

// after is a time after since's whole second.
func after(d time.Duration) time.Time { return since.Truncate(time.Second).Add(d) }

func TestLatestUses(t *testing.T) {
	events := map[string][]fields{
		here:        {use(after(time.Minute), here), use(after(time.Hour), here), use(after(-time.Second), here)},
		there:       {use(after(30*time.Minute), there), use(after(0), there)},
		"sa-east-1": {use(after(2*time.Hour), "sa-east-1")}, // nobody asks about it
	}
	server := serve(t, events)
	uses, err := server.trail(newClock()).LatestUses(t.Context(), id, since, append(both, here))
	want := []rotation.Use{
		found(after(time.Hour), here), found(after(30*time.Minute), there), found(after(time.Minute), here),
		found(after(0), there),
	}
	if err != nil || !slices.Equal(uses, want) {
		t.Errorf("%+v, %v", uses, err)
	}
	queries := server.queries(t)
	for _, q := range queries {
		if by := q.LookupAttributes; len(by) != 1 || by[0].AttributeKey != "AccessKeyId" ||
			by[0].AttributeValue != string(id) ||
			q.StartTime != float64(since.Unix()) || q.MaxResults != 10 {
			t.Errorf("asked %+v", q)
		}
	}
	if len(queries) != 2 {
		t.Errorf("asked %d times", len(queries))
	}
}

func TestLatestUsesAreAHandful(t *testing.T) {
	server := serve(t, map[string][]fields{here: many(100, here), there: many(100, there)})
	uses, err := server.trail(newClock()).LatestUses(t.Context(), id, since, both)
	if err != nil || len(uses) != 5 || uses[0].At != after(99*time.Minute) || uses[4].At != after(97*time.Minute) {
		t.Errorf("%+v, %v", uses, err)
	}
	if n := len(server.Requests()); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// many are uses a minute apart.
func many(n int, region string) (list []fields) {
	for i := range n {
		list = append(list, use(after(time.Duration(i)*time.Minute), region))
	}
	return list
}

func TestUnused(t *testing.T) {
	server := serve(t, nil)
	uses, err := server.trail(newClock()).LatestUses(t.Context(), id, since, both)
	if err != nil || len(uses) != 0 {
		t.Errorf("%+v, %v", uses, err)
	}
	first, err := server.trail(newClock()).FirstUse(t.Context(), id, since, both)
	if err != nil || first != (rotation.Use{}) {
		t.Errorf("%+v, %v", first, err)
	}
}

// A page without events says nothing as long as there is another one.
func TestAnEmptyPageIsNoEnd(t *testing.T) {
	server := serve(t,
		map[string][]fields{here: {use(after(time.Hour), here)}, there: {creation(after(0), createRole, "")}})
	server.hollow = 1
	trail := server.trail(newClock())
	uses, err := trail.LatestUses(t.Context(), id, since, both)
	if err != nil || len(uses) != 1 {
		t.Errorf("%+v, %v", uses, err)
	}
	first, err := trail.FirstUse(t.Context(), id, since, both)
	if err != nil || first != found(after(time.Hour), here) {
		t.Errorf("%+v, %v", first, err)
	}
	creator, err := trail.Creator(t.Context(), id, after(0))
	if err != nil || creator != createRole {
		t.Errorf("%q, %v", creator, err)
	}
}

func TestFirstUse(t *testing.T) {
	var busy []fields
	for second := 733; second < 9000; second++ {
		busy = append(busy, use(after(time.Duration(second)*time.Second), here))
	}
	crowd := []fields{use(after(time.Hour), here)}
	for range 100 {
		crowd = append(crowd, use(after(77*time.Second), here))
	}
	for name, test := range map[string]struct {
		events map[string][]fields
		want   rotation.Use
	}{
		"the only one":            {map[string][]fields{here: {use(after(time.Hour), here)}}, found(after(time.Hour), here)},
		"at once":                 {map[string][]fields{here: many(100, here)}, found(after(0), here)},
		"before thousands":        {map[string][]fields{here: busy}, found(after(733*time.Second), here)},
		"many in the same second": {map[string][]fields{here: crowd}, found(after(77*time.Second), here)},
		"in another region": {map[string][]fields{here: many(30, here)[1:], there: {use(after(time.Second), there)}},
			found(after(time.Second), there)},
		"long before the others": {map[string][]fields{here: append(busy, use(after(5*time.Second), here))},
			found(after(5*time.Second), here)},
		"not one from before then": {map[string][]fields{here: {use(after(-time.Second), here),
			use(after(time.Minute), here)}}, found(after(time.Minute), here)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, test.events)
			first, err := server.trail(newClock()).FirstUse(t.Context(), id, since, both)
			if err != nil || first != test.want {
				t.Errorf("%+v, %v", first, err)
			}
			if n := len(server.Requests()); n > 40 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// What this system's own requests look like is what the SDK really sends.
func TestOwnRequestsAreNoTakeover(t *testing.T) {
	asked := awstest.Serve(t, awstest.Always(awstest.XMLError(403, "InvalidClientTokenId", "")))
	_, _ = sts.NewFromConfig(awstest.Config(asked.URL)).GetCallerIdentity(t.Context(), nil)
	agent := asked.Requests()[0].Header.Get("User-Agent")
	from := func(at time.Time, agent string) fields {
		return record(at, "GetCallerIdentity", "sts", map[string]any{"awsRegion": here, "userAgent": agent})
	}
	own := []fields{from(after(time.Second), agent), from(after(2*time.Second), "["+agent+"]"),
		from(after(2*time.Second), "[app/qovery-key-rotation]")}
	for range 12 { // more than a page
		own = append(own, from(after(3*time.Second), agent))
	}
	server := serve(t, map[string][]fields{here: own, there: own[:1]})
	trail := server.trail(newClock())
	if first, err := trail.FirstUse(t.Context(), id, since, both); err != nil || !first.At.IsZero() {
		t.Errorf("%+v, %v", first, err)
	}
	// Nobody can hide a use behind the name.
	if uses, err := trail.LatestUses(t.Context(), id, since, both); err != nil || len(uses) == 0 {
		t.Errorf("%+v, %v", uses, err)
	}
	for _, other := range []string{"", "aws-sdk-go-v2/1.47.6 app/qovery-key-rotation-of-another", "qovery-key-rotation"} {
		server.events[here] = append(slices.Clone(own), from(after(time.Minute), other))
		if first, err := trail.FirstUse(t.Context(), id, since, both); err != nil || first.At != after(time.Minute) {
			t.Errorf("%q: %+v, %v", other, first, err)
		}
	}
}

func TestTheHistoryGoesBackNinetyDays(t *testing.T) {
	server := serve(t, map[string][]fields{here: {use(after(time.Hour), here)}})
	trail := server.trail(newClock())
	if first, err := trail.FirstUse(t.Context(), id, time.Time{}, []string{here}); err != nil ||
		first != found(after(time.Hour), here) {
		t.Errorf("%+v, %v", first, err)
	}
	if uses, err := trail.LatestUses(t.Context(), id, time.Time{}, []string{here}); err != nil || len(uses) != 1 {
		t.Errorf("%+v, %v", uses, err)
	}
	for _, q := range server.queries(t) {
		if want := now.Add(-90 * 24 * time.Hour).Unix(); q.StartTime != float64(want) {
			t.Errorf("asked since %v, want %v", q.StartTime, want)
		}
	}
	// Nothing can have happened yet, and CloudTrail refuses to look.
	asked := len(server.Requests())
	if first, err := trail.FirstUse(t.Context(), id, now.Add(time.Hour), both); err != nil || !first.At.IsZero() {
		t.Errorf("%+v, %v", first, err)
	}
	if n := len(server.Requests()); n != asked {
		t.Errorf("asked %d times", n-asked)
	}
}

// However many empty pages come first, the events behind them are found: nobody
// has said how many CloudTrail may give.
func TestManyEmptyPages(t *testing.T) {
	server := serve(t,
		map[string][]fields{here: {use(after(time.Hour), here)}, there: {creation(after(0), createRole, "")}})
	server.hollow = 60
	trail := server.trail(newClock())
	if uses, err := trail.LatestUses(t.Context(), id, since, both); err != nil || len(uses) != 1 {
		t.Errorf("%+v, %v", uses, err)
	}
	if first, err := trail.FirstUse(t.Context(), id, since, both); err != nil || first != found(after(time.Hour), here) {
		t.Errorf("%+v, %v", first, err)
	}
	if creator, err := trail.Creator(t.Context(), id, after(0)); err != nil || creator != createRole {
		t.Errorf("%q, %v", creator, err)
	}
}

// A list that does not end is read until the function's time is over. That is no
// answer, and nothing that a retry could not change.
func TestTimeEndsTheSearch(t *testing.T) {
	for name, search := range searches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := awstest.Serve(t, awstest.Always(awstest.JSON(200, `{"Events":[],"NextToken":"again"}`)))
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			err := search(ctx, awstrail.New(awstest.Config(server.URL), newClock()))
			if !fault.HasCode(err, fault.Unreachable) || !strings.Contains(err.Error(), "pages") {
				t.Error(err)
			}
			if n := len(server.Requests()); n <= 20 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestCreator(t *testing.T) {
	const person = "arn:aws:iam::123456789012:user/somebody"
	session := "arn:aws:sts::123456789012:assumed-role/createkey/createkey"
	var later []fields
	for range 120 { // tools that look at keys all day long
		later = append(later,
			about(record(after(time.Hour), "GetAccessKeyLastUsed", "iam", map[string]any{"awsRegion": there})))
	}
	refused := about(record(after(time.Minute), "CreateAccessKey", "iam",
		map[string]any{"awsRegion": there, "errorCode": "LimitExceededException",
			"userIdentity": map[string]any{"arn": person}}))
	for name, test := range map[string]struct {
		events []fields
		want   string
	}{
		"a role":              {[]fields{creation(after(0), createRole, session)}, createRole},
		"a user":              {[]fields{creation(after(0), "", person)}, person},
		"behind later events": {append(later, creation(after(0), createRole, session)), createRole},
		"another service": {[]fields{with(creation(after(0), "", person), "EventSource", "elsewhere.amazonaws.com")},
			""},
		"a refused creation":     {[]fields{refused}, ""},
		"no creation (any more)": {later, ""},
		"nothing (yet)":          {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t,
				map[string][]fields{there: test.events, here: {creation(after(0), "", "arn:aws:iam::123456789012:user/elsewhere")}})
			creator, err := server.trail(newClock()).Creator(t.Context(), id, after(0))
			if err != nil || creator != test.want {
				t.Errorf("%q, %v", creator, err)
			}
			for _, q := range server.queries(t) {
				if q.Region != there || q.LookupAttributes[0].AttributeKey != "ResourceName" ||
					q.StartTime != float64(after(-time.Minute).Unix()) {
					t.Errorf("asked %+v", q)
				}
			}
		})
	}
}

// An account where much happens makes CloudTrail slow.
func TestAnAttemptMayTakeLong(t *testing.T) {
	server := awstest.Serve(t, func(w http.ResponseWriter, _ awstest.Request, _ int) {
		time.Sleep(200 * time.Millisecond)
		one(use(after(time.Hour), here))(w)
	})
	cfg := awstest.Config(server.URL)
	cfg.HTTPClient.(*http.Client).Timeout = 100 * time.Millisecond
	uses, err := awstrail.New(cfg, newClock()).LatestUses(t.Context(), id, since, []string{here})
	if err != nil || len(uses) != 1 || len(server.Requests()) != 1 {
		t.Errorf("%+v, %v", uses, err)
	}
}

// However many regions give the largest answers that they may, the search has room in
// the memory of a function.
func TestTheLargestAnswersHaveRoom(t *testing.T) {
	const memory, largest = 128 << 20, 256 << 10 // of an event
	long := use(after(time.Hour), here)
	record := long["CloudTrailEvent"].(string)
	filler := `"requestParameters":"` + strings.Repeat("x", largest-len(record)-30) + `",`
	long = with(long, "CloudTrailEvent", "{"+filler+record[1:])
	page := many(0, here)
	for range 10 {
		page = append(page, long)
	}
	body, err := json.Marshal(map[string]any{"Events": page})
	if err != nil {
		t.Fatal(err)
	}
	answer := string(body)
	server := awstest.Serve(t, awstest.Always(awstest.JSON(200, answer)))
	trail := awstrail.New(awstest.Config(server.URL), newClock())
	var regions []string
	for _, part := range []string{"eu", "us", "ap", "sa", "ca"} {
		for n := range 6 {
			regions = append(regions, fmt.Sprintf("%s-west-%d", part, n+1))
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // what is alive, nearly alone
	most := peak(func() {
		if uses, err := trail.LatestUses(t.Context(), id, since, regions); err != nil || len(uses) != 5 {
			t.Errorf("%+v, %v", uses, err)
		}
	})
	if most > memory/4 { // the garbage collector lets a heap double
		t.Errorf("%d regions take %d MiB", len(regions), most>>20)
	}
}

// peak is the most memory that the heap has while do runs, above what it has before.
func peak(do func()) (most uint64) {
	sample := func() uint64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	runtime.GC()
	before, done := sample(), make(chan struct{})
	go func() { defer close(done); do() }()
	for {
		select {
		case <-done:
			return most - min(most, before)
		case <-time.After(time.Millisecond):
			most = max(most, sample())
		}
	}
}

func TestACreationByNobody(t *testing.T) {
	server := serve(t, map[string][]fields{there: {creation(after(0), "", "")}})
	if creator, err := server.trail(newClock()).Creator(t.Context(), id, after(0)); !fault.HasCode(err,
		fault.MalformedAnswer) || creator != "" {
		t.Errorf("%q, %v", creator, err)
	}
}

func TestWhatStrangersWriteIsOneShortLine(t *testing.T) {
	server := serve(t, map[string][]fields{here: {record(after(0), "Get\nIt", "ecr", map[string]any{
		"awsRegion": here, "sourceIPAddress": "AWS\x1b[31m Internal\u202e", "userAgent": " a\r\n\tb\x00c\x7f\u2028 " +
			strings.Repeat("é", 200),
	})}})
	uses, err := server.trail(newClock()).LatestUses(t.Context(), id, since, []string{here})
	if err != nil || len(uses) != 1 {
		t.Fatalf("%+v, %v", uses, err)
	}
	got := uses[0]
	if got.Event != "Get It" || got.Source != "AWS [31m Internal" || !strings.HasPrefix(got.UserAgent, "a b c éé") ||
		len(got.UserAgent) > 100 || !strings.HasSuffix(got.UserAgent, "é") {
		t.Errorf("%+q", got)
	}
}

func TestRequestsAreHalfASecondApart(t *testing.T) {
	own := "aws-sdk-go-v2/1.47.6 app/qovery-key-rotation"
	var pages []fields
	for range 35 {
		pages = append(pages,
			record(after(0), "GetCallerIdentity", "sts", map[string]any{"awsRegion": here, "userAgent": own}))
	}
	server, clock := serve(t, map[string][]fields{here: pages}), newClock()
	trail := server.trail(clock)
	if _, err := trail.LatestUses(t.Context(), id, since, []string{here}); err != nil {
		t.Fatal(err)
	}
	if _, err := trail.Creator(t.Context(), id, after(0)); err != nil { // in another region
		t.Fatal(err)
	}
	if len(clock.slept) > 0 {
		t.Errorf("slept %v", clock.slept)
	}
	if _, err := trail.FirstUse(t.Context(), id, since, []string{here}); err != nil {
		t.Fatal(err)
	}
	if want := slices.Repeat([]time.Duration{time.Second / 2}, 4); !slices.Equal(clock.slept, want) {
		t.Errorf("slept %v, want %v", clock.slept, want)
	}
}

func TestRegionsAreChecked(t *testing.T) {
	server := serve(t, nil)
	trail := server.trail(newClock())
	for _, good := range []string{"us-east-1", "ap-southeast-7", "mx-central-1"} {
		if _, err := trail.LatestUses(t.Context(), id, since, []string{good}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	asked := len(server.Requests())
	for _, bad := range []string{"", "eu", "eu-1", "eu-west-", "eu--west-3", "eu-west-3.evil.example/", "eu-west-3@evil",
		"EU-WEST-3", "eu-west-٣", "fr-par", "europe-west9", "us-gov-west-1", "a-" + strings.Repeat("b", 40) + "-1"} {
		uses, err := trail.LatestUses(t.Context(), id, since, []string{here, bad})
		if !fault.HasCode(err, fault.RegionNotSearchable) || uses != nil {
			t.Errorf("%q: %v, %v", bad, uses, err)
		}
		if _, err := trail.FirstUse(t.Context(), id, since, []string{bad}); !fault.HasCode(err,
			fault.RegionNotSearchable) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// To look nowhere is not to find nothing.
	if _, err := trail.LatestUses(t.Context(), id, since, nil); !fault.HasCode(err, fault.MalformedAnswer) {
		t.Error(err)
	}
	if n := len(server.Requests()); n != asked {
		t.Errorf("asked %d times", n-asked)
	}
}

// Without an endpoint of the test's own, the region's is asked.
func TestEachRegionIsAsked(t *testing.T) {
	cfg, hosts := awstest.Config(""), &hosts{}
	cfg.HTTPClient = hosts
	trail := awstrail.New(cfg, newClock())
	for _, region := range both {
		_, err := trail.LatestUses(t.Context(), id, since, []string{region})
		if want := "cloudtrail." + region + ".amazonaws.com"; !fault.HasCode(err, fault.Unreachable) ||
			hosts.last != want {
			t.Errorf("asked %s, want %s: %v", hosts.last, want, err)
		}
	}
}

// hosts answers nothing, and remembers who was asked.
type hosts struct{ last string }

func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.last = r.URL.Host
	return nil, io.EOF
}

// One region that cannot be searched, and nothing is said to be unused.
func TestOneRegionThatDoesNotAnswer(t *testing.T) {
	for code, answer := range map[fault.Code]awstest.Answer{
		fault.Throttled:       awstest.JSONError(400, "ThrottlingException", "Rate exceeded"),
		fault.AccessDenied:    awstest.JSONError(400, "AccessDeniedException", "no"),
		fault.Unreachable:     awstest.Hangup(""),
		fault.MalformedAnswer: awstest.JSON(200, `{}`),
	} {
		server := awstest.Serve(t, func(w http.ResponseWriter, r awstest.Request, _ int) {
			if read(t, r).Region == here {
				one(use(after(0), here))(w)
				return
			}
			answer(w)
		})
		trail := awstrail.New(awstest.Config(server.URL), newClock())
		uses, err := trail.LatestUses(t.Context(), id, since, both)
		if !fault.HasCode(err, code) || uses != nil || !strings.Contains(err.Error(), there) ||
			!strings.Contains(err.Error(), "****CDEF") {
			t.Errorf("%v, %v, want %s", uses, err, code)
		}
		first, err := trail.FirstUse(t.Context(), id, since, both)
		if !fault.HasCode(err, code) || first != (rotation.Use{}) {
			t.Errorf("%v, %v, want %s", first, err, code)
		}
	}
}

func TestAnswersThatCannotBeTrusted(t *testing.T) {
	event := func(name string, value any) awstest.Answer {
		return one(with(creation(after(0), createRole, ""), name, value))
	}
	// What was not asked for is no answer, and dropping it would be to guess.
	unasked := map[string]awstest.Answer{
		"another key's":           one(with(use(after(0), here), "AccessKeyId", "AKIAOTHER")),
		"another key's by record": one(with(by("AKIAOTHER"), "AccessKeyId", nil)),
		"no key's":                one(with(use(after(0), here), "AccessKeyId", nil)),
		"from before":             one(use(after(-time.Second), here)),
	}
	for name, answer := range map[string]awstest.Answer{
		"no list":              awstest.JSON(200, `{"NextToken":"more"}`),
		"a null list":          awstest.JSON(200, `{"Events":null}`),
		"a list of something":  awstest.JSON(200, `{"Events":"none"}`),
		"no time":              event("EventTime", nil),
		"a time that is none":  event("EventTime", "yesterday"),
		"no name":              event("EventName", ""),
		"no source":            event("EventSource", nil),
		"no record":            event("CloudTrailEvent", nil),
		"an unreadable record": event("CloudTrailEvent", `{"awsRegion":"eu-`),
		"a record of nothing":  event("CloudTrailEvent", `null`),
		"a record of a kind": event("CloudTrailEvent", `{"awsRegion":"eu-west-3","userAgent":{"name":"`+awstest.Planted+
			`"}}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			distrusted(t, answer, true)
		})
	}
	for name, answer := range unasked {
		t.Run(name, func(t *testing.T) { distrusted(t, answer, false) })
	}
}

// by is the use of a key that the record names.
func by(key string) fields {
	return record(after(0), "GetAuthorizationToken", "ecr",
		map[string]any{"awsRegion": here, "userIdentity": map[string]any{"accessKeyId": key}})
}

// An event that only its record ties to the key is the key's.
func TestTheRecordNamesTheKey(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(one(with(by(string(id)), "AccessKeyId", nil))))
	uses, err := awstrail.New(awstest.Config(server.URL), newClock()).LatestUses(t.Context(), id, since, []string{here})
	if err != nil || len(uses) != 1 {
		t.Errorf("%+v, %v", uses, err)
	}
}

// The first use is asked for up to a time; later ones were not asked for.
func TestEventsFromAfter(t *testing.T) {
	server := awstest.Serve(t, awstest.Always(one(use(now.Add(time.Minute), here))))
	first, err := awstrail.New(awstest.Config(server.URL), newClock()).FirstUse(t.Context(), id, since, both)
	if !fault.HasCode(err, fault.MalformedAnswer) || first != (rotation.Use{}) {
		t.Errorf("%+v, %v", first, err)
	}
}

// Who created another key says nothing of this one, and rule 4 deletes keys by it.
func TestTheCreationOfAnotherKey(t *testing.T) {
	another := creation(after(0), createRole, "")
	for name, resources := range map[string][]fields{
		"another's": {{"ResourceType": "AWS::IAM::AccessKey", "ResourceName": "AKIAOTHER"}}, "nobody's": nil,
	} {
		server := awstest.Serve(t, awstest.Always(one(with(another, "Resources", resources))))
		creator, err := awstrail.New(awstest.Config(server.URL), newClock()).Creator(t.Context(), id, after(0))
		if !fault.HasCode(err, fault.MalformedAnswer) || creator != "" {
			t.Errorf("%s: %q, %v", name, creator, err)
		}
	}
}

// distrusted wants nothing to be made of an answer.
func distrusted(t *testing.T, answer awstest.Answer, creator bool) {
	t.Helper()
	server := awstest.Serve(t, awstest.Always(answer))
	trail := awstrail.New(awstest.Config(server.URL), newClock())
	check := func(err error) {
		t.Helper()
		if !fault.HasCode(err, fault.MalformedAnswer) || strings.Contains(err.Error(), awstest.Planted) {
			t.Error(err)
		}
	}
	_, err := trail.LatestUses(t.Context(), id, since, both)
	check(err)
	_, err = trail.FirstUse(t.Context(), id, since, both)
	check(err)
	if creator {
		_, err = trail.Creator(t.Context(), id, after(0))
		check(err)
	}
}

// searches are all that can be asked.
var searches = map[string]func(ctx context.Context, trail *awstrail.Trail) error{
	"latest uses": func(ctx context.Context, trail *awstrail.Trail) error {
		_, err := trail.LatestUses(ctx, id, since, []string{here})
		return err
	},
	"first use": func(ctx context.Context, trail *awstrail.Trail) error {
		_, err := trail.FirstUse(ctx, id, since, []string{here})
		return err
	},
	"creator": func(ctx context.Context, trail *awstrail.Trail) error {
		_, err := trail.Creator(ctx, id, after(0))
		return err
	},
}

func TestFaults(t *testing.T) {
	for name, call := range searches {
		t.Run(name, func(t *testing.T) {
			awstest.CheckFaults(t, awstest.Operation{Protocol: awstest.JSONProtocol, Reads: true,
				Call: func(ctx context.Context, cfg aws.Config) error { return call(ctx, awstrail.New(cfg, newClock())) }})
		})
	}
}

func TestThrottlingIsTriedAgain(t *testing.T) {
	server := awstest.Serve(t, awstest.InOrder(
		awstest.JSONError(400, "ThrottlingException", "Rate exceeded"), awstest.Hangup(""), one(use(after(0), here)),
	))
	uses, err := awstrail.New(awstest.Config(server.URL), newClock()).LatestUses(t.Context(), id, since, []string{here})
	if err != nil || len(uses) != 1 {
		t.Errorf("%v, %v", uses, err)
	}
}

func TestTheWaitEndsWithTheFunction(t *testing.T) {
	server := serve(t, nil)
	trail := server.trail(newClock())
	if _, err := trail.Creator(t.Context(), id, after(0)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trail.Creator(ctx, id, after(0)); !fault.HasCode(err, fault.Unreachable) {
		t.Error(err)
	}
	if n := len(server.Requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}
