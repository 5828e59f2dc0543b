package awstest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// Moto starts a moto server that lasts as long as the test, and returns its
// endpoint. Where there is none the test is skipped, loudly; in continuous
// integration that is a failure.
func Moto(t *testing.T) string {
	t.Helper()
	python, err := python()
	if err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintf(os.Stderr, "\n*** %s: NOT TESTED AGAINST AWS'S APIs: %v\n\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	moto, err := startMoto("MOTO_PORT=0", python, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Close)
	gateway := &Gateway{Behind: moto.URL}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what can't be read is moto's to refuse
		gateway.forward(r, body).write(w)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
