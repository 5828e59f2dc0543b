//go:build integration

package main

import (
	"fmt"
	"os"
	"testing"

	"qovery-key-rotation/internal/lab"
	"qovery-key-rotation/internal/test/awstest"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "integration")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	lanes, err := openLanes()
	defer func() {
		for _, l := range lanes {
			l.close()
		}
	}()
	if err != nil {
		return failed(err)
	}
	if err := prepare("../../..", dir, lab.TargetName); err != nil {
		return failed(err)
	}
	if shipped.policies, err = awstest.StartPolicies(); err != nil {
		return failed(err)
	}
	defer shipped.policies.Close()
	code := m.Run()
	if !summarize() && code == 0 {
		code = 1
	}
	return code
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// side by side run as many worlds as the machine has cores to spare.
const lanes = 2

// free are the lanes that no world has.
var free chan *lane

func openLanes() (all []*lane, err error) {
	free = make(chan *lane, lanes)
	for range lanes {
		l, err := openLane()
		if err != nil {
			return all, err
		}
		all = append(all, l)
		free <- l
	}
	return all, nil
}
