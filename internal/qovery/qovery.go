// Package qovery talks to Qovery's HTTP API: it implements the ports
// rotation.Qovery and rotation.Organization.
//
// What it knows of the API comes from Qovery's public OpenAPI description
// (version 1.0.4), and endpoints.go lists every request it makes. Three rules
// run through the package:
//
//   - What an answer does not say is an error and never a "no": a list that is
//     absent, a cluster without a status, credentials without a key id.
//   - A request that changes something is carried out once. A definite refusal is a
//     *rotation.Refusal; after any other error it may have happened.
//   - Neither the API token nor a secret access key is ever part of an error:
//     answers to requests that carry a secret are not quoted at all, and of a
//     failed connection only the kind of failure is told (verdict.go).
package qovery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
	"qovery-key-rotation/internal/rotation/target"
)

const (
	// DefaultBaseURL is where Qovery's API is.
	DefaultBaseURL = "https://api.qovery.com"
	// RequestTimeout bounds one attempt of one request, its answer included, so
	// that a server which hangs does not hang a step.
	RequestTimeout = 20 * time.Second

	userAgent = "qovery-key-rotation"
)

// Options are what a Client is made of.
type Options struct {
	BaseURL   string            // DefaultBaseURL when empty
	Transport http.RoundTripper // one of its own when nil
	// Token reads the API token that the target's tokenParameter names.
	Token func(ctx context.Context, parameter string) (rotation.Secret, error)
	// Clock tells the time and sleeps between retries.
	Clock rotation.Clock
	// Jitter returns a number from 0 up to 1; at random when nil.
	Jitter func() float64
	// Observe is told of every attempt: the method, the path as endpoints.go
	// writes it, and the status, which is 0 when there was no answer. May be nil.
	Observe func(method, path string, status int)
}

// Client opens organizations at Qovery. It implements rotation.Qovery.
type Client struct {
	Options
	timeout time.Duration
}

var _ rotation.Qovery = (*Client)(nil)

// New checks the options and returns a client.
func New(options Options) (*Client, error) {
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	if err := CheckBaseURL(options.BaseURL); err != nil {
		return nil, fmt.Errorf("the Qovery API's base URL %w", err)
	}
	if options.Token == nil || options.Clock == nil {
		return nil, errors.New("the Qovery client needs a Token and a Clock")
	}
	options.BaseURL = strings.TrimRight(options.BaseURL, "/")
	if options.Transport == nil {
		options.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if options.Jitter == nil {
		options.Jitter = rand.Float64
	}
	return &Client{Options: options, timeout: RequestTimeout}, nil
}

// maxBaseURL leaves room for the functions' other variables, which may take 4 KB
// together. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxBaseURL = 1024

// CheckBaseURL accepts https to a name in the DNS, and http on this machine, so that
// the token is never sent in the clear, and to no neighbour of a function. The error does not
// quote the URL, which may hold a
// password; it begins with a verb. Braces are in no URL; in one that is deployed
// they would be CloudFormation's.
func CheckBaseURL(raw string) error {
	base, err := url.Parse(raw)
	switch {
	case err != nil || base.Hostname() == "" || strings.ContainsAny(raw, " {}"):
		return errors.New("isn't a URL such as " + DefaultBaseURL)
	case len(raw) > maxBaseURL:
		return fmt.Errorf("has %d characters; there is room for %d", len(raw), maxBaseURL)
	case base.User != nil:
		return errors.New("must not contain a user name or password")
	case strings.ContainsAny(raw, "?#"):
		return errors.New("must not contain a query or fragment")
	case base.Scheme != "https" && (base.Scheme != "http" || !isLoopback(base.Hostname())):
		return errors.New("must begin with https:// (http:// only on localhost)")
	case base.Scheme == "https" && (len(base.Hostname()) > maxName || !dnsName().MatchString(base.Hostname())):
		return errors.New("must name its host by a name in the DNS, with a dot")
	case !isPort(base):
		return errors.New("must have a port from 1 to 65535, or none")
	case !isPlain(base):
		return errors.New("must have a path of plain names, with neither . nor .. among them")
	}
	return nil
}

const maxName = 253 // of a name in the DNS

// dnsName: the last part of a name isn't a number, as that of an IP address is.
var dnsName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
})

// isPlain tells whether a path is written as it is read, by whoever reads it.
func isPlain(base *url.URL) bool {
	below := strings.TrimSuffix(base.Path, "/")
	return base.RawPath == "" && (below == "" || below == path.Clean(below))
}

func isPort(base *url.URL) bool {
	port := base.Port()
	if port == "" {
		return !strings.HasSuffix(base.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// organization is one organization, with the token to talk about it. It
// implements rotation.Organization.
type organization struct {
	client        *Client
	id            string
	authorization rotation.Secret // the header's value
	token         rotation.Secret
	cache         *cache
}

var _ rotation.Organization = (*organization)(nil)

// Format names the organization. Without it fmt would print the token: it does
// not call the methods of what is in unexported fields.
func (o organization) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "organization %s", o.id) }

// Open reads the token of the target's organization. No request is made yet.
func (c *Client) Open(ctx context.Context, target target.Target) (rotation.Organization, error) {
	read, err := c.Token(ctx, target.TokenParameter)
	if err != nil {
		return nil, tokenUnreadable(ctx, target.TokenParameter, err)
	}
	// People paste tokens into parameters, often with the line's end.
	token := strings.TrimSpace(read.Reveal())
	if token == "" {
		return nil,
			fault.Errorf(fault.TokenRefused, "The parameter %s, which should hold Qovery's API token, is empty",
				target.TokenParameter)
	}
	if !isHeaderSafe(token) {
		return nil, fault.Errorf(fault.TokenRefused,
			"The parameter %s holds no Qovery API token: there is a space, a line break or another character in it that no "+
				"token has", target.TokenParameter)
	}
	return &organization{
		client:        c,
		id:            target.OrganizationID,
		authorization: rotation.NewSecret("Token " + token),
		token:         rotation.NewSecret(token),
		cache:         new(cache),
	}, nil
}

// tokenUnreadable keeps the code of an error that has one, so that a store that
// is throttled or down is tried again. Other texts are not quoted: they come
// from where the token is.
func tokenUnreadable(ctx context.Context, parameter string, err error) error {
	var coded *fault.Error
	switch {
	case errors.As(err, &coded):
		return coded
	case ctx.Err() != nil:
		return fault.Errorf(fault.Unreachable, "Reading Qovery's API token from %s was interrupted", parameter)
	}
	return fault.Errorf(fault.TokenRefused, "Qovery's API token could not be read from %s", parameter)
}

// isHeaderSafe tells whether the token is all visible ASCII. Anything else
// could not be sent, or would end the header and begin another.
func isHeaderSafe(token string) bool {
	for _, c := range []byte(token) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
