// Package contract holds what the Qovery client asks, and what the simulated Qovery
// answers, against Qovery's own description of its API. It is a module of its own,
// so that the product doesn't depend on an OpenAPI validator.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Contract is Qovery's description, and what was held against it.
type Contract struct {
	router routers.Router

	mutex             sync.Mutex
	Requests, Answers int
	// Undescribed counts answers whose status the description doesn't have.
	Undescribed int
	// Violations are what the description doesn't allow, each once, with an example.
	Violations map[string]string
}

// Load reads the description from a file. Requests go to the given address.
func Load(file, address string) (*Contract, error) {
	document, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	document.Servers = openapi3.Servers{{URL: address}}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, err
	}
	return &Contract{router: router, Violations: map[string]string{}}, nil
}

// Front is a handler in front of Qovery's that checks both sides.
func (c *Contract) Front(qovery http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		input := c.request(r, body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		qovery.ServeHTTP(recorder, r)
		if input != nil {
			c.answer(input, recorder)
		}
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

var options = &openapi3filter.Options{
	AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true,
	// A violation is a line, not a page.
	SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.DisableSchemaErrorDetails()},
}

// request checks a request. It returns nil if the description doesn't have it.
func (c *Contract) request(r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.Requests++
	route, parameters, err := c.router.FindRoute(r)
	if err != nil {
		c.violated(r.Method+" "+r.URL.Path, err)
		return nil
	}
	asked := r.Clone(r.Context())
	asked.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: asked, PathParams: parameters, Route: route, Options: options}
	c.violated("request "+route.Method+" "+route.Path, openapi3filter.ValidateRequest(r.Context(), input))
	if content := route.Operation.RequestBody; content != nil && len(body) > 0 {
		if media := content.Value.Content.Get("application/json"); media != nil {
			c.unknown("request "+route.Method+" "+route.Path, media.Schema, body)
		}
	}
	return input
}

// answer checks an answer.
func (c *Contract) answer(input *openapi3filter.RequestValidationInput, got *httptest.ResponseRecorder) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.Answers++
	what := fmt.Sprintf("answer %d of %s %s", got.Code, input.Route.Method, input.Route.Path)
	described := input.Route.Operation.Responses.Status(got.Code)
	if described == nil || described.Value == nil {
		c.Undescribed++
		return
	}
	err := openapi3filter.ValidateResponse(input.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: got.Code, Header: got.Header(),
		Body: io.NopCloser(bytes.NewReader(got.Body.Bytes())), Options: options,
	})
	c.violated(what, err)
	if media := described.Value.Content.Get("application/json"); media != nil {
		c.unknown(what, media.Schema, got.Body.Bytes())
	}
}

func (c *Contract) violated(what string, err error) {
	if err != nil {
		c.Violations[what] = err.Error()
	}
}

// unknown looks for members that the description doesn't have: it allows them
// everywhere, and a name that is misspelled would pass.
func (c *Contract) unknown(what string, schema *openapi3.SchemaRef, body []byte) {
	var value any
	if json.Unmarshal(body, &value) != nil || schema == nil {
		return
	}
	if found := unknown("", schema.Value, value); len(found) > 0 {
		c.Violations[what+", unknown members"] = strings.Join(found, ", ")
	}
}

func unknown(path string, schema *openapi3.Schema, value any) (found []string) {
	switch value := value.(type) {
	case []any:
		items := parts(schema, func(s *openapi3.Schema) *openapi3.SchemaRef { return s.Items })
		for _, item := range value {
			if len(items) > 0 {
				found = append(found, unknown(path+"[]", items[0], item)...)
			}
		}
	case map[string]any:
		if len(parts(schema, func(s *openapi3.Schema) *openapi3.SchemaRef { return s.AdditionalProperties.Schema })) > 0 {
			return nil
		}
		for name, member := range value {
			of := parts(schema, func(s *openapi3.Schema) *openapi3.SchemaRef { return s.Properties[name] })
			if len(of) == 0 {
				found = append(found, path+"."+name)
				continue
			}
			found = append(found, fewest(path+"."+name, of, member)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// fewest is what the schema that fits best doesn't have.
func fewest(path string, of []*openapi3.Schema, member any) (best []string) {
	for i, schema := range of {
		if found := unknown(path, schema, member); i == 0 || len(found) < len(best) {
			best = found
		}
	}
	return best
}

// parts are what a schema, and those that it is put together from, say of something.
func parts(schema *openapi3.Schema, of func(*openapi3.Schema) *openapi3.SchemaRef) (all []*openapi3.Schema) {
	if schema == nil {
		return nil
	}
	if part := of(schema); part != nil && part.Value != nil {
		all = append(all, part.Value)
	}
	for _, together := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf} {
		for _, s := range together {
			all = append(all, parts(s.Value, of)...)
		}
	}
	return all
}
