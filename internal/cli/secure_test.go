package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// authority issues certificates that no machine trusts by itself.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "Example Proxy CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	a.cert = ca // its own issuer
	issued, err := a.issue(ca, time.Now().Add(time.Hour))
	if err != nil {
		return nil, err
	}
	a.cert, err = x509.ParseCertificate(issued.Certificate[0])
	return a, err
}

// issue issues a certificate for the authority's key, which serves everyone.
func (a *authority) issue(c *x509.Certificate, until time.Time) (*tls.Certificate, error) {
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(1), until.Add(-2*time.Hour), until
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, a.key.Public(), a.key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, err
}

// certify issues a certificate for whatever host is asked for, as a proxy does that
// looks into what passes through it. 127.0.0.1 is asked for by no name.
func (a *authority) certify(until time.Time, name string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := &x509.Certificate{Subject: pkix.Name{CommonName: "Example Proxy"}}
		switch {
		case name != "":
			c.DNSNames = []string{name}
		case hello.ServerName != "":
			c.DNSNames = []string{hello.ServerName}
		default:
			c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		}
		return a.issue(c, until)
	}
}

// secure has the account answer over TLS, with a certificate that is valid for so long
// from now on and, if one is given, for another name. The authority's own is in ca.pem.
func (a *account) secure(ts *testscript.TestScript, validFor string, name string) {
	valid, err := time.ParseDuration(validFor)
	ts.Check(err)
	issuer, err := newAuthority()
	ts.Check(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.cert.Raw})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), text, 0o600))
	server := httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	a.behindProxy = server.Listener.Addr().String()
	server.Listener = tls.NewListener(server.Listener,
		&tls.Config{GetCertificate: issuer.certify(time.Now().Add(valid), name)})
	server.Start()
	ts.Defer(server.Close)
	ts.Setenv("AWS_ENDPOINT_URL", "https://"+a.behindProxy)
	ts.Setenv("AWS_ENDPOINT_URL_STS", "https://"+a.behindProxy)
}

// proxy has the account answer behind an HTTP proxy, whatever host is asked for.
func (a *account) proxy(ts *testscript.TestScript) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked = append(a.asked, r.Host)
		a.mu.Unlock()
		tunnel(w, a.behindProxy)
	}))
	ts.Defer(proxy.Close)
	ts.Setenv("AWS_ENDPOINT_URL", "")
	ts.Setenv("AWS_ENDPOINT_URL_STS", "")
	ts.Setenv("HTTPS_PROXY", proxy.URL)
}

// tunnel answers a CONNECT.
func tunnel(w http.ResponseWriter, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	go func() { _, _ = io.Copy(to, from); _ = to.Close() }()
	go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
}

// wasAsked fails unless the proxy was asked for the host.
func (a *account) wasAsked(ts *testscript.TestScript, host string) {
	if !slices.Contains(a.asked, host+":443") {
		ts.Fatalf("the proxy was asked for %q", a.asked)
	}
}
