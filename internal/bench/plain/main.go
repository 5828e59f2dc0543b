// Command plain is the yardstick of the functions' CPU time: it speaks Lambda's
// Runtime API with net/http alone, and for its one event makes as many calls as
// the event says, of which it looks at nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

// event is which calls to make.
type event struct {
	Calls int
	URL   string
}

func main() {
	if err := run("http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"); err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
}

func run(runtime string) error {
	next, err := http.Get(runtime + "next")
	if err != nil {
		return err
	}
	defer next.Body.Close()
	var work event
	if err := json.NewDecoder(next.Body).Decode(&work); err != nil {
		return err
	}
	for range work.Calls {
		if err := post(work.URL); err != nil {
			return err
		}
	}
	return post(runtime + next.Header.Get("Lambda-Runtime-Aws-Request-Id") + "/response")
}

func post(url string) error {
	answer, err := http.Post(url, "application/json", bytes.NewReader([]byte("{}")))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
