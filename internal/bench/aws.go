package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	region  = "eu-west-3"
	account = "123456789012"
	user    = "qovery"
)

// aws answers the functions' requests to AWS, on this machine: as much of each
// service as lets a rotation go well. It checks no signature and no condition.
type aws struct {
	server *httptest.Server

	mu         sync.Mutex
	requests   int
	items      map[string]json.RawMessage // the journal, by its sort key
	parameters map[string]parameter
	keys       []accessKey
}

type parameter struct{ Name, Type, Value string }

type accessKey struct {
	ID      string    `xml:"AccessKeyId"`
	Secret  string    `xml:"SecretAccessKey,omitempty"`
	User    string    `xml:"UserName"`
	Status  string    `xml:"Status"`
	Created time.Time `xml:"CreateDate"`
}

func newAWS() *aws {
	a := &aws{items: map[string]json.RawMessage{}, parameters: map[string]parameter{}}
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	return a
}

func (a *aws) close() { a.server.Close() }

// counted is how many requests there were.
func (a *aws) counted() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests
}

func (a *aws) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests++
	_, operation, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	schedule, isSchedule := strings.CutPrefix(r.URL.Path, "/schedules/")
	switch {
	case isJSON:
		a.answerJSON(w, operation, body)
	case isSchedule:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(encode(map[string]string{"Name": schedule, "ScheduleExpression": "rate(90 days)", "State": "ENABLED"}))
	default:
		a.answerXML(w, body)
	}
}

// answerJSON is DynamoDB, SSM, Step Functions and CloudTrail.
func (a *aws) answerJSON(w http.ResponseWriter, operation string, body []byte) {
	var in struct {
		Name, Type, Value, ExecutionArn string

		Key, Item     map[string]json.RawMessage
		TransactItems []struct {
			Delete, Put *struct{ Key, Item map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		fail(w, "SerializationException")
		return
	}
	answer := map[string]any{}
	switch operation {
	case "GetItem":
		answer["ConsumedCapacity"] = map[string]any{"CapacityUnits": 1}
		if item, exists := a.items[sortKey(in.Key)]; exists {
			answer["Item"] = item
		}
	case "PutItem":
		a.items[sortKey(in.Item)] = encode(in.Item)
	case "TransactWriteItems":
		for _, write := range in.TransactItems {
			if write.Delete != nil {
				delete(a.items, sortKey(write.Delete.Key))
			}
			if write.Put != nil {
				a.items[sortKey(write.Put.Item)] = encode(write.Put.Item)
			}
		}
	case "Query":
		answer["Items"] = []any{}
	case "GetParameter":
		found, exists := a.parameters[in.Name]
		if !exists {
			fail(w, "ParameterNotFound")
			return
		}
		answer["Parameter"] = found
	case "PutParameter":
		a.parameters[in.Name] = parameter{in.Name, in.Type, in.Value}
		answer["Version"] = 1
	case "DeleteParameter":
		delete(a.parameters, in.Name)
	case "DescribeExecution":
		answer["executionArn"], answer["status"] = in.ExecutionArn, "RUNNING"
	case "LookupEvents":
		answer["Events"] = []any{}
	default:
		fail(w, "UnknownOperationException")
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write(encode(answer))
}

func sortKey(item map[string]json.RawMessage) string { return string(item["record"]) }

func fail(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"__type":%q}`, code)
}

func encode(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // what was decoded from JSON, and strings
	}
	return text
}

// answerXML is IAM, STS and SNS.
func (a *aws) answerXML(w http.ResponseWriter, body []byte) {
	in, _ := url.ParseQuery(string(body)) // what is no query has no action
	action := in.Get("Action")
	var result any
	switch action {
	case "ListAccessKeys":
		list := struct {
			IsTruncated bool
			Keys        []accessKey `xml:"AccessKeyMetadata>member"`
		}{Keys: append([]accessKey(nil), a.keys...)}
		for i := range list.Keys {
			list.Keys[i].Secret = ""
		}
		result = list
	case "CreateAccessKey":
		result = struct{ AccessKey accessKey }{a.addKey(time.Now().UTC().Truncate(time.Second))}
	case "UpdateAccessKey":
		for i := range a.keys {
			if a.keys[i].ID == in.Get("AccessKeyId") {
				a.keys[i].Status = in.Get("Status")
			}
		}
	case "DeleteAccessKey":
		for i := range a.keys {
			if a.keys[i].ID == in.Get("AccessKeyId") {
				a.keys = append(a.keys[:i], a.keys[i+1:]...)
				break
			}
		}
	case "GetAccessKeyLastUsed":
		type lastUsed struct{ ServiceName, Region string }
		result = struct {
			UserName          string
			AccessKeyLastUsed lastUsed
		}{user, lastUsed{"N/A", "N/A"}}
	case "GetCallerIdentity":
		result = struct{ Account, Arn string }{account, "arn:aws:iam::" + account + ":user/" + user}
	case "Publish":
		result = struct{ MessageId string }{"00000000-0000-4000-8000-000000000001"}
	default:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, "<%sResponse>", action)
	if err := xml.NewEncoder(w).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}}); err != nil {
		return
	}
	_, _ = fmt.Fprintf(w, "</%sResponse>", action)
}

// addKey creates an access key.
func (a *aws) addKey(at time.Time) accessKey {
	key := accessKey{
		ID:     fmt.Sprintf("AKIABENCH%011d", time.Now().UnixNano()%1e11),
		Secret: strings.Repeat("s", 40), User: user, Status: "Active", Created: at,
	}
	a.keys = append(a.keys, key)
	return key
}

var timestamp = regexp.MustCompile(`"20\d\d-\d\d-\d\dT[0-9:.]+Z"`)

// earlier moves every time in a JSON text back.
func earlier(text []byte, by time.Duration) []byte {
	return timestamp.ReplaceAllFunc(text, func(quoted []byte) []byte {
		at, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(quoted))
		if err != nil {
			return quoted
		}
		return []byte(at.Add(-by).UTC().Format(`"` + time.RFC3339Nano + `"`))
	})
}

// pass makes all that is kept as old as if time had passed.
func (a *aws) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, item := range a.items {
		a.items[key] = earlier(item, d)
	}
	for i := range a.keys {
		a.keys[i].Created = a.keys[i].Created.Add(-d)
	}
}
