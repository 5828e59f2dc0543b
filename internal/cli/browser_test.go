// A browser opens pages in a headless Chromium, for tests of what people see.
//
// It speaks Chromium's DevTools protocol over a pipe: nothing listens, and the pages need
// no script of their own.
// https://chromedevtools.github.io/devtools-protocol/

package cli_test

import (
	"bufio"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// chromiums are the names that Chromium has.
var chromiums = []string{"chromium", "chromium-browser", "google-chrome"}

// browser is a Chromium that runs, with one page.
type browser struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	session string
	last    int
}

// findChromium is the path of Chromium. The error says how to get it.
func findChromium() (string, error) {
	for _, name := range chromiums {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium is missing: Debian's package is chromium")
}

// startChromium starts the Chromium that findChromium found, with a profile in the folder.
func startChromium(program, folder string) (*browser, error) {
	args := []string{"--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
		"--no-first-run", "--user-data-dir=" + folder}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // which it refuses to root
	}
	commands, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	b := &browser{process: exec.Command(program, append(args, "about:blank")...), in: in, out: bufio.NewReader(out)}
	b.process.ExtraFiles = []*os.File{commands, answers} // 3 and 4, where Chromium reads and writes
	if err := b.process.Start(); err != nil {
		return nil, err
	}
	_, _ = commands.Close(), answers.Close()
	var target struct{ TargetID string }
	if err := b.call("Target.createTarget", object{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	err = b.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	return b, err
}

// close ends it.
func (b *browser) close() error {
	err := b.in.Close()
	_ = b.process.Wait() // it is killed by the end of its pipe, or says so
	return err
}

// view is how a page is looked at.
type view struct {
	width  int
	scheme string // light or dark
	media  string // screen or print
}

// open shows a page from then on.
func (b *browser) open(html string, v view) error {
	if err := b.call("Emulation.setDeviceMetricsOverride",
		object{"width": v.width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil); err != nil {
		return err
	}
	if err := b.call("Emulation.setEmulatedMedia", object{"media": v.media,
		"features": []object{{"name": "prefers-color-scheme", "value": v.scheme}}}, nil); err != nil {
		return err
	}
	var tree struct {
		FrameTree struct{ Frame struct{ ID string } }
	}
	if err := b.call("Page.getFrameTree", nil, &tree); err != nil {
		return err
	}
	return b.call("Page.setDocumentContent", object{"frameId": tree.FrameTree.Frame.ID, "html": html}, nil)
}

//go:embed testdata/faults.js
var findsFaults string

// faults are what is wrong with the page: what is cut off, lies on something else, or is
// too small to read.
func (b *browser) faults() (list []string, err error) { return list, b.eval(findsFaults, &list) }

// ground is the colour of the page's body.
func (b *browser) ground() (colour string, err error) {
	return colour, b.eval("getComputedStyle(document.body).backgroundColor", &colour)
}

// eval computes a JavaScript expression in the page.
func (b *browser) eval(expression string, value any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	if err := b.call("Runtime.evaluate", object{"expression": expression, "returnByValue": true}, &answer); err != nil {
		return err
	}
	if answer.ExceptionDetails != nil {
		return fmt.Errorf("%s", answer.ExceptionDetails)
	}
	return json.Unmarshal(answer.Result.Value, value)
}

// screenshot is the whole page as PNG.
func (b *browser) screenshot() ([]byte, error) {
	var picture struct{ Data string }
	if err := b.call("Page.captureScreenshot", object{"captureBeyondViewport": true}, &picture); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(picture.Data)
}

type object map[string]any

// call sends a command and waits for its answer. What happens meanwhile is passed over.
func (b *browser) call(method string, params object, result any) error {
	b.last++
	message := object{"id": b.last, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%s: the browser ended: %w", method, err)
		}
		var answer struct {
			ID     int
			Error  *struct{ Message string }
			Result json.RawMessage
		}
		if err := json.Unmarshal(text[:len(text)-1], &answer); err != nil {
			return err
		}
		switch {
		case answer.ID != b.last:
			continue
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(answer.Result, result)
	}
}
